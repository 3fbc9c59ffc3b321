"""Messages that are done go with their blocks: where history is bounded, so is what is known of messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devnet.messages.lives import Told
from devnet.messages.message import Message
from devnet.messages.zone_log import ZoneLog

ROOM = 1_024
"""Before anybody looks again, so much more is held than was left the last time, and half of that: so looking
costs a constant for each message."""


class Forgetting:
    """For one network."""

    def __init__(self, room: int = ROOM) -> None:
        self.room = room
        self._left = 0
        """What was held when somebody had looked last."""
        self._oldest: tuple[int, ...] = ()
        """The oldest blocks that the zones kept when somebody looked last."""

    def is_due(self, logs: Sequence[ZoneLog]) -> bool:
        """Whether so much is held that it is to be looked what can go."""
        return sum(log.held for log in logs) >= self._left + self._left // 2 + self.room

    def forget(
        self,
        logs: Sequence[ZoneLog],
        oldest: tuple[int, ...],
        settled: Sequence[int],
        told: Callable[[Message], Told],
    ) -> None:
        """Lets go what is done, where its blocks are gone on both sides. `oldest` has the lowest block that
        each zone keeps, `settled` the highest that is settled. Blocks count as gone that were gone at the
        last look, too: whoever watches has heard of what happened in them."""
        known, self._oldest = self._oldest, oldest
        if len(known) == len(oldest):
            gone = tuple(map(min, known, oldest))
            self._forget_messages(logs, gone, told)
            self._forget_unknown(logs, gone)
            for log in logs:
                log.forget_blocks(gone[log.zone], settled[log.zone])
        self._left = sum(log.held for log in logs)

    def _forget_messages(
        self, logs: Sequence[ZoneLog], oldest: Sequence[int], told: Callable[[Message], Told]
    ) -> None:
        for log in logs:
            done = []
            for message in log.messages.values():
                if message.sent.block_number >= oldest[log.zone]:
                    break
                zone = message.destination
                if zone is None:
                    continue
                steps = logs[zone].steps.get(message.guid)
                if steps and steps[-1].place.block_number < oldest[zone] and told(message).is_finished:
                    done.append(message)
            for message in done:
                assert message.destination is not None
                logs[message.destination].forget_steps([message.guid])
            log.forget_messages([message.guid for message in done])

    def _forget_unknown(self, logs: Sequence[ZoneLog], oldest: Sequence[int]) -> None:
        """What happened to messages that nobody sent, as far as is known."""
        for log in logs:
            unknown = [
                guid
                for guid, steps in log.steps.items()
                if steps[-1].place.block_number < oldest[log.zone]
                and not any(guid in other.sent for other in logs)
            ]
            log.forget_steps(unknown)
