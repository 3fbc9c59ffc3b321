"""A contract of an asynchronous zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zero_sdk.client.contract import ContractBase

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.transaction import AsyncTransaction
    from zero_sdk.client.asynchronous.zone import AsyncZone


class AsyncContract(ContractBase):
    """As `Contract`, and what asks the node is a coroutine: `await token.balanceOf(alice)`."""

    zone: AsyncZone
    deployment: AsyncTransaction | None = None
    """The transaction that deployed it, where it was deployed here."""
