"""The rules by which one block follows another, run on a partial state: for whoever records what the blocks
of an update need, and for whoever checks them with nothing else.

A header's fields follow from its parent, its transactions, its overrides and the settlement block it names,
but for those that its producer chooses: coinbase, timestamp and, in `evm-dev`, the gas limit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol

from devnet.blocks.environment import (
    base_fee_after,
    block_randomness,
    excess_blob_gas_after,
    settlement_calls,
)
from devnet.blocks.forced import executable
from devnet.blocks.overrides import DevelopmentOverrides, block_mode
from devnet.blocks.sealing import build_header
from devnet.chain.block import Header
from devnet.chain.block_codec import block_size
from devnet.chain.codec import Codec, DecodedTransaction, Undecodable
from devnet.chain.errors import Invalid, InvalidTransaction, MalformedTransaction
from devnet.chain.outbox import OUTBOX, ROOT_SLOT
from devnet.chain.rules import Fork
from devnet.chain.settlement_head import NEWEST_HEIGHT_SLOT, SETTLEMENT_ROOTS
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import decode_impersonated
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.execution import (
    BlockEnv,
    Engine,
    EngineFault,
    Execution,
    ExecutionTimeout,
    SystemCall,
    TransactionResult,
)
from devnet.proving.batch import BatchBlock
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.outbox import OutboxRoots
from devnet.proving.program import Program
from devnet.state import WitnessedState
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw

BLOCKHASH_REACH = 256
MOST_BLOB_GAS = 1 << 30
"""Used or in excess: beyond it a blob would cost more than any account can hold, and take long to price."""

MOST_BLOCKS = 1 << 38
"""Numbers of blocks, as far as versions of entries reach (`devnet.state.entries.VERSION_SHIFT`)."""

STATE_FLAWS = {
    WitnessFlaw.FORMAT: Flaw.STATE_FORMAT,
    WitnessFlaw.INACTIVE: Flaw.STATE_INACTIVE,
    WitnessFlaw.ROOT: Flaw.STATE_OTHER,
    WitnessFlaw.KEY: Flaw.STATE_KEY,
    WitnessFlaw.NEIGHBOUR: Flaw.STATE_NEIGHBOUR,
    WitnessFlaw.OLDEST: Flaw.STATE_OLDEST,
    WitnessFlaw.FRONTIER: Flaw.STATE_END,
    WitnessFlaw.NODE: Flaw.STATE_NODE,
    WitnessFlaw.CODE: Flaw.CODE,
    WitnessFlaw.ALL_SLOTS: Flaw.STATE_ALL_SLOTS,
    WitnessFlaw.COUNTERS: Flaw.STATE_COUNTERS,
    WitnessFlaw.VALUE: Flaw.STATE_VALUE,
    WitnessFlaw.UNUSED: Flaw.UNUSED,
}


class Ancestry(Protocol):
    """The hashes that BLOCKHASH may ask for."""

    def hashes_before(self, number: int) -> tuple[Hash32, ...]:
        """Of the blocks before `number`, newest last, at most 256. Where one is not known anything may
        stand."""

    def asked(self, numbers: frozenset[int]) -> None:
        """BLOCKHASH gave the hashes of these blocks. Raises `Refused` where one was not known."""

    def add(self, block_hash: Hash32) -> None:
        """The next block's."""


class Following:
    """Blocks one after the other, from a parent on."""

    def __init__(
        self,
        program: Program,
        parent: Header,
        state: WitnessedState,
        ancestry: Ancestry,
        engine: Engine,
        codec: Codec,
        time_limit: float | None = None,
    ) -> None:
        """`state` is the one after `parent`; `time_limit` in seconds for one block. Raises `Refused`."""
        self._program = program
        self._parent = parent
        self._state = state
        self._ancestry = ancestry
        self._engine = engine
        self._codec = codec
        self._time_limit = time_limit
        self.blob_hashes: list[Hash32] = []
        """Of the blobs that the blocks' transactions carry, in order."""
        self._outbox_before = self._outbox_root()

    def follow(self, block: BatchBlock, decoded: Sequence[Transaction] | None = None) -> None:
        """Runs the next block and commits what it changes. `decoded` are its transactions where somebody has
        them. Raises `Refused`; nothing may follow then."""
        program, parent, header = self._program, self._parent, block.header
        _check_claims(program, parent, block)
        overrides = self._overrides(block)
        transactions = self._transactions(block.transactions) if decoded is None else list(decoded)
        if overrides.encoding(transactions) != block.overrides:
            raise Refused(Flaw.OVERRIDES, f"block {header.number}")
        rules = program.rules
        limit = rules.block_size_limit
        if limit is not None and rules.fork >= Fork.OSAKA and block_size(header, transactions) > limit:
            raise Refused(Flaw.BLOCK_SIZE, f"block {header.number}")
        self._check_settlement(block)
        env = self._environment(block, overrides)
        candidates, is_taken = self._candidates(block, transactions)
        execution = self._execute(env, candidates, overrides)
        results = _results(execution, is_taken, header.number)
        content = self._codec.seal_content(transactions, results)
        try:
            root = self._state.commit(execution.changes)
        except BadStateWitness as error:
            raise refused_for(error) from error
        made = build_header(rules, env, header.state_root, content, overrides.commitment(transactions))
        for field in dataclasses.fields(Header):
            if getattr(made, field.name) != getattr(header, field.name):
                raise Refused(Flaw.HEADER, f"{field.name} of block {header.number}")
        if root != header.state_root:
            raise Refused(Flaw.STATE_ROOT, f"block {header.number}")
        for transaction in transactions:
            self.blob_hashes += transaction.blob_hashes
        self._ancestry.add(block.hash)
        self._parent = header

    @property
    def outbox(self) -> OutboxRoots:
        """The roots of the zone's outbox before the blocks and after those so far. Raises `Refused`."""
        return OutboxRoots(self._outbox_before, self._outbox_root())

    def _outbox_root(self) -> Hash32:
        if not self._program.has_messages:
            return ZERO_HASH
        try:
            return Hash32(self._state.storage(OUTBOX, ROOT_SLOT).to_bytes(32, "big"))
        except BadStateWitness as error:
            raise refused_for(error) from error

    # What the block is

    def _overrides(self, block: BatchBlock) -> DevelopmentOverrides:
        if block.overrides and not self._program.is_development:
            raise Refused(Flaw.OVERRIDES, f"block {block.header.number}")
        try:
            return DevelopmentOverrides.decode(block.overrides)
        except ValueError as error:
            raise Refused(Flaw.OVERRIDES, f"block {block.header.number}: {error}") from error

    def _transactions(self, encoded: Sequence[bytes]) -> list[Transaction]:
        transactions = []
        for raw, decoded in zip(encoded, self._codec.decode_many(encoded), strict=True):
            transaction = self._decoded(raw, decoded)
            if transaction is None:
                raise Refused(Flaw.TRANSACTION, f"{decoded}")
            transactions.append(transaction)
        return transactions

    def _decoded(self, raw: bytes, decoded: DecodedTransaction | Undecodable) -> Transaction | None:
        """The transaction in its form without a sidecar, None where that is none."""
        if isinstance(decoded, InvalidTransaction):
            # Its sender signed nothing. That it is impersonated is for the overrides to say.
            try:
                return decode_impersonated(raw)
            except MalformedTransaction:
                return None
        if isinstance(decoded, MalformedTransaction) or decoded[0].encoded != raw:
            return None
        return decoded[0]

    def _candidates(
        self, block: BatchBlock, transactions: Sequence[Transaction]
    ) -> tuple[list[Transaction], list[bool]]:
        """What the block tried to execute, and which of it it took: forced transactions first."""
        candidates: list[Transaction] = []
        is_taken: list[bool] = []
        place = 0
        decoded = self._codec.decode_many([forced.encoded for forced in block.forced])
        for forced, entry in zip(block.forced, decoded, strict=True):
            transaction = executable(forced, entry, self._program.rules, block.header.gas_limit)
            if transaction is None:
                continue
            is_first = place < len(transactions) and transactions[place].encoded == forced.encoded
            place += is_first
            candidates.append(transaction)
            is_taken.append(is_first)
        rest = transactions[place:]
        return [*candidates, *rest], [*is_taken, *[True] * len(rest)]

    # What it is executed with

    def _environment(self, block: BatchBlock, overrides: DevelopmentOverrides) -> BlockEnv:
        program, parent, header = self._program, self._parent, block.header
        root = settlement_root(parent, block)
        base_fee, randomness = overrides.base_fee, overrides.prev_randao
        if base_fee is None:
            base_fee = base_fee_after(parent, program.is_base_fee_fixed)
        if randomness is None:
            randomness = block_randomness(root, program.zone, header.number)
        return BlockEnv(
            number=header.number,
            timestamp=header.timestamp,
            coinbase=header.coinbase,
            gas_limit=header.gas_limit,
            base_fee=base_fee,
            prev_randao=randomness,
            excess_blob_gas=excess_blob_gas_after(parent, program.rules),
            parent_hash=header.parent_hash,
            parent_beacon_block_root=root,
            recent_hashes=self._ancestry.hashes_before(header.number),
            system_calls=self._system_calls(block),
        )

    def _system_calls(self, block: BatchBlock) -> tuple[SystemCall, ...]:
        try:
            return settlement_calls(block.settlement, self._program.zone, self._state)
        except BadStateWitness as error:
            raise refused_for(error) from error

    def _check_settlement(self, block: BatchBlock) -> None:
        """Heights rise. The contract would refuse another one, and the block would go on without it."""
        head = block.settlement
        if head is None:
            return
        try:
            newest = self._state.storage(SETTLEMENT_ROOTS, NEWEST_HEIGHT_SLOT)
        except BadStateWitness as error:
            raise refused_for(error) from error
        if newest >= head.height:
            raise Refused(Flaw.SETTLEMENT, f"height {head.height} after {newest}")

    def _execute(
        self, env: BlockEnv, candidates: Sequence[Transaction], overrides: DevelopmentOverrides
    ) -> Execution:
        mode = block_mode(overrides, self._program.has_messages)
        mode = dataclasses.replace(mode, record_reads=True, time_limit=self._time_limit)
        try:
            execution = self._engine.execute(self._program.rules, env, candidates, self._state, mode)
        except BadStateWitness as error:
            raise refused_for(error) from error
        except ExecutionTimeout as error:
            raise Refused(Flaw.TIME, f"block {env.number}") from error
        except EngineFault as error:
            if isinstance(error.__cause__, BadStateWitness):
                raise refused_for(error.__cause__) from error
            raise Refused(Flaw.EXECUTION, f"block {env.number}: {error}") from error
        except (ValueError, OverflowError) as error:
            # Numbers that the engine cannot take.
            raise Refused(Flaw.EXECUTION, f"block {env.number}: {error}") from error
        assert execution.reads is not None, "reads were asked for"
        self._ancestry.asked(execution.reads.block_numbers)
        try:
            for code_hash in execution.reads.code_hashes:
                # An engine may know code from an earlier execution, and not ask for it.
                self._state.code(code_hash)
        except BadStateWitness as error:
            raise refused_for(error) from error
        return execution


def _check_claims(program: Program, parent: Header, block: BatchBlock) -> None:
    """What can be said of a header before its block is executed."""
    header = block.header
    number = header.number
    if number != parent.number + 1:
        raise Refused(Flaw.CHAIN, f"block {number} after block {parent.number}")
    least = parent.timestamp + (1 if program.is_timestamp_strict else 0)
    if not least <= header.timestamp < 1 << 63:
        raise Refused(Flaw.HEADER, f"timestamp of block {number}")
    is_limit_right = header.gas_limit == program.gas_limit or program.is_development
    if not is_limit_right or header.gas_limit >= 1 << 63:
        raise Refused(Flaw.HEADER, f"gas_limit of block {number}")
    if max(header.excess_blob_gas or 0, header.blob_gas_used or 0) > MOST_BLOB_GAS:
        raise Refused(Flaw.HEADER, f"blob gas of block {number}")


def settlement_root(parent: Header, block: BatchBlock) -> Hash32:
    """Root of the newest settlement block that a block knows."""
    if block.settlement is not None:
        return block.settlement.root
    return parent.parent_beacon_block_root or ZERO_HASH


def check_parent(parent: Header) -> None:
    """Raises `Refused` for numbers in the header before the first block that no block could have."""
    numbers = (parent.gas_limit, parent.gas_used, parent.timestamp)
    is_possible = max(numbers) < 1 << 63 and parent.base_fee_per_gas < 1 << 256
    blob_gas = max(parent.excess_blob_gas or 0, parent.blob_gas_used or 0)
    if not is_possible or parent.number >= MOST_BLOCKS or blob_gas > MOST_BLOB_GAS:
        raise Refused(Flaw.PARENT, "a number is too large")


def _results(execution: Execution, is_taken: Sequence[bool], number: int) -> list[TransactionResult]:
    """The results of the transactions that the block took."""
    results = []
    for result, taken in zip(execution.results, is_taken, strict=True):
        if isinstance(result, InvalidTransaction):
            if taken:
                raise Refused(Flaw.TRANSACTION, f"block {number}: {result}")
            if result.kind is Invalid.BLOCK_FULL:
                raise Refused(Flaw.FORCED, f"block {number} consumes one that waits for room")
        elif taken:
            results.append(result)
        else:
            raise Refused(Flaw.FORCED, f"block {number} leaves one out that can be executed")
    return results


def refused_for(error: BadStateWitness) -> Refused:
    """What to raise for a flaw of the state's witness."""
    return Refused(STATE_FLAWS[error.flaw], error.detail)
