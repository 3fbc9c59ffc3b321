"""The courier of a network under asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zero_sdk.client.courier import fault_given, mode_given
from zero_sdk.client.courier_state import (
    CourierFault,
    CourierState,
    CourierTurn,
    courier_fault_of,
    courier_of,
    turn_of,
)

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.network import AsyncNetwork


class AsyncCourier:
    """As `Courier`, with coroutines."""

    def __init__(self, network: AsyncNetwork) -> None:
        self._network = network

    async def state(self) -> CourierState:
        """All that the network says of it."""
        return courier_of(await self._rpc("zero_getCourier"))

    async def set_mode(self, mode: str, delay: int = 0) -> CourierState:
        """See `Courier.set_mode`."""
        self._network.facts.is_courier_touched = True
        return courier_of(await self._rpc("zero_setCourier", mode_given(mode, delay)))

    async def pause(self) -> CourierState:
        """See `Courier.pause`."""
        self._network.facts.is_courier_touched = True
        return courier_of(await self._rpc("zero_pauseCourier"))

    async def resume(self) -> CourierState:
        """Lets it go on."""
        return courier_of(await self._rpc("zero_resumeCourier"))

    async def step(self, limit: int | None = None) -> CourierTurn:
        """See `Courier.step`."""
        return turn_of(await self._rpc("zero_courierStep", *([] if limit is None else [limit])))

    async def inject(self, fault: Mapping[str, Any] | str, **fields: Any) -> CourierFault:
        """See `Courier.inject`."""
        self._network.facts.is_courier_touched = True
        return courier_fault_of(await self._rpc("zero_injectCourierFault", fault_given(fault, fields)))

    async def clear(self, fault: CourierFault | int | None = None) -> tuple[CourierFault, ...]:
        """See `Courier.clear`."""
        number = fault.id if isinstance(fault, CourierFault) else fault
        gone = await self._rpc("zero_clearCourierFault", *([] if number is None else [number]))
        return tuple(map(courier_fault_of, gone))

    async def _rpc(self, method: str, *parameters: Any) -> Any:
        return await self._network.default_zone.rpc(method, *parameters)
