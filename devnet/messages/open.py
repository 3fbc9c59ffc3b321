"""Which messages are not done: what a courier looks at, path by path."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import merge

from devnet.chain.types import Hash32
from devnet.messages.life import Status
from devnet.messages.lives import Told
from devnet.messages.message import Message
from devnet.packets.packet import Path


@dataclass(slots=True)
class OpenPath:
    """The messages of one path that are not done, in order: nobody looks through all of them for what
    can be done now."""

    source: int
    destination: int
    waiting: dict[int, Message] = field(default_factory=dict)
    """By nonce: to be proven or delivered."""
    composing: dict[int, Message] = field(default_factory=dict)
    """By nonce: delivered, with composed calls to be made."""
    revision: int = 0
    """Grows with every change."""
    _unproven: list[int] = field(default_factory=list)
    """Nonces of those that wait, ascending: of which the destination's logs say nothing,"""
    _ordered: list[int] = field(default_factory=list)
    """that are proven and whose options ask for order,"""
    _free: list[int] = field(default_factory=list)
    """and that are proven and may be delivered in any order."""
    _composing: list[int] = field(default_factory=list)

    def put(self, message: Message, said: Told) -> None:
        """One more."""
        nonce = message.nonce
        if said.status is Status.DELIVERED:
            self.composing[nonce] = message
            insort(self._composing, nonce)
        else:
            self.waiting[nonce] = message
            is_ordered = said.options is not None and said.options.is_ordered
            proven = self._ordered if is_ordered else self._free
            insort(self._unproven if said.status is Status.SENT else proven, nonce)
        self.revision += 1

    def take_out(self, nonce: int) -> None:
        """It is no more one of them."""
        if self.waiting.pop(nonce, None) is not None:
            for line in (self._unproven, self._ordered, self._free):
                _remove(line, nonce)
        if self.composing.pop(nonce, None) is not None:
            _remove(self._composing, nonce)
        self.revision += 1

    def has_settled(self, count: int) -> bool:
        """Whether there is anything to do, where so many messages of the source are settled."""
        # Along a path numbers ascend as nonces do.
        firsts = (line[0] for line in (self._unproven, self._ordered, self._free) if line)
        return bool(self.composing) or any(self.waiting[nonce].number < count for nonce in firsts)

    def in_turn(self, may_deliver: Callable[[], bool]) -> Iterator[Message]:
        """Those that wait and of which something may be done now, by nonce. Of the proven ones that ask for
        order that is the first; of all proven ones none as soon as `may_deliver` says no."""
        proven = merge(self._ordered[:1], self._free)
        following = next(proven, None)
        for nonce in self._unproven:
            while following is not None and following < nonce and may_deliver():
                yield self.waiting[following]
                following = next(proven, None)
            yield self.waiting[nonce]
        while following is not None and may_deliver():
            yield self.waiting[following]
            following = next(proven, None)

    def in_composing(self) -> Iterator[Message]:
        """Those with composed calls to be made, by nonce."""
        return (self.composing[nonce] for nonce in self._composing)


def _remove(line: list[int], nonce: int) -> None:
    place = bisect_left(line, nonce)
    if place < len(line) and line[place] == nonce:
        del line[place]


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
        path.put(message, said)
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
