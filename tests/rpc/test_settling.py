"""In a data folder an answer that shows a change is given when that change is written, and no other waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.sync.client import connect

from devnet.chain.types import ZoneName
from devnet.clock import WallClock
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.rpc.serving.settling import Settling
from tests.rpc.asking import request
from tests.rpc.contracts import LOOP
from tests.rpc.http_client import fetch, result
from tests.rpc.test_websocket import ask, receive

ALPHA, BETA = ZoneName("alpha"), ZoneName("beta")
CONFIG = NetworkConfig(accounts=2)
SOMEBODY = "0x" + "07" * 20

# ---------------------------------------------------------------- which answers wait


class Zones:
    """Zones that say of themselves what they are told to."""

    is_kept = True

    def __init__(self, *ahead: ZoneName) -> None:
        self.ahead = frozenset(ahead)

    def zones_ahead(self) -> frozenset[ZoneName]:
        return self.ahead

    def is_ahead(self, zone: ZoneName) -> bool:
        return zone in self.ahead


def settling(zones: Zones) -> Settling:
    return Settling(asyncio.get_running_loop(), zones)


@pytest.mark.asyncio
async def test_an_answer_waits_for_the_change_that_it_shows() -> None:
    zones = Zones()
    waiting = settling(zones)
    assert waiting.settled(ALPHA) is None
    with waiting.change():
        assert waiting.settled(ALPHA) is None
        zones.ahead = frozenset({ALPHA})
        held, of_network = waiting.settled(ALPHA), waiting.settled(None)
        assert held is not None
        assert of_network is not None
        assert waiting.settled(BETA) is None
        await asyncio.sleep(0)
        assert not held.done()
    await asyncio.wait_for(held, 10)
    await asyncio.wait_for(of_network, 10)
    assert waiting.settled(ALPHA) is None


@pytest.mark.asyncio
async def test_what_is_being_written_is_waited_for_as_well() -> None:
    zones = Zones(ALPHA)
    waiting = settling(zones)
    with waiting.change():
        waiting.writing()
        # The zone has told everything to its files, and no commit names it yet.
        zones.ahead = frozenset()
        held = waiting.settled(ALPHA)
        assert held is not None
        assert waiting.settled(BETA) is None
    await asyncio.wait_for(held, 10)


@pytest.mark.asyncio
async def test_what_was_written_in_the_middle_of_a_change_is_given_then() -> None:
    zones = Zones(ALPHA)
    waiting = settling(zones)
    with waiting.change():
        held = waiting.settled(ALPHA)
        waiting.writing()
        zones.ahead = frozenset()
        waiting.written()
        assert held is not None
        await asyncio.wait_for(held, 10)
        assert waiting.settled(ALPHA) is None
        zones.ahead = frozenset({ALPHA})
        later = waiting.settled(ALPHA)
        assert later is not None
        await asyncio.sleep(0)
        assert not later.done()
    await asyncio.wait_for(later, 10)


@pytest.mark.asyncio
async def test_the_end_of_one_change_gives_nothing_that_the_next_one_may_be_in() -> None:
    waiting = settling(Zones(ALPHA))
    with waiting.change():
        before = waiting.settled(ALPHA)
    # The release waits in the loop's queue, as it does when the loop is busy.
    with waiting.change():
        after = waiting.settled(ALPHA)
        assert before is not None
        assert after is not None
        await asyncio.wait_for(before, 10)
        await asyncio.sleep(0)
        assert not after.done()
    await asyncio.wait_for(after, 10)


@pytest.mark.asyncio
async def test_whoever_gave_up_waiting_is_no_hindrance() -> None:
    waiting = settling(Zones(ALPHA))
    with waiting.change():
        gone, held = waiting.settled(ALPHA), waiting.settled(ALPHA)
        assert gone is not None
        assert held is not None
        gone.cancel()
    await asyncio.wait_for(held, 10)


@pytest.mark.asyncio
async def test_in_memory_nothing_waits() -> None:
    zones = Zones(ALPHA)
    zones.is_kept = False
    waiting = settling(zones)
    with waiting.change():
        assert waiting.settled(ALPHA) is None


# ---------------------------------------------------------------- over HTTP and WebSockets


class Halted:
    """A network whose commits halt before they write anything, from `halt` on until `go_on`. The first one to
    come sets `has_come`."""

    def __init__(self, network: Network) -> None:
        self._commit = network.commit
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self.has_come = threading.Event()
        self.has_written = False
        network.commit = self._commit_later  # type: ignore[method-assign]

    def halt(self) -> None:
        self.has_written = False
        self._may_go_on.clear()

    def go_on(self) -> None:
        self._may_go_on.set()

    def _commit_later(self) -> None:
        is_halted = not self._may_go_on.is_set()
        if is_halted:
            self.has_come.set()
        assert self._may_go_on.wait(60)
        if is_halted:
            self.has_written = True
        self._commit()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    folder = DataFolder.open(tmp_path / "data", CONFIG)
    with Network(CONFIG, clock=WallClock(), folder=folder) as kept:
        yield kept


@pytest.fixture
def halted(network: Network) -> Halted:
    return Halted(network)


@pytest.fixture
def server(network: Network, halted: Halted) -> Iterator[RpcServer]:
    with RpcServer(network, ServerOptions(port=0)) as running:
        yield running


class Later:
    """Asks from a thread of its own; `given` is the answer, and what `halted` said when it came."""

    def __init__(self, server: RpcServer, halted: Halted, method: str, *params: Any) -> None:
        self._ask = (server, method, *params)
        self._halted = halted
        self._given: tuple[Any, bool] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        server, method, *params = self._ask
        answer = result(server, method, *params)
        self._given = (answer, self._halted.has_written)

    @property
    def is_given(self) -> bool:
        return self._given is not None

    def given(self) -> tuple[Any, bool]:
        self._thread.join(60)
        assert self._given is not None
        return self._given


def test_an_answer_that_shows_a_change_is_given_once_it_is_written(server: RpcServer, halted: Halted) -> None:
    sender = result(server, "eth_accounts")[0]
    halted.halt()
    sent = Later(server, halted, "eth_sendTransaction", {"from": sender, "to": SOMEBODY, "value": "0x5"})
    assert halted.has_come.wait(60)
    asked = [
        Later(server, halted, "eth_blockNumber"),
        Later(server, halted, "eth_getBalance", SOMEBODY, "latest"),
        Later(server, halted, "eth_call", {"to": SOMEBODY}, "latest"),
        Later(server, halted, "txpool_status"),
        Later(server, halted, "zero_zones"),
    ]
    # Another zone, and what is asked of no zone, wait for nothing.
    assert result(server, "eth_blockNumber", zone="beta") == "0x0"
    assert result(server, "eth_getBalance", SOMEBODY, "latest", zone="beta") == "0x0"
    assert fetch(server, "/health", method="GET").status == 200
    assert not halted.has_written
    halted.go_on()
    assert sent.given()[1]
    assert [each.given() for each in asked[:2]] == [("0x1", True), ("0x5", True)]
    assert all(each.given()[1] for each in asked)


def test_a_long_execution_delays_no_answer(server: RpcServer, halted: Halted) -> None:
    sender = result(server, "eth_accounts")[0]
    created = result(
        server, "eth_sendTransaction", {"from": sender, "data": _deploying(LOOP), "gas": "0x100000"}
    )
    loop = result(server, "eth_getTransactionReceipt", created)["contractAddress"]
    number = result(server, "eth_blockNumber")
    fields = {"from": sender, "to": loop, "gas": hex(1 << 24)}
    sent = Later(server, halted, "eth_sendTransaction", fields)
    # The mempool is written before a long execution begins, and shown from then on.
    while (pending := result(server, "txpool_content")["pending"]) == {} and not sent.is_given:
        pass
    [[waiting]] = [list(of_sender.values()) for of_sender in pending.values()]
    assert waiting["to"] == loop
    assert result(server, "eth_getTransactionByHash", waiting["hash"])["blockNumber"] is None
    assert result(server, "eth_blockNumber") == number
    assert result(server, "eth_getBalance", sender, "latest", zone="beta") != "0x0"
    assert result(server, "zero_zones")
    assert not sent.is_given, "the execution was over before anything was asked"
    assert sent.given()[0] == waiting["hash"]
    assert result(server, "eth_getTransactionReceipt", waiting["hash"])["status"] == "0x0"


def test_a_subscriber_hears_of_a_block_once_it_is_written(server: RpcServer, halted: Halted) -> None:
    sender = result(server, "eth_accounts")[0]
    with connect(server.ws_url("alpha"), open_timeout=60, max_size=None) as socket:
        for kind in ("newHeads", "newPendingTransactions"):
            ask(socket, "eth_subscribe", kind)
        halted.halt()
        sent = Later(server, halted, "eth_sendTransaction", {"from": sender, "to": SOMEBODY, "value": "0x5"})
        assert halted.has_come.wait(60)
        heard: list[tuple[Any, bool]] = []

        def hear() -> None:
            for _ in range(2):
                heard.append((receive(socket)["params"]["result"], halted.has_written))

        hearing = threading.Thread(target=hear, daemon=True)
        hearing.start()
        # A question on the same connection is answered, so notifications would have come as well.
        assert result(server, "eth_blockNumber", zone="beta") == "0x0"
        halted.go_on()
        hearing.join(60)
        assert [was_written for _, was_written in heard] == [True, True]
        assert heard[0][0] == sent.given()[0]
        assert heard[1][0]["number"] == "0x1"


def test_a_filter_gives_a_block_once_it_is_written(server: RpcServer, halted: Halted) -> None:
    sender = result(server, "eth_accounts")[0]
    identifier = result(server, "eth_newBlockFilter")
    halted.halt()
    sent = Later(server, halted, "eth_sendTransaction", {"from": sender, "to": SOMEBODY, "value": "0x5"})
    assert halted.has_come.wait(60)
    changes = Later(server, halted, "eth_getFilterChanges", identifier)
    assert result(server, "eth_blockNumber", zone="beta") == "0x0"
    halted.go_on()
    blocks, was_written = changes.given()
    assert was_written
    assert len(blocks) == 1
    assert sent.given()[1]


def test_a_batch_waits_as_a_whole(server: RpcServer, halted: Halted) -> None:
    halted.halt()
    minted = Later(server, halted, "anvil_setBalance", SOMEBODY, "0x9")
    assert halted.has_come.wait(60)
    heard: list[tuple[Any, bool]] = []

    def post() -> None:
        batch = [request("eth_chainId"), request("eth_getBalance", SOMEBODY, "latest")]
        answers = fetch(server, "/alpha", orjson.dumps(batch)).json
        heard.append((answers[1]["result"], halted.has_written))

    posting = threading.Thread(target=post, daemon=True)
    posting.start()
    assert result(server, "eth_getBalance", SOMEBODY, "latest", zone="beta") == "0x0"
    halted.go_on()
    posting.join(60)
    assert heard == [("0x9", True)]
    assert minted.given()[1]


def _deploying(code: bytes) -> str:
    size = f"{len(code):02x}"
    return f"0x60{size}600c60003960{size}6000f3{code.hex()}"
