"""A validator as a process: its connection to the network, its clock, a thread that fetches and judges."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult

from devnet.availability import Coder
from devnet.chain.types import Hash32
from devnet.proving import Verifier
from devnet.settlement.chain import Settled
from devnet.settlement.chain_codec import decode_change
from devnet.settlement.consensus.events import Timer
from devnet.settlement.consensus.judging import Opinion, Verdict
from devnet.settlement.flaws import Refused
from devnet.settlement.judging import ValidatorJudge
from devnet.settlement.proposal import Candidate
from devnet.settlement.remote.attaching import attach_hash
from devnet.settlement.remote.catching_up import Page, catch_up
from devnet.settlement.remote.fetching import Cost, Fetcher
from devnet.settlement.remote.following import Following
from devnet.settlement.remote.genesis_facts import GenesisFacts
from devnet.settlement.remote.node import Behind, Happening, ValidatorNode
from devnet.settlement.remote.notices import HeightNotice, Notice, notice_of
from devnet.settlement.remote.seats import MOST_WORDS
from devnet.settlement.remote.vote_file import Votes
from devnet.settlement.signatures import SignatureScheme

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_PATIENCE = 30.0
"""Seconds for an answer."""

_MOST_MESSAGE = 1 << 27
"""Bytes of a WebSocket message: twice what a proposal may have, as hex."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two attempts to connect."""


class NetworkRefused(Exception):
    """The network answered with an error."""

    def __init__(self, method: str, error: Any) -> None:
        message = error.get("message") if isinstance(error, dict) else error
        super().__init__(f"{method}: {message}")


class OtherNetwork(Exception):
    """What answers at the URL is another network than before, or than the one that was asked for."""


class OtherGenesis(OtherNetwork):
    """Its facts about genesis are not those that were asked for."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The network took the validator in."""

    index: int | None
    """In the set that signs the next block; None while it is not in it."""
    count: int
    height: int
    """Of the newest final block."""
    incarnation: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The network is not there; it is tried again."""

    reason: str


Report = Callable[["Happening | Attached | Lost"], None]


@dataclass(frozen=True, slots=True)
class Machinery:
    """What a validator works with."""

    scheme: SignatureScheme
    verifier: Verifier
    coder: Coder


class ValidatorProcess:
    """One validator over one network, connected again whenever the connection is lost."""

    def __init__(
        self,
        url: SplitResult,
        secret: Callable[[GenesisFacts], bytes],
        votes: Callable[[bytes], Votes],
        machinery: Machinery,
        report: Report,
        genesis: Hash32 | None = None,
    ) -> None:
        """`secret` gives the key, once the network is known; `votes` where the key's votes are kept;
        `genesis` is what the root of the facts about genesis must be."""
        self._url = url
        self._secret = secret
        self._votes = votes
        self._machinery = machinery
        self._report = report
        self._genesis = genesis
        self._instance: str | None = None
        self._node: ValidatorNode | None = None
        self._link: _Link | None = None
        self._is_attached = False
        self._stopping: asyncio.Event | None = None
        self._fetcher = Fetcher(url)
        self._judging = ThreadPoolExecutor(1, "judging")

    @property
    def cost(self) -> Cost:
        """Of everything that was fetched and judged."""
        return self._fetcher.cost

    async def run(self) -> None:
        """Until `stop`. Raises OtherNetwork, Forked, TooFarBehind, OSError of a vote that could not be
        kept, and FolderError."""
        self._stopping = asyncio.Event()
        pause = _FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                serving = asyncio.create_task(self._serve())
                stopping = asyncio.create_task(self._stopping.wait())
                await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                was_attached = await self._ended(serving)
                pause = _FIRST_PAUSE if was_attached else min(2 * pause, _LONGEST_PAUSE)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
        finally:
            self._judging.shutdown(wait=False, cancel_futures=True)
            self._fetcher.close()

    def stop(self) -> None:
        """Ends `run`; called on its loop."""
        if self._stopping is not None:
            self._stopping.set()

    async def _ended(self, serving: asyncio.Task[None]) -> bool:
        """Ends a connection and says why it was lost; whether the network had taken the validator in."""
        serving.cancel()
        was_attached = self._is_attached
        self._is_attached = False
        try:
            await serving
        except (_ConnectionLost, NetworkRefused, Refused, asyncio.CancelledError) as reason:
            if self._stopping is not None and not self._stopping.is_set():
                self._report(Lost(str(reason) or "the connection was given up"))
        if self._node is not None:
            self._node.detached()
        return was_attached

    async def _serve(self) -> None:
        link = await _Link.open(self._url, self.cost)
        self._link = link
        try:
            node = await self._known_node(link)
            await catch_up(node, link)
            attached = await self._attach(link, node)
            self._is_attached = True
            self._report(attached)
            while True:
                await self._hear(link, node, await link.notice())
        finally:
            self._link = None
            await link.close()

    async def _known_node(self, link: _Link) -> ValidatorNode:
        """The node, made when the network is met first."""
        told = await link.ask("zero_getValidatorGenesis")
        if self._instance is not None and told["instance"] != self._instance:
            raise OtherNetwork(
                "the network was started anew: its settlement chain is another one, and what this validator"
                " signed counts against it"
            )
        if self._node is None:
            facts = GenesisFacts.decode(_data(told["facts"]))
            if self._genesis is not None and facts.root != self._genesis:
                raise OtherGenesis(f"genesis is 0x{facts.root.hex()}, not 0x{self._genesis.hex()}")
            machinery = self._machinery
            following = Following(facts, machinery.scheme, machinery.verifier, machinery.coder)
            secret = self._secret(facts)
            votes = self._votes(machinery.scheme.public_key(secret))
            node = ValidatorNode(following, machinery.scheme, secret, votes, self)
            memory = node.memory
            if memory is not None and memory.domain.network != facts.network:
                raise OtherNetwork(
                    f"the votes that are kept are of the network 0x{memory.domain.network.hex()}"
                )
            self._node = node
        self._instance = told["instance"]
        return self._node

    async def _attach(self, link: _Link, node: ValidatorNode) -> Attached:
        scheme, following = self._machinery.scheme, node.following
        secret = self._secret(following.facts)
        challenge = _data(await link.ask("zero_validatorChallenge"))
        signed = scheme.sign(secret, attach_hash(following.facts.network, challenge, node.public_key))
        await link.ask("zero_attachValidator", _hex(node.public_key), _hex(signed))
        position = following.position
        return Attached(
            following.index_of(node.public_key),
            len(following.validators.validators),
            position.head.height,
            position.incarnation,
        )

    async def _hear(self, link: _Link, node: ValidatorNode, notice: Notice) -> None:
        if not isinstance(notice, HeightNotice):
            with suppress(Refused):
                node.message(notice)
            return
        try:
            node.height(notice)
        except Behind:
            await catch_up(node, link)
            # Where the network went on meanwhile, it tells the next height as well.
            with suppress(Behind):
                node.height(notice)

    # ------------------------------------------------------------ the node's Port

    def send(self, to: int | None, data: bytes) -> None:
        """See `Port`."""
        if self._link is not None:
            self._link.tell("zero_validatorMessage", to, _hex(data))

    def ready(self, incarnation: int, height: int, words: str) -> None:
        """See `Port`."""
        if self._link is not None:
            self._link.tell("zero_validatorReady", hex(incarnation), hex(height), words[:MOST_WORDS])

    def after(self, milliseconds: int, timer: Timer) -> None:
        """See `Port`."""
        node = self._node
        if node is not None:
            self._later(milliseconds / 1000, node, timer)

    def _later(self, seconds: float, node: ValidatorNode, timer: Timer) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(seconds, self._guarded, lambda: node.elapsed(timer))

    def look(self, judge: ValidatorJudge, candidate: Candidate) -> None:
        """See `Port`."""
        node = self._node
        assert node is not None
        loop = asyncio.get_running_loop()
        holder = node.following.index_of(node.public_key)
        work = loop.run_in_executor(self._judging, self._fetcher.look, judge, candidate, holder)

        def done(future: asyncio.Future[Verdict]) -> None:
            if future.cancelled():
                return
            error = future.exception()
            verdict = Verdict(Opinion.REFUSED, repr(error)) if error is not None else future.result()
            self._guarded(lambda: node.looked(judge, candidate, verdict))

        work.add_done_callback(done)

    def report(self, happening: Happening) -> None:
        """See `Port`."""
        self._report(happening)

    def _guarded(self, act: Callable[[], None]) -> None:
        """In a callback nobody is there to catch: what goes wrong ends the connection, and is raised by who
        waits for it."""
        try:
            act()
        except Exception as error:
            if self._link is not None:
                self._link.fail(error)


class _ConnectionLost(Exception):
    """The connection ended."""


class _Link:
    """A WebSocket connection with requests and notices."""

    def __init__(self, socket: ClientConnection, cost: Cost) -> None:
        self._socket = socket
        self._cost = cost
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._notices: asyncio.Queue[Notice | Exception] = asyncio.Queue()
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._count = 0
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    @classmethod
    async def open(cls, url: SplitResult, cost: Cost) -> _Link:
        """Raises _ConnectionLost. What is sent and comes is counted in `cost`."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        scheme = "wss" if url.scheme == "https" else "ws"
        address = url._replace(scheme=scheme, path=url.path or "/").geturl()
        try:
            socket = await connect(address, max_size=_MOST_MESSAGE, compression=None, proxy=None)
        except (OSError, WebSocketException) as error:
            raise _ConnectionLost(f"no network answers: {error}") from error
        return cls(socket, cost)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        with suppress(Exception):
            await self._socket.close()

    def fail(self, error: Exception) -> None:
        """Ends the connection: whoever waits for a notice gets the error."""
        self._notices.put_nowait(error)
        for future in self._answers.values():
            if not future.done():
                future.set_exception(error)
        self._answers.clear()

    def tell(self, method: str, *parameters: Any) -> None:
        """A request whose answer nobody waits for."""
        self._outbox.put_nowait(json.dumps({"jsonrpc": "2.0", "method": method, "params": parameters}))

    async def ask(self, method: str, *parameters: Any) -> Any:
        """The result. Raises NetworkRefused and _ConnectionLost."""
        self._count += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[self._count] = future
        body = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": parameters}
        self._outbox.put_nowait(json.dumps(body))
        try:
            answer = await asyncio.wait_for(future, _PATIENCE)
        except TimeoutError:
            raise _ConnectionLost(f"no answer to {method} within {_PATIENCE:g} s") from None
        if "error" in answer:
            raise NetworkRefused(method, answer["error"])
        return answer.get("result")

    async def notice(self) -> Notice:
        """The next one. Raises _ConnectionLost, and what `fail` was given."""
        notice = await self._notices.get()
        if isinstance(notice, Exception):
            raise notice
        return notice

    # ------------------------------------------------------------ `catching_up.Source`

    async def decisions(self, first: int) -> Page:
        """See `Source`. Raises Refused and ValueError for what is none."""
        told = await self.ask("zero_getDecisions", hex(first))
        changes = [decode_change(_data(each)) for each in told["decisions"]]
        decisions = [change for change in changes if isinstance(change, Settled)]
        return Page(int(told["incarnation"], 16), int(told["height"], 16), decisions)

    async def root_at(self, height: int) -> Hash32 | None:
        """See `Source`."""
        told = await self.ask("zero_getSettlementBlock", hex(height))
        return None if told is None else Hash32(_data(told["root"]))

    # ------------------------------------------------------------ the socket

    async def _read(self) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            async for text in self._socket:
                self._cost.heard += len(text)
                self._take(json.loads(text))
        except (ConnectionClosed, OSError, ValueError) as error:
            self.fail(_ConnectionLost(str(error)))
        else:
            self.fail(_ConnectionLost(self._socket.close_reason or "the network closed the connection"))

    def _take(self, message: Any) -> None:
        if not isinstance(message, dict):
            raise ValueError("a message that is no object")
        if message.get("method") == "eth_subscription":
            self._notices.put_nowait(notice_of(message["params"]["result"]))
            return
        future = self._answers.pop(message.get("id", 0), None)
        if future is not None and not future.done():
            future.set_result(message)

    async def _write(self) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            while True:
                text = await self._outbox.get()
                self._cost.said += len(text)
                await self._socket.send(text)


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _data(text: Any) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError("data is hex with 0x before it")
    return bytes.fromhex(text[2:])
