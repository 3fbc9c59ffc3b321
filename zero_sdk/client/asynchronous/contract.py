"""A contract of an asynchronous zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zero_sdk.client.contract import ContractBase

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.transaction import AsyncTransaction
    from zero_sdk.client.asynchronous.zone import AsyncZone


class AsyncContract(ContractBase):
    """As `Contract`, and what asks the node is a coroutine: `await token.balanceOf(alice)`."""

    zone: AsyncZone
    deployment: AsyncTransaction | None = None
    """The transaction that deployed it, where it was deployed here."""

    def at(self, address: Any) -> AsyncContract:
        """The same ABI at another address of the zone."""
        return AsyncContract(self.zone, self._place(address), self.interface, self.artifact)

    async def balance(self) -> int:
        """Its balance in wei."""
        return await self.zone.balance(self.address)
