"""Flows through several zones: what is independent goes out together, and fails as if it went one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import zero_sdk
from zero_sdk import AsyncNetwork, Network, NoAnswer, Refused
from zero_sdk.client.flows import reading
from zero_sdk.client.flows.asynchronously import run_tour_async
from zero_sdk.client.flows.steps import Ask, AskAll, Flow
from zero_sdk.client.flows.tours import Stop, Tour, at, both, collect, known, run_tour, together

Run = Callable[[Callable[[Any], Tour[Any]]], Any]


@pytest.fixture(scope="module")
def zones() -> Iterator[Network]:
    """A network in process that no test changes."""
    with zero_sdk.local(("alpha", "beta")) as network:
        yield network


@pytest.fixture(params=["blocking", "asynchronous"])
def run(request: pytest.FixtureRequest, zones: Network) -> Run:
    """Runs the tour that a function makes of a network."""
    if request.param == "blocking":
        return lambda tour_of: run_tour(tour_of(zones))
    return lambda tour_of: asyncio.run(run_tour_async(tour_of(AsyncNetwork.around(zones))))


def chain_id(zone: Any) -> Tour[str]:
    return at(zone, _ask("eth_chainId"))


def refused(zone: Any, method: str = "eth_nothing") -> Tour[str]:
    return at(zone, _ask(method))


def _ask(method: str, *parameters: Any) -> Flow[Any]:
    return (yield Ask(method, parameters))


def test_answers_come_in_the_order_of_the_questions(zones: Network, run: Run) -> None:
    ids = [hex(zone.chain_id) for zone in zones]
    order = ("beta", "alpha", "beta")
    expected = [hex(zones[name].chain_id) for name in order]
    assert run(lambda network: together(chain_id(network[name]) for name in order)) == expected
    assert run(lambda network: both(chain_id(network["alpha"]), known(5))) == (ids[0], 5)
    assert run(lambda network: together([])) == []


def test_tours_of_different_lengths_go_on_together(zones: Network, run: Run) -> None:
    rounds: list[int] = []

    def several(zone: Any, times: int) -> Tour[list[str]]:
        answers = []
        for _ in range(times):
            answers.append((yield from chain_id(zone)))
        return answers

    def tour_of(network: Any) -> Tour[list[str]]:
        return watched(
            collect(several(zone, times) for zone, times in zip(network, (3, 1), strict=True)), rounds
        )

    alpha, beta = (hex(zone.chain_id) for zone in zones)
    assert run(tour_of) == [alpha, alpha, alpha, beta]
    assert rounds == [2, 1, 1]


def test_a_batch_of_a_flow_stays_one(run: Run) -> None:
    def flow() -> Flow[Any]:
        return (yield AskAll([("eth_chainId", []), ("eth_nothing", [])]))

    def tour_of(network: Any) -> Tour[Any]:
        return both(at(network["alpha"], flow()), chain_id(network["alpha"]))

    (first, second), alone = run(tour_of)
    assert first == alone
    assert isinstance(second, Refused)


def test_what_fails_first_in_the_order_is_raised_and_can_be_caught(run: Run) -> None:
    def late(zone: Any) -> Tour[str]:
        yield from chain_id(zone)
        return (yield from refused(zone, "eth_late"))

    def tour_of(network: Any) -> Tour[Any]:
        try:
            yield from together(
                [chain_id(network["alpha"]), late(network["beta"]), refused(network["alpha"])]
            )
        except Refused as error:
            return error.method

    # The third fails in the first round, but would not have been asked.
    assert run(tour_of) == "eth_late"


def test_a_tour_that_catches_goes_on_beside_the_others(run: Run) -> None:
    def careful(zone: Any) -> Tour[str]:
        try:
            return (yield from refused(zone))
        except Refused:
            return (yield from chain_id(zone))

    def tour_of(network: Any) -> Tour[Any]:
        return together([careful(network["beta"]), chain_id(network["beta"])])

    one, other = run(tour_of)
    assert one == other


@pytest.mark.parametrize("is_async", [False, True])
def test_a_node_that_does_not_answer_fails_all_that_it_was_asked(
    unused_tcp_port: int, is_async: bool
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"

    def missing(zone: Any) -> Tour[bool]:
        try:
            yield from at(zone, reading.block("latest"))
        except NoAnswer:
            return True
        return False

    with zero_sdk.local() as network:
        from zero_sdk.client.transports.async_http import AsyncHttp
        from zero_sdk.client.transports.http import HttpTransport

        if is_async:
            other = AsyncNetwork.around(network)
            other["beta"].transport = AsyncHttp(url)

            async def found() -> Sequence[bool]:
                try:
                    return await run_tour_async(
                        together(missing(other[name]) for name in ("alpha", "beta", "beta"))
                    )
                finally:
                    await other.close()

            assert asyncio.run(found()) == [False, True, True]
        else:
            network["beta"].transport = HttpTransport(url)
            tour = together(missing(network[name]) for name in ("alpha", "beta", "beta"))
            assert run_tour(tour) == [False, True, True]


def watched(tour: Tour[Any], rounds: list[int]) -> Tour[Any]:
    """The same, with how many steps each round had."""
    try:
        stops: Sequence[Stop] = next(tour)
        while True:
            rounds.append(len(stops))
            stops = tour.send((yield stops))
    except StopIteration as end:
        return end.value
