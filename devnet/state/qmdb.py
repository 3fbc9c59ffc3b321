"""A zone's QMDB in memory: commits of whole blocks, roots, views of kept heights, rollback, proofs.

    from devnet.state.qmdb import Qmdb
    state = Qmdb()
    root = state.commit(0, ChangeSet(accounts={address: Account(0, Wei(1))}))
    state.view().account(address)

One thread commits, rolls back and proves; any thread reads views.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from operator import itemgetter

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32
from devnet.state import StateGone
from devnet.state.config import DEVNET, QmdbConfig
from devnet.state.costs import Costs
from devnet.state.entries import SHARD_COUNT, VERSION_SHIFT, decode_entry
from devnet.state.proofs import Proof
from devnet.state.shard import Operation, Shard, ShardUndo
from devnet.state.trees import ACTIVE_BYTES, ZONE_LEVEL, Levels, null_nodes, path, rehash, right_nodes
from devnet.state.values import account_key, encode_account, encode_slot, slot_key
from devnet.state.views import AccountVersion, Block, QmdbView, SlotVersion, Values, Version

__all__ = ["DEVNET", "Costs", "Proof", "Qmdb", "QmdbConfig", "account_key", "slot_key"]

_WORD = 1 << 256


class Qmdb:
    """See `devnet.state.State`. Before genesis the height is -1 and the root that of the sentries."""

    def __init__(self, config: QmdbConfig = DEVNET) -> None:
        self.config = config
        self.costs = Costs()
        nulls = null_nodes()
        all_active = right_nodes(b"\xff" * ACTIVE_BYTES)
        self.costs.hashes += len(all_active)
        self._shards = [Shard(n, config, self.costs, nulls, all_active) for n in range(SHARD_COUNT)]
        self._zone: Levels = [[shard.leaf() for shard in self._shards], [], [], [], []]
        self.costs.hashes += rehash(self._zone, range(SHARD_COUNT), ZONE_LEVEL, ())
        self._values = Values()
        self._newest = Block(-1, self._zone_root(), self._starts(), tuple(self._zone[0]))
        self._blocks: dict[int, Block] = {-1: self._newest}
        self._oldest = -1

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

    def commit(self, height: int, changes: ChangeSet) -> Hash32:
        """Applies one block's changes and gives the new root.

        Keys whose value stays what it was are left out, so the root depends on the block's result alone.
        Raises ValueError, with nothing changed, for a height out of turn and for keys and values that cannot
        exist.
        """
        if height != self._newest.height + 1:
            raise ValueError(f"block {height} cannot follow block {self._newest.height}")
        block = Block(height, self._newest.root, self._newest.start, self._newest.leaves)
        block.accounts, block.slots = self._changed(height, changes)
        operations = _operations(block)
        self.costs.hashes += len(operations)
        if operations:
            block.shards = self._run(operations, height << VERSION_SHIFT)
            self._rehash([number for number, _ in block.shards])
            block.root = self._zone_root()
            block.start = self._starts()
            block.leaves = tuple(self._zone[0])
        self._publish(block, changes.codes)
        return block.root

    def rollback(self, height: int) -> None:
        """Undoes every block above `height`. Its cost depends on those blocks alone. Raises `StateGone`."""
        target = self._block(height)
        undone = [self._blocks.pop(above) for above in range(self._newest.height, height, -1)]
        if not undone:
            return
        self._newest = target
        # First the marks, then the changes: see `devnet.state.views`.
        for block in undone:
            block.is_gone = True
        touched: set[int] = set()
        for block in undone:
            self._undo_values(block)
            for number, record in block.shards:
                self._shards[number].undo(record)
                touched.add(number)
        self._rehash(sorted(touched))
        assert self._zone_root() == target.root

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
        4095 more. For an older height the key's shard is taken back to it and forth again, which costs what
        the blocks in between did to this one shard; views do not notice.
        """
        block = self._newest if height is None else self._block(height)
        key_hash = self._key_hash(key)
        shard = self._shards[key_hash[0] >> 4]
        later = [
            (self._blocks[above], record)
            for above in range(self.height, block.height, -1)
            for number, record in self._blocks[above].shards
            if number == shard.number
        ]
        for _, record in later:
            shard.undo(record)
        shard.log.rehash()
        try:
            return self._proof(shard, key_hash, block)
        finally:
            for above_block, _ in reversed(later):
                operations = [
                    operation
                    for operation in _operations(above_block)
                    if operation[0][0] >> 4 == shard.number
                ]
                self.costs.hashes += len(above_block.accounts) + len(above_block.slots)
                shard.apply(operations, above_block.height << VERSION_SHIFT)
            shard.log.rehash()

    # Inside

    def _proof(self, shard: Shard, key_hash: bytes, block: Block) -> Proof:
        """The proof under the root of a block, at whose state the shard is."""
        is_there, serial_number = shard.index.find(key_hash)
        self.costs.entry_reads += 1
        entry = shard.log.entry(serial_number)
        left, chunk, right, upper = shard.log.peers(serial_number)
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
            shard_root=shard.log.root,
            start=shard.start,
            end=shard.log.end,
            active=shard.active,
            zone=tuple(path(zone, shard.number, ())),
        )

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

    def _changed(
        self, height: int, changes: ChangeSet
    ) -> tuple[list[tuple[Address, AccountVersion]], list[tuple[Address, int, SlotVersion]]]:
        """New versions of what really changes. Raises ValueError for what cannot exist."""
        accounts: list[tuple[Address, AccountVersion]] = []
        for address, given in changes.accounts.items():
            account = None if given is None or given.is_empty else given
            version = self._values.accounts.get(address)
            if account == (None if version is None else version.value):
                continue
            _validate_address(address)
            if account is not None:
                _validate_account(account)
            accounts.append((address, Version(height, account, version)))
        slots: list[tuple[Address, int, SlotVersion]] = []
        all_slots = self._values.slots
        for (address, slot), number in changes.storage.items():
            of_address = all_slots.get(address)
            slot_version = None if of_address is None else of_address.get(slot)
            if number == (0 if slot_version is None else slot_version.value):
                continue
            _validate_address(address)
            if not (0 <= slot < _WORD and 0 <= number < _WORD):
                raise ValueError(f"slot {slot:#x} = {number:#x}: both are words of 256 bits")
            slots.append((address, slot, Version(height, number, slot_version)))
        return accounts, slots

    def _run(self, operations: list[Operation], version: int) -> list[tuple[int, ShardUndo]]:
        """Runs operations in the order of their key hashes, which keeps those of a shard together."""
        undo = []
        first = 0
        count = len(operations)
        while first < count:
            number = operations[first][0][0] >> 4
            end = first + 1
            while end < count and operations[end][0][0] >> 4 == number:
                end += 1
            undo.append((number, self._shards[number].apply(operations[first:end], version)))
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
        for code_hash, code in codes.items():
            if code_hash not in values.codes:
                values.codes[code_hash] = code
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
        if self.config.kept_blocks is not None:
            self._forget(block.height - self.config.kept_blocks)

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

    def _forget(self, oldest: int) -> None:
        """Ends the history of heights below `oldest`."""
        values = self._values
        while self._oldest < oldest:
            self._blocks.pop(self._oldest).is_gone = True
            self._oldest += 1
            base = self._blocks[self._oldest]
            for address, version in base.accounts:
                version.older = None
                if version.value is None and values.accounts.get(address) is version:
                    del values.accounts[address]
            for address, slot, slot_version in base.slots:
                slot_version.older = None
                if slot_version.value == 0 and values.slots[address][slot] is slot_version:
                    values.remove_slot(address, slot)
            base.forget_undo()
            for shard, start in zip(self._shards, base.start, strict=True):
                shard.log.prune(start)


def _operations(block: Block) -> list[Operation]:
    """What a block does to the shards, in the order of the key hashes."""
    operations: list[Operation] = []
    for address, version in block.accounts:
        key = account_key(address)
        account = version.value
        operations.append((sha256(key).digest(), key, None if account is None else encode_account(account)))
    for address, slot, slot_version in block.slots:
        key = slot_key(address, slot)
        number = slot_version.value
        operations.append((sha256(key).digest(), key, encode_slot(number) if number else None))
    operations.sort(key=itemgetter(0))
    return operations


def _validate_address(address: Address) -> None:
    if len(address) != 20:
        raise ValueError(f"an address has 20 bytes, {address.hex()} has {len(address)}")


def _validate_account(account: Account) -> None:
    if not (0 <= account.nonce < 1 << 64 and 0 <= account.balance < _WORD and len(account.code_hash) == 32):
        raise ValueError(f"no such account can exist: {account}")
