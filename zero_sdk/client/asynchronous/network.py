"""A network under asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import Account
from zero_sdk.client.artifacts import Artifacts
from zero_sdk.client.asynchronous.courier import AsyncCourier
from zero_sdk.client.asynchronous.zone import AsyncZone
from zero_sdk.client.connecting import DEFAULT_URL, discover, named_urls, plan_of
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.facts import NetworkFacts, NodeKind
from zero_sdk.client.faults import AnyFault, Fault, fault_of, given_of
from zero_sdk.client.flows import messaging
from zero_sdk.client.flows.asynchronously import run_async
from zero_sdk.client.network import Network, Snapshot, pick_zone
from zero_sdk.client.supply import Supply, supply_of
from zero_sdk.client.transports.async_http import AsyncHttp
from zero_sdk.client.transports.http import DEFAULT_TIMEOUT
from zero_sdk.client.transports.in_process import AsyncInProcess, InProcess

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.message import AsyncMessage
    from zero_sdk.client.message_state import Simulation
    from zero_sdk.proofs.validators import ProvenValidators


async def connect_async(
    url: str | Mapping[str, str] = DEFAULT_URL,
    *,
    zones: Sequence[str] | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> AsyncNetwork:
    """As `connect`, for the running event loop."""
    found = {}
    for name, each in named_urls(url).items():
        entrance = AsyncHttp(each, timeout)
        try:
            found[name] = await run_async(discover(), entrance)
        finally:
            await entrance.close()
    plan = plan_of(url, found, zones)

    def make_zones(network: AsyncNetwork) -> list[AsyncZone]:
        return [AsyncZone(network, facts, AsyncHttp(each, timeout)) for facts, each in plan.zones]

    return AsyncNetwork(plan.facts, make_zones, instance_id=plan.instance_id)


class AsyncNetwork:
    """Zones that belong together. Made by `connect_async`, and of a network in this process by `around`."""

    def __init__(
        self,
        facts: NetworkFacts,
        make_zones: Callable[[AsyncNetwork], list[AsyncZone]],
        *,
        instance_id: str | None = None,
    ) -> None:
        self.facts = facts
        self.instance_id = instance_id
        """New for every start of a devnet that is in memory; None where the node has none."""
        self.all_zones = tuple(make_zones(self))
        """With the system zone of a Zero network, which comes first."""
        every = {zone.name: zone for zone in self.all_zones}
        application = {name: zone for name, zone in every.items() if name != "system"}
        self.zones: Mapping[str, AsyncZone] = MappingProxyType(application or every)
        """The application zones by name, in order."""

    @classmethod
    def around(cls, network: Network) -> AsyncNetwork:
        """An asynchronous face of a network in this process; they share everything. Raises
        WrongArguments."""

        def make_zones(made: AsyncNetwork) -> list[AsyncZone]:
            zones = []
            for zone in network.all_zones:
                if not isinstance(zone.transport, InProcess):
                    raise WrongArguments("only a network in this process has two faces: connect_async(url)")
                zones.append(AsyncZone(made, zone.facts, AsyncInProcess(zone.transport)))
            return zones

        return cls(network.facts, make_zones, instance_id=network.instance_id)

    @property
    def default_zone(self) -> AsyncZone:
        """The first application zone."""
        return next(iter(self.zones.values()))

    def zone(self, name: str | int) -> AsyncZone:
        """By name or chain id. Raises WrongArguments."""
        return pick_zone(self.all_zones, name)

    def __getitem__(self, name: str | int) -> AsyncZone:
        return self.zone(name)

    def __iter__(self) -> Iterator[AsyncZone]:
        return iter(self.zones.values())

    def __len__(self) -> int:
        return len(self.zones)

    @property
    def is_devnet(self) -> bool:
        """Whether it has development calls: a Zero devnet, Anvil, Hardhat."""
        return self.facts.is_devnet

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those that the devnet funds and signs for; () elsewhere."""
        return self.facts.accounts

    @property
    def artifacts(self) -> Artifacts:
        """The contracts that are known by name, and whose errors and events are decoded."""
        return self.facts.artifacts

    async def mine(self, blocks: int = 1) -> None:
        """Seals blocks in every application zone."""
        for zone in self:
            await zone.mine(blocks)

    async def settle(self) -> list[Mapping[str, Any]]:
        """Settles what every zone of a Zero network has that is not settled; gives the new settlement blocks
        as JSON. Their blocks are then `finalized`."""
        settled: list[Mapping[str, Any]] = await self.default_zone.rpc("zero_settle")
        return settled

    async def validators(self) -> ProvenValidators:
        """Who signs the next settlement block of a Zero network, with their stakes: what it says, held
        against itself (`zero_sdk.proofs.verify_validators`). Raises `zero_sdk.proofs.InvalidProof`."""
        from zero_sdk.proofs.validators import verify_validators

        return verify_validators(await self.default_zone.rpc("zero_getValidators"))

    async def supply(self) -> Supply:
        """See `Network.supply`."""
        return supply_of(await self.default_zone.rpc("zero_getSupply"))

    async def message(self, guid: str | bytes) -> AsyncMessage:
        """As `Network.message`."""
        from zero_sdk.client.asynchronous.message import AsyncMessage
        from zero_sdk.client.message import sent_of

        zone = self.default_zone
        state = await zone.run(messaging.state(zone.facts, guid))
        return AsyncMessage(self, sent_of(state.raw), state)

    async def messages(self, *, limit: int | None = None, **wanted: Any) -> tuple[AsyncMessage, ...]:
        """As `Network.messages`."""
        from zero_sdk.client.asynchronous.message import AsyncMessage
        from zero_sdk.client.message import sent_of
        from zero_sdk.client.message_state import state_of

        zone = self.default_zone
        found = await zone.run(messaging.listed(zone.facts, messaging.filter_of(**wanted), limit))
        return tuple(AsyncMessage(self, sent_of(answer), state_of(answer, self.facts)) for answer in found)

    async def simulate_delivery(
        self, message: Any, *, gas: int | None = None, value: int | None = None
    ) -> Simulation:
        """As `Network.simulate_delivery`."""
        from zero_sdk.client.message import simulation_given
        from zero_sdk.client.message_state import simulation_of

        zone = self.default_zone
        flow = messaging.simulated(zone.facts, simulation_given(message, gas, value))
        return simulation_of(await zone.run(flow), self.facts)

    @property
    def courier(self) -> AsyncCourier:
        """What delivers messages: its modes, its turns, its faults."""
        return AsyncCourier(self)

    async def inject(
        self,
        fault: AnyFault,
        *,
        seed: int | None = None,
        slots: int | None = None,
        heights: int | None = None,
    ) -> Fault:
        """As `Network.inject`."""
        given = given_of(fault, seed, slots, heights)
        made = fault_of(await self.default_zone.rpc("zero_injectFault", given))
        self.facts.faults.add(made.id)
        return made

    async def faults(self) -> tuple[Fault, ...]:
        """Those in effect, oldest first."""
        return tuple(map(fault_of, await self.default_zone.rpc("zero_listFaults")))

    async def clear(self, fault: Fault | int | None = None) -> tuple[Fault, ...]:
        """As `Network.clear`."""
        number = fault.id if isinstance(fault, Fault) else fault
        told = await self.default_zone.rpc("zero_clearFault", *([] if number is None else [number]))
        gone = tuple(map(fault_of, told))
        self.facts.faults.difference_update({each.id for each in gone} if number is None else {number})
        return gone

    async def snapshot(self, name: str | None = None) -> Snapshot:
        """Remembers every zone and the clock, perhaps under a name (Zero networks)."""
        if self.facts.kind is NodeKind.ZERO:
            arguments = [] if name is None else [name]
            return Snapshot(name, {"": await self.default_zone.rpc("zero_snapshot", *arguments)})
        return Snapshot(name, {zone.name: await zone.rpc("evm_snapshot") for zone in self.all_zones})

    async def revert(self, snapshot: Snapshot) -> None:
        """Goes back to a snapshot, which stays usable; newer ones do not."""
        for name, identifier in snapshot.identifiers.items():
            if not name:
                await self.default_zone.rpc("zero_revert", identifier)
                continue
            snapshot.check(name, await self.zone(name).rpc("evm_revert", identifier))
            snapshot.identifiers[name] = await self.zone(name).rpc("evm_snapshot")
        for zone in self.all_zones:
            zone.facts.sent.clear()

    @asynccontextmanager
    async def isolated(self) -> AsyncIterator[Snapshot]:
        """What is done inside is undone at the end."""
        snapshot = await self.snapshot()
        try:
            yield snapshot
        finally:
            await self.revert(snapshot)

    async def close(self) -> None:
        """Lets connections go."""
        for zone in self.all_zones:
            await zone.transport.close()

    async def __aenter__(self) -> AsyncNetwork:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncNetwork of {self.facts.kind.value}: {', '.join(zone.name for zone in self.all_zones)}>"
