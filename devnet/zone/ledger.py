"""The zone's chain and its state as one thing: what is committed, what development calls wrote since, and the
views that readers get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from devnet.blocks.environment import block_randomness
from devnet.blocks.overrides import NO_OVERRIDES
from devnet.blocks.sealing import build_block, build_header
from devnet.chain.account import Account, ChangeSet
from devnet.chain.block import Block, Header
from devnet.chain.codec import NO_CONTENT, REFERENCE, Codec
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Rules
from devnet.chain.types import EMPTY_CODE_HASH, ZERO_HASH, Address, BlockRef, Hash32
from devnet.execution import BlockEnv
from devnet.state import State, StateGone, StateView
from devnet.zone.block_archive import BlockArchive, MemoryArchive
from devnet.zone.block_record import BlockRecord
from devnet.zone.chain_store import BlockSummary, ChainStore
from devnet.zone.errors import BadRequest, HistoryGone, UnknownBlock
from devnet.zone.messages import Finality, HistoryStatus, ZoneConfig
from devnet.zone.old_blocks import PlacedBlock
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.storing.block_codec import decode_block, encode_block


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest block and what development calls wrote since: replaced as one, so readers never see half."""

    record: BlockRecord
    overlay: DevelopmentOverlay


class Ledger:
    """Chain, state and overlay of a zone. Its owner writes; any thread reads."""

    def __init__(
        self,
        config: ZoneConfig,
        state: State,
        archive: BlockArchive | None = None,
        genesis: BlockRecord | None = None,
        codec: Codec = REFERENCE,
    ) -> None:
        """Commits the zone's genesis to `state`, which must be empty; with a genesis block that was made
        before, the state is taken as it is, and `restore` must follow. Old blocks go to `archive`, by default
        into memory, packed by the codec."""
        self.config = config
        self.state = state
        self.rules = initial_rules(config)
        if genesis is None:
            genesis = _build_genesis(config, self.rules, state)
        self.chain = ChainStore(genesis, archive or _memory_archive(codec))
        self.tip = Tip(genesis, DevelopmentOverlay())
        self.finality = Finality(config.genesis_number, config.genesis_number)
        """Which blocks are "safe" and "finalized"; the network says it again to a zone that was opened."""
        self.pinned: Callable[[], int | None] = _nothing_pinned
        """Gives the lowest block number that a snapshot needs: `--history` ends below it."""
        self.retreats = 0
        """How often blocks were taken away. The same block may come back on another state."""
        self._is_short_of_memory = False
        """Whether `--memory-limit`, and not `--history`, ended the history last."""
        self._is_held = False

    def restore(
        self,
        parts: Iterable[BlockRecord | ReservedRange | PlacedBlock],
        oldest: int,
        rules: Rules,
        overlay: DevelopmentOverlay,
        hashes_below: Mapping[int, Hash32] = MappingProxyType({}),
        headers_below: Mapping[int, Header] = MappingProxyType({}),
    ) -> None:
        """Puts back what was there: the chain above genesis as the archive holds it, the lowest block number
        that is kept, and what development calls set since the newest block. `hashes_below` and
        `headers_below` are those of blocks that the archive does not hold."""
        self.chain.restore(parts, oldest, hashes_below, headers_below)
        self.rules = rules
        self.tip = Tip(self.chain.head, overlay)

    # ------------------------------------------------------------ blocks

    def find(self, ref: BlockRef) -> BlockRecord | None:
        """The sealed block that `ref` names; "pending" is none. "safe" and "finalized" are genesis as long as
        nothing is settled. Raises `HistoryGone` for a number that is no longer kept."""
        if ref == "safe":
            ref = self.finality.safe
        elif ref == "finalized":
            ref = self.finality.finalized
        if isinstance(ref, int):
            record = self.chain.by_number(ref)
            if record is None and self.is_forgotten(ref):
                raise self.gone(ref)
            return record
        if isinstance(ref, bytes):
            return self.chain.by_hash(Hash32(ref))
        if ref == "latest":
            return self.tip.record
        if ref == "earliest":
            return self.chain.genesis
        return None

    def get(self, ref: BlockRef) -> BlockRecord:
        """As `find`. Raises `UnknownBlock`."""
        record = self.find(ref)
        if record is None:
            raise _unknown(ref)
        return record

    # ------------------------------------------------------------ state

    def state_after(self, record: BlockRecord) -> StateView:
        """The state that the block's root commits to. Raises `HistoryGone` where it is not kept any more, and
        `StateGone` (see `consistent.py`) where it goes this very moment."""
        return self._state(record.number, record.state_height)

    def state_before(self, record: BlockRecord) -> StateView:
        """The state that the block was executed on: also there for the oldest kept block. Raises as
        `state_after`, and `UnknownBlock` for genesis."""
        number = record.number
        if number == self.config.genesis_number:
            raise UnknownBlock(f"the genesis block {number} has no parent")
        if number < self.chain.oldest:
            raise self.gone(number)
        return self.state.view(self._height_before(record.block.hash, record.state_height))

    def readable_after(self, record: BlockRecord) -> StateView:
        """The state that callers read at the block: with what development calls wrote after it and before the
        next one. So a balance that was set is there at the same block number before and after it is mined."""
        return self._readable(record.number, record.state_height)

    def readable_at(self, ref: BlockRef) -> StateView:
        """As `readable_after` of the block that `ref` names, which is not unpacked. Raises `UnknownBlock`."""
        if ref == "latest":
            return self.newest()
        if isinstance(ref, str):
            return self.readable_after(self.get(ref))
        summary = self.summary(ref)
        return self._readable(summary.number, summary.state_height)

    def committed_at(self, number: int) -> StateView:
        """As `state_after` of the block with that number, which is not unpacked. Raises `UnknownBlock`."""
        return self._state(number, self.summary(number).state_height)

    def summary(self, ref: BlockRef) -> BlockSummary:
        """What is known of the block that `ref` names without unpacking it. Raises `UnknownBlock`, and
        `HistoryGone` for a number that is no longer kept."""
        if isinstance(ref, str):
            ref = self.get(ref).block.hash
        summary = self.chain.summary(ref if isinstance(ref, int) else Hash32(ref))
        if summary is None:
            if isinstance(ref, int) and self.is_forgotten(ref):
                raise self.gone(ref)
            raise _unknown(ref)
        return summary

    def _readable(self, number: int, state_height: int) -> StateView:
        return self.overlay_after(number).view(self._state(number, state_height))

    def overlay_after(self, number: int) -> DevelopmentOverlay:
        """What development calls wrote after the block with that number and before the next one."""
        tip = self.tip
        if number == tip.record.number:
            return tip.overlay
        following = self.chain.summary(number + 1)
        record = None
        if following is not None and following.has_account_overrides:
            record = self.chain.by_number(number + 1)
        return DevelopmentOverlay(None if record is None else record.overrides.accounts)

    def _state(self, number: int, state_height: int) -> StateView:
        if number < self.chain.oldest:
            raise self.gone(number)
        return self.state.view(state_height)

    def newest(self) -> StateView:
        """The newest state with the overlay."""
        tip = self.tip
        return tip.overlay.view(self.state_after(tip.record))

    def read_account(self, address: Address) -> Account | None:
        """An account in the newest state, overlay included."""
        return self.newest().account(address)

    def read_code(self, code_hash: Hash32) -> bytes:
        """Code by hash, overlay included."""
        return self.newest().code(code_hash)

    # ------------------------------------------------------------ history

    def is_forgotten(self, number: int) -> bool:
        """Whether there was such a block that is not kept any more."""
        return self.config.genesis_number < number < self.chain.oldest

    def gone(self, number: int) -> HistoryGone:
        """What to raise for a block that is not kept any more, or whose state is not."""
        oldest = self.chain.oldest
        what = "the state of block" if number == self.config.genesis_number else "block"
        limit = self.config.history
        if self._is_short_of_memory:
            reason = "older ones were let go to stay within --memory-limit"
        elif limit is not None and number < self.tip.record.number - limit:
            blocks = "1 block" if limit == 1 else f"{limit} blocks"
            reason = f"--history {limit} keeps {blocks} below the newest one and what snapshots need"
        else:
            # An earlier process let go more than this one would have.
            reason = "older ones went before this start, by --history, --memory-limit or `zero data prune`"
        return HistoryGone(
            f"{what} {number} is no longer kept; the oldest kept block is {oldest}: {reason}", oldest
        )

    def history(self) -> HistoryStatus:
        """What is kept."""
        return HistoryStatus(
            oldest=self.chain.oldest,
            newest=self.tip.record.number,
            state_bytes=self.state.history_size,
            block_bytes=self.chain.memory,
            limit=self.config.history,
            pinned=self.pinned(),
        )

    def forget(self, number: int, size: int = 0) -> None:
        """Ends the history below block `number`, whatever snapshots need, or earlier where what is left takes
        no more than `size` bytes. The newest block stays."""
        number = min(number, self.tip.record.number)
        while self.chain.oldest < number:
            self._is_short_of_memory = True
            self._forget(min(number, self.chain.following(self.chain.oldest)) if size else number)
            if self.chain.memory + self.state.history_size <= size:
                break

    @contextmanager
    def hold_history(self) -> Iterator[None]:
        """Inside, new blocks end no history: what replaces blocks may have to put the old ones back."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            self._keep_within_bounds()

    def _keep_within_bounds(self) -> None:
        limit = self.config.history
        if limit is None or self._is_held:
            return
        oldest = self.tip.record.number - limit
        if oldest <= self.chain.oldest:
            return
        pinned = self.pinned()
        if pinned is not None:
            oldest = min(oldest, pinned)
        if oldest > self.chain.oldest:
            self._is_short_of_memory = False
            self._forget(oldest)

    def _forget(self, oldest: int) -> None:
        summary = self.summary(oldest)
        # To run the block again, the state before it is kept as well.
        height = self._height_before(summary.hash, summary.state_height)
        self.chain.forget(oldest)
        self.state.forget(height)

    def _height_before(self, block_hash: Hash32, state_height: int) -> int:
        """Height of the state before a block that is not genesis."""
        return state_height if self.chain.is_reserved(block_hash) else state_height - 1

    # ------------------------------------------------------------ changes

    def commit(self, changes: ChangeSet) -> Hash32:
        """Applies a block's changes to the state and gives the root. `append` must follow."""
        return self.state.commit(self.tip.record.state_height + 1, changes)

    def append(self, record: BlockRecord) -> None:
        """The block becomes the newest; the overlay is empty again, because the block carried it."""
        self.chain.append(record)
        self.tip = Tip(record, DevelopmentOverlay())
        self._keep_within_bounds()

    def reserve(self, blocks: ReservedRange) -> None:
        """A range of empty blocks becomes the newest part of the chain."""
        self.chain.reserve(blocks)
        self.tip = Tip(self.chain.head, DevelopmentOverlay())
        self._keep_within_bounds()

    def truncate(self, number: int, overlay: DevelopmentOverlay) -> Sequence[BlockRecord]:
        """Goes back to block `number`; gives the whole blocks removed, newest first. Raises `HistoryGone`
        where that block's state is not kept any more, with nothing changed."""
        if number == self.tip.record.number:
            self.tip = Tip(self.tip.record, overlay)
            return ()
        target = self.get(number)
        if number < self.chain.oldest:
            raise self.gone(number)
        try:
            self.state.view(target.state_height)
        except StateGone as error:
            raise BadRequest(f"cannot go back to block {number}: {error}") from error
        removed = self.chain.truncate(number)
        self.retreats += 1
        # Readers must find the new tip before the old one's state goes.
        self.tip = Tip(self.chain.head, overlay)
        if target.state_height < self.state.height:
            self.state.rollback(target.state_height)
        return removed

    def set_chain_id(self, chain_id: int) -> None:
        """Blocks from now on are of a chain with another id."""
        self.rules = replace(self.rules, chain_id=chain_id)


def _memory_archive(codec: Codec) -> MemoryArchive:
    return MemoryArchive(
        lambda record: encode_block(record, codec), lambda content: decode_block(content, codec)
    )


def initial_rules(config: ZoneConfig) -> Rules:
    """The rules that a zone starts with."""
    return Rules.at(
        config.fork,
        config.chain_id,
        transaction_gas_cap=config.transaction_gas_cap,
        code_size_limit=config.code_size_limit,
        block_size_limit=config.block_size_limit,
    )


def _nothing_pinned() -> int | None:
    return None


def _unknown(ref: BlockRef) -> UnknownBlock:
    name = ref if isinstance(ref, (int, str)) else f"0x{ref.hex()}"
    return UnknownBlock(f"block {name} not found")


def _build_genesis(config: ZoneConfig, rules: Rules, state: State) -> BlockRecord:
    return genesis_record(config, rules, state.commit(0, _genesis_changes(config)))


def genesis_record(config: ZoneConfig, rules: Rules, state_root: Hash32) -> BlockRecord:
    """The genesis block of a zone whose first state has that root."""
    settlement_root = config.settlement.root
    env = BlockEnv(
        number=config.genesis_number,
        timestamp=config.genesis_time,
        coinbase=config.coinbase,
        gas_limit=config.gas_limit,
        base_fee=config.base_fee,
        prev_randao=block_randomness(settlement_root, config.index, config.genesis_number),
        excess_blob_gas=0,
        parent_hash=ZERO_HASH,
        parent_beacon_block_root=settlement_root,
        recent_hashes=(),
    )
    header = build_header(rules, env, state_root, NO_CONTENT, b"")
    block: Block = build_block(header, NO_CONTENT)
    return BlockRecord(block, 0, rules, NO_OVERRIDES)


def _genesis_changes(config: ZoneConfig) -> ChangeSet:
    """Height 0's change set (protocol section 3): every account that exists from the start."""
    accounts: dict[Address, Account | None] = {}
    storage: dict[tuple[Address, int], int] = {}
    codes: dict[Hash32, bytes] = {}
    for address, given in config.genesis_accounts.items():
        code_hash = EMPTY_CODE_HASH
        if given.code:
            code_hash = keccak256(given.code)
            codes[code_hash] = given.code
        account = Account(given.nonce, given.balance, code_hash)
        if account.is_empty:
            continue
        accounts[address] = account
        for slot, value in given.storage.items():
            storage[(address, slot)] = value
    return ChangeSet(accounts, storage, codes)
