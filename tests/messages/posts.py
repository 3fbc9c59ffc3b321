"""Mailboxes in every zone of a network, and messages between them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

from devnet.artifacts.abi import decode, parse_type
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei, ZoneName
from devnet.clock import Clock
from devnet.contracts.calldata import joined, members, octets
from devnet.folder import DataFolder
from devnet.messages.life import Life, Status
from devnet.messages.message import Message
from devnet.network import Network, NetworkConfig
from devnet.packets.options import Option, Options, Receive
from devnet.packets.packet import padded
from devnet.parts import EngineChoice, Parts, choose_parts
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort
from tests.contracts.message_zone import MAILBOX, compiled

GAS = 200_000
VALUE, NOTHING = Wei(10**18), Wei(0)
TAKEN_SLOT, COMPOSED_SLOT, RECEIVED_SLOT = 1, 2, 3
"""Of Mailbox.sol; the three values before share a slot."""


def selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


@functools.cache
def parts_of(engine: str) -> Parts:
    return choose_parts(EngineChoice(engine))


@functools.cache
def mailbox_code() -> bytes:
    """Creation code."""
    return bytes.fromhex(compiled(MAILBOX, "Mailbox")["bytecode"][2:])


@dataclass(slots=True)
class Posts:
    """A network with a mailbox in each of its zones."""

    network: Network
    boxes: dict[str, Address] = field(default_factory=dict)

    # ------------------------------------------------------------ zones

    def port(self, zone: str) -> ZonePort:
        return self.network.zones[ZoneName(zone)]

    def index(self, zone: str) -> int:
        return list(self.network.zones).index(ZoneName(zone))

    def heights(self) -> list[int]:
        return [port.number() for port in self.network.zones.values()]

    def order(
        self, zone: str, to: Address | None, data: bytes, value: Wei = Wei(0), account: int = 0
    ) -> Hash32:
        """A transaction of one of the network's accounts; it must succeed where it is sealed at once."""
        port = self.port(zone)
        request = CallRequest(
            sender=self.network.keys.addresses[account], to=to, data=data, value=value, gas=3_000_000
        )
        transaction_hash = self.network.send(port, request)
        located = port.receipt(transaction_hash)
        assert located is None or located.receipt.status
        return transaction_hash

    def deploy(self, zone: str) -> None:
        # By another account in every zone, so that the addresses differ.
        located = self.port(zone).receipt(self.order(zone, None, mailbox_code(), account=self.index(zone)))
        assert located is not None
        assert located.receipt.contract_address is not None
        self.boxes[zone] = located.receipt.contract_address

    # ------------------------------------------------------------ mailboxes

    def tell(self, zone: str, signature: str, value: int) -> None:
        """Tells a mailbox something: refuse(bool), close(bool), compose(uint16)."""
        self.order(zone, self.boxes[zone], selector(signature) + joined(value))

    def taken(self, zone: str) -> list[bytes]:
        """What the mailbox took, in order."""
        return self._list(zone, "taken(uint256)", TAKEN_SLOT)

    def composed(self, zone: str) -> list[bytes]:
        return self._list(zone, "composed(uint256)", COMPOSED_SLOT)

    def received(self, zone: str) -> int:
        """Currency that came along."""
        return self.port(zone).storage(self.boxes[zone], RECEIVED_SLOT)

    def _list(self, zone: str, signature: str, slot: int) -> list[bytes]:
        port, box = self.port(zone), self.boxes[zone]
        found = []
        for index in range(port.storage(box, slot)):
            answer = port.call(CallRequest(to=box, data=selector(signature) + joined(index)))
            found.append(decode([parse_type("bytes")], answer.output)[0])
        return found

    # ------------------------------------------------------------ messages

    def send_later(
        self, source: str, destination: str, text: bytes, *items: Option, gas: int = GAS, account: int = 0
    ) -> Hash32:
        """The transaction that sends from mailbox to mailbox."""
        options = Options((Receive(gas), *items)).encoded
        receiver = padded(self.boxes[destination])
        params = members(
            self.network.config.zone_eid(destination), receiver, octets(text), octets(options), 0
        )
        data = selector("send((uint32,bytes32,bytes,bytes,bool))") + joined(params)
        return self.order(source, self.boxes[source], data, VALUE, account)

    def send(self, source: str, destination: str, text: bytes, *items: Option, gas: int = GAS) -> Message:
        """Sends from mailbox to mailbox."""
        transaction_hash = self.send_later(source, destination, text, *items, gas=gas)
        (message,) = self.network.messages.sent_by(self.index(source), transaction_hash)
        return message

    def life(self, message: Message) -> Life:
        return self.network.messages.life(message)

    def status(self, *messages: Message) -> list[Status]:
        return [self.life(message).status for message in messages]


def posts(
    engine: str = "native",
    zones: Sequence[str] = ("alpha", "beta"),
    folder: DataFolder | None = None,
    config: NetworkConfig | None = None,
    clock: Clock | None = None,
) -> Posts:
    """A new network; everything that was deployed is settled and known everywhere."""
    config = config or NetworkConfig(zones=tuple(zones))
    made = Posts(Network(config, parts_of(engine), clock, folder))
    for name in made.network.zones:
        made.deploy(name)
    made.network.settle()
    return made
