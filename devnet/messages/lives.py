"""What the logs of both zones say about a message, and its life put together from that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32
from devnet.contracts.addresses import EXECUTOR
from devnet.contracts.delivering import receiver_of
from devnet.messages.life import (
    Attempt,
    ComposedCall,
    ComposeKey,
    FailedCall,
    Life,
    Reason,
    Status,
    Step,
    StepKind,
)
from devnet.messages.message import Message
from devnet.packets.options import Options
from devnet.packets.packet import PacketHeader

INVALID_NONCE = keccak256(b"LZ_InvalidNonce(uint64)")[:4]
PAYLOAD_HASH_NOT_FOUND = keccak256(b"LZ_PayloadHashNotFound(bytes32,bytes32)")[:4]
"""With these the endpoint itself refuses a delivery: it came too early, too late, or was wrong."""

_FILLS = frozenset((StepKind.VERIFIED, StepKind.SKIPPED, StepKind.NILIFIED))
"""What fills a gap in a path."""
_ENDS = frozenset((StepKind.DELIVERED, StepKind.SKIPPED, StepKind.BURNT))
"""After what the next message in order has its turn."""

StepsOf = Callable[[Hash32], Sequence[Step]]
"""What happened in a message's destination, by GUID."""
Explain = Callable[[bytes], Reason]
"""What revert data says."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the logs alone say about a message."""

    status: Status
    """SENT where the destination knows nothing of it."""
    steps: tuple[Step, ...]
    """In the destination; failed calls with what they count for."""
    options: Options | None
    omitted: int = 0
    """Steps that are not among them: failures and drops of which there were too many to keep."""

    @property
    def is_open(self) -> bool:
        """Whether anything is left to be done, by the courier or after a retry."""
        return not self.status.is_final or bool(self.pending_composes)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to be done by anybody: failed composed calls are."""
        made = {step.compose for step in self.steps if step.kind is StepKind.COMPOSE_DELIVERED}
        return self.status.is_final and all(step.compose in made for step in self._paid_composes)

    @property
    def failure(self) -> Step | None:
        """The newest failure that counts, of the delivery."""
        failed = (step for step in reversed(self.steps) if step.kind is StepKind.FAILED and step.counts)
        return next(failed, None)

    @property
    def may_heal(self) -> bool:
        """Whether a failure may turn out to say nothing, when something happens to other messages."""
        failure = self.failure
        if failure is None or failure.failed is None:
            return False
        is_ordered = self.options is not None and self.options.is_ordered
        return is_ordered or failure.failed.revert[:4] in (INVALID_NONCE, PAYLOAD_HASH_NOT_FOUND)

    @property
    def pending_composes(self) -> tuple[Step, ...]:
        """Composed calls that the options pay for, that were not made and did not fail: COMPOSE_SENT each."""
        done = {
            step.compose
            for step in self.steps
            if step.kind is StepKind.COMPOSE_DELIVERED
            or (step.kind is StepKind.COMPOSE_FAILED and step.counts)
        }
        return tuple(step for step in self._paid_composes if step.compose not in done)

    @property
    def _paid_composes(self) -> tuple[Step, ...]:
        """Of each index that the options pay for, the call that was asked for first."""
        paid = {} if self.options is None else self.options.composes
        first: dict[int, Step] = {}
        for step in self.steps:
            if step.kind is StepKind.COMPOSE_SENT and step.compose is not None and step.compose.index in paid:
                first.setdefault(step.compose.index, step)
        return tuple(first.values())

    @property
    def has_dropped(self) -> bool:
        """Whether what the options drop was dropped, and an account took it. Anybody may call the executor,
        and who makes a drop fail with too little gas has the currency back."""
        return any(
            step.kind is StepKind.NATIVE_DROPPED and has_dropped(self.options, step) for step in self.steps
        )


def told(message: Message, steps_of: StepsOf, omitted: int = 0) -> Told:
    """What the logs say about the message; of so many steps it is not known any more (`thinning`)."""
    options = message.decoded_options
    steps = steps_of(message.guid)
    status = Status.SENT
    judged: list[Step] = []
    # Contracts can say as much as they pay for: each step is looked at once.
    asked: dict[ComposeKey, Step] = {}
    receiver = receiver_of(message.packet.header)
    for step in steps:
        match step.kind:
            case StepKind.VERIFIED:
                status = Status.VERIFIED
            case StepKind.DELIVERED:
                status = Status.DELIVERED
            case StepKind.NILIFIED:
                status = Status.NILIFIED
            case StepKind.BURNT:
                status = Status.BURNT
            case StepKind.SKIPPED:
                status = Status.SKIPPED
            case StepKind.FAILED:
                step = replace(step, counts=_counts(message, options, step, steps_of))
                if step.counts and status is Status.VERIFIED:
                    status = Status.FAILED
            case StepKind.COMPOSE_SENT if step.compose is None or step.compose.sender != receiver:
                # Anybody can ask for a call in the name of any message; its receiver alone is meant.
                continue
            case StepKind.COMPOSE_SENT if step.compose is not None:
                asked.setdefault(step.compose, step)
            case StepKind.COMPOSE_FAILED if step.compose is not None:
                step = replace(step, counts=is_fair_compose(options, step, asked.get(step.compose)))
        judged.append(step)
    return Told(status, tuple(judged), options, omitted)


def has_dropped(options: Options | None, step: Step) -> bool:
    """Whether a NATIVE_DROPPED dropped what the options say, and an account took it."""
    wanted = () if options is None else options.drops
    asked = [(Address(drop.receiver[12:]), drop.amount) for drop in wanted]
    is_asked = [(drop.receiver, drop.amount) for drop in step.drops] == asked
    return is_asked and any(drop.success for drop in step.drops)


def _counts(message: Message, options: Options | None, step: Step, steps_of: StepsOf) -> bool:
    """Whether a failed delivery says something about the receiver, or about the message itself."""
    call = step.failed
    if call is None or not is_fair(message, options, step):
        return False
    header = message.packet.header
    if call.revert[:4] == INVALID_NONCE and len(call.revert) == 36:
        # One before it was not verified: says nothing since that one is, or was given up.
        missing = int.from_bytes(call.revert[4:], "big")
        return not _happened_after(step, header, missing, _FILLS, steps_of)
    if call.revert[:4] == PAYLOAD_HASH_NOT_FOUND:
        return not _happened_after(step, header, header.nonce, _FILLS, steps_of)
    if options is not None and options.is_ordered and header.nonce > 1:
        # It came before its turn.
        return not _happened_after(step, header, header.nonce - 1, _ENDS, steps_of)
    return True


def is_fair(message: Message, options: Options | None, step: Step) -> bool:
    """Whether a failed delivery was one of the network's executor with the message that was sent, and with
    what the options name."""
    call = step.failed
    if call is None or call.executor != EXECUTOR or call.extra_data:
        return False
    if call.shown != keccak256(message.packet.message):
        return False
    return options is None or (call.gas >= options.receive.gas and call.value == options.receive.value)


def _happened_after(
    step: Step, header: PacketHeader, nonce: int, kinds: frozenset[StepKind], steps_of: StepsOf
) -> bool:
    if not 0 < nonce < 1 << 64:
        return False
    guid = PacketHeader(nonce, header.path).guid
    return any(each.kind in kinds and _is_before(step, each) for each in steps_of(guid))


def _is_before(step: Step, other: Step) -> bool:
    one, two = step.place, other.place
    return (one.block_number, one.log_index) < (two.block_number, two.log_index)


def is_fair_compose(options: Options | None, step: Step, asked: Step | None) -> bool:
    """The same of a composed call that was asked for."""
    call, key = step.failed, step.compose
    if call is None or key is None or asked is None or call.executor != EXECUTOR:
        return False
    if call.extra_data or call.shown != keccak256(asked.composed):
        return False
    paid = None if options is None else options.composes.get(key.index)
    return paid is None or (call.gas >= paid.gas and call.value == paid.value)


def life_of(
    message: Message,
    sent: Step,
    said: Told,
    settlement_height: int | None,
    status: Status,
    reason: Reason | None,
    explain: Explain,
) -> Life:
    """Puts a life together."""
    return Life(
        status,
        reason,
        settlement_height,
        (sent, *said.steps),
        tuple(_attempts(said.steps, explain)),
        tuple(_composes(said, explain)),
        said.omitted,
    )


def _attempts(steps: Sequence[Step], explain: Explain) -> list[Attempt]:
    return [_attempt(step, explain) for step in steps if step.kind in (StepKind.FAILED, StepKind.DELIVERED)]


def _attempt(step: Step, explain: Explain) -> Attempt:
    failed: FailedCall | None = step.failed
    return Attempt(step.place, failed, None if failed is None else explain(failed.revert), step.counts)


def _composes(said: Told, explain: Explain) -> list[ComposedCall]:
    paid = {} if said.options is None else said.options.composes
    tried: dict[ComposeKey, list[Attempt]] = {}
    for step in said.steps:
        if step.kind in (StepKind.COMPOSE_FAILED, StepKind.COMPOSE_DELIVERED) and step.compose is not None:
            tried.setdefault(step.compose, []).append(_attempt(step, explain))
    calls = []
    for step in said.steps:
        if step.kind is not StepKind.COMPOSE_SENT or step.compose is None:
            continue
        given = paid.get(step.compose.index)
        attempts = tuple(tried.get(step.compose, ()))
        gas, value = (None, None) if given is None else (given.gas, given.value)
        calls.append(ComposedCall(step.compose, step.composed, step.place, gas, value, attempts))
    return calls
