"""Applications on several zones, wired to each other, and their messages carried between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devnet.contracts import artifacts
from devnet.contracts.addresses import ENDPOINT, EXECUTOR, RECEIVE_LIBRARY
from devnet.messages.messages import Messages
from devnet.packets.options import Options, Receive
from devnet.packets.packet import Packet, decode_packet
from tests.layerzero import packages
from zero_sdk import local
from zero_sdk.client.contract import Contract
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


@dataclass(frozen=True, slots=True)
class Mesh:
    """A network, and what makes its messages arrive."""

    network: Network

    @property
    def messages(self) -> Messages:
        """What became of its messages."""
        assert self.network.devnet is not None
        return self.network.devnet.messages

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

    def verify(self, packet: Packet, sender: Any = None) -> None:
        """Settles what there is, and proves the packet to its zone, as anybody may."""
        zone, _ = self.target(packet)
        self.network.settle()
        proof = self.messages.proof(packet.header.guid)
        shown = (proof.height, proof.number, (proof.zeros, proof.peers))
        self.own(zone, "ZeroReceiveLib").commitVerification(
            packet.header.encoded, packet.payload_hash, shown, sender=sender
        )

    def deliver(self) -> None:
        """Lets the courier carry all that was sent, and what is sent meanwhile."""
        for _ in range(3):
            self.network.settle()
            self.network.courier.step()

    def status(self, packet: Packet) -> str:
        """What the network says of it."""
        return str(self.network.message(packet.header.guid).status)


def mesh(*zones: str, engine: str = "auto") -> Mesh:
    """A new network of these zones, which know each other."""
    return Mesh(local(zones, engine=engine, base_fee=0))
