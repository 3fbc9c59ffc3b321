"""The steps of a flow, and the driver that takes them for blocking callers."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from zero_sdk.client.transports import Call, Transport
from zero_sdk.errors import ZeroError

Outcome = TypeVar("Outcome")


class Ask(NamedTuple):
    """One request; the flow gets its result, or the Refused is raised in it."""

    method: str
    parameters: Sequence[Any] = ()


class AskAll(NamedTuple):
    """Requests in one batch; the flow gets a list, with a Refused where one was refused."""

    calls: Sequence[Call]


class Pause(NamedTuple):
    """Wait; the flow gets whether that can have changed anything (a network in this process stands still)."""

    seconds: float


Step: TypeAlias = Ask | AskAll | Pause
Flow: TypeAlias = Generator[Step, Any, Outcome]


def run(flow: Flow[Outcome], transport: Transport) -> Outcome:
    """Takes the steps, blocking; gives what the flow returns."""
    try:
        step = next(flow)
        while True:
            try:
                answer: Any
                if type(step) is Ask:
                    answer = transport.request(step.method, step.parameters)
                elif type(step) is AskAll:
                    answer = transport.batch(step.calls)
                else:
                    answer = transport.is_remote
                    if answer:
                        time.sleep(step.seconds)  # type: ignore[union-attr]
            except ZeroError as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
