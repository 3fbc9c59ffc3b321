"""A network: its zones, accounts and clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from zero_sdk.client.accounts import Account
from zero_sdk.client.artifacts import Artifacts
from zero_sdk.client.courier import Courier
from zero_sdk.client.dispersed import Dispersed
from zero_sdk.client.errors import Refused, WrongArguments
from zero_sdk.client.facts import NetworkFacts, NodeKind
from zero_sdk.client.faults import AnyFault, Fault, fault_of, given_of
from zero_sdk.client.flows import messaging
from zero_sdk.client.supply import Supply, supply_of
from zero_sdk.client.zone import Zone
from zero_sdk.client.zone_base import ZoneBase

if TYPE_CHECKING:
    import devnet.network
    from devnet.verifying.report import Report
    from zero_sdk.client.message import Message
    from zero_sdk.client.message_state import Simulation
    from zero_sdk.proofs.validators import ProvenValidators


AnyZone = TypeVar("AnyZone", bound=ZoneBase)


def pick_zone(zones: Iterable[AnyZone], name: str | int) -> AnyZone:
    """The zone with a name or chain id. Raises WrongArguments."""
    every = list(zones)
    for zone in every:
        if name in (zone.name, zone.chain_id):
            return zone
    known = ", ".join(f"{zone.name} ({zone.chain_id})" for zone in every)
    raise WrongArguments(f"there is no zone {name!r}", f"there are {known}")


@dataclass(slots=True, eq=False)
class Snapshot:
    """A moment of the network that can be gone back to, again and again."""

    name: str | None
    identifiers: dict[str, str]
    """The nodes' ids: one for a Zero network under "", else one by zone."""

    @property
    def id(self) -> str:
        """The node's id, of the first zone where every zone has its own."""
        return next(iter(self.identifiers.values()))

    def check(self, zone: str, answer: Any) -> None:
        """Raises Refused where a node answered a revert with false: it has no such snapshot."""
        if answer is False:
            raise Refused("evm_revert", 0, f"zone {zone} has no snapshot {self.identifiers[zone]}", zone=zone)


class Clock:
    """The time in a devnet: seconds since the epoch, alike in all zones."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @property
    def now(self) -> int:
        """The newest timestamp of any zone."""
        return max(zone.timestamp for zone in self._network.all_zones)

    def advance(self, seconds: int, *, mine: bool = True) -> int:
        """Moves the time of every zone forward, and seals a block in each, so that calls see it too. Gives
        the time."""
        if seconds < 0:
            raise WrongArguments("time goes forward only; network.revert goes back")
        if mine:
            return self.set(self.now + seconds)
        for zone in self._network.all_zones:
            zone.rpc("evm_increaseTime", hex(seconds))
        return self.now

    def set(self, timestamp: int) -> int:
        """Seals a block with this timestamp in every zone; time goes on from there. Gives the time."""
        for zone in self._network.all_zones:
            zone.rpc("evm_setNextBlockTimestamp", hex(timestamp))
            zone.rpc("evm_mine")
        return timestamp

    def __repr__(self) -> str:
        return f"<Clock of {self._network!r}>"


class Network:
    """Zones that belong together. Made by `connect` and `local`."""

    def __init__(
        self,
        facts: NetworkFacts,
        make_zones: Callable[[Network], list[Zone]],
        *,
        instance_id: str | None = None,
        devnet: devnet.network.Network | None = None,
    ) -> None:
        self.facts = facts
        self.instance_id = instance_id
        """New for every start of a devnet that is in memory; None where the node has none."""
        self.devnet = devnet
        """The network itself, where it is in this process."""
        every = {zone.name: zone for zone in make_zones(self)}
        self._all = every
        application = {name: zone for name, zone in every.items() if name != "system"}
        self.zones: Mapping[str, Zone] = MappingProxyType(application or every)
        """The application zones by name, in order; `zone("system")` is there beside them."""
        self.clock = Clock(self)

    @property
    def all_zones(self) -> tuple[Zone, ...]:
        """With the system zone of a Zero network, which comes first."""
        return tuple(self._all.values())

    @property
    def default_zone(self) -> Zone:
        """The first application zone."""
        return next(iter(self.zones.values()))

    def zone(self, name: str | int) -> Zone:
        """By name or chain id. Raises WrongArguments."""
        return pick_zone(self.all_zones, name)

    def __getitem__(self, name: str | int) -> Zone:
        return self.zone(name)

    def __iter__(self) -> Iterator[Zone]:
        return iter(self.zones.values())

    def __len__(self) -> int:
        return len(self.zones)

    @property
    def is_devnet(self) -> bool:
        """Whether it has development calls: a Zero devnet, Anvil, Hardhat."""
        return self.facts.is_devnet

    @property
    def name(self) -> str:
        """Of its zones, for messages."""
        return ", ".join(self.zones)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those that the devnet funds and signs for; () elsewhere."""
        return self.facts.accounts

    @property
    def artifacts(self) -> Artifacts:
        """The contracts that are known by name, and whose errors and events are decoded."""
        return self.facts.artifacts

    def rpc(self, method: str, *parameters: Any) -> Any:
        """A method of the default zone."""
        return self.default_zone.rpc(method, *parameters)

    def mine(self, blocks: int = 1, zone: str | int | Zone | None = None) -> None:
        """Seals blocks in one zone, or in every application zone."""
        if zone is not None:
            (zone if isinstance(zone, Zone) else self.zone(zone)).mine(blocks)
            return
        for each in self:
            each.mine(blocks)

    def settle(self) -> list[Mapping[str, Any]]:
        """Settles what every zone of a Zero network has that is not settled; gives the new settlement blocks
        as JSON. Their blocks are then `finalized`."""
        settled: list[Mapping[str, Any]] = self.rpc("zero_settle")
        return settled

    def validators(self) -> ProvenValidators:
        """Who signs the next settlement block of a Zero network, with their stakes: what it says, held
        against itself (`zero_sdk.proofs.verify_validators`). Raises `zero_sdk.proofs.InvalidProof`."""
        from zero_sdk.proofs.validators import verify_validators

        return verify_validators(self.rpc("zero_getValidators"))

    @property
    def data(self) -> Dispersed:
        """What was dispersed for zone updates, and their proofs."""
        return Dispersed(self)

    def verify(
        self,
        *,
        config_hash: bytes | None = None,
        from_height: int = 1,
        samples: int = 16,
        proofs: bool = True,
        transactions: bool = True,
    ) -> Report:
        """Checks a Zero network as an outsider, as `zero verify` does: the report has `is_true`, the lies in
        `findings`, and in `gaps` what was not checked and why. `config_hash` is what it must be, from who is
        trusted. Raises `devnet.verifying.asking.Unreachable`, and
        `devnet.verifying.verify.WentBackMeanwhile` where the network went back meanwhile."""
        # All of this takes some time to import.
        from devnet.chain.types import Hash32
        from devnet.parts import choose_parts
        from devnet.verifying.verify import VerifySettings, verify
        from zero_sdk.client.outsider import AskingZones

        settings = VerifySettings(
            from_height,
            samples,
            None,
            proofs,
            transactions,
            None if config_hash is None else Hash32(config_hash),
        )
        return verify(AskingZones(self), settings, choose_parts())

    def supply(self) -> Supply:
        """How much of the currency there is in a Zero network, what is on its way between zones, and where
        it came from. Looks at everything that happened since somebody asked."""
        return supply_of(self.rpc("zero_getSupply"))

    # ------------------------------------------------------------ messages

    def message(self, guid: str | bytes) -> Message:
        """The message with a GUID. Raises UnknownMessage, and WrongArguments for what is no GUID."""
        from zero_sdk.client.message import message_of

        zone = self.default_zone
        return message_of(self, zone.run(messaging.state(zone.facts, guid)).raw)

    def messages(self, *, limit: int | None = None, **wanted: Any) -> tuple[Message, ...]:
        """Messages between the zones of a Zero network, newest first: all that are kept, or `limit` of them.
        `source` and `destination` are zones, `sender` and `receiver` contracts, `status` one or several,
        `transaction` the one that sent them."""
        from zero_sdk.client.message import message_of

        zone = self.default_zone
        found = zone.run(messaging.listed(zone.facts, messaging.filter_of(**wanted), limit))
        return tuple(message_of(self, answer) for answer in found)

    def simulate_delivery(
        self, message: Any, *, gas: int | None = None, value: int | None = None
    ) -> Simulation:
        """What delivering a message would do now: whether it would revert and why, how much gas it needs,
        what its composed calls would do. `message` is one that was sent (or its GUID), or one that might be,
        as a dict of `source` and `destination` (zones), `sender`, `receiver`, `message` (bytes) and
        `options`; `gas` and `value` in the place of what the options name. Nothing is changed. Raises
        WrongArguments, UnknownMessage, Refused."""
        from zero_sdk.client.message import simulation_given
        from zero_sdk.client.message_state import simulation_of

        zone = self.default_zone
        flow = messaging.simulated(zone.facts, simulation_given(message, gas, value))
        return simulation_of(zone.run(flow), self.facts)

    @property
    def courier(self) -> Courier:
        """What delivers messages: its modes, its turns, its faults."""
        return Courier(self)

    # ------------------------------------------------------------ faults

    def inject(
        self,
        fault: AnyFault,
        *,
        seed: int | None = None,
        slots: int | None = None,
        heights: int | None = None,
    ) -> Fault:
        """Makes producers or validators of a Zero devnet, or the network between them, do something wrong
        (`zero_sdk.client.faults`), until so many slots or settlement blocks have passed or it is cleared.
        What is random about it follows from the seed. Raises Refused."""
        made = fault_of(self.rpc("zero_injectFault", given_of(fault, seed, slots, heights)))
        self.facts.faults.add(made.id)
        return made

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Those in effect, oldest first."""
        return tuple(map(fault_of, self.rpc("zero_listFaults")))

    def clear(self, fault: Fault | int | None = None) -> tuple[Fault, ...]:
        """Takes back a fault, or all of them; gives those that were in effect."""
        number = fault.id if isinstance(fault, Fault) else fault
        gone = tuple(map(fault_of, self.rpc("zero_clearFault", *([] if number is None else [number]))))
        self.facts.faults.difference_update({each.id for each in gone} if number is None else {number})
        return gone

    # ------------------------------------------------------------ going back

    def snapshot(self, name: str | None = None) -> Snapshot:
        """Remembers every zone and the clock, perhaps under a name (Zero networks)."""
        if self.facts.kind is NodeKind.ZERO:
            arguments = [] if name is None else [name]
            return Snapshot(name, {"": self.rpc("zero_snapshot", *arguments)})
        return Snapshot(name, {zone.name: zone.rpc("evm_snapshot") for zone in self.all_zones})

    def revert(self, snapshot: Snapshot | str) -> None:
        """Goes back to a snapshot (or, of a Zero network, to an id or name), which stays usable; newer ones
        do not. Raises Refused where there is none."""
        if isinstance(snapshot, str):
            self.rpc("zero_revert", snapshot)
        elif "" in snapshot.identifiers:
            self.rpc("zero_revert", snapshot.identifiers[""])
        else:
            for name, identifier in snapshot.identifiers.items():
                zone = self.zone(name)
                snapshot.check(name, zone.rpc("evm_revert", identifier))
                # Other devnets forget a snapshot that was gone back to.
                snapshot.identifiers[name] = zone.rpc("evm_snapshot")
        for zone in self.all_zones:
            zone.facts.sent.clear()

    def delete_snapshot(self, snapshot: Snapshot | str) -> None:
        """Lets a snapshot go, with what is kept for it alone; other devnets keep theirs until the end."""
        if isinstance(snapshot, str):
            self.rpc("zero_deleteSnapshot", snapshot)
        elif "" in snapshot.identifiers:
            self.rpc("zero_deleteSnapshot", snapshot.identifiers[""])

    @contextmanager
    def isolated(self) -> Iterator[Snapshot]:
        """What is done inside is undone at the end."""
        snapshot = self.snapshot()
        try:
            yield snapshot
        finally:
            self.revert(snapshot)
            self.delete_snapshot(snapshot)

    # ------------------------------------------------------------ other programs

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Answers other programs at a URL (`URL/ZONE` for each zone) until the end of the block. `port` 0
        takes a free one. The network belongs to its server meanwhile, and is used through it. Raises
        WrongArguments for a network that is not in this process, OSError where the port cannot be had."""
        if self.devnet is None:
            raise WrongArguments("only a network in this process is served", "others are served already")
        from devnet.rpc.server import RpcServer, ServerOptions
        from zero_sdk.client.transports.http import HttpTransport

        own = {zone: zone.transport for zone in self.all_zones}
        with RpcServer(self.devnet, ServerOptions(port=port)) as server:
            for zone in own:
                zone.transport = HttpTransport(server.url(zone.name))
            try:
                yield server.url()
            finally:
                for zone, transport in own.items():
                    zone.transport.close()
                    zone.transport = transport

    # ------------------------------------------------------------ ending

    def close(self) -> None:
        """Lets connections go, and ends a network of this process."""
        for zone in self.all_zones:
            zone.transport.close()
        if self.devnet is not None:
            self.devnet.close()

    def __enter__(self) -> Network:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Network of {self.facts.kind.value}: {', '.join(self._all)}>"
