"""Which of a message's steps are kept, where there are many: anybody can say that a delivery failed.

What decides is kept: what the endpoint itself says of the message, what the receiver asked for, and of
failures and drops the newest, those that count apart from those that do not: nobody's word pushes them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from devnet.contracts.delivering import receiver_of
from devnet.messages.life import ComposeKey, Step, StepKind
from devnet.messages.lives import has_dropped, is_fair, is_fair_compose
from devnet.messages.message import Message

KEPT = 16
"""Of each kind."""

MOST_UNKNOWN = 1_024
"""Steps of one message that nobody knows (yet) before they are thinned."""

_ENDPOINTS_OWN = frozenset(
    (StepKind.VERIFIED, StepKind.DELIVERED, StepKind.SKIPPED, StepKind.NILIFIED, StepKind.BURNT)
)


def thin(steps: Sequence[Step], message: Message | None) -> list[Step]:
    """Those that are kept, in their order. Of what is kept and what comes after it the same are kept as of
    everything."""
    kinds = _kinds_unknown(steps) if message is None else _kinds(steps, message)
    counts: Counter[Hashable] = Counter()
    kept = []
    for step, kind in zip(reversed(steps), reversed(kinds), strict=True):
        counts[kind] += 1
        if kind is None or counts[kind] <= KEPT:
            kept.append(step)
    kept.reverse()
    return kept


def _kinds_unknown(steps: Sequence[Step]) -> list[Hashable]:
    return [None if step.kind in _ENDPOINTS_OWN else "any" for step in steps]


def _kinds(steps: Sequence[Step], message: Message) -> list[Hashable]:
    """Of each the kind of which the newest are kept, None where all are."""
    receiver = receiver_of(message.packet.header)
    options = message.decoded_options
    asked: dict[ComposeKey, Step] = {}
    kinds: list[Hashable] = []
    for step in steps:
        is_receivers = step.compose is not None and step.compose.sender == receiver
        if step.kind in _ENDPOINTS_OWN:
            kinds.append(None)
        elif step.kind is StepKind.FAILED:
            kinds.append((step.kind, is_fair(message, options, step)))
        elif step.kind is StepKind.NATIVE_DROPPED:
            kinds.append((step.kind, has_dropped(options, step)))
        elif step.compose is None or not is_receivers:
            kinds.append("of others")
        elif step.kind is StepKind.COMPOSE_FAILED:
            fair = is_fair_compose(options, step, asked.get(step.compose))
            kinds.append((step.kind, step.compose if fair else None))
        else:
            if step.kind is StepKind.COMPOSE_SENT:
                asked.setdefault(step.compose, step)
            kinds.append(None)
    return kinds
