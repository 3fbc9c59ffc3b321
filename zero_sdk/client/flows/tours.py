"""Tours: flows through several zones, in which questions that do not wait for each other go out together.

A tour is a generator, too: it yields steps at zones that are independent of each other, and is sent their
answers. What is asked of one zone at one time is one batch. `run_tour` takes the steps at blocking zones,
`run_tour_async` at asynchronous ones, all zones side by side.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from zero_sdk.client.flows.steps import Ask, AskAll, Flow, Outcome, Step
from zero_sdk.errors import ZeroError

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.zone import AsyncZone
    from zero_sdk.client.zone import Zone

AnyZone: TypeAlias = "Zone | AsyncZone"
ZoneKind: TypeAlias = "type[Zone] | type[AsyncZone]"

First = TypeVar("First")
Second = TypeVar("Second")


class Stop(NamedTuple):
    """A step of a flow at a zone; the tour gets its answer, or the ZeroError that came instead."""

    zone: AnyZone
    step: Step


Tour: TypeAlias = Generator[Sequence[Stop], Sequence[Any], Outcome]


def at(zone: AnyZone, flow: Flow[Outcome]) -> Tour[Outcome]:
    """A flow at one zone."""
    try:
        step = next(flow)
        while True:
            (answer,) = yield [Stop(zone, step)]
            step = flow.throw(answer) if isinstance(answer, ZeroError) else flow.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def together(tours: Iterable[Tour[Outcome]]) -> Tour[list[Outcome]]:
    """Tours that do not wait for each other; gives what they give, in their order. Raises what the first of
    them raises that fails, as if they went one after the other."""
    every = list(tours)
    outcomes: list[Any] = [None] * len(every)
    failure: ZeroError | None = None
    answers: dict[int, Any] = dict.fromkeys(range(len(every)))
    while answers:
        stops: dict[int, Sequence[Stop]] = {}
        for place, answer in answers.items():
            try:
                stops[place] = every[place].send(answer)
            except StopIteration as end:
                outcomes[place] = end.value
            except ZeroError as error:
                # Those before it may still fail, and then it would not have begun. Those after it are left.
                failure = error
                break
        if not stops:
            break
        given = yield [stop for some in stops.values() for stop in some]
        answers, begin = {}, 0
        for place, some in stops.items():
            answers[place] = given[begin : begin + len(some)]
            begin += len(some)
    if failure is not None:
        raise failure
    return outcomes


def both(first: Tour[First], second: Tour[Second]) -> Tour[tuple[First, Second]]:
    """Two tours together."""
    pair: list[Tour[Any]] = [first, second]
    one, other = yield from together(pair)
    return one, other


def collect(tours: Iterable[Tour[list[Outcome]]]) -> Tour[list[Outcome]]:
    """Tours together; gives all that they found in one list."""
    return [each for some in (yield from together(tours)) for each in some]


def known(value: Outcome) -> Tour[Outcome]:
    """What need not be asked."""
    yield from ()
    return value


# ---------------------------------------------------------------- taking the steps


class Request(NamedTuple):
    """Steps of one zone that go out at once."""

    zone: Any
    """A `Zone` for `run_tour`, an `AsyncZone` for `run_tour_async`."""
    places: list[int]
    """Which ones of the stops they are."""
    step: Step

    @property
    def flow(self) -> Flow[Any]:
        """What the zone is to run."""
        return (yield self.step)


def requests_of(stops: Sequence[Stop]) -> list[Request]:
    """Single questions to a zone as one batch, everything else alone."""
    asked: dict[AnyZone, dict[int, Ask]] = {}
    requests = []
    for place, (zone, step) in enumerate(stops):
        if isinstance(step, Ask):
            asked.setdefault(zone, {})[place] = step
        else:
            requests.append(Request(zone, [place], step))
    for zone, places in asked.items():
        first, *more = places.values()
        requests.append(Request(zone, list(places), AskAll([first, *more]) if more else first))
    return requests


def answers_of(stops: Sequence[Stop], requests: Sequence[Request], outcomes: Sequence[Any]) -> list[Any]:
    """What the tour is sent: an answer, or the error that came instead, for each of its stops."""
    answers: list[Any] = [None] * len(stops)
    for (_, places, _), outcome in zip(requests, outcomes, strict=True):
        is_batch = len(places) > 1 and not isinstance(outcome, ZeroError)
        for place, answer in zip(places, outcome if is_batch else [outcome] * len(places), strict=True):
            answers[place] = answer
    return answers


def run_tour(tour: Tour[Outcome]) -> Outcome:
    """Takes the steps at blocking zones, one zone after the other; gives what the tour returns."""
    try:
        stops = next(tour)
        while True:
            requests = requests_of(stops)
            stops = tour.send(answers_of(stops, requests, [_take(request) for request in requests]))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _take(request: Request) -> Any:
    try:
        return request.zone.run(request.flow)
    except ZeroError as error:
        return error
