"""A message between zones, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import checksum, to_address
from zero_sdk.client.flows import messaging
from zero_sdk.client.message_state import (
    Attempt,
    Composed,
    Delivery,
    Happening,
    MessageProof,
    MessageState,
    MessageTrace,
    Reason,
    Retry,
    Simulation,
    proof_of,
    retry_of,
    state_of,
    traces_of,
)
from zero_sdk.client.packets import SentPacket, packets_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devnet.packets.options import Options
    from devnet.packets.packet import Packet
    from zero_sdk.client.network import Network
    from zero_sdk.client.transaction import Log


class MessageBase:
    """What a message is, which never changes, and who can be asked about it."""

    def __init__(self, network: Any, sent: SentPacket, told: MessageState | None = None) -> None:
        self.network = network
        self.sent = sent
        self.told = told
        """What the network said last, in a list or when it was asked; None before."""

    @property
    def packet(self) -> Packet:
        """As the endpoint sent it."""
        return self.sent.packet

    @cached_property
    def guid(self) -> str:
        """What names it in every zone: 0x and 64 hex digits."""
        return f"0x{self.packet.header.guid.hex()}"

    @property
    def nonce(self) -> int:
        """Which one of its path it is, from 1 on."""
        return self.packet.header.nonce

    @property
    def source_eid(self) -> int:
        """Of the zone that it left."""
        return self.packet.header.path.src_eid

    @property
    def destination_eid(self) -> int:
        """Of the zone that it goes to."""
        return self.packet.header.path.dst_eid

    @property
    def sender(self) -> str:
        """The contract that sent it."""
        return checksum(self.packet.header.path.sender[12:])

    @property
    def receiver(self) -> str:
        """The contract that it is for; 32 bytes as hex where those are no address."""
        word = self.packet.header.path.receiver
        return f"0x{word.hex()}" if any(word[:12]) else checksum(word[12:])

    @property
    def data(self) -> bytes:
        """What the sender says."""
        return self.packet.message

    @property
    def options(self) -> Options:
        """What its delivery gets. Raises `MalformedOptions`."""
        from devnet.packets.options import decode_options

        return decode_options(self.sent.options)

    def __eq__(self, other: object) -> bool:
        return self.guid == other.guid if isinstance(other, MessageBase) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.guid)

    def __repr__(self) -> str:
        status = f", {self.told.status} when last asked" if self.told is not None else ""
        way = f"{self.source_eid} to {self.destination_eid}"
        return f"<{type(self).__name__} {self.guid}, {way}, nonce {self.nonce}{status}>"


class Message(MessageBase):
    """A message of a `Network`. What may change is asked for each time."""

    network: Network

    @property
    def state(self) -> MessageState:
        """All that the network says of it now. Raises UnknownMessage."""
        self.told = self._run(messaging.state(self._facts, self.guid))
        return self.told

    @property
    def status(self) -> str:
        """sent, settled, verified, delivered, failed, blocked, skipped, nilified or burnt."""
        return self.state.status

    @property
    def reason(self) -> Reason | None:
        """Why it failed, or does not go on."""
        return self.state.reason

    @property
    def transactions(self) -> tuple[Happening, ...]:
        """What happened to it, on both legs, in order."""
        return self.state.transactions

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The tries to deliver it."""
        return self.state.attempts

    @property
    def composes(self) -> tuple[Composed, ...]:
        """The calls that its receiver asked for."""
        return self.state.composes

    def delivered(self, timeout: float | None = None) -> Delivery:
        """Settles and lets the courier work until it is delivered, with the composed calls that it pays for,
        or nothing happens to it any more; what this gives is true or says why not. In process the same run
        does the same every time. Raises NotADevnet elsewhere: `wait` is for those."""
        delivery: Delivery = self._run(messaging.see_through(self._facts, self.guid, timeout))
        self.told = delivery.state
        return delivery

    def wait(self, status: str = "delivered", timeout: float | None = None) -> Message:
        """Waits until it is settled, verified or delivered; gives the message. A devnet is asked to settle
        what it has. Raises UndeliveredMessage where it will not come so far by itself, and Timeout."""
        self.told = self._run(messaging.wait(self._facts, self.guid, status, timeout))
        return self

    def retry(
        self,
        *,
        gas: int | None = None,
        value: int | None = None,
        sender: Any = None,
        compose: int | None = None,
    ) -> Retry:
        """Tries again to deliver it after it failed, or with `compose` to make the composed call of that
        index; with other gas or value perhaps. `sender` pays, the courier where none is named. True where it
        worked. Raises UnknownMessage, and Refused where there is nothing to try again."""
        given = retry_given(gas, value, sender, compose)
        answer = self._run(
            messaging.asked(self._facts, "zero_retryMessage", self.guid, *([given] if given else []))
        )
        return retry_of(answer, self.network.facts)

    def simulate(self, **options: Any) -> Simulation:
        """What its delivery would do now: see `Network.simulate_delivery`."""
        return self.network.simulate_delivery(self, **options)

    def trace(self) -> tuple[MessageTrace, ...]:
        """The transactions of its life on both legs, traced; printed they are trees of calls."""
        state = self._run(messaging.state(self._facts, self.guid, traces=True))
        return traces_of(state.raw["traces"])

    def proof(self) -> MessageProof:
        """What shows its destination that it was sent. Raises Refused as long as it is not settled."""
        return proof_of(self._run(messaging.asked(self._facts, "zero_getMessageProof", self.guid)))

    @property
    def _facts(self) -> Any:
        return self.network.default_zone.facts

    def _run(self, flow: Any) -> Any:
        return self.network.default_zone.run(flow)


def retry_given(gas: int | None, value: int | None, sender: Any, compose: int | None) -> dict[str, Any]:
    """The second parameter of `zero_retryMessage`."""
    given = {
        "gas": None if gas is None else hex(gas),
        "value": None if value is None else hex(value),
        "from": None if sender is None else to_address(sender),
        "compose": compose,
    }
    return {name: one for name, one in given.items() if one is not None}


def sent_of(answer: Mapping[str, Any]) -> SentPacket:
    """The packet and options of a message as JSON."""
    from devnet.chain.types import Hash32
    from devnet.packets.packet import Packet, PacketHeader, Path

    path = Path(
        answer["srcEid"],
        Hash32(bytes.fromhex(answer["sender"][2:])),
        answer["dstEid"],
        Hash32(bytes.fromhex(answer["receiver"][2:])),
    )
    header = PacketHeader(int(answer["nonce"], 16), path)
    return SentPacket(
        Packet(header, bytes.fromhex(answer["message"][2:])), bytes.fromhex(answer["options"]["raw"][2:])
    )


def message_of(network: Network, answer: Mapping[str, Any]) -> Message:
    """Of a message as JSON."""
    return Message(network, sent_of(answer), state_of(answer, network.facts))


def messages_in(network: Network, logs: Iterable[Log]) -> tuple[Message, ...]:
    """Those that a transaction's logs say were sent."""
    return tuple(Message(network, sent) for sent in packets_in(logs))


def simulation_given(message: Any, gas: int | None = None, value: int | None = None) -> list[Any]:
    """The parameters of `zero_simulateDelivery`: a message that was sent, or one that might be."""
    named = unsent_given(message) if isinstance(message, Mapping) else getattr(message, "guid", message)
    terms = {name: hex(number) for name, number in (("gas", gas), ("value", value)) if number is not None}
    return [named, *([terms] if terms else [])]


def unsent_given(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message that was not sent, as JSON. Raises WrongArguments."""
    made = {
        name: getattr(value, "name", value) if name in ("source", "destination") else value
        for name, value in message.items()
    }
    for name in ("sender", "receiver"):
        if name in made and not (isinstance(made[name], bytes) and len(made[name]) == 32):
            made[name] = to_address(made[name])
    options = made.get("options")
    if options is not None:
        made["options"] = getattr(options, "encoded", options)
    return {name: f"0x{value.hex()}" if isinstance(value, bytes) else value for name, value in made.items()}
