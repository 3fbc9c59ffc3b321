"""What a zone refuses, and why.

    ZoneError
    ├── UnknownBlock        no such block (any more, or yet)
    │   └── HistoryGone     the block was there; `--history` or `--memory-limit` let it go
    ├── UnknownFilter       never installed, uninstalled or expired
    ├── UnknownSnapshot     never taken, or taken after a state that was reverted
    ├── LimitExceeded       an answer or a run would be larger or longer than allowed
    ├── BadRequest          the arguments contradict each other or cannot be met
    ├── ExecutionFailed     a transaction that is to be completed would fail
    ├── SimulationRefused   a simulation, or state overrides, that cannot be run
    └── NotUnlocked         the network holds no key for the sender and does not impersonate it

Transactions that cannot be accepted raise `devnet.chain.errors.InvalidTransaction`.
"""

from __future__ import annotations

from devnet.execution import Failure


class ZoneError(Exception):
    """Base of this package's errors."""


class UnknownBlock(ZoneError):
    """No such block (any more, or yet)."""


class HistoryGone(UnknownBlock):
    """The block, or the state after it, is older than the history that is kept. `oldest` is the lowest number
    that is."""

    def __init__(self, message: str, oldest: int) -> None:
        super().__init__(message)
        self.oldest = oldest

    def __reduce__(self) -> tuple[type[HistoryGone], tuple[str, int]]:
        return HistoryGone, (str(self), self.oldest)


class UnknownFilter(ZoneError):
    """The filter was never installed, was uninstalled, or expired."""


class UnknownSnapshot(ZoneError):
    """The snapshot was never taken, or a revert went back behind it."""


class LimitExceeded(ZoneError):
    """An answer or a run would be larger or longer than the configuration allows."""


class BadRequest(ZoneError):
    """The arguments contradict each other or cannot be met."""


class ExecutionFailed(ZoneError):
    """A transaction that is to be completed would fail, so it has no gas limit to give it."""

    def __init__(self, failure: Failure, output: bytes, console: tuple[bytes, ...] = ()) -> None:
        super().__init__(failure, output, console)
        self.failure = failure
        self.output = output
        self.console = console

    def __str__(self) -> str:
        return self.failure.message


class SimulationRefused(ZoneError):
    """A simulation or state overrides that cannot be run; `code` is the JSON-RPC code that execution-apis
    give the reason (eth_simulateV1's list)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class NotUnlocked(ZoneError):
    """The network holds no key for the sender and does not impersonate it."""
