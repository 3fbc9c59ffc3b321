"""A message between zones, under asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zero_sdk.client.flows import messaging
from zero_sdk.client.message import MessageBase, retry_given
from zero_sdk.client.message_state import (
    Attempt,
    Composed,
    Delivery,
    Happening,
    MessageProof,
    MessageState,
    MessageTrace,
    Reason,
    Retry,
    Simulation,
    proof_of,
    retry_of,
    traces_of,
)

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.network import AsyncNetwork


class AsyncMessage(MessageBase):
    """As `Message`, and what asks the network is a coroutine: `await message.delivered()`."""

    network: AsyncNetwork

    async def state(self) -> MessageState:
        """All that the network says of it now. Raises UnknownMessage."""
        self.told = await self._run(messaging.state(self._facts, self.guid))
        return self.told

    async def status(self) -> str:
        """sent, settled, verified, delivered, failed, blocked, skipped, nilified or burnt."""
        return (await self.state()).status

    async def reason(self) -> Reason | None:
        """Why it failed, or does not go on."""
        return (await self.state()).reason

    async def transactions(self) -> tuple[Happening, ...]:
        """What happened to it, on both legs, in order."""
        return (await self.state()).transactions

    async def attempts(self) -> tuple[Attempt, ...]:
        """The tries to deliver it."""
        return (await self.state()).attempts

    async def composes(self) -> tuple[Composed, ...]:
        """The calls that its receiver asked for."""
        return (await self.state()).composes

    async def delivered(self, timeout: float | None = None) -> Delivery:
        """As `Message.delivered`."""
        delivery: Delivery = await self._run(messaging.see_through(self._facts, self.guid, timeout))
        self.told = delivery.state
        return delivery

    async def wait(self, status: str = "delivered", timeout: float | None = None) -> AsyncMessage:
        """As `Message.wait`."""
        self.told = await self._run(messaging.wait(self._facts, self.guid, status, timeout))
        return self

    async def retry(
        self,
        *,
        gas: int | None = None,
        value: int | None = None,
        sender: Any = None,
        compose: int | None = None,
    ) -> Retry:
        """As `Message.retry`."""
        given = retry_given(gas, value, sender, compose)
        answer = await self._run(
            messaging.asked(self._facts, "zero_retryMessage", self.guid, *([given] if given else []))
        )
        return retry_of(answer, self.network.facts)

    async def simulate(self, **options: Any) -> Simulation:
        """What its delivery would do now: see `Network.simulate_delivery`."""
        return await self.network.simulate_delivery(self, **options)

    async def trace(self) -> tuple[MessageTrace, ...]:
        """As `Message.trace`."""
        state = await self._run(messaging.state(self._facts, self.guid, traces=True))
        return traces_of(state.raw["traces"])

    async def proof(self) -> MessageProof:
        """As `Message.proof`."""
        return proof_of(await self._run(messaging.asked(self._facts, "zero_getMessageProof", self.guid)))

    @property
    def _facts(self) -> Any:
        return self.network.default_zone.facts

    async def _run(self, flow: Any) -> Any:
        return await self.network.default_zone.run(flow)
