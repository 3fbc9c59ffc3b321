"""Making contracts in several zones a mesh, under asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from zero_sdk.client.asynchronous.zone import AsyncZone
from zero_sdk.client.flows.asynchronously import run_tour_async
from zero_sdk.messages.mesh import Mesh
from zero_sdk.messages.planning import Change, Ways, changes
from zero_sdk.messages.settings import Enforced

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.transaction import AsyncTransaction


@dataclass(frozen=True, slots=True, eq=False)
class AsyncWiringStep(Change):
    """As `WiringStep`; `send` is a coroutine."""

    transaction: AsyncTransaction | None = None
    """Once it is sent."""

    async def send(self, sender: Any = None) -> AsyncWiringStep:
        """Does it; gives the step with its transaction."""
        zone = cast("AsyncZone", self.member.zone)
        return replace(self, transaction=await zone.transact(**self.order(sender)))


async def plan_wiring_async(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    enforced: Enforced | None = None,
    ways: Ways | None = None,
    delegate: Any = None,
) -> tuple[AsyncWiringStep, ...]:
    """As `plan_wiring`, of contracts of an asynchronous network: all zones are asked side by side."""
    found = await run_tour_async(changes(Mesh.of(contracts, AsyncZone), enforced, ways, delegate))
    return tuple(map(AsyncWiringStep.of, found))


async def wire_async(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    enforced: Enforced | None = None,
    ways: Ways | None = None,
    delegate: Any = None,
    sender: Any = None,
) -> tuple[AsyncWiringStep, ...]:
    """As `wire`, of contracts of an asynchronous network. All zones are asked side by side; what differs is
    sent one after the other, so that after a failure what stands before it was sent, and nothing else."""
    planned = await plan_wiring_async(contracts, enforced=enforced, ways=ways, delegate=delegate)
    return tuple([await step.send(sender) for step in planned])
