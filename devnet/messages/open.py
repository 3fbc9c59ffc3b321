"""Which messages are not done: what a courier looks at, path by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from devnet.chain.types import Hash32
from devnet.messages.life import Status
from devnet.messages.lives import Told
from devnet.messages.message import Message
from devnet.packets.packet import Path


@dataclass(slots=True)
class OpenPath:
    """The messages of one path that are not done."""

    source: int
    destination: int
    waiting: dict[int, Message] = field(default_factory=dict)
    """By nonce: to be proven or delivered."""
    composing: dict[int, Message] = field(default_factory=dict)
    """By nonce: delivered, with composed calls to be made."""

    revision: int = 0
    """Grows with every change."""
    lowest: int | None = None
    """The lowest number in the source's outbox of those that wait; None where it is to be looked for."""

    def put(self, message: Message, is_composing: bool) -> None:
        """One more."""
        (self.composing if is_composing else self.waiting)[message.nonce] = message
        if not is_composing and self.lowest is not None:
            self.lowest = min(self.lowest, message.number)
        self.revision += 1

    def take_out(self, nonce: int) -> None:
        """It is no more one of them."""
        message = self.waiting.pop(nonce, None)
        if message is not None and message.number == self.lowest:
            self.lowest = None
        self.composing.pop(nonce, None)
        self.revision += 1

    def has_settled(self, count: int) -> bool:
        """Whether there is anything to do, where so many messages of the source are settled."""
        if self.lowest is None and self.waiting:
            self.lowest = min(message.number for message in self.waiting.values())
        return bool(self.composing) or (self.lowest is not None and self.lowest < count)

    def in_order(self) -> Iterator[Message]:
        """Those that wait, by nonce."""
        for nonce in sorted(self.waiting):
            yield self.waiting[nonce]


class OpenMessages:
    """Of one network. `stir` says that something happened to a message, `refresh` looks at all of those."""

    def __init__(self) -> None:
        self.paths: dict[Path, OpenPath] = {}
        self._stirred: dict[Hash32, None] = {}
        self._places: dict[Hash32, tuple[Path, int]] = {}
        self.failed: dict[Hash32, None] = {}
        """Messages that wait for somebody to try again."""

    @property
    def count(self) -> int:
        """How many wait for the courier."""
        return len(self._places)

    def stir(self, guid: Hash32) -> None:
        """Something happened to the message."""
        self._stirred[guid] = None

    def refresh(self, get: Callable[[Hash32], Message | None], told: Callable[[Message], Told]) -> None:
        """Puts the messages that something happened to where they belong now."""
        stirred, self._stirred = self._stirred, {}
        for guid in stirred:
            self._take_out(guid)
            message = get(guid)
            if message is not None and message.destination is not None:
                self._put(message, told(message))

    def _put(self, message: Message, said: Told) -> None:
        is_composing = bool(said.pending_composes)
        if said.status is Status.FAILED:
            self.failed[message.guid] = None
            if not said.may_heal:
                return
        if said.status in (Status.SKIPPED, Status.BURNT, Status.NILIFIED):
            return
        if said.status is Status.DELIVERED and not is_composing:
            return
        if said.status is not Status.SENT and not message.is_ours:
            # It is proven; the rest is left to its executor, who may never come.
            return
        assert message.destination is not None
        path = self.paths.setdefault(message.path, OpenPath(message.source, message.destination))
        path.put(message, said.status is Status.DELIVERED)
        self._places[message.guid] = (message.path, message.nonce)

    def _take_out(self, guid: Hash32) -> None:
        self.failed.pop(guid, None)
        place = self._places.pop(guid, None)
        if place is None:
            return
        path = self.paths[place[0]]
        path.take_out(place[1])
        if not path.waiting and not path.composing:
            del self.paths[place[0]]
