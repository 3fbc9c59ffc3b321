"""Making contracts in several zones a mesh: peers, enforced options, libraries, configurations.

What is there already is read first, and only what differs is sent (`planning` finds it out). In a deployment
(`zero deploy`) each transaction is a step of the journal: `MyOft.setPeer beta`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from zero_sdk.client.flows.tours import run_tour
from zero_sdk.client.zone import Zone
from zero_sdk.messages.mesh import Mesh
from zero_sdk.messages.planning import Change, Ways, changes
from zero_sdk.messages.settings import Enforced

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Transaction


@dataclass(frozen=True, slots=True, eq=False)
class WiringStep(Change):
    """One transaction of a wiring."""

    transaction: Transaction | None = None
    """Once it is sent."""

    def send(self, sender: Any = None) -> WiringStep:
        """Does it; gives the step with its transaction."""
        zone = cast("Zone", self.member.zone)
        with zone.step(self.name, anew=True):
            return replace(self, transaction=zone.transact(**self.order(sender)))


def plan_wiring(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    enforced: Enforced | None = None,
    ways: Ways | None = None,
    delegate: Any = None,
) -> tuple[WiringStep, ...]:
    """What `wire` would send, in its order; nothing where the mesh is as it should be. Raises
    WrongArguments."""
    found = run_tour(changes(Mesh.of(contracts, Zone), enforced, ways, delegate))
    return tuple(map(WiringStep.of, found))


def wire(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    enforced: Enforced | None = None,
    ways: Ways | None = None,
    delegate: Any = None,
    sender: Any = None,
) -> tuple[WiringStep, ...]:
    """Makes OApps in different zones each other's peers, both ways, and gives what was sent; nothing is sent
    for what is so already. `contracts` are by zone: `{"alpha": a, "beta": b}`, of any number of zones.

    `enforced` are options by message type, for every direction; `ways` says more for single ones, by source
    and destination, in the place of `enforced`. `delegate` may configure the application at its endpoint.
    `sender` owns the contracts. Raises WrongArguments, and Reverted where a transaction failed: what was
    sent by then stays, and the same call goes on from there.
    """
    planned = plan_wiring(contracts, enforced=enforced, ways=ways, delegate=delegate)
    return tuple(step.send(sender) for step in planned)
