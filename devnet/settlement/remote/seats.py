"""Whose seat it is: validators that are attached over the network, and mail between them and the rest.

The event loop attaches and detaches sessions and puts in what they send; the thread that decides takes it
out. A session that sends too much or nonsense is closed; one that does not answer is waited for less and
less.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from devnet.settlement.consensus.messages import Decision, Message
from devnet.settlement.consensus.setting import Height
from devnet.settlement.consensus.wire import MESSAGE_SIZE_LIMIT, decode_message, encode_message
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.proposal import Candidate
from devnet.settlement.remote.notices import HeightNotice, MessageNotice, Notice

MOST_SESSIONS = 256
MOST_MESSAGES = 512
"""Of one session that wait to be read; further ones are lost, as on a bad line."""
MOST_BYTES = MESSAGE_SIZE_LIMIT
"""The same in bytes."""
MOST_FLAWS = 64
"""Messages that do not hold, of one session at one height; then it is closed."""
MOST_WORDS = 500
"""Characters of a reason that is given."""
READY_SECONDS = 1.0
"""How long a height waits for validators to have what they are to judge."""
_MOST_MISSES = 6

Author = Callable[[int], Candidate | None]


class Outlet(Protocol):
    """How a session's notices get to it. Any thread calls; nothing here may block."""

    def push(self, notice: Notice) -> None: ...

    def close(self, reason: str) -> None: ...


class SeatTaken(Exception):
    """Another connection holds this key's seat, or there are too many connections."""


@dataclass(slots=True, eq=False)
class Session:
    """One attached validator."""

    public_key: bytes
    outlet: Outlet
    messages: int = 0
    """That wait to be read."""
    bytes: int = 0
    flaws: int = 0
    misses: int = 0
    """Heights in a row at which it was not ready in time."""
    ready: tuple[int, int] | None = None
    """(incarnation, height) of which it has what it needs."""
    words: str = ""
    """Why it refuses what it was given there; empty where it accepts."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that came in."""

    index: int
    """Of the validator that sent it."""
    to: int | None
    """One receiver, None for everyone."""
    message: Message


@dataclass(slots=True)
class _Current:
    """The height that is agreed upon."""

    setting: Height
    remote: frozenset[int]
    indices: Mapping[bytes, int] = field(default_factory=dict)


class Seats:
    """The validators of a network that live elsewhere."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sessions: dict[bytes, Session] = {}
        self._mail: deque[tuple[Session, int | None, bytes]] = deque()
        self._current: _Current | None = None
        self._assigned: tuple[tuple[int, int], frozenset[bytes]] | None = None
        """(incarnation, height), and the keys that the network's own process holds but does not use there."""
        self._held: frozenset[bytes] = frozenset()
        self._members: frozenset[bytes] = frozenset()
        """The set of the newest height."""
        self._is_cancelled = False

    # ------------------------------------------------------------ on the event loop

    def attach(self, public_key: bytes, outlet: Outlet) -> Session:
        """A validator that has shown that the key is its own. Raises SeatTaken."""
        session = Session(public_key, outlet)
        with self._changed:
            if public_key in self._sessions:
                raise SeatTaken("another connection holds the seat of this key")
            if len(self._sessions) >= MOST_SESSIONS and not self._has_made_room(public_key):
                raise SeatTaken(f"there are {MOST_SESSIONS} validators attached already")
            self._sessions[public_key] = session
            current = self._current
            if current is not None:
                if public_key not in self._held:
                    # Nobody else signs with this key, so that it may begin in the middle of a height.
                    index = current.indices.get(public_key)
                    current.remote |= frozenset(() if index is None else (index,))
                # It leads from the next height on: what it would propose is made where heights begin.
                session.outlet.push(self._notice(current, session, None))
            self._changed.notify_all()
        return session

    def _has_made_room(self, public_key: bytes) -> bool:
        """For a validator of the set, where somebody is attached who is in none."""
        if public_key not in self._members:
            return False
        for other in self._sessions.values():
            if other.public_key not in self._members:
                self._cut(other, "a validator of the set needs the place")
                return True
        return False

    def detach(self, session: Session) -> None:
        """It has gone; more than once does no harm."""
        with self._changed:
            if self._sessions.get(session.public_key) is session:
                del self._sessions[session.public_key]
                self._changed.notify_all()

    def receive(self, session: Session, to: int | None, data: bytes) -> bool:
        """A message of consensus, to one validator or to all; False where it was lost because too much
        waits, no height is agreed upon, or the validator is not in the set."""
        with self._changed:
            current = self._current
            if current is None or session.public_key not in current.indices:
                return False
            if session.messages >= MOST_MESSAGES or session.bytes + len(data) > MOST_BYTES:
                return False
            session.messages += 1
            session.bytes += len(data)
            self._mail.append((session, to, data))
            self._changed.notify_all()
            return True

    def ready(self, session: Session, incarnation: int, height: int, words: str) -> None:
        """The validator has looked at what it was given of a height; `words` say why it refuses it."""
        with self._changed:
            session.ready, session.words = (incarnation, height), words[:MOST_WORDS]
            self._changed.notify_all()

    @property
    def attached(self) -> tuple[bytes, ...]:
        """The public keys of those who are attached. Any thread may ask."""
        return tuple(self._sessions)

    @property
    def elsewhere(self) -> frozenset[bytes]:
        """The public keys of those whose votes at the newest height come from other processes. Any thread
        may ask."""
        assigned = self._assigned
        here = frozenset() if assigned is None else assigned[1]
        return here | (frozenset(self._sessions) - self._held if assigned is not None else frozenset())

    # ------------------------------------------------------------ on the thread that decides

    def begin(self, setting: Height, held: frozenset[int], author: Author) -> frozenset[int]:
        """Begins a height, or goes on with it; gives the validators whose votes come from elsewhere. `held`
        are those whose keys this process has: such a seat is another's only if he was attached when the
        height began, and then for all of it, in whatever life of his."""
        validators = setting.validators.validators
        indices = {validator.public_key: index for index, validator in enumerate(validators)}
        place = (setting.domain.incarnation, setting.height)
        # Judging what to propose takes its time, and the event loop must not wait for it.
        candidates = {key: author(indices[key]) for key in self.attached if key in indices}
        with self._changed:
            self._held = frozenset(validators[index].public_key for index in held)
            if self._assigned is None or self._assigned[0] != place:
                self._assigned = (place, frozenset(self._sessions) & self._held)
                # What came since the height before was decided is of that one.
                self._mail.clear()
                for session in self._sessions.values():
                    session.messages = session.bytes = 0
            keys = self._assigned[1] | (frozenset(self._sessions) - self._held)
            remote = frozenset(indices[key] for key in keys if key in indices)
            self._current = _Current(setting, remote, indices)
            self._members = frozenset(indices)
            for session in self._sessions.values():
                session.flaws = 0
                candidate = candidates.get(session.public_key)
                session.outlet.push(self._notice(self._current, session, candidate))
        return remote

    def await_ready(self, now: Callable[[], float] = time.monotonic) -> None:
        """Waits until the attached validators have what they are to judge, or for `READY_SECONDS`. Who is
        late is waited for at every second height only, then at every fourth, and so on."""
        current = self._current
        assert current is not None
        place = (current.setting.domain.incarnation, current.setting.height)
        until = now() + READY_SECONDS
        with self._changed:
            awaited = [
                session
                for session in self._seated(current)
                if place[1] % (1 << min(session.misses, _MOST_MISSES)) == 0
            ]
            while (
                not self._is_cancelled
                and any(self._lacks(session, place) for session in awaited)
                and now() < until
            ):
                self._changed.wait(max(0.0, until - now()))
            for session in awaited:
                session.misses = session.misses + 1 if session.ready != place else 0

    def is_ready(self, index: int) -> bool:
        """Whether this validator is attached and has what it is to judge."""
        current = self._current
        if current is None:
            return False
        place = (current.setting.domain.incarnation, current.setting.height)
        with self._changed:
            return any(
                current.indices.get(session.public_key) == index
                and session.ready == place
                and not session.words
                for session in self._sessions.values()
            )

    def take(self, timeout: float) -> Taken | None:
        """The next message that came in, waiting so many seconds for one; None where none came."""
        until = time.monotonic() + timeout
        while True:
            with self._changed:
                while not self._mail:
                    if self._is_cancelled:
                        return None
                    left = until - time.monotonic()
                    if left <= 0:
                        return None
                    self._changed.wait(left)
                session, to, data = self._mail.popleft()
                session.messages -= 1
                session.bytes -= len(data)
                current = self._current
                index = None if current is None else current.indices.get(session.public_key)
            if index is None or current is None or index not in current.remote:
                continue
            try:
                return Taken(index, to, decode_message(data))
            except Refused as refused:
                self._cut(session, f"it sends what is no message: {refused}")

    def send(self, index: int, sender: int, message: Message) -> None:
        """A message for a validator that lives elsewhere; lost where it is not attached."""
        self.relay(index, sender, encode_message(message))

    def relay(self, index: int, sender: int, data: bytes) -> None:
        """The same of an encoded message."""
        with self._changed:
            session = self._session_of(index)
            if session is not None:
                session.outlet.push(MessageNotice(sender, data))

    def blame(self, index: int, flaw: Flaw) -> None:
        """A message of that validator did not hold."""
        with self._changed:
            session = self._session_of(index)
            if session is None or flaw is Flaw.JUDGED:
                return
            session.flaws += 1
        if session.flaws > MOST_FLAWS:
            self._cut(session, f"it sends what does not hold: {flaw.value}")

    def end(self, decision: Decision | None) -> None:
        """The height is over for this process; everyone attached is told what was decided."""
        with self._changed:
            current, self._current = self._current, None
            if current is None or decision is None:
                return
            data = encode_message(decision)
            hub = len(current.setting.validators.validators)
            for session in self._sessions.values():
                session.outlet.push(MessageNotice(hub, data))

    def words(self) -> dict[int, str]:
        """Of each seat that is another's at this height why it does not vote, as far as that is known."""
        current = self._current
        if current is None:
            return {}
        found: dict[int, str] = {}
        with self._changed:
            sessions = {current.indices.get(each.public_key): each for each in self._sessions.values()}
            for index in sorted(current.remote):
                session = sessions.get(index)
                if session is None:
                    found[index] = "the process that has its seat is not attached"
                elif session.words:
                    found[index] = session.words
        return found

    def cancel(self) -> None:
        """Any thread: an attempt that is under way is given up, and so is one that begins before `resume`."""
        with self._changed:
            self._is_cancelled = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Takes a `cancel` back."""
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled

    # ------------------------------------------------------------ for both, with the lock held

    def _notice(self, current: _Current, session: Session, candidate: Candidate | None) -> HeightNotice:
        setting = current.setting
        index = current.indices.get(session.public_key)
        return HeightNotice(
            setting.domain.incarnation,
            setting.height,
            setting.parent_root,
            index,
            index is not None and index in current.remote,
            b"" if candidate is None else candidate.encode(),
        )

    def _seated(self, current: _Current) -> list[Session]:
        return [
            session
            for session in self._sessions.values()
            if current.indices.get(session.public_key) in current.remote
        ]

    def _lacks(self, session: Session, place: tuple[int, int]) -> bool:
        return session.ready != place and self._sessions.get(session.public_key) is session

    def _session_of(self, index: int) -> Session | None:
        current = self._current
        if current is None:
            return None
        key = current.setting.validators.validators[index].public_key
        return self._sessions.get(key)

    def _cut(self, session: Session, reason: str) -> None:
        self.detach(session)
        session.outlet.close(reason)
