"""What was sent, and where."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts.addresses import EXECUTOR
from devnet.messages.life import Status
from devnet.messages.place import Place
from devnet.packets.options import MalformedOptions, Options, decode_options
from devnet.packets.packet import Packet, Path


@dataclass(frozen=True, slots=True)
class Message:
    """A packet that left a zone. It is there as long as the block that it left with."""

    guid: Hash32
    """Names it on every zone."""
    source: int
    """Index of the zone that it left."""
    destination: int | None
    """Index of the zone that it goes to; None where the network has no zone with that eid."""
    packet: Packet
    options: bytes
    """As they were sent; `decoded_options` reads them."""
    number: int
    """In the outbox of its zone, from 0 on."""
    sent: Place
    """Where it was sent."""
    library: Address
    """The send library that it left through."""
    executor: Address | None
    """Who was paid for delivering it; None where the library told of nobody."""
    fee: Wei | None
    """What was paid for that."""

    @property
    def path(self) -> Path:
        """From which contract to which."""
        return self.packet.header.path

    @property
    def nonce(self) -> int:
        """On its path, from 1 on."""
        return self.packet.header.nonce

    @property
    def is_ours(self) -> bool:
        """Whether the network's own executor was paid for it; another one has to come by itself."""
        return self.executor == EXECUTOR

    @property
    def decoded_options(self) -> Options | None:
        """None where they cannot be read, which only happens with a library that is not the network's."""
        try:
            return decode_options(self.options)
        except MalformedOptions:
            return None


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages somebody wants to see; what is None (or empty) does not matter."""

    source: int | None = None
    destination: int | None = None
    sender: Hash32 | None = None
    """32 bytes, as in the packet (`packets.packet.padded` makes them of an address)."""
    receiver: Hash32 | None = None
    transaction_hash: Hash32 | None = None
    """Of the transaction that sent it."""
    first_block: int | None = None
    last_block: int | None = None
    """Of the source zone."""
    statuses: frozenset[Status] = frozenset()

    def selects(self, message: Message) -> bool:
        """Whether everything but the status fits."""
        path = message.path
        return (
            self.source in (None, message.source)
            and self.destination in (None, message.destination)
            and self.sender in (None, path.sender)
            and self.receiver in (None, path.receiver)
            and self.transaction_hash in (None, message.sent.transaction_hash)
            and (self.first_block is None or message.sent.block_number >= self.first_block)
            and (self.last_block is None or message.sent.block_number <= self.last_block)
        )


@dataclass(frozen=True, slots=True, order=True)
class MessageCursor:
    """Where a message is among all of the network: by the time of its block, then by zone and number."""

    timestamp: int
    zone: int
    number: int

    @classmethod
    def of(cls, message: Message) -> MessageCursor:
        """The message's."""
        return cls(message.sent.block_timestamp, message.source, message.number)
