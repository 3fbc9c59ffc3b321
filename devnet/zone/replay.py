"""Running sealed blocks again: for traces and for the witness of what a block read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

from devnet.blocks.environment import environment_of, settlement_calls
from devnet.blocks.overrides import block_mode, rlp_integer
from devnet.chain import rlp
from devnet.chain.account import Account
from devnet.chain.block_codec import encode_header
from devnet.chain.errors import InvalidTransaction
from devnet.chain.types import EMPTY_CODE_HASH, BlockRef, Hash32
from devnet.execution import AccessedState, Engine, EngineFault, Execution, Mode, SystemCall, TraceSpec
from devnet.scheduling import BlockOrder
from devnet.state import StateView
from devnet.zone.block_record import BlockRecord
from devnet.zone.calling.running import Deadline, execute
from devnet.zone.errors import UnknownBlock
from devnet.zone.ledger import Ledger
from devnet.zone.messages import MeasuredBlock, ScheduledBlock, TransactionTrace, Witness

SCHEDULE_SECONDS = 60.0
"""A whole block is run up to five times to see how it can be scheduled; a call's limit is for less."""


QUICK_SECONDS = 0.5
"""What takes longer is measured once."""


class Replay:
    """Executes blocks of the chain again on the state before them."""

    def __init__(self, ledger: Ledger, engine: Engine) -> None:
        self._ledger = ledger
        self._engine = engine

    def trace_transaction(self, transaction_hash: Hash32, trace: TraceSpec) -> TransactionTrace:
        """The trace of a transaction in its block. Raises `UnknownBlock` where it is in none."""
        found = self._ledger.chain.locate(transaction_hash)
        if found is None:
            raise UnknownBlock(f"transaction 0x{transaction_hash.hex()} not found in any block")
        record, index = found
        mode = replace(self._mode(record), trace=trace, trace_only=index)
        return self._traces(record, self._run(record, index + 1, mode))[index]

    def trace_block(self, ref: BlockRef, trace: TraceSpec) -> tuple[TransactionTrace, ...]:
        """The traces of all transactions of a block."""
        record = self._ledger.get(ref)
        if record is self._ledger.chain.genesis:
            raise UnknownBlock("the genesis block is not traceable")
        mode = replace(self._mode(record), trace=trace)
        return self._traces(record, self._run(record, len(record.block.transactions), mode))

    def witness(self, ref: BlockRef) -> Witness:
        """What executing the block reads."""
        record = self._ledger.get(ref)
        mode = replace(self._mode(record), record_reads=True)
        reads = self._run(record, len(record.block.transactions), mode).reads
        assert reads is not None, "reads were asked for"
        view = self._ledger.state_before(record)
        state, keys = _entries(reads, view)
        codes = [
            view.code(code_hash) for code_hash in sorted(reads.code_hashes) if code_hash != EMPTY_CODE_HASH
        ]
        headers = {record.number - 1, *reads.block_numbers}
        return Witness(
            state=tuple(state),
            codes=tuple(codes),
            keys=tuple(keys),
            headers=tuple(encode_header(self._ledger.get(number).block.header) for number in sorted(headers)),
        )

    def schedule(self, ref: BlockRef) -> ScheduledBlock:
        """How the block's transactions can be run in parallel, in their order, and how fast that was."""
        record = self._ledger.get(ref)
        if record is self._ledger.chain.genesis:
            raise UnknownBlock("the genesis block has no transactions")
        ledger = self._ledger
        header = record.block.header
        arguments = (
            record.rules,
            environment_of(header, ledger.chain.recent_hashes(header.number), self._calls(record)),
            record.block.transactions,
            ledger.state_before(record),
            replace(self._block_mode(record), time_limit=SCHEDULE_SECONDS),
        )
        schedule = self._engine.schedule_block(*arguments, BlockOrder.GIVEN)
        threads = self._engine.threads
        if threads == 1 or not record.block.transactions:
            return ScheduledBlock(record.block, schedule, None)
        measured = MeasuredBlock(
            threads,
            _seconds(lambda: self._engine.execute(*arguments)),
            _seconds(lambda: self._engine.execute_block(*arguments, BlockOrder.GIVEN)),
        )
        return ScheduledBlock(record.block, schedule, measured)

    def _calls(self, record: BlockRecord) -> tuple[SystemCall, ...]:
        if record.settlement is None:
            return ()
        ledger = self._ledger
        return settlement_calls(record.settlement, ledger.config.index, ledger.state_before(record))

    def _mode(self, record: BlockRecord) -> Mode:
        return replace(self._block_mode(record), time_limit=self._ledger.config.call_time_limit)

    def _block_mode(self, record: BlockRecord) -> Mode:
        return block_mode(record.overrides, self._ledger.config.has_messages)

    def _run(self, record: BlockRecord, count: int, mode: Mode) -> Execution:
        ledger = self._ledger
        header = record.block.header
        return execute(
            self._engine,
            record.rules,
            environment_of(header, ledger.chain.recent_hashes(header.number), self._calls(record)),
            record.block.transactions[:count],
            ledger.state_before(record),
            mode,
            Deadline.after(mode.time_limit),
        )

    @staticmethod
    def _traces(record: BlockRecord, execution: Execution) -> tuple[TransactionTrace, ...]:
        traces = []
        for transaction, result in zip(record.block.transactions, execution.results, strict=False):
            if isinstance(result, InvalidTransaction):
                raise EngineFault(
                    f"transaction 0x{transaction.hash.hex()} is in a block but refused: {result}"
                )
            traces.append(TransactionTrace(transaction.hash, result.trace))
        return tuple(traces)


def _seconds(run: Callable[[], object]) -> float:
    """How long it takes: the best of three where it is quick, because the first pays for cold caches."""
    best = math.inf
    for _ in range(3):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
        if best > QUICK_SECONDS:
            break
    return best


def _entries(reads: AccessedState, view: StateView) -> tuple[list[bytes], list[bytes]]:
    """rlp([key, value]) of everything read that is there, and all keys read, there or not."""
    state: list[bytes] = []
    keys: list[bytes] = []
    for address in sorted(reads.accounts):
        keys.append(address)
        account = view.account(address)
        if account is not None:
            state.append(rlp.encode([address, _account_value(account)]))
    for address, slot in sorted(reads.slots):
        key = address + slot.to_bytes(32, "big")
        keys.append(key)
        value = view.storage(address, slot)
        if value:
            state.append(rlp.encode([key, rlp_integer(value)]))
    return state, keys


def _account_value(account: Account) -> bytes:
    """The account as the state holds it (protocol section 3)."""
    fields = [rlp_integer(account.nonce), rlp_integer(account.balance)]
    if account.code_hash != EMPTY_CODE_HASH:
        fields.append(account.code_hash)
    return rlp.encode(fields)
