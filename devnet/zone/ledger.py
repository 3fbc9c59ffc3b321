"""The zone's chain and its state as one thing: what is committed, what development calls wrote since, and the
views that readers get."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devnet.chain.account import Account, ChangeSet
from devnet.chain.block import Block
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Rules
from devnet.chain.types import EMPTY_CODE_HASH, ZERO_HASH, Address, BlockRef, Hash32
from devnet.execution import BlockEnv
from devnet.state import State, StateGone, StateView
from devnet.zone.block_overrides import NO_OVERRIDES
from devnet.zone.block_record import BlockRecord
from devnet.zone.chain_store import ChainStore
from devnet.zone.environment import block_randomness
from devnet.zone.errors import BadRequest, UnknownBlock
from devnet.zone.messages import ZoneConfig
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.sealing import build_block, build_header


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest block and what development calls wrote since: replaced as one, so readers never see half."""

    record: BlockRecord
    overlay: DevelopmentOverlay


class Ledger:
    """Chain, state and overlay of a zone. Its owner writes; any thread reads."""

    def __init__(self, config: ZoneConfig, state: State) -> None:
        self.config = config
        self.state = state
        self.rules = initial_rules(config)
        genesis = _build_genesis(config, self.rules, state)
        self.chain = ChainStore(genesis)
        self.tip = Tip(genesis, DevelopmentOverlay())

    # ------------------------------------------------------------ blocks

    def find(self, ref: BlockRef) -> BlockRecord | None:
        """The sealed block that `ref` names; "pending" is none. "safe" and "finalized" are genesis as long as
        nothing settles."""
        if isinstance(ref, int):
            return self.chain.by_number(ref)
        if isinstance(ref, bytes):
            return self.chain.by_hash(Hash32(ref))
        if ref == "latest":
            return self.tip.record
        if ref in ("earliest", "safe", "finalized"):
            return self.chain.genesis
        return None

    def get(self, ref: BlockRef) -> BlockRecord:
        """As `find`. Raises `UnknownBlock`."""
        record = self.find(ref)
        if record is None:
            name = ref if isinstance(ref, (int, str)) else f"0x{ref.hex()}"
            raise UnknownBlock(f"block {name} not found")
        return record

    def parent_of(self, record: BlockRecord) -> BlockRecord:
        """The block before. Raises `UnknownBlock` for genesis."""
        parent = self.chain.by_number(record.number - 1)
        if parent is None:
            raise UnknownBlock(f"the genesis block {record.number} has no parent")
        return parent

    # ------------------------------------------------------------ state

    def state_after(self, record: BlockRecord) -> StateView:
        """The state that the block's root commits to. Raises `StateGone` (see `consistent.py`) where it was
        rolled back meanwhile or is not kept any more."""
        return self.state.view(record.state_height)

    def readable_after(self, record: BlockRecord) -> StateView:
        """The state that callers read at the block: with what development calls wrote after it and before the
        next one. So a balance that was set is there at the same block number before and after it is mined."""
        tip = self.tip
        view = self.state_after(record)
        if record is tip.record or record.number == tip.record.number:
            return tip.overlay.view(view)
        following = self.chain.by_number(record.number + 1)
        if following is None or not following.overrides.accounts:
            return view
        return DevelopmentOverlay(following.overrides.accounts).view(view)

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

    # ------------------------------------------------------------ changes

    def commit(self, changes: ChangeSet) -> Hash32:
        """Applies a block's changes to the state and gives the root. `append` must follow."""
        return self.state.commit(self.tip.record.state_height + 1, changes)

    def append(self, record: BlockRecord) -> None:
        """The block becomes the newest; the overlay is empty again, because the block carried it."""
        self.chain.append(record)
        self.tip = Tip(record, DevelopmentOverlay())

    def reserve(self, blocks: ReservedRange) -> None:
        """A range of empty blocks becomes the newest part of the chain."""
        self.chain.reserve(blocks)
        self.tip = Tip(self.chain.head, DevelopmentOverlay())

    def truncate(self, number: int, overlay: DevelopmentOverlay) -> list[BlockRecord]:
        """Goes back to block `number`; gives the whole blocks removed, newest first. Raises BadRequest where
        the state of that block is not kept any more, with nothing changed."""
        target = self.get(number)
        try:
            self.state.view(target.state_height)
        except StateGone as error:
            raise BadRequest(f"cannot go back to block {number}: {error}") from error
        removed = self.chain.truncate(number)
        # Readers must find the new tip before the old one's state goes.
        self.tip = Tip(self.chain.head, overlay)
        if target.state_height < self.state.height:
            self.state.rollback(target.state_height)
        return removed

    def set_chain_id(self, chain_id: int) -> None:
        """Blocks from now on are of a chain with another id."""
        self.rules = replace(self.rules, chain_id=chain_id)


def initial_rules(config: ZoneConfig) -> Rules:
    """The rules that a zone starts with."""
    return Rules.at(
        config.fork,
        config.chain_id,
        transaction_gas_cap=config.transaction_gas_cap,
        code_size_limit=config.code_size_limit,
        block_size_limit=config.block_size_limit,
    )


def _build_genesis(config: ZoneConfig, rules: Rules, state: State) -> BlockRecord:
    root = state.commit(0, _genesis_changes(config))
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
    header = build_header(rules, env, root, (), (), b"")
    block: Block = build_block(header, (), ())
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
