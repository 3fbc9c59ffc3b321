"""What became of a message: data, derived from the chains of the zones that it left and goes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devnet.chain.types import Address, Hash32, Wei
from devnet.messages.place import Place


class Status(StrEnum):
    """How far a message is. Names stay as they are once released."""

    SENT = "sent"
    """In a block of its zone that is not settled."""
    SETTLED = "settled"
    """Can be proven."""
    VERIFIED = "verified"
    """Was proven; can be delivered."""
    DELIVERED = "delivered"
    """The receiver took it."""
    FAILED = "failed"
    """The receiver refused it when it was delivered last; it can be tried again."""
    BLOCKED = "blocked"
    """Cannot be proven or delivered as things are: `Life.reason` says why. It goes on when that changes."""
    SKIPPED = "skipped"
    """The receiver gave it up before it was verified."""
    NILIFIED = "nilified"
    """The receiver took the verification back; only the receiver can have it verified again."""
    BURNT = "burnt"
    """The receiver removed it for ever."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more becomes of the message itself, unless a chain goes back."""
        return self in (Status.DELIVERED, Status.SKIPPED, Status.BURNT)


class StepKind(StrEnum):
    """What a log says about a message."""

    SENT = "sent"
    VERIFIED = "verified"
    DELIVERED = "delivered"
    FAILED = "failed"
    """A delivery that reverted (`LzReceiveAlert`)."""
    COMPOSE_SENT = "compose-sent"
    COMPOSE_DELIVERED = "compose-delivered"
    COMPOSE_FAILED = "compose-failed"
    NATIVE_DROPPED = "native-dropped"
    SKIPPED = "skipped"
    NILIFIED = "nilified"
    BURNT = "burnt"


@dataclass(frozen=True, slots=True)
class ComposeKey:
    """Which second step of a message."""

    sender: Address
    """The contract that asked for it."""
    to: Address
    index: int


@dataclass(frozen=True, slots=True)
class FailedCall:
    """What an executor tells of a call that reverted."""

    executor: Address
    gas: int
    """That it gave."""
    value: Wei
    revert: bytes
    """Revert data."""
    shown: Hash32
    """keccak of the message that it showed, which may be another one than was sent."""
    extra_data: bytes = b""
    """What it gave along, which no option names."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Currency that came with a message."""

    receiver: Address
    amount: Wei
    success: bool
    """Whether the account took it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a message."""

    kind: StepKind
    place: Place
    failed: FailedCall | None = None
    """Of FAILED and COMPOSE_FAILED."""
    counts: bool = True
    """Of FAILED and COMPOSE_FAILED: whether it says something about the receiver. It does not where somebody
    called with less than the options name, or where the endpoint refused what came too early."""
    compose: ComposeKey | None = None
    """Of the three of composed calls."""
    composed: bytes = b""
    """Of COMPOSE_SENT: the message for the composed call."""
    drops: tuple[Drop, ...] = ()
    """Of NATIVE_DROPPED."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something did not go on."""

    text: str
    error: str | None = None
    """Name of the custom error, where one is known."""
    data: bytes = b""
    """Revert data."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that was tried."""

    place: Place
    failed: FailedCall | None
    """None for the one that went through."""
    reason: Reason | None
    """Why it failed."""
    counts: bool
    """See `Step.counts`."""


@dataclass(frozen=True, slots=True)
class ComposedCall:
    """A second step that the receiver asked for."""

    key: ComposeKey
    message: bytes
    sent: Place
    gas: int | None
    """What the options pay for it; None where they do not: then the courier leaves it to others."""
    value: Wei | None
    attempts: tuple[Attempt, ...]

    @property
    def status(self) -> Status:
        """SENT, DELIVERED or FAILED."""
        if any(attempt.failed is None for attempt in self.attempts):
            return Status.DELIVERED
        return Status.FAILED if any(attempt.counts for attempt in self.attempts) else Status.SENT


@dataclass(frozen=True, slots=True)
class Life:
    """What became of a message up to now."""

    status: Status
    reason: Reason | None
    """Why it is BLOCKED or FAILED, or what a VERIFIED or SETTLED one waits for."""
    settlement_height: int | None
    """Of the settlement block that settled it; None where none did, or where that block was let go."""
    steps: tuple[Step, ...]
    """Everything that happened to it, the sending first; then those of the destination in their order."""
    attempts: tuple[Attempt, ...]
    """Deliveries that were tried, oldest first."""
    composes: tuple[ComposedCall, ...]
    """In the order in which they were asked for."""
    omitted: int = 0
    """Steps that are not told: of failures and drops only the newest are kept (`thinning`), after a reorg
    perhaps fewer than there could be."""

    @property
    def is_retried(self) -> bool:
        """Whether it was delivered after it failed."""
        return self.status is Status.DELIVERED and any(
            attempt.failed is not None and attempt.counts for attempt in self.attempts
        )

    @property
    def drops(self) -> tuple[Drop, ...]:
        """Currency that came with it."""
        return tuple(drop for step in self.steps for drop in step.drops)
