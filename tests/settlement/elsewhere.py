"""A validator that lives elsewhere, without sockets: the real node on a thread, at the real hub of a network
in this process."""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections.abc import Callable
from types import TracebackType

from devnet.chain.types import Hash32
from devnet.network import Network
from devnet.proving.stateless import WitnessVerifier
from devnet.rpc.namespaces.zero_seats import genesis_facts
from devnet.settlement.consensus.events import Timer
from devnet.settlement.consensus.judging import Verdict
from devnet.settlement.genesis_keys import genesis_secret
from devnet.settlement.judging import ValidatorJudge
from devnet.settlement.payload import decode_payload
from devnet.settlement.proposal import Candidate
from devnet.settlement.remote.deliveries import Part
from devnet.settlement.remote.following import Following
from devnet.settlement.remote.genesis_facts import GenesisFacts
from devnet.settlement.remote.node import Behind, Finalized, Happening, ValidatorNode, Voted
from devnet.settlement.remote.notices import HeightNotice, Notice, notice_document, notice_of
from devnet.settlement.remote.package_codec import decode_columns, decode_package
from devnet.settlement.remote.seats import Session
from devnet.settlement.remote.vote_file import Votes, VotesInMemory
from tests.parts import parts_under_test
from tests.settlement.networks import SCHEME


def following(net: Network) -> Following:
    """A validator's own view, from what a network says about its genesis."""
    parts = parts_under_test()
    facts = GenesisFacts.decode(genesis_facts(net).encode())
    return Following(facts, SCHEME, WitnessVerifier(parts.engine(), parts.codec()), parts.coder())


def secret_of(net: Network, index: int) -> bytes:
    return genesis_secret(SCHEME, net.config_hash, index)


def fetched(net: Network, update: Hash32, part: Part, holder: int) -> bytes:
    """All pieces of it. Raises LookupError where there are none."""
    pieces: list[bytes] = []
    while True:
        piece = net.hub.deliveries.read(update, part, holder, sum(map(len, pieces)))
        if piece is None:
            raise LookupError(part.value)
        pieces.append(piece.data)
        if sum(map(len, pieces)) == piece.size:
            return b"".join(pieces)


class Outlet:
    """Takes a session's notices as they go over the wire."""

    def __init__(self) -> None:
        self.notices: queue.SimpleQueue[Notice | None] = queue.SimpleQueue()
        self.closed: list[str] = []

    def push(self, notice: Notice) -> None:
        self.notices.put(notice_of(notice_document(notice)))

    def close(self, reason: str) -> None:
        self.closed.append(reason)


class Elsewhere(Outlet):
    """One validator, from `with` to its end."""

    def __init__(self, net: Network, index: int, votes: Votes | None = None) -> None:
        super().__init__()
        self.net = net
        self.index = index
        self.happened: list[Happening] = []
        self.sent: list[bytes] = []
        self.node = ValidatorNode(
            following(net), SCHEME, secret_of(net, index), votes or VotesInMemory(), self
        )
        for settled in net.settlement.chain:
            self.node.followed(settled)
        self.session: Session | None = None
        self._timers: list[tuple[float, int, Timer]] = []
        self._jobs: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._fault: BaseException | None = None

    @property
    def finals(self) -> list[Finalized]:
        return [each for each in self.happened if isinstance(each, Finalized)]

    @property
    def voted(self) -> list[Voted]:
        return [each for each in self.happened if isinstance(each, Voted)]

    # The node's Port

    def send(self, to: int | None, data: bytes) -> None:
        self.sent.append(data)
        assert self.session is not None
        self.net.hub.seats.receive(self.session, to, data)

    def ready(self, incarnation: int, height: int, words: str) -> None:
        assert self.session is not None
        self.net.hub.seats.ready(self.session, incarnation, height, words)

    def after(self, milliseconds: int, timer: Timer) -> None:
        heapq.heappush(self._timers, (time.monotonic() + milliseconds / 1000, id(timer), timer))

    def look(self, judge: ValidatorJudge, candidate: Candidate) -> None:
        self._jobs.append(lambda: self.node.looked(judge, candidate, self._looked(judge, candidate)))

    def report(self, happening: Happening) -> None:
        self.happened.append(happening)

    def _looked(self, judge: ValidatorJudge, candidate: Candidate) -> Verdict:
        for update in decode_payload(candidate.payload).updates:
            key = update.signed_hash
            package = decode_package(fetched(self.net, key, Part.PACKAGE, self.index))
            judge.delivery.packages[key] = package
            columns = fetched(self.net, key, Part.COLUMNS, self.index)
            judge.delivery.columns[key] = decode_columns(columns, package.header)
        return judge.judge(candidate)

    # Its thread

    def _work(self) -> None:
        try:
            while True:
                timeout = self._timers[0][0] - time.monotonic() if self._timers else 60.0
                try:
                    notice = self.notices.get(timeout=max(0.0, timeout))
                except queue.Empty:
                    self.node.elapsed(heapq.heappop(self._timers)[2])
                else:
                    if notice is None:
                        return
                    self._hear(notice)
                while self._jobs:
                    self._jobs.pop(0)()
        except BaseException as error:
            self._fault = error

    def _hear(self, notice: Notice) -> None:
        if not isinstance(notice, HeightNotice):
            self.node.message(notice)
            return
        try:
            self.node.height(notice)
        except Behind:
            if notice.incarnation > self.node.following.chain.incarnation:
                self.node.following.go_back(notice.height - 1, notice.incarnation)
            self.node.height(notice)

    def __enter__(self) -> Elsewhere:
        self.session = self.net.hub.seats.attach(self.node.public_key, self)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.notices.put(None)
        self._thread.join(30)
        assert not self._thread.is_alive()
        assert self.session is not None
        self.net.hub.seats.detach(self.session)
        if self._fault is not None and error is None:
            raise self._fault
