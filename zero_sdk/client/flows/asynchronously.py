"""The drivers that take the steps of a flow, and of a tour, under asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

from zero_sdk.client.flows.steps import Ask, AskAll, Flow, Outcome
from zero_sdk.client.flows.tours import Request, Tour, answers_of, requests_of
from zero_sdk.client.transports import AsyncTransport
from zero_sdk.errors import ZeroError


async def run_async(flow: Flow[Outcome], transport: AsyncTransport) -> Outcome:
    """Takes the steps in the running event loop; gives what the flow returns."""
    try:
        step = next(flow)
        while True:
            try:
                answer: Any
                if isinstance(step, Ask):
                    answer = await transport.request(step.method, step.parameters)
                elif isinstance(step, AskAll):
                    answer = await transport.batch(step.calls)
                else:
                    answer = transport.is_remote
                    if answer:
                        await asyncio.sleep(step.seconds)
            except ZeroError as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def run_tour_async(tour: Tour[Outcome]) -> Outcome:
    """Takes the steps at asynchronous zones, all zones side by side; gives what the tour returns."""
    try:
        stops = next(tour)
        while True:
            requests = requests_of(stops)
            outcomes = await asyncio.gather(*map(_take, requests))
            stops = tour.send(answers_of(stops, requests, outcomes))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def _take(request: Request) -> Any:
    try:
        return await request.zone.run(request.flow)
    except ZeroError as error:
        return error
