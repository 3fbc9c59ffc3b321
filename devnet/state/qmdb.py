"""A zone's QMDB: commits of whole blocks, roots, views of kept heights, rollback, proofs; in memory, and with
a folder also in files.

    from devnet.state.qmdb import Qmdb
    state = Qmdb()
    root = state.commit(0, ChangeSet(accounts={address: Account(0, Wei(1))}))
    state.view().account(address)

One thread commits, rolls back, forgets, writes and proves; any thread reads views.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from devnet.chain.account import ChangeSet
from devnet.chain.types import Hash32, Wei
from devnet.persistence.home import Home
from devnet.state import StateGone, WitnessRecorder
from devnet.state.changes import changed, operations
from devnet.state.config import DEVNET, QmdbConfig
from devnet.state.content import take_all
from devnet.state.costs import Costs
from devnet.state.entries import SHARD_COUNT, VERSION_SHIFT, decode_entry
from devnet.state.index import Index
from devnet.state.kept import KeptState, no_garbage_collection
from devnet.state.log import EntryLog
from devnet.state.past import PastShard
from devnet.state.places import Place, ShardHead
from devnet.state.proofs import Proof
from devnet.state.restore import Restorer
from devnet.state.shard import Operation, Shard, ShardUndo
from devnet.state.store import SEGMENT_SIZE, Store
from devnet.state.trees import (
    ACTIVE_BYTES,
    TWIG_SHIFT,
    ZONE_LEVEL,
    Levels,
    null_nodes,
    path,
    rehash,
    right_nodes,
)
from devnet.state.unloading import Unloading
from devnet.state.values import account_key, slot_key
from devnet.state.views import Block, QmdbView, Values, sums_of_balances

__all__ = ["DEVNET", "Costs", "Proof", "Qmdb", "QmdbConfig", "account_key", "slot_key"]


class Qmdb(KeptState):
    """See `devnet.state.State`. Before genesis the height is -1 and the root that of the sentries."""

    def __init__(
        self, config: QmdbConfig = DEVNET, home: Home | None = None, *, segment_size: int = SEGMENT_SIZE
    ) -> None:
        """With a home that has a position: the state that was committed there, otherwise a new one. Raises
        FolderError and WriteFailed. `segment_size`: bytes after which files are continued in another one."""
        self.config = config
        self.costs = Costs()
        self._nulls = null_nodes()
        self._store: Store | None = None
        self._pasts: tuple[Block, Block, list[PastShard]] | None = None
        """The shards as after an older block (the second), as long as the first is the newest."""
        if home is not None and home.position is not None:
            self._open(home, segment_size)
            return
        if home is not None:
            self._store = Store.create(home, segment_size)
        all_active = right_nodes(b"\xff" * ACTIVE_BYTES)
        self.costs.hashes += len(all_active)
        self._shards = [self._new_shard(number, all_active) for number in range(SHARD_COUNT)]
        self._zone: Levels = [[shard.leaf() for shard in self._shards], [], [], [], []]
        self.costs.hashes += rehash(self._zone, range(SHARD_COUNT), ZONE_LEVEL, ())
        self._values = Values()
        self._newest = Block(-1, self._zone_root(), self._starts(), tuple(self._zone[0]))
        self._blocks: dict[int, Block] = {-1: self._newest}
        self._oldest = -1
        self._history_size = 0

    @classmethod
    def load(
        cls,
        config: QmdbConfig,
        records: Iterable[bytes],
        home: Home | None = None,
        *,
        segment_size: int = SEGMENT_SIZE,
    ) -> Qmdb:
        """The state that `export` gave the records of. With a home, which must have no position, its files
        are written by the first `write`. Raises ValueError for records that make no state."""
        if home is not None and home.position is not None:
            raise ValueError("a state is loaded into a folder of its own")
        restorer = Restorer(None)
        state = cls.__new__(cls)
        with no_garbage_collection():
            take_all(restorer, records)
            state._restore(config, restorer)
        if home is not None:
            state._store = Store.create(home, segment_size)
            state._store.is_rewriting_due = True
        return state

    # The State protocol

    @property
    def height(self) -> int:
        """Of the newest block, -1 before genesis."""
        return self._newest.height

    @property
    def oldest_height(self) -> int:
        """The lowest height that can be read and rolled back to."""
        return self._oldest

    @property
    def root(self) -> Hash32:
        return self._newest.root

    def root_at(self, height: int) -> Hash32:
        """The root after block `height`. Raises `StateGone`."""
        return self._block(height).root

    def view(self, height: int | None = None) -> QmdbView:
        """The state after block `height` (default: the newest), in constant time. Raises `StateGone`."""
        return QmdbView(self._newest if height is None else self._block(height), self._values)

    def balances(self, first: int, last: int) -> Sequence[Wei]:
        """See `devnet.state.State`."""
        return sums_of_balances(self._block(first), self._block(last), self._values)

    def commit(self, height: int, changes: ChangeSet) -> Hash32:
        """Applies one block's changes and gives the new root.

        Keys whose value stays what it was are left out, so the root depends on the block's result alone.
        Raises ValueError, with nothing changed, for a height out of turn and for keys and values that cannot
        exist.
        """
        if height != self._newest.height + 1:
            raise ValueError(f"block {height} cannot follow block {self._newest.height}")
        block = Block(height, self._newest.root, self._newest.start, self._newest.leaves)
        block.accounts, block.slots = changed(self._values, height, changes)
        to_run = operations(block)
        self.costs.hashes += len(to_run)
        if to_run:
            block.shards = self._run(to_run, height << VERSION_SHIFT)
            self._rehash([number for number, _ in block.shards])
            block.root = self._zone_root()
            starts = self._starts()
            if starts != block.start:
                block.start = starts
            block.leaves = tuple(self._zone[0])
        self._publish(block, changes.codes)
        return block.root

    def rollback(self, height: int) -> None:
        """Undoes every block above `height`. Its cost depends on those blocks alone. Raises `StateGone`."""
        self._block(height)
        if self._store is not None:
            self._store.cut(height)
        self._take_back(height)
        assert self._zone_root() == self._newest.root

    def _take_back(self, height: int) -> None:
        """Undoes every block above a kept height in memory."""
        target = self._blocks[height]
        undone = [self._blocks.pop(above) for above in range(self._newest.height, height, -1)]
        if not undone:
            return
        self._newest = target
        self._pasts = None
        # First the marks, then the changes: see `devnet.state.views`.
        for block in undone:
            block.is_gone = True
            self._history_size -= block.history_size()
        touched: set[int] = set()
        for block in undone:
            self._undo_values(block)
            for number, record in block.shards:
                self._shards[number].undo(record)
                touched.add(number)
        self._rehash(sorted(touched))

    def forget(self, height: int) -> None:
        """Ends the history below `height`, at most the newest: what is older can neither be read, nor proven,
        nor rolled back to. Roots do not change."""
        height = min(height, self._newest.height)
        if self._oldest >= height:
            return
        self._before_forgetting()
        values = self._values
        while self._oldest < height:
            self._blocks.pop(self._oldest).is_gone = True
            self._oldest += 1
            base = self._blocks[self._oldest]
            self._history_size -= base.history_size()
            for address, version in base.accounts:
                version.older = None
                if version.value is None and values.accounts.get(address) is version:
                    del values.accounts[address]
            for address, slot, slot_version in base.slots:
                slot_version.older = None
                if slot_version.value == 0 and values.slots[address][slot] is slot_version:
                    values.remove_slot(address, slot)
            base.forget_undo()
        for shard, start in zip(self._shards, self._blocks[height].start, strict=True):
            shard.log.prune(start)
        self._pasts = None

    @property
    def history_size(self) -> int:
        """Bytes of memory that the history takes beyond the newest state: an estimate by counting."""
        return self._history_size

    @classmethod
    def check(
        cls, config: QmdbConfig, home: Home, progress: Callable[[int, int], None] | None = None
    ) -> dict[int, Hash32]:
        """Reads the files of a home with a position and computes the root of every kept height from them;
        gives these. `progress` is told after each how many are done, and of how many. Raises FolderError
        where a root is not what its block says."""
        state = cls(config, home)
        try:
            return state._check(state._store, progress)
        finally:
            state.close()

    # Entries and proofs

    def read(self, key: bytes) -> bytes | None:
        """The value under a key in the newest state, read from its entry: one entry read, none for an absent
        key."""
        key_hash = self._key_hash(key)
        shard = self._shards[key_hash[0] >> 4]
        is_there, serial_number = shard.index.find(key_hash)
        if not is_there:
            return None
        self.costs.entry_reads += 1
        return decode_entry(shard.log.entry(serial_number)).value

    def prove(self, key: bytes, height: int | None = None) -> Proof:
        """Proves what a root says about a key: its value, or that there is none. The root is that of a kept
        height, by default the newest. Raises `StateGone`.

        Costs one entry read and some 15 hashes. The first proof in each of the 32 twigs of sentries costs
        4095 more. The first one for an older height goes through the blocks since and hashes what they
        touched in the key's shard; further ones for the same height, until the next block, do not.
        """
        block = self._newest if height is None else self._block(height)
        key_hash = self._key_hash(key)
        shard = self._past_shards(block)[key_hash[0] >> 4]
        is_there, serial_number = shard.find(key_hash)
        self.costs.entry_reads += 1
        entry = shard.entry(serial_number)
        left, chunk, right, upper = shard.peers(serial_number)
        if block is self._newest:
            zone = self._zone
        else:
            zone = [list(block.leaves), [], [], [], []]
            self.costs.hashes += rehash(zone, range(SHARD_COUNT), ZONE_LEVEL, ())
        return Proof(
            value=decode_entry(entry).value if is_there else None,
            entry=entry,
            serial_number=serial_number,
            left=tuple(left),
            chunk=chunk,
            right=tuple(right),
            upper=tuple(upper),
            shard_root=shard.root,
            start=shard.start,
            end=shard.end,
            active=shard.active,
            zone=tuple(path(zone, shard.number, ())),
        )

    # Places, for witnesses

    def shard_heads(self, height: int) -> tuple[ShardHead, ...]:
        """See `devnet.state.State`."""
        block = self._block(height)
        shards = self._past_shards(block)
        return tuple(
            ShardHead(shard.start, shard.end, shard.active, leaf)
            for shard, leaf in zip(shards, block.leaves, strict=True)
        )

    def find(self, key_hash: bytes, height: int) -> int:
        """See `devnet.state.State`."""
        return self._past_shards(self._block(height))[key_hash[0] >> 4].find(key_hash)[1]

    def place_at(self, shard: int, serial_number: int, height: int) -> Place:
        """See `devnet.state.State`."""
        past = self._past_shards(self._block(height))[shard]
        if serial_number >> TWIG_SHIFT < past.start >> TWIG_SHIFT or serial_number > past.end:
            raise ValueError(f"serial number {serial_number} is not between {past.start} and {past.end}")
        return past.place(serial_number)

    records_anywhere = False
    """See `devnet.state.State`."""

    def recorder(self, height: int, config: QmdbConfig) -> WitnessRecorder:
        """See `devnet.state.State`."""
        # Only who settles records.
        from devnet.state.recorder import Recorder

        return Recorder(self, height, config)

    # Inside

    def _content(self) -> Unloading:
        oldest = self._blocks[self._oldest]
        return Unloading(
            self._shards, self._values, self._blocks, oldest, self._newest, lambda: self._past_shards(oldest)
        )

    def _past_shards(self, block: Block) -> list[PastShard]:
        """The shards as they were after a kept block."""
        if self._pasts is not None and self._pasts[0] is self._newest and self._pasts[1] is block:
            return self._pasts[2]
        later: list[list[ShardUndo]] = [[] for _ in self._shards]
        for height in range(self._newest.height, block.height, -1):
            for number, undo in self._blocks[height].shards:
                later[number].append(undo)
        pasts = [
            PastShard(shard, undo, self.costs, self._nulls)
            for shard, undo in zip(self._shards, later, strict=True)
        ]
        self._pasts = self._newest, block, pasts
        return pasts

    def _blocks_above(self, height: int) -> list[Block]:
        """The blocks above a height in ascending order."""
        return [self._blocks[above] for above in range(height + 1, self._newest.height + 1)]

    def _new_shard(self, number: int, all_active: list[bytes]) -> Shard:
        log = EntryLog.of_sentries(number, self.costs, self._nulls, all_active)
        return Shard(number, self.config, self.costs, log, Index())

    # Files, inside

    def _open(self, home: Home, segment_size: int) -> None:
        with no_garbage_collection():
            store, position, restorer = Store.open(home, Restorer, segment_size)
            try:
                self._restore(self.config, restorer)
                if self._newest.root != position.root:
                    raise ValueError("the root is not the one that the commit names")
            except ValueError as error:
                store.close()
                raise store.contradiction(str(error)) from None
        self._store = store

    def _restore(self, config: QmdbConfig, restorer: Restorer) -> None:
        """Raises ValueError."""
        self.config = config
        self.costs = Costs()
        self._nulls = null_nodes()
        self._store = None
        self._pasts = None
        restored = restorer.finish(config, self.costs, self._nulls)
        self._shards = restored.shards
        self._zone = restored.zone
        self._values = restored.values
        self._blocks = restored.blocks
        self._newest = restored.newest
        self._oldest = restored.oldest
        self._history_size = sum(block.history_size() for block in self._blocks_above(self._oldest))
        for shard, start in zip(self._shards, self._blocks[self._oldest].start, strict=True):
            shard.log.prune(start)

    def _check(self, store: Store | None, progress: Callable[[int, int], None] | None) -> dict[int, Hash32]:
        assert store is not None
        total = self._newest.height - self._oldest + 1
        roots = {}
        for done, height in enumerate(range(self._newest.height, self._oldest - 1, -1), start=1):
            if height < self._newest.height:
                self._take_back(height)
            expected = self._blocks[height]
            if self._zone_root() != expected.root or tuple(self._zone[0]) != expected.leaves:
                raise store.wrong_root(height)
            roots[height] = expected.root
            if progress is not None:
                progress(done, total)
        return roots

    # Inside

    def _block(self, height: int) -> Block:
        block = self._blocks.get(height)
        if block is None:
            raise StateGone(
                f"the state of block {height} is not there; kept are {self._oldest} to {self.height}"
            )
        return block

    def _zone_root(self) -> Hash32:
        return Hash32(self._zone[-1][0])

    def _starts(self) -> tuple[int, ...]:
        return tuple([shard.start for shard in self._shards])

    def _key_hash(self, key: bytes) -> bytes:
        self.costs.hashes += 1
        return sha256(key).digest()

    def _run(self, to_run: list[Operation], version: int) -> list[tuple[int, ShardUndo]]:
        """Runs operations in the order of their key hashes, which keeps those of a shard together."""
        undo = []
        first = 0
        count = len(to_run)
        while first < count:
            number = to_run[first][0][0] >> 4
            end = first + 1
            while end < count and to_run[end][0][0] >> 4 == number:
                end += 1
            undo.append((number, self._shards[number].apply(to_run[first:end], version)))
            first = end
        return undo

    def _rehash(self, numbers: list[int]) -> None:
        """Brings the roots of these shards and the zone's root up to date."""
        leaves = self._zone[0]
        for number in numbers:
            shard = self._shards[number]
            shard.log.rehash()
            leaves[number] = shard.leaf()
        self.costs.hashes += rehash(self._zone, numbers, ZONE_LEVEL, ())

    def _publish(self, block: Block, codes: Mapping[Hash32, bytes]) -> None:
        """Lets readers see a block. Every value goes in before the block does."""
        values = self._values
        # In an order that no engine chooses: it is that of the records.
        for code_hash in sorted(codes):
            if code_hash not in values.codes:
                values.codes[code_hash] = codes[code_hash]
                block.codes.append(code_hash)
        for address, version in block.accounts:
            values.accounts[address] = version
        for address, slot, slot_version in block.slots:
            of_address = values.slots.get(address)
            if of_address is None:
                values.slots[address] = {slot: slot_version}
            else:
                of_address[slot] = slot_version
        self._blocks[block.height] = block
        self._newest = block
        self._pasts = None
        self._history_size += block.history_size()

    def _undo_values(self, block: Block) -> None:
        values = self._values
        for address, version in block.accounts:
            if version.older is None:
                del values.accounts[address]
            else:
                values.accounts[address] = version.older
        for address, slot, slot_version in block.slots:
            if slot_version.older is None:
                values.remove_slot(address, slot)
            else:
                values.slots[address][slot] = slot_version.older
        for code_hash in block.codes:
            del values.codes[code_hash]
