"""How tracers see an execution: the `Watcher` Protocol and what it is shown.

The events and their order are those of geth's live tracing hooks (core/tracing/hooks.go), because the tracers
that clients know are defined by them. One watcher watches one transaction:

    transaction_start
        enter (depth 0)
            step*  log*  enter … exit (depth 1)  …        steps only when `wants_steps`
        exit (depth 0)
    transaction_end
    result

`devnet.execution.pyevm.tracers.build_watcher(options)` makes the watcher of a transaction;
`result()` becomes `TransactionResult.trace`. A transaction that is left out as invalid shows nothing.

What is passed in is read-only and valid only during the call: `FrameView.stack`, `.memory` and the like are
the engine's own objects (no copies are made for a watcher that does not look), so keep copies.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from devnet.chain.account import Account
from devnet.chain.block import Log
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32, Wei

if TYPE_CHECKING:
    from devnet.execution import BlockEnv, Failure, TransactionResult

FrameKind = Literal["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT"]


class WorldView(Protocol):
    """Reads the state that the transaction works on. None of these calls counts as an access."""

    def account(self, address: Address) -> Account | None:
        """The account now, None where there is none."""

    def storage(self, address: Address, slot: int) -> int:
        """The slot's value now."""

    def transient_storage(self, address: Address, slot: int) -> int: ...

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that hash, those created by this or earlier transactions included."""

    def original_account(self, address: Address) -> Account | None:
        """The account before this transaction (before its nonce and gas were taken)."""

    def original_storage(self, address: Address, slot: int) -> int:
        """The slot's value before this transaction."""

    @property
    def refund(self) -> int:
        """geth's refund counter now (not yet capped)."""

    @property
    def touched_accounts(self) -> Set[Address]:
        """Accounts that this transaction reached so far by itself: sender, recipient (or created contract),
        coinbase, authorities and delegation targets, operands of BALANCE, EXTCODE*, calls, creates and
        SELFDESTRUCT whose gas was paid. Reverted frames count; the access list does not."""

    @property
    def touched_slots(self) -> Set[tuple[Address, int]]:
        """Slots that SLOAD and SSTORE reached so far, in the same sense."""


class FrameView(Protocol):
    """The frame that executes, as a step sees it: before the opcode does anything."""

    @property
    def depth(self) -> int:
        """0 for the transaction's own frame. geth's step depth is this + 1."""

    @property
    def address(self) -> Address:
        """Whose storage and balance this is (ADDRESS)."""

    @property
    def caller(self) -> Address: ...

    @property
    def code_address(self) -> Address:
        """Where the code is from; the called address also when its code is delegated (EIP-7702)."""

    @property
    def value(self) -> Wei: ...

    @property
    def input(self) -> bytes:
        """Call data; empty while creating."""

    @property
    def code(self) -> bytes:
        """What is executed: the contract's code, or the init code."""

    @property
    def is_create(self) -> bool: ...

    @property
    def is_static(self) -> bool: ...

    @property
    def stack(self) -> list[int]:
        """Top of the stack last. The engine's own list."""

    @property
    def memory(self) -> bytearray:
        """The engine's own buffer; a multiple of 32 bytes, not yet expanded for this opcode."""

    @property
    def return_data(self) -> bytes:
        """What RETURNDATACOPY would read."""


@dataclass(frozen=True, slots=True)
class TransactionStart:
    """What a watcher sees first. The nonce is not yet taken nor the gas bought."""

    transaction: Transaction
    env: BlockEnv
    effective_gas_price: Wei
    contract_address: Address | None
    """Where the contract would be created, None for a call."""
    world: WorldView
    """Stays valid, and current, until `transaction_end` has returned."""
    precompiles: Set[Address]
    """Of the fork, overrides applied."""


@dataclass(frozen=True, slots=True)
class FrameStart:
    """A frame begins, before anything is checked: one that fails at once (depth, balance, collision) is
    shown as well and exits at once. A precompile is a frame without steps.

    SELFDESTRUCT is a frame that ends at once: `sender` is the contract, `to` the beneficiary, `value` the
    balance moved, gas 0, depth one more than the contract's."""

    kind: FrameKind
    depth: int
    """0 for the transaction's own frame, as geth's OnEnter."""
    sender: Address
    to: Address
    """The callee (for DELEGATECALL and CALLCODE: whose code runs), or the created contract."""
    value: Wei | None
    """None for STATICCALL; DELEGATECALL shows its parent's."""
    input: bytes
    """Call data or init code."""
    gas: int
    """What the frame may use, stipend included."""


@dataclass(frozen=True, slots=True)
class FrameEnd:
    """A frame ended; its state changes are undone when `failure` is not None."""

    depth: int
    output: bytes
    """Return data, revert data, or the created contract's code."""
    gas_used: int
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class TransactionEnd:
    """What a watcher sees last: gas is refunded, only the tip is not paid yet."""

    result: TransactionResult
    """Without its trace."""


class Watcher(Protocol):
    """Watches one transaction. An exception out of one is an engine fault."""

    @property
    def wants_steps(self) -> bool:
        """Asked once, before the transaction. False keeps the fast opcode loop: `step` and `step_fault` are
        then never called."""

    @property
    def wants_costs(self) -> bool:
        """Whether steps come with what they cost and why they cannot start. Without it only the constant
        part is known, and an opcode fails in the order in which it looks at things when nobody watches."""

    def transaction_start(self, start: TransactionStart) -> None: ...

    def enter(self, frame: FrameStart) -> None: ...

    def exit(self, frame: FrameEnd) -> None: ...

    def step(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure | None
    ) -> None:
        """Before an opcode, when its gas is known to be there.

        `gas` is what was left before it, `cost` what it takes as geth reports it: for calls the gas given
        to the callee is included and the stipend is not; for creates the gas given on is not included.
        `failure` is set when the opcode cannot even start (out of gas, stack bounds);
        the frame then ends. `cost` is then what was known by then, as geth's.
        """

    def step_fault(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure
    ) -> None:
        """The opcode that `step` showed without failure failed while executing (REVERT, an invalid jump,
        write protection, return data out of bounds, an undefined opcode); the frame ends."""

    def log(self, log: Log, index: int, depth: int) -> None:
        """A LOG opcode emitted `log`, the `index`-th of the transaction, reverted ones counted off. Frames
        that fail later do not retract it: a watcher drops the logs of failed frames itself."""

    def transaction_end(self, end: TransactionEnd) -> None: ...

    def result(self) -> Any:
        """The trace as JSON-ready data (dicts, lists, str, int, bool, None). Called once, last."""
