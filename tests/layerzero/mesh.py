"""Applications on several zones, wired to each other, and their messages carried between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from devnet.contracts import artifacts
from devnet.contracts.addresses import ENDPOINT, EXECUTOR, RECEIVE_LIBRARY
from devnet.packets.options import Options, Receive, decode_options
from devnet.packets.packet import Packet, decode_packet
from tests.layerzero import packages
from zero_sdk import local
from zero_sdk.client.contract import Contract
from zero_sdk.client.errors import Reverted
from zero_sdk.client.network import Network
from zero_sdk.client.zone import Zone

GAS = 200_000
CALL = Receive(GAS)
OPTIONS = Options((CALL,)).encoded
ADDRESSES = {
    "Endpoint": ENDPOINT,
    "Executor": EXECUTOR,
    "ZeroReceiveLib": RECEIVE_LIBRARY,
}


def bytes32(address: Any) -> bytes:
    """An address as messages name it."""
    return bytes.fromhex(str(getattr(address, "address", address))[2:]).rjust(32, b"\0")


@dataclass(slots=True)
class Mesh:
    """A network, and what makes its messages arrive."""

    network: Network
    done: set[bytes] = field(default_factory=set)

    @property
    def owner(self) -> str:
        return str(self.network.accounts[0].address)

    def eid(self, zone: Zone | str) -> int:
        assert self.network.devnet is not None
        return self.network.devnet.config.zone_eid(zone if isinstance(zone, str) else zone.name)

    def own(self, zone: Zone | str, name: str) -> Contract:
        """A contract of genesis."""
        found = self.network[zone] if isinstance(zone, str) else zone
        abi = list(artifacts.load(name).abi)
        return found.contract("0x" + ADDRESSES[name].hex(), {"contractName": name, "abi": abi})

    def endpoint(self, zone: Zone | str) -> Contract:
        return self.own(zone, "Endpoint")

    def deploy(self, zone: str, name: str, *arguments: Any) -> Contract:
        """An application, which begins with endpoint and owner."""
        return self.network[zone].deploy(
            packages.build().artifact(name), "0x" + ENDPOINT.hex(), self.owner, *arguments
        )

    def wire(self, *contracts: Contract) -> None:
        """Every contract believes every other one of another zone."""
        for one in contracts:
            for other in contracts:
                if other.zone is not one.zone:
                    one.setPeer(self.eid(other.zone), bytes32(other))

    def everywhere(self, name: str, *arguments: Any) -> dict[str, Contract]:
        """An application in every zone, wired."""
        found = {zone.name: self.deploy(zone.name, name, *arguments) for zone in self.network}
        self.wire(*found.values())
        return found

    def packets(self, zone: Zone | str) -> Iterator[tuple[Packet, bytes]]:
        """All that left a zone, with options."""
        for event in self.endpoint(zone).events.PacketSent.get():
            yield decode_packet(event.args.encodedPayload), bytes(event.args.options)

    def sent(self, zone: Zone | str) -> list[Packet]:
        """All that left a zone."""
        return [packet for packet, _ in self.packets(zone)]

    def origin(self, packet: Packet) -> tuple[int, bytes, int]:
        """As contracts name where a packet came from."""
        return packet.header.path.src_eid, packet.header.path.sender, packet.header.nonce

    def target(self, packet: Packet) -> tuple[Zone, str]:
        """The zone and the contract that a packet is for."""
        path = packet.header.path
        zone = next(zone for zone in self.network if self.eid(zone) == path.dst_eid)
        return zone, "0x" + path.receiver[12:].hex()

    def execute(self, packet: Packet, given: Receive = CALL) -> None:
        """Tries to deliver a packet that was verified, as anybody may."""
        zone, receiver = self.target(packet)
        params = (receiver, self.origin(packet), packet.header.guid, packet.message, b"", given.gas)
        self.own(zone, "Executor").execute302(params, value=given.value, gas=16_000_000)

    def verify(self, packet: Packet) -> None:
        zone, receiver = self.target(packet)
        library = "0x" + RECEIVE_LIBRARY.hex()
        with zone.impersonate(library):
            self.endpoint(zone).verify(
                self.origin(packet), receiver, packet.payload_hash, sender=library, gas_price=0
            )

    def deliver(self) -> None:
        while [
            packet
            for zone in self.network
            for packet, options in self.packets(zone)
            if self._deliver(packet, options)
        ]:
            pass

    def _deliver(self, packet: Packet, options: bytes) -> bool:
        if packet.header.guid in self.done:
            return False
        self.done.add(packet.header.guid)
        zone, receiver = self.target(packet)
        wanted = decode_options(options)
        try:
            self.verify(packet)
        except Reverted:
            return True
        at = zone.block_number
        if wanted.drops:
            drops = [("0x" + drop.receiver[12:].hex(), drop.amount) for drop in wanted.drops]
            given = wanted.receive
            total = given.value + sum(drop.amount for drop in wanted.drops)
            params = (receiver, self.origin(packet), packet.header.guid, packet.message, b"", given.gas)
            self.own(zone, "Executor").nativeDropAndExecute302(
                drops, 50_000, params, value=total, gas=16_000_000
            )
        else:
            self.execute(packet, wanted.receive)
        for event in self.endpoint(zone).events.ComposeSent.get(from_block=at + 1):
            origin, to, guid, index, message = event.args
            step = wanted.composes.get(index)
            if step:
                self.own(zone, "Executor").compose302(
                    origin, to, guid, index, message, b"", step.gas, value=step.value, gas=16_000_000
                )
        return True


def mesh(*zones: str, engine: str = "auto") -> Mesh:
    """A new network of these zones, which know each other."""
    network = local(zones, engine=engine, base_fee=0)
    # A zone sends to those that it knows to have settled something.
    network.settle()
    network.mine()
    return Mesh(network)
