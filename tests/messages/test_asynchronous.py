"""Wiring, OFTs and checks under asyncio: in process and over HTTP, and how often the nodes are asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.messages.contracts import artifacts, coins, postcards
from tests.messages.faces import Face, in_a_loop, twin
from zero_sdk import AsyncNetwork, Network, WrongArguments
from zero_sdk.client.packets import ENDPOINT
from zero_sdk.client.transports import Call
from zero_sdk.client.transports.in_process import InProcess
from zero_sdk.messages import (
    AsyncOft,
    Oft,
    Options,
    check,
    check_async,
    plan_wiring,
    plan_wiring_async,
    wire,
    wire_async,
)

ZONES = ("alpha", "beta", "gamma")
ENOUGH = Options().lz_receive(300_000)
BOTH_TYPES = {1: ENOUGH, 2: ENOUGH.lz_compose(0, 100_000)}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`zero devnet` in a process of its own, with three zones."""
    with Devnet("--zones", ",".join(ZONES), folder=tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest_asyncio.fixture(params=["local", "served"])
async def meshed(request: pytest.FixtureRequest) -> AsyncIterator[AsyncNetwork]:
    """An asynchronous network with three zones; what the test does to it is undone."""
    if request.param == "local":
        made = AsyncNetwork.around(zero_sdk.local(ZONES))
    else:
        made = await zero_sdk.connect_async(request.getfixturevalue("served").zone("alpha")["url"])
    async with made, made.isolated():
        yield made


@pytest.mark.asyncio
async def test_a_mesh_is_wired_once(meshed: AsyncNetwork) -> None:
    cards = {zone.name: await zone.deploy(artifacts()["Postcards"], ENDPOINT) for zone in meshed}
    planned = await plan_wiring_async(cards, enforced={1: ENOUGH})
    steps = await wire_async(cards, enforced={1: ENOUGH})
    assert [step.text for step in steps] == [step.text for step in planned]
    assert len(steps) == 9
    assert [(await step.transaction.receipt()).status for step in steps] == [1] * 9
    assert await wire_async(cards, enforced={1: ENOUGH}) == ()
    assert await check_async(cards, messages={1: b"hello"}) == ()


@pytest.mark.asyncio
async def test_a_planned_step_is_sent_alone(meshed: AsyncNetwork) -> None:
    cards = {
        name: await meshed[name].deploy(artifacts()["Postcards"], ENDPOINT) for name in ("alpha", "beta")
    }
    first, *others = await plan_wiring_async(cards)
    assert first.transaction is None
    assert (await first.send()).transaction is not None
    assert [step.name for step in await plan_wiring_async(cards)] == [step.name for step in others]


@pytest.mark.asyncio
async def test_tokens_move(meshed: AsyncNetwork) -> None:
    decimals = {"alpha": 18, "beta": 8, "gamma": 6}
    tokens = {
        name: AsyncOft(await meshed[name].deploy(artifacts()["Coin"], ENDPOINT, places, 6, 10**24))
        for name, places in decimals.items()
    }
    await wire_async(tokens, enforced=BOTH_TYPES)
    assert await check_async(tokens) == ()
    alpha, bob = tokens["alpha"], meshed.accounts[1]
    amount = await alpha.amount("1.5")
    assert (await alpha.decimals(), await alpha.shared_decimals(), await alpha.dust()) == (18, 6, 10**12)
    assert await alpha.movable(amount + 1) == amount
    quote, dearer = await asyncio.gather(
        alpha.quote("beta", bob, amount + 1),
        alpha.quote(tokens["beta"], bob, amount, options=Options().lz_receive(1_000_000)),
    )
    assert (quote.sent, quote.received) == (amount, amount)
    assert 0 < quote.fee < dearer.fee
    message = await (await alpha.send("beta", bob, amount)).message()
    assert await message.delivered()
    assert await tokens["beta"].balance(bob) == 150_000_000
    assert repr(alpha).startswith("<AsyncOft Coin at 0x")


@pytest.mark.asyncio
async def test_what_is_wrong_is_found(meshed: AsyncNetwork) -> None:
    cards = {zone.name: await zone.deploy(artifacts()["Postcards"], ENDPOINT) for zone in meshed}
    await wire_async(cards, enforced={1: ENOUGH})
    await cards["beta"].setPeer(await meshed["alpha"].eid(), bytes(32))
    await cards["gamma"].setMood("angry")
    found = await check_async(cards, messages={1: b"hello"})
    assert [(one.flaw.code, one.zone, one.towards) for one in found] == [
        ("receive-reverts", "alpha", "gamma"),
        ("peer-one-sided", "beta", "alpha"),
        ("receive-reverts", "beta", "gamma"),
    ]
    assert [step.text.partition(": none")[0] for step in await wire_async(cards)] == [
        "beta: Postcards.setPeer alpha"
    ]


# ---------------------------------------------------------------- which face is for which network


def test_contracts_are_of_the_network_that_is_asked(network: Network) -> None:
    cards = postcards(network, "alpha", "beta")

    async def both(other: AsyncNetwork) -> None:
        twins = {name: twin(other, card) for name, card in cards.items()}
        for ask in (wire, plan_wiring, check):
            with pytest.raises(WrongArguments, match="AsyncZone, not Zone") as raised:
                ask(twins)
            assert "wire_async" in str(raised.value.hint)
        with pytest.raises(WrongArguments, match="AsyncZone, not Zone"):
            Oft(twins["alpha"])
        for ask_async in (wire_async, plan_wiring_async, check_async):
            with pytest.raises(WrongArguments, match="Zone, not AsyncZone"):
                await ask_async(cards)
        with pytest.raises(WrongArguments, match="Zone, not AsyncZone"):
            AsyncOft(cards["alpha"])
        with pytest.raises(WrongArguments, match="is no contract in a zone"):
            AsyncOft(network.accounts[0])

    in_a_loop(network, both)


# ---------------------------------------------------------------- how often nodes are asked


class Counting(InProcess):
    """The way into a zone of a network in this process, and how often it was taken."""

    def __init__(self, inner: InProcess, count: Counter[str]) -> None:
        super().__init__(inner.network, inner.zone)
        self._count = count

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        self._count[self.zone] += 1
        return super().request(method, parameters)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        self._count[self.zone] += 1
        return super().batch(calls)


@pytest.fixture
def count(network: Network) -> Any:
    """Requests by zone, a batch as one."""
    found: Counter[str] = Counter()
    own = {zone: zone.transport for zone in network.all_zones}
    for zone, transport in own.items():
        zone.transport = Counting(transport, found)
    yield found
    for zone, transport in own.items():
        zone.transport = transport


def test_a_bigger_mesh_is_asked_as_often_as_a_small_one(
    face: Face, network: Network, count: Counter[str]
) -> None:
    mesh = postcards(network)
    wire(mesh, enforced={1: ENOUGH})
    small = {name: mesh[name] for name in ("alpha", "beta")}
    asks: dict[str, Callable[[Any], Any]] = {
        "wire": lambda cards: face.wire(cards, enforced={1: ENOUGH}),
        "check": lambda cards: face.check(cards, messages={1: b"hello"}),
    }
    for ask in asks.values():
        count.clear()
        assert ask(small) == ()
        few = dict(count)
        count.clear()
        assert ask(mesh) == ()
        assert few.keys() == set(small)
        assert dict(count) == {**few, "gamma": few["beta"]}


def test_wiring_what_is_wired_asks_each_zone_thrice(
    face: Face, network: Network, count: Counter[str]
) -> None:
    mesh = postcards(network)
    wire(mesh, enforced={1: ENOUGH})
    count.clear()
    assert face.wire(mesh, enforced={1: ENOUGH}) == ()
    # Which endpoint, its number, and everything else.
    assert count == dict.fromkeys(ZONES, 3)


def test_a_quote_is_had_with_one_question_for_two(face: Face, network: Network, count: Counter[str]) -> None:
    mesh = coins(network, {"alpha": 18, "beta": 8})
    wire(mesh, enforced=BOTH_TYPES)
    oft = face.oft(mesh["alpha"])
    count.clear()
    assert oft.quote("beta", network.accounts[1], 10**18).fee > 0
    # The endpoint of the one, the number of the other's, and fee and limits.
    assert count == {"alpha": 2, "beta": 1}
