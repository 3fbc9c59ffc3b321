"""What one zone's chain says about messages, kept beside it: a function of its blocks, however they came and
went."""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from devnet.chain.block import Block, Log
from devnet.chain.receipt_codec import bloom_of
from devnet.chain.types import Hash32
from devnet.contracts.addresses import ENDPOINT, EXECUTOR, OUTBOX
from devnet.contracts.outbox import BRANCH_SLOT, COUNT_SLOT, DEPTH, ROOT_SLOT
from devnet.messages.life import Step
from devnet.messages.logs import QUERY, MessageLog, SentLog, StepLog, read_logs
from devnet.messages.message import Message, MessageCursor
from devnet.messages.place import Place
from devnet.messages.thinning import KEPT, MOST_UNKNOWN, thin
from devnet.messages.tree import MessageTree
from devnet.state import StateGone
from devnet.zone.errors import HistoryGone, LimitExceeded, UnknownBlock
from devnet.zone.port import ZonePort

MARKS = 512
"""Of so many of the newest looks at the chain the block is remembered, to find where a reorg began."""

FEW = 16
"""So many blocks are asked for one by one; the filters of more are looked through by the zone."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """A block with something about messages in it."""

    number: int
    hash: Hash32
    count: int
    """Messages in the outbox after it."""
    guids: tuple[Hash32, ...]
    """Of messages that something happened to, one for each log."""


class ZoneLog:
    """One zone's. Whoever asks calls `follow` first."""

    def __init__(
        self, zone: int, eid: int, zone_of_eid: Callable[[int], int | None], touch: Callable[[Hash32], None]
    ) -> None:
        """`touch` is told the GUID of every message of which something came or went."""
        self.zone = zone
        self._eid = eid
        self._zone_of_eid = zone_of_eid
        self._touch = touch
        self.messages: dict[int, Message] = {}
        """Sent here, by number, in ascending order."""
        self.sent: dict[Hash32, Message] = {}
        """The same by GUID."""
        self._numbers: list[int] = []
        """The same, their numbers."""
        self.steps: dict[Hash32, list[Step]] = {}
        """What happened here to messages of other zones, by GUID, in order."""
        self.omitted: dict[Hash32, int] = {}
        """How many steps were not kept, by GUID."""
        self._crowded: dict[Hash32, None] = {}
        """Messages with more steps than may be kept."""
        self.tree = MessageTree()
        self._first = -1
        """The lowest block that was looked at; the outbox's frontier is that after the one before."""
        self._noted: list[_Noted] = []
        self._marks: list[tuple[int, Hash32]] = []
        """Blocks up to which everything was looked at, ascending; the last one says how far this is."""
        self.looks = 0
        """How often logs were looked through, for those who count."""
        self.revision = 0
        """Grows with everything about messages that came or went."""

    # ------------------------------------------------------------ following the chain

    def follow(self, port: ZonePort) -> None:
        """Takes in what the chain has now. Where nothing but empty blocks came, only their filters are looked
        at."""
        while True:
            head = port.block("latest")
            assert head is not None, "a chain has a newest block"
            mark = (head.header.number, head.hash)
            if self._marks and self._marks[-1] == mark:
                return
            if self._marks and self._marks[-1][1] == head.header.parent_hash and not _may_hold(head):
                # By far the most frequent: one more block, with nothing about messages in it.
                self._mark(mark)
                return
            self._go_back(port)
            first = self._next(port)
            if first is None:
                return
            found = self._look(port, first, mark[0])
            if found is None or not _is_on(port, mark):
                # Another thread's revert came in between: what was found may be of two chains.
                continue
            self._mark(mark)
            self._take(found)
            return

    def _mark(self, mark: tuple[int, Hash32]) -> None:
        """Everything was looked at up to there."""
        self._marks.append(mark)
        if len(self._marks) > 2 * MARKS:
            del self._marks[:MARKS]

    def _go_back(self, port: ZonePort) -> None:
        """Takes back what is of blocks that are on the chain no more."""
        while self._marks and not _is_on(port, self._marks[-1]):
            self._marks.pop()
        if not self._marks and self._first >= 0:
            # Older than all marks: the blocks with messages are marks as well.
            kept = [noted for noted in self._noted if _is_on(port, (noted.number, noted.hash))]
            self._marks = [(noted.number, noted.hash) for noted in kept[-1:]]
            if not kept:
                self._drop_from(0)
                self._first = -1
                return
        newest = self._marks[-1][0] if self._marks else -1
        place = bisect_right(self._noted, newest, key=lambda noted: noted.number)
        if place < len(self._noted):
            self._drop_from(place)

    def _drop_from(self, place: int) -> None:
        self.revision += 1
        if not place:
            # With what is known of blocks that were let go.
            for guid in self.steps:
                self._touch(guid)
            self.steps.clear()
            self.omitted.clear()
        count = self._noted[place - 1].count if place else self.tree.first
        for noted in reversed(self._noted[place:]):
            for guid in reversed(noted.guids):
                steps = self.steps.get(guid)
                if steps and steps[-1].place.block_hash == noted.hash:
                    steps.pop()
                    if not steps:
                        del self.steps[guid]
                elif self.omitted.get(guid, 0) > 1:
                    self.omitted[guid] -= 1
                else:
                    self.omitted.pop(guid, None)
                self._touch(guid)
        del self._noted[place:]
        while self._numbers and self._numbers[-1] >= count:
            message = self.messages.pop(self._numbers.pop())
            self.sent.pop(message.guid, None)
            self._touch(message.guid)
        self.tree.cut(count)

    def _next(self, port: ZonePort) -> int | None:
        """The first block to look at; None where that cannot be said now."""
        if not self._marks:
            return self._begin(port)
        first, oldest = self._marks[-1][0] + 1, port.history().oldest
        if first >= oldest:
            return first
        # Blocks came and went while nobody looked. Where they held no message of this zone, what is known of
        # it stays; what happened in them to messages of others is read from the state.
        try:
            count, root = port.committed_storage(OUTBOX, (COUNT_SLOT, ROOT_SLOT), oldest)
        except (UnknownBlock, StateGone):
            return None
        if count == self.tree.size and (not count or root == int.from_bytes(self.tree.root(count), "big")):
            return oldest
        self._drop_from(0)
        self._marks = []
        return self._begin(port)

    def _begin(self, port: ZonePort) -> int | None:
        """Where to begin: after the oldest block whose state is kept, with what the outbox had then."""
        oldest = max(port.history().oldest, port.config.genesis_number)
        slots = (COUNT_SLOT, *range(BRANCH_SLOT, BRANCH_SLOT + DEPTH))
        try:
            count, *branch = port.committed_storage(OUTBOX, slots, oldest)
        except (UnknownBlock, StateGone):
            # It went while it was looked for; somebody asks again.
            return None
        self.tree = MessageTree(count, [Hash32(node.to_bytes(32, "big")) for node in branch])
        self._first = oldest + 1
        self.revision += 1
        return self._first

    def _look(self, port: ZonePort, first: int, last: int) -> list[MessageLog] | None:
        if last - first < FEW and not _any_may_hold(port, first, last):
            return []
        self.looks += 1
        try:
            logs = port.logs(replace(QUERY, from_block=first, to_block=last)) if first <= last else ()
        except LimitExceeded:
            return self._look_closely(port, first, last)
        except UnknownBlock:
            return None
        return list(read_logs(logs, self.zone, self._eid))

    def _look_closely(self, port: ZonePort, first: int, last: int) -> list[MessageLog] | None:
        """More logs than one question may give."""
        if first == last:
            from devnet.zone.log_search import logs_of

            block = port.block(first)
            return None if block is None else list(read_logs(logs_of(block, QUERY), self.zone, self._eid))
        middle = (first + last) // 2
        lower = self._look(port, first, middle)
        upper = None if lower is None else self._look(port, middle + 1, last)
        return None if lower is None or upper is None else [*lower, *upper]

    # ------------------------------------------------------------ taking in

    def _take(self, found: list[MessageLog]) -> None:
        if found:
            self.revision += 1
        for number, block_hash, logs in _by_block(found):
            guids: list[Hash32] = []
            for log in logs:
                if isinstance(log, SentLog):
                    self._append(log)
                else:
                    steps = self.steps.setdefault(log.guid, [])
                    steps.append(log.step)
                    if len(steps) > KEPT:
                        self._crowded[log.guid] = None
                    guids.append(log.guid)
                    self._touch(log.guid)
            self._noted.append(_Noted(number, block_hash, self.tree.size, tuple(guids)))

    def _append(self, log: SentLog) -> None:
        number = self.tree.size
        self.tree.append(log.leaf)
        packet = log.packet
        if packet is None:
            return
        guid = packet.header.guid
        message = Message(
            guid,
            self.zone,
            self._zone_of_eid(packet.header.path.dst_eid),
            packet,
            log.options,
            number,
            log.place,
            log.library,
            log.executor,
            log.fee,
        )
        self.messages[number] = self.sent[guid] = message
        self._numbers.append(number)
        self._touch(guid)

    def thin(self, get: Callable[[Hash32], Message | None]) -> None:
        """Keeps the newest of what anybody can say about a message: of those of which something came."""
        crowded, self._crowded = self._crowded, {}
        for guid in crowded:
            steps, message = self.steps.get(guid, []), get(guid)
            if message is None and len(steps) <= MOST_UNKNOWN:
                continue
            kept = thin(steps, message)
            if len(kept) < len(steps):
                self.omitted[guid] = self.omitted.get(guid, 0) + len(steps) - len(kept)
                self.steps[guid] = kept

    # ------------------------------------------------------------ letting go

    @property
    def held(self) -> int:
        """How much is kept, counted."""
        return len(self.messages) + len(self.steps) + len(self._noted)

    def forget_messages(self, guids: Collection[Hash32]) -> None:
        """These were sent here, and are done."""
        for guid in guids:
            del self.messages[self.sent.pop(guid).number]
        self._numbers = list(self.messages)

    def forget_steps(self, guids: Iterable[Hash32]) -> None:
        """Nobody asks any more what happened here to these messages."""
        for guid in guids:
            self.steps.pop(guid, None)
            self.omitted.pop(guid, None)

    def forget_blocks(self, oldest: int, settled: int) -> None:
        """No reorg goes below the block `oldest`, and those up to `settled` are settled. Of blocks before
        both and before the first message that is kept nothing is needed but how many messages there were."""
        sent = (self.messages[number].sent.block_number for number in self._numbers[:1])
        place = bisect_left(self._noted, min(oldest, settled, *sent), key=lambda noted: noted.number)
        if place:
            del self._noted[: place - 1]
            self.tree.let_go(self._noted[0].count)
        last = bisect_left(self._noted, oldest, key=lambda noted: noted.number)
        self._noted[:last] = [replace(noted, guids=()) for noted in self._noted[:last]]

    # ------------------------------------------------------------ questions

    def count_at(self, number: int) -> int:
        """How many messages the outbox held after the block with that number."""
        place = bisect_right(self._noted, number, key=lambda noted: noted.number)
        return self._noted[place - 1].count if place else self.tree.first

    def sent_in(self, number: int) -> Iterator[Message]:
        """The messages of the block with that number, in their order."""
        for each in range(self.count_at(number - 1), self.count_at(number)):
            message = self.messages.get(each)
            if message is not None:
                yield message

    def newest_first(self, before: MessageCursor | None = None) -> Iterator[Message]:
        """Those before the cursor, all by default. Costs nothing for those that are not taken."""
        numbers = self._numbers
        end = len(numbers) if before is None else bisect_left(numbers, before, key=self._cursor_at)
        return (self.messages[numbers[place]] for place in range(end - 1, -1, -1))

    def _cursor_at(self, number: int) -> MessageCursor:
        return MessageCursor.of(self.messages[number])


@functools.cache
def _masks() -> tuple[int, ...]:
    """The bits of the contracts whose logs are about messages: a block whose filter has none of them holds
    none. The send library speaks together with the endpoint."""
    blooms = (bloom_of([Log(address, (), b"")]) for address in (ENDPOINT, EXECUTOR))
    return tuple(int.from_bytes(bloom, "big") for bloom in blooms)


def _may_hold(block: Block) -> bool:
    """Whether the block may have a log about messages, by its filter."""
    bits = int.from_bytes(block.header.bloom, "big")
    return bits != 0 and any(bits & mask == mask for mask in _masks())


def _any_may_hold(port: ZonePort, first: int, last: int) -> bool:
    """Whether one of a few blocks may."""
    try:
        blocks = [port.block(number) for number in range(first, last + 1)]
    except UnknownBlock:
        return True
    return any(block is None or _may_hold(block) for block in blocks)


def _is_on(port: ZonePort, mark: tuple[int, Hash32]) -> bool:
    try:
        block = port.block(mark[0])
    except HistoryGone:
        # No reorg goes below what is kept.
        return True
    return block is not None and block.hash == mark[1]


def _by_block(found: list[MessageLog]) -> Iterator[tuple[int, Hash32, list[MessageLog]]]:
    group: list[MessageLog] = []
    for log in found:
        place = _place_of(log)
        if group and _place_of(group[0]).block_number != place.block_number:
            yield _numbered(group)
            group = []
        group.append(log)
    if group:
        yield _numbered(group)


def _numbered(group: list[MessageLog]) -> tuple[int, Hash32, list[MessageLog]]:
    place = _place_of(group[0])
    return place.block_number, place.block_hash, group


def _place_of(log: MessageLog) -> Place:
    return log.step.place if isinstance(log, StepLog) else log.place
