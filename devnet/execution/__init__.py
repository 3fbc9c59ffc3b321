"""The Engine interface: executes EVM transactions over a state view, in few coarse calls with plain data.

Parts import what is defined here and `devnet.execution.pyevm` (`PyEvmEngine`); nothing further inside. An
engine keeps no state between calls, chooses no rules and may be called from several threads at once.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from devnet.chain.account import ChangeSet
from devnet.chain.block import Log
from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.scheduling import BlockOrder, Schedule
from devnet.state import StateView


@dataclass(frozen=True, slots=True)
class SystemCall:
    """A call that the system address makes before a block's transactions, with 30 million gas of its own.
    Where there is no code it is not made; that it fails is no error."""

    address: Address
    data: bytes


@dataclass(frozen=True, slots=True)
class BlockEnv:
    """What transactions can see of the block they run in."""

    number: int
    timestamp: int
    coinbase: Address
    gas_limit: int
    base_fee: Wei
    prev_randao: Hash32
    excess_blob_gas: int
    parent_hash: Hash32
    parent_beacon_block_root: Hash32
    recent_hashes: tuple[Hash32, ...]
    """Hashes of the blocks before this one, newest last, at most 256: what BLOCKHASH can reach."""
    blob_base_fee: Wei | None = None
    """Replaces the price that follows from `excess_blob_gas` (block overrides of calls)."""
    system_calls: tuple[SystemCall, ...] = ()
    """What the block calls beside what its fork has every block call, in order, after that."""


@dataclass(frozen=True, slots=True)
class AccountOverride:
    """What replaces parts of one account. `storage` replaces all slots, `storage_changes` single ones."""

    balance: Wei | None = None
    nonce: int | None = None
    code: bytes | None = None
    storage: Mapping[int, int] | None = None
    storage_changes: Mapping[int, int] = field(default_factory=dict)
    move_precompile_to: Address | None = None


Overrides = Mapping[Address, AccountOverride]


@dataclass(frozen=True, slots=True)
class Checks:
    """Which validations a transaction must pass. All for blocks; calls and estimates relax some."""

    nonce: bool = True
    balance: bool = True
    """False: the sender pays no gas and only needs the value (and not even that is checked up front: a
    transfer beyond the balance then fails inside, as in geth)."""
    fees: bool = True
    """False: a fee below the base fee is fine, GASPRICE is the given price, zero included."""
    base_fee_zero_when_free: bool = False
    """Calls that name no fee see BASEFEE = 0, as in geth."""
    sender_is_not_contract: bool = True
    gas_cap: bool = True
    """`Rules.transaction_gas_cap` and the block's gas limit."""


STRICT = Checks()
LENIENT = Checks(
    nonce=False,
    balance=False,
    fees=False,
    base_fee_zero_when_free=True,
    sender_is_not_contract=False,
    gas_cap=False,
)
"""For eth_call, estimates and traces of calls."""


@dataclass(frozen=True, slots=True)
class TraceSpec:
    """Which tracer watches, by geth's name ("" is the struct logger), and its config as given in JSON."""

    tracer: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mode:
    """How `Engine.execute` treats what it is given."""

    checks: Checks = STRICT
    system_calls: bool = False
    """Run the block's system calls (EIP-4788 from Cancun, EIP-2935 from Prague, `BlockEnv.system_calls`)
    before the transactions."""
    credit_fees: bool = False
    """Credit the sum of the tips to the coinbase once, after the last transaction (zero is no touch)."""
    append_messages: bool = False
    """Append what the logs of the transactions say was sent to the zone's outbox, after everything else
    (`devnet.chain.outbox`): system calls, none where nothing was sent."""
    messages: tuple[Hash32, ...] = ()
    """Leaves that the outbox is given before those of the transactions: for one who runs the block's
    transactions apart."""
    overrides: Overrides = field(default_factory=dict)
    """Applied before everything else; part of the resulting change set."""
    gone_precompiles: frozenset[Address] = frozenset()
    """Addresses without their precompile, because overrides of the same block put code there: for one who
    runs the block's transactions apart."""
    trace: TraceSpec | None = None
    trace_only: int | None = None
    """Index of the one transaction to trace; None traces all."""
    transfer_logs: bool = False
    """Emit a log from 0xeeee…eeee for every movement of value (eth_simulateV1's `traceTransfers`)."""
    record_reads: bool = False
    gas_budget: int | None = None
    """Gas that all transactions together may use beside the block's limit (`--rpc-gas-cap`)."""
    time_limit: float | None = None
    """Seconds of wall time; past it `ExecutionTimeout` is raised and nothing else happens."""


class FailureKind(enum.Enum):
    """Why a transaction's execution failed, in geth's words (they are what clients match on)."""

    REVERT = "execution reverted"
    OUT_OF_GAS = "out of gas"
    CODE_STORE_OUT_OF_GAS = "contract creation code storage out of gas"
    INVALID_OPCODE = "invalid opcode"
    STACK_UNDERFLOW = "stack underflow"
    STACK_OVERFLOW = "stack limit reached 1024"
    INVALID_JUMP = "invalid jump destination"
    WRITE_PROTECTION = "write protection"
    RETURN_DATA_OUT_OF_BOUNDS = "return data out of bounds"
    CALL_DEPTH = "max call depth exceeded"
    INSUFFICIENT_BALANCE = "insufficient balance for transfer"
    ADDRESS_COLLISION = "contract address collision"
    CODE_SIZE = "max code size exceeded"
    INITCODE_SIZE = "max initcode size exceeded"
    INVALID_CODE_PREFIX = "invalid code: must not begin with 0xef"
    NONCE_OVERFLOW = "nonce uint64 overflow"
    PRECOMPILE = "precompile failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """How an execution failed. `detail` completes the words, e.g. the opcode's name."""

    kind: FailureKind
    detail: str = ""

    @property
    def message(self) -> str:
        return f"{self.kind.value}{self.detail}"


@dataclass(frozen=True, slots=True)
class AccessedState:
    """What an execution read from the view it was given (not what it wrote first and read back)."""

    accounts: frozenset[Address]
    slots: frozenset[tuple[Address, int]]
    code_hashes: frozenset[Hash32]
    block_numbers: frozenset[int]
    """Numbers of the blocks whose hash BLOCKHASH gave."""


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """What one transaction did."""

    gas_used: int
    """After refunds and the EIP-7623 floor: what is paid for."""
    gas_refunded: int
    gas_peak: int
    """The most gas that had to be available at once, before refunds: where an estimate starts."""
    output: bytes
    """Return data, revert data, or the code of a created contract."""
    logs: tuple[Log, ...]
    contract_address: Address | None
    effective_gas_price: Wei
    tip: Wei
    """Per gas, to the coinbase."""
    failure: Failure | None
    console: tuple[bytes, ...]
    """Input data of every call to the console.log address, in order (`devnet.artifacts.console` decodes)."""
    warm_accounts: frozenset[Address] = frozenset()
    """Accounts and slots touched, filled when reads are recorded: what eth_createAccessList needs."""
    warm_slots: frozenset[tuple[Address, int]] = frozenset()
    trace: Any = None
    """The tracer's result as JSON-ready data."""

    @property
    def status(self) -> bool:
        return self.failure is None


@dataclass(frozen=True, slots=True)
class Execution:
    """What a run of transactions did. `results[i]` belongs to `transactions[i]`; an `InvalidTransaction`
    there means that this one was left out and changed nothing."""

    results: tuple[TransactionResult | InvalidTransaction, ...]
    changes: ChangeSet
    gas_used: int
    blob_gas_used: int
    reads: AccessedState | None = None


@dataclass(frozen=True, slots=True)
class BlockExecution:
    """What a run of a block's transactions did, and in which order."""

    execution: Execution
    """`execution.results[i]` belongs to `transactions[order[i]]`."""
    order: tuple[int, ...]
    """Block order, those left out with an `InvalidTransaction` included."""
    left: tuple[int, ...] = ()
    """Places of the transactions for which the block had no room: they have no result and may be offered to
    the next block. Only where the order was the framer's; with a given order they are in `order`."""


class ExecutionTimeout(Exception):
    """`Mode.time_limit` or `Mode.gas_budget` ran out."""


class TraceTooLarge(ExecutionTimeout):
    """The trace would not fit into memory; the message says which option makes it smaller."""


class EngineFault(Exception):
    """The engine itself failed (a recursion limit, a bug). Never turned into a failed receipt."""


class BriefCalls(Protocol):
    """Calls at one block that are tried where nothing may wait for them. One thread at a time."""

    def run(
        self, sender: Address, to: Address, gas: int, value: Wei, data: bytes
    ) -> TransactionResult | None:
        """What `Engine.execute` gives for a call that names no fee (`Checks` as calls have them). None where
        it would refuse the call, and where the call would take longer than about a millisecond: the limit
        counts work, not time, so the same call always gives the same."""


class Engine(Protocol):
    """Executes transactions. The same inputs give the same outputs on every engine, byte for byte."""

    @property
    def name(self) -> str: ...

    @property
    def threads(self) -> int:
        """How many threads `execute_block` uses at most."""

    def execute(
        self, rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
    ) -> Execution:
        """Runs the transactions in order over `view`, which it does not change.

        Raises `ExecutionTimeout`, `EngineFault`, and ValueError for an unknown tracer or a bad tracer config.
        """

    def execute_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        order: BlockOrder,
    ) -> BlockExecution:
        """As `execute`, for a block: in parallel where the engine can, and in the framer's order where
        `order` says so (docs/scheduling.md). The result is that of `execute` with the transactions in block
        order. `mode` neither traces nor records reads."""

    def schedule_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        order: BlockOrder,
    ) -> Schedule:
        """How `execute_block` schedules the block; the same value on every engine."""

    def brief_calls(
        self, rules: Rules, env: BlockEnv, view: StateView, unknown: Collection[Address]
    ) -> BriefCalls | None:
        """Calls that are tried at this block; those that read the storage of an `unknown` account are given
        up. None where the engine cannot promise to give up in time, on this view or at all."""
