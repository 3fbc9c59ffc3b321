"""How a frame fails: py-evm's exceptions and this engine's own, mapped to `Failure` in geth's words.

Only `FrameFailure` and py-evm's `VMError` end a frame. Anything else that escapes an opcode is a fault of the
engine.
"""

from __future__ import annotations

from eth.exceptions import (
    FullStack,
    OutOfBoundsRead,
    OutOfGas,
    VMError,
    WriteProtection,
)

from devnet.execution import Failure, FailureKind
from devnet.execution.pyevm.mnemonics import MNEMONICS

STACK_LIMIT = 1024


class FrameFailure(Exception):
    """Ends the frame that runs, and all its gas is gone. (REVERT raises nothing.)"""

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        self.failure = Failure(kind, detail)


OUT_OF_GAS = Failure(FailureKind.OUT_OF_GAS)
CALL_DEPTH = Failure(FailureKind.CALL_DEPTH)
INSUFFICIENT_BALANCE = Failure(FailureKind.INSUFFICIENT_BALANCE)
ADDRESS_COLLISION = Failure(FailureKind.ADDRESS_COLLISION)
NONCE_OVERFLOW = Failure(FailureKind.NONCE_OVERFLOW)
REVERT = Failure(FailureKind.REVERT)

_KINDS: dict[type[VMError], FailureKind] = {
    OutOfGas: FailureKind.OUT_OF_GAS,
    WriteProtection: FailureKind.WRITE_PROTECTION,
    OutOfBoundsRead: FailureKind.RETURN_DATA_OUT_OF_BOUNDS,
}


def failure_of(error: FrameFailure | VMError) -> Failure:
    """The failure that the error of an opcode stands for. Raises TypeError for a kind no opcode raises."""
    if isinstance(error, FrameFailure):
        return error.failure
    if isinstance(error, FullStack):
        return stack_overflow()
    try:
        return Failure(_KINDS[type(error)])
    except KeyError:
        raise TypeError(f"py-evm raised {error!r} in an opcode") from error


def stack_underflow(size: int, needed: int) -> Failure:
    return Failure(FailureKind.STACK_UNDERFLOW, f" ({size} <=> {needed})")


def stack_overflow() -> Failure:
    return Failure(FailureKind.STACK_OVERFLOW, f" ({STACK_LIMIT - 1})")


def invalid_opcode(opcode: int) -> Failure:
    name = MNEMONICS.get(opcode) or f"opcode {opcode:#x} not defined"
    return Failure(FailureKind.INVALID_OPCODE, f": {name}")
