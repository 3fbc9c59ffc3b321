"""What can be asked about messages: `network.messages`."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from devnet.chain.types import Hash32, ZoneName
from devnet.contracts.delivering import MessageProof
from devnet.messages.destination import Destination
from devnet.messages.errors import NoMessaging, NotProvable, UnknownMessage
from devnet.messages.forgetting import Forgetting
from devnet.messages.host import MessageHost
from devnet.messages.life import Life, Reason, Status, Step, StepKind
from devnet.messages.lives import StepsOf, Told, life_of, told
from devnet.messages.message import Message, MessageCursor, MessageFilter
from devnet.messages.open import OpenMessages
from devnet.messages.proofs import Prover
from devnet.messages.touched import Touched, TouchedLog
from devnet.messages.zone_log import ZoneLog
from devnet.zone.port import ZonePort

EVERYTHING = MessageFilter()

PICKED = 256
"""Messages of a list that are picked at once: what takes its time comes after that, and holds up nobody."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message and what became of it."""

    message: Message
    life: Life


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Part of a list."""

    found: tuple[Found, ...]
    cursor: MessageCursor | None
    """The messages before it were not looked at; None where that are none."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A message and what the chains had said of it when it was picked."""

    message: Message
    said: Told
    is_settled: bool


class Messages:
    """The messages of one network. Any thread may ask, and sees what the chains say at that moment."""

    def __init__(self, host: MessageHost) -> None:
        self._host = host
        self._lock = threading.RLock()
        self._eids: tuple[int, ...] | None = None
        self._logs: tuple[ZoneLog, ...] = ()
        self._touched = TouchedLog()
        self._open = OpenMessages()
        self._prover = Prover()
        self._settled: list[int] = []
        """Of each zone, how many messages were settled when somebody looked last."""
        self._noted: tuple[object, ...] | None = None
        """What there was then."""
        self.forgetting = Forgetting()
        """What lets go what is done."""

    @property
    def is_there(self) -> bool:
        """Whether the network's zones have what messages need. Where not, everything else raises
        NoMessaging."""
        return self._host.eids is not None

    # ------------------------------------------------------------ questions

    def get(self, guid: Hash32) -> Message | None:
        """The message with that GUID; None where no zone sent it in the blocks that are kept."""
        with self._lock:
            self.follow()
            return self._get(guid)

    def found(self, guid: Hash32) -> Found | None:
        """The message with its life."""
        with self._lock:
            self.follow()
            message = self._get(guid)
            known = None if message is None else self._known(message)
        return None if known is None else Found(known.message, self._life(known))

    def life(self, message: Message) -> Life:
        """What became of it. Raises UnknownMessage where its block is gone."""
        with self._lock:
            self.follow()
            if self._get(message.guid) is None:
                raise UnknownMessage(message.guid)
            known = self._known(message)
        return self._life(known)

    def sent_by(self, zone: int, transaction_hash: Hash32) -> tuple[Message, ...]:
        """The messages that a transaction of the zone sent, in their order."""
        with self._lock:
            self.follow()
            located = self._port(zone).receipt(transaction_hash)
            if located is None:
                return ()
            sent = self._logs[zone].sent_in(located.header.number)
            return tuple(message for message in sent if message.sent.transaction_hash == transaction_hash)

    def find(
        self, wanted: MessageFilter = EVERYTHING, limit: int = 50, before: MessageCursor | None = None
    ) -> tuple[Found, ...]:
        """The newest messages that fit, newest first: at most so many, and only those before the cursor."""
        found = (each for _, each in self._looked_at(wanted, before) if each is not None)
        return tuple(islice(found, limit))

    def page(
        self, wanted: MessageFilter, limit: int, before: MessageCursor | None, seconds: float | None
    ) -> MessagePage:
        """As `find`, as far as it comes in so many seconds, None to the end: a status is found out by calls,
        and one that few messages have may take many of them."""
        end = None if seconds is None else time.monotonic() + seconds
        found: list[Found] = []
        last = before
        for cursor, each in self._looked_at(wanted, before):
            if each is not None and len(found) == limit:
                return MessagePage(tuple(found), last)
            if each is not None:
                found.append(each)
            last = cursor
            if end is not None and time.monotonic() >= end:
                return MessagePage(tuple(found), last)
        return MessagePage(tuple(found), None)

    def proof(self, guid: Hash32, height: int | None = None) -> MessageProof:
        """That the message left its zone, under the settlement block of that height (the newest, by
        default). Raises UnknownMessage and NotProvable."""
        with self._lock:
            self.follow()
            message = self._get(guid)
            if message is None:
                raise UnknownMessage(guid)
            return self.prove(message, self._host.settlement.chain.height if height is None else height)

    def touched(self, cursor: int | None = None) -> Touched:
        """The GUIDs of messages that came, went or had something happen to them after the cursor, oldest
        first, each at least once; None gives none, only the newest cursor."""
        with self._lock:
            self.follow()
            return self._touched.since(cursor)

    def explain(self, revert: bytes) -> Reason:
        """What revert data says, with the errors of the artifacts that the network was given and those of the
        contracts of messages."""
        from devnet.messages.reasons import explain

        return explain(self._host.artifacts, revert)

    # ------------------------------------------------------------ for the courier

    def follow(self, zones: Collection[ZoneName] | None = None) -> None:
        """Takes in what the chains of these zones, by default of all, have now. Costs next to nothing where
        nothing about messages is new."""
        with self._lock:
            eids = self._host.eids
            if eids is None:
                raise NoMessaging
            if eids != self._eids:
                # Another network may have taken the place of this one.
                self._eids = eids
                by_eid = {eid: index for index, eid in enumerate(eids)}
                self._logs = tuple(
                    ZoneLog(index, eid, by_eid.get, self._touch) for index, eid in enumerate(eids)
                )
                self._settled = [0] * len(eids)
                self.forgetting = Forgetting(self.forgetting.room)
                self._noted = None
            for log, (zone, port) in zip(self._logs, self._host.zones.items(), strict=True):
                if zones is None or zone in zones:
                    log.follow(port)
            for log in self._logs:
                log.thin(self._get)
            now = (self._host.settlement.chain.head, *(log.revision for log in self._logs))
            if now != self._noted:
                self._note_settled()
                self._noted = now
                self._forget()

    @property
    def logs(self) -> tuple[ZoneLog, ...]:
        """What is known of each zone, by index; none before the first question."""
        return self._logs

    @property
    def lock(self) -> threading.RLock:
        """Held while several questions must fit together."""
        return self._lock

    @property
    def open(self) -> OpenMessages:
        """Those that are not done."""
        return self._open

    def told(self, message: Message) -> Told:
        """What the logs say, as of the last `follow`."""
        zone = message.destination
        omitted = 0 if zone is None else self._logs[zone].omitted.get(message.guid, 0)
        return told(message, self._steps_of(message), omitted)

    def status(self, message: Message) -> Status:
        """How far it is, as of the last `follow`. No contract is asked what it waits for: never BLOCKED."""
        return self._status(self._known(message))

    def settled_count(self, zone: int) -> int:
        """How many messages of the zone's outbox are settled, as of the last `follow`."""
        return self._settled[zone]

    def prove(self, message: Message, height: int) -> MessageProof:
        """As `proof`, of a message that is there. Raises NotProvable."""
        return self._prover.prove(self._host.settlement.chain, self._logs[message.source], message, height)

    def provable_count(self, zone: int, height: int) -> int:
        """How many messages of the zone the settlement block of that height proves. Raises NotProvable."""
        return self._prover.count(self._host.settlement.chain, self._logs[zone], height)

    def destination(self, message: Message) -> Destination | None:
        """The zone that it goes to; None where the network has none with that eid."""
        return None if message.destination is None else Destination(self._port(message.destination))

    # ------------------------------------------------------------ inside

    def _port(self, zone: int) -> ZonePort:
        return list(self._host.zones.values())[zone]

    def _get(self, guid: Hash32) -> Message | None:
        return next((log.sent[guid] for log in self._logs if guid in log.sent), None)

    def _steps_of(self, message: Message) -> StepsOf:
        if message.destination is None:
            return lambda guid: ()
        steps = self._logs[message.destination].steps
        return lambda guid: steps.get(guid, ())

    def _touch(self, guid: Hash32) -> None:
        self._touched.add(guid)
        self._open.stir(guid)

    def _note_settled(self) -> None:
        chain = self._host.settlement.chain
        for log in self._logs:
            before, now = self._settled[log.zone], log.count_at(chain.settled_number(log.zone))
            for number in range(min(before, now), max(before, now)):
                message = log.messages.get(number)
                if message is not None:
                    self._touched.add(message.guid)
            self._settled[log.zone] = now
        self._open.refresh(self._get, self.told)

    def _forget(self) -> None:
        if self.forgetting.is_due(self._logs):
            oldest = tuple(port.history().oldest for port in self._host.zones.values())
            settled = [self._host.settlement.chain.settled_number(log.zone) for log in self._logs]
            self.forgetting.forget(self._logs, oldest, settled, self.told)

    def _looked_at(
        self, wanted: MessageFilter, before: MessageCursor | None
    ) -> Iterator[tuple[MessageCursor, Found | None]]:
        """All messages before the cursor, newest first; None in the place of one that does not fit. The lock
        is held only while some are picked."""
        while True:
            with self._lock:
                self.follow()
                picked = [
                    (MessageCursor.of(message), self._known(message) if wanted.selects(message) else None)
                    for message in islice(self._newest_first(wanted, before), PICKED)
                ]
            for cursor, known in picked:
                yield cursor, None if known is None else self._if_so_far(wanted, known)
            if len(picked) < PICKED:
                return
            before = picked[-1][0]

    def _if_so_far(self, wanted: MessageFilter, known: _Known) -> Found | None:
        life = self._life(known)
        fits = not wanted.statuses or life.status in wanted.statuses
        return Found(known.message, life) if fits else None

    def _newest_first(self, wanted: MessageFilter, before: MessageCursor | None) -> Iterator[Message]:
        logs: Sequence[ZoneLog] = self._logs
        if wanted.source is not None:
            logs = [self._logs[wanted.source]] if 0 <= wanted.source < len(self._logs) else []
        return merge(*(log.newest_first(before) for log in logs), key=MessageCursor.of, reverse=True)

    # ------------------------------------------------------------ lives

    def _known(self, message: Message) -> _Known:
        """As of the last `follow`."""
        return _Known(message, self.told(message), message.number < self._settled[message.source])

    def _life(self, known: _Known) -> Life:
        """What a message waits for is found out by calls, which take as long as contracts want: whoever holds
        the lock here holds up the network."""
        message = known.message
        chain = self._host.settlement.chain
        found = chain.update_for(message.source, message.sent.block_number)
        height = None if found is None else found[0]
        status, reason = self._standing(known)
        sent = Step(StepKind.SENT, message.sent)
        return life_of(message, sent, known.said, height, status, reason, self.explain)

    def _status(self, known: _Known) -> Status:
        """How far it is, whatever it waits for: never BLOCKED."""
        message, status = known.message, known.said.status
        if status is Status.SENT and known.is_settled:
            status = Status.SETTLED
        if status not in (Status.SETTLED, Status.VERIFIED):
            return status
        destination = self.destination(message)
        if destination is not None and destination.is_done(message.packet.header):
            # In a block of the destination that is not kept any more.
            is_proven = destination.is_committed(message.packet.header)
            return Status.DELIVERED if is_proven else Status.SKIPPED
        return status

    def _standing(self, known: _Known) -> tuple[Status, Reason | None]:
        said, status = known.said, self._status(known)
        if status is Status.FAILED:
            step = said.failure
            revert = b"" if step is None or step.failed is None else step.failed.revert
            return status, self.explain(revert)
        if status not in (Status.SETTLED, Status.VERIFIED):
            return status, None
        reason = self._hindrance(known.message, said)
        return (status, None) if reason is None else (Status.BLOCKED, reason)

    def _hindrance(self, message: Message, said: Told) -> Reason | None:
        """Why a message that is settled, or verified, cannot go on; None where it can."""
        destination = self.destination(message)
        if destination is None:
            return Reason("the network has no zone with the eid that it goes to")
        header = message.packet.header
        if said.status is Status.VERIFIED:
            gap = destination.first_gap(header)
            if gap is not None:
                return Reason(
                    f"message {gap} of its path is not verified, and none after it can be delivered"
                )
            if said.options is not None and said.options.is_ordered:
                following = destination.next_nonce(header)
                if following and following != header.nonce:
                    return Reason(
                        f"its options ask for order, and the receiver takes message {following} next"
                    )
            return None
        return self._refusal(message, destination)

    def _refusal(self, message: Message, destination: Destination) -> Reason | None:
        """Why the destination would refuse the proof of a settled message; None where it would not."""
        try:
            with self._lock:
                proof = self.prove(message, destination.port.settlement().height)
        except NotProvable as error:
            return Reason(str(error))
        return destination.try_commit(message.packet, proof, self.explain).refusal
