"""What the library raises.

ZeroError
├── Reverted            the EVM stopped: reason, custom error, panic, revert data
│   └── OutOfGas
├── Refused             the node answered with an error: its code and data
│   └── NotADevnet      ... because it has no development calls
├── NoAnswer            nothing, or nothing understandable, came back
├── Timeout             (also a TimeoutError)
├── UnknownContract
├── UnknownMessage
├── UndeliveredMessage
├── UnknownMember       (also an AttributeError)
├── WrongArguments      (also a ValueError)
├── BadReturnData
└── BadAccount
    └── PublicKey
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from zero_sdk.errors import Problem, ZeroError

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Transaction


class _Kind(ZeroError):
    """A ZeroError whose class says which problem it is."""

    PROBLEM: ClassVar[Problem]

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(self.PROBLEM, message, hint)

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message} ({self.hint})"


@dataclass(frozen=True, slots=True)
class DecodedError:
    """A custom error out of revert data."""

    name: str
    args: tuple[Any, ...]
    """A NamedTuple of the error's parameters."""
    signature: str

    def __str__(self) -> str:
        return f"{self.name}({_shown(self.args)})"


class Reverted(_Kind):
    """The EVM did not do what was asked for, and undid all of it.

    `reason` is the text of `require` and `revert`, `panic` the code of a Panic, `error` the custom error,
    `halt` the node's words where the EVM stopped otherwise (an invalid opcode, no gas). `request` is the call
    or transaction as it was given to the node, `zone` the zone's name; `transaction` is there if it is in a
    block.
    """

    PROBLEM = Problem.REVERTED

    def __init__(
        self,
        *,
        data: bytes = b"",
        reason: str | None = None,
        error: DecodedError | None = None,
        panic: int | None = None,
        halt: str | None = None,
        transaction: Transaction | None = None,
        request: Mapping[str, Any] | None = None,
        zone: str = "",
        action: str = "",
    ) -> None:
        self.data = data
        self.reason = reason
        self.error = error
        self.panic = panic
        self.halt = halt
        self.transaction = transaction
        self.request = request
        self.zone = zone
        self.action = action
        """What was asked for: `Token.transfer`."""
        super().__init__(f"{f'{action} ' if action else ''}{self._verb()}{self._where()}")

    @property
    def why(self) -> str:
        """The reason, the custom error, the panic or the data; "" where nothing was given."""
        if self.error is not None:
            return str(self.error)
        if self.panic is not None:
            from devnet.artifacts.reverts import panic_words

            return f"panic {self.panic:#04x}: {panic_words(self.panic)}"
        if self.reason is not None:
            return self.reason
        return f"unknown error 0x{self.data.hex()}" if self.data else ""

    def _verb(self) -> str:
        if self.halt is not None:
            return f"failed: {self.halt}"
        why = self.why
        return f"reverted: {why}" if why else "reverted without a reason"

    def _where(self) -> str:
        if self.transaction is not None:
            return f" [transaction {self.transaction.hash} in zone {self.zone}]"
        return f" [zone {self.zone}]" if self.zone else ""


class OutOfGas(Reverted):
    """It used all the gas that it was given."""

    PROBLEM = Problem.OUT_OF_GAS


class Refused(_Kind):
    """The node answered with an error. `code`, `reply` and `data` are its own; `method` was called."""

    PROBLEM = Problem.REFUSED

    def __init__(
        self, method: str, code: int, reply: str, data: Any = None, hint: str | None = None, zone: str = ""
    ) -> None:
        self.method = method
        self.code = code
        self.reply = reply
        self.data = data
        self.zone = zone
        named = reply if reply.startswith(method) else f"{method}: {reply}"
        super().__init__(f"{named} (code {code})", hint)


class NotADevnet(Refused):
    """A development call to a node that has none."""

    PROBLEM = Problem.NOT_A_DEVNET


class NoAnswer(_Kind):
    """Nothing came back, or nothing that is JSON-RPC. What was asked for may be done nevertheless."""

    PROBLEM = Problem.NO_ANSWER


class Timeout(_Kind, TimeoutError):
    """It did not happen in the time that was given."""

    PROBLEM = Problem.TIMEOUT


class UnknownContract(_Kind):
    """No contract of that name is known, or the address has no code."""

    PROBLEM = Problem.NO_CONTRACT


class UnknownMessage(_Kind):
    """The network knows no message of that GUID."""

    PROBLEM = Problem.UNKNOWN_MESSAGE


class UndeliveredMessage(_Kind):
    """A message does not come so far by itself: it failed, or its receiver does not want it."""

    PROBLEM = Problem.UNDELIVERED_MESSAGE

    def __init__(self, guid: str, status: str, why: str) -> None:
        self.guid = guid
        self.status = status
        super().__init__(
            f"message {guid} is not delivered: {why}",
            "message.trace() shows what it did, message.retry() tries again"
            if status == "failed"
            else "`zero message show GUID` has its whole life",
        )


class UnknownMember(_Kind, AttributeError):
    """The contract's ABI has no function or event of that name."""

    PROBLEM = Problem.WRONG_ARGUMENTS


class WrongArguments(_Kind, ValueError):
    """What was given does not fit; the message names the function, the parameter and its type."""

    PROBLEM = Problem.WRONG_ARGUMENTS


class BadReturnData(_Kind):
    """What came back is not what the ABI says."""

    PROBLEM = Problem.BAD_RETURN_DATA


class BadAccount(_Kind):
    """The account cannot be loaded, or nobody holds its key."""

    PROBLEM = Problem.BAD_ACCOUNT


class PublicKey(BadAccount):
    """Everybody has this account's key."""

    PROBLEM = Problem.PUBLIC_KEY


def _shown(values: tuple[Any, ...]) -> str:
    from zero_sdk.client.decoding import told_names

    if not hasattr(values, "_fields"):
        return ", ".join(_value(value) for value in values)
    return ", ".join(
        _value(value) if name.startswith("_") else f"{name}={_value(value)}"
        for name, value in zip(told_names(values), values, strict=True)
    )


def _value(value: Any) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str) and value.startswith("0x"):
        return value
    return repr(value)
