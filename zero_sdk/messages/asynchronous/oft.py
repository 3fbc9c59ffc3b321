"""Tokens that move between zones, under asyncio."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from zero_sdk.client.asynchronous.zone import AsyncZone
from zero_sdk.client.flows.asynchronously import run_tour_async
from zero_sdk.messages.oft import OftBase, Quote, Units

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.transaction import AsyncTransaction


class AsyncOft(OftBase):
    """As `Oft`, and what asks the node is a coroutine: `await oft.amount("1.5")`. Decimals are asked once."""

    zone: AsyncZone

    def __init__(self, contract: Any) -> None:
        """Raises WrongArguments for what is no contract in a zone of an asynchronous network."""
        super().__init__(contract, AsyncZone)

    async def token(self) -> str:
        """See `Oft.token`."""
        return await run_tour_async(self._find_token())

    async def units(self) -> Units:
        """How the token is counted here and in messages; `amount` and `movable` of it ask nobody."""
        return await run_tour_async(self._find_units())

    async def decimals(self) -> int:
        """Of the token in this zone."""
        return (await self.units()).decimals

    async def shared_decimals(self) -> int:
        """Of amounts in messages; alike in all zones."""
        return (await self.units()).shared_decimals

    async def dust(self) -> int:
        """The smallest amount that moves, in the token's smallest unit."""
        return (await self.units()).dust

    async def amount(self, text: str | int | Decimal) -> int:
        """See `Oft.amount`."""
        return (await self.units()).amount(text)

    async def movable(self, amount: int) -> int:
        """See `Oft.movable`."""
        return (await self.units()).movable(amount)

    async def balance(self, account: Any) -> int:
        """Of the token, in its smallest unit."""
        return await run_tour_async(self._balance(account))

    async def quote(
        self,
        to: Any,
        receiver: Any,
        amount: int,
        *,
        options: Any = b"",
        compose: bytes = b"",
        sender: Any = None,
    ) -> Quote:
        """What a move costs now and brings: see `Oft.send`."""
        return await run_tour_async(self._quote(to, receiver, amount, options, compose))

    async def send(
        self,
        to: Any,
        receiver: Any,
        amount: int,
        *,
        least: int | None = None,
        options: Any = b"",
        compose: bytes = b"",
        fee: int | None = None,
        sender: Any = None,
        **more: Any,
    ) -> AsyncTransaction:
        """As `Oft.send`."""
        move = await run_tour_async(self._move(to, receiver, amount, least, options, compose, fee, sender))
        if move.approval is not None:
            await self.zone.transact(**move.approval)
        return await self.zone.transact(**move.order, **more)
