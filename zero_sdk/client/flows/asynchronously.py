"""The driver that takes the steps of a flow under asyncio."""

from __future__ import annotations

import asyncio
from typing import Any

from zero_sdk.client.flows.steps import Ask, AskAll, Flow, Outcome
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
