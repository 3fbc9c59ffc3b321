"""Packets of LayerZero V2, which endpoints emit and receive: integers big-endian, without padding.

    version 1 | nonce 8 | source eid 4 | sender 32 | destination eid 4 | receiver 32 | GUID 32 | message
    '---------------------------- header, 81 bytes ------------------------------' '---- payload -----'

An eid is an endpoint's number; senders and receivers are 32 bytes: of an address, with zeros before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32

VERSION = 1
HEADER_SIZE = 81
GUID_SIZE = 32
EID_LIMIT = 1 << 32
NONCE_LIMIT = 1 << 64


class PacketFlaw(StrEnum):
    """Why bytes are no packet; names stay as they are once released."""

    LENGTH = "length"
    """Shorter than a header and a GUID; or a header of another length."""
    VERSION = "version"
    """Not version 1."""
    GUID = "guid"
    """The GUID is not the one of the header's fields."""


class MalformedPacket(ValueError):
    """The bytes are no packet."""

    def __init__(self, flaw: PacketFlaw, detail: str) -> None:
        super().__init__(f"{flaw.value}: {detail}")
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Path:
    """One direction between two contracts. Each has nonces of its own, from 1 on."""

    src_eid: int
    sender: Hash32
    dst_eid: int
    receiver: Hash32

    def __post_init__(self) -> None:
        """Raises ValueError for what no packet can carry."""
        if not (0 <= self.src_eid < EID_LIMIT and 0 <= self.dst_eid < EID_LIMIT):
            raise ValueError(f"an eid has 32 bits: {self.src_eid}, {self.dst_eid}")
        if len(self.sender) != 32 or len(self.receiver) != 32:
            raise ValueError("sender and receiver have 32 bytes; `padded` makes them of an address")


@dataclass(frozen=True, slots=True)
class PacketHeader:
    """What a destination is shown before the message itself."""

    nonce: int
    path: Path

    def __post_init__(self) -> None:
        """Raises ValueError for a nonce that no packet can carry."""
        if not 0 <= self.nonce < NONCE_LIMIT:
            raise ValueError(f"a nonce has 64 bits: {self.nonce}")

    @property
    def encoded(self) -> bytes:
        """81 bytes."""
        return bytes((VERSION,)) + self._fields

    @property
    def guid(self) -> Hash32:
        """Names the message on every zone: keccak of the header's fields without the version."""
        return keccak256(self._fields)

    @property
    def _fields(self) -> bytes:
        path = self.path
        return b"".join(
            (
                self.nonce.to_bytes(8, "big"),
                path.src_eid.to_bytes(4, "big"),
                path.sender,
                path.dst_eid.to_bytes(4, "big"),
                path.receiver,
            )
        )


@dataclass(frozen=True, slots=True)
class Packet:
    """A message on its way."""

    header: PacketHeader
    message: bytes

    @property
    def payload(self) -> bytes:
        """GUID and message: what the endpoint of the destination keeps the hash of."""
        return self.header.guid + self.message

    @property
    def payload_hash(self) -> Hash32:
        return keccak256(self.payload)

    @property
    def encoded(self) -> bytes:
        """As `PacketSent` carries it."""
        return self.header.encoded + self.payload


def decode_header(data: bytes) -> PacketHeader:
    """Raises MalformedPacket."""
    if len(data) != HEADER_SIZE:
        raise MalformedPacket(PacketFlaw.LENGTH, f"a header of {len(data)} bytes, not {HEADER_SIZE}")
    if data[0] != VERSION:
        raise MalformedPacket(PacketFlaw.VERSION, str(data[0]))
    path = Path(
        int.from_bytes(data[9:13], "big"),
        Hash32(data[13:45]),
        int.from_bytes(data[45:49], "big"),
        Hash32(data[49:81]),
    )
    return PacketHeader(int.from_bytes(data[1:9], "big"), path)


def decode_packet(data: bytes) -> Packet:
    """Raises MalformedPacket."""
    if len(data) < HEADER_SIZE + GUID_SIZE:
        raise MalformedPacket(PacketFlaw.LENGTH, f"{len(data)} bytes, at least {HEADER_SIZE + GUID_SIZE}")
    header = decode_header(data[:HEADER_SIZE])
    guid = data[HEADER_SIZE : HEADER_SIZE + GUID_SIZE]
    if guid != header.guid:
        raise MalformedPacket(PacketFlaw.GUID, f"0x{guid.hex()}, its fields give 0x{header.guid.hex()}")
    return Packet(header, data[HEADER_SIZE + GUID_SIZE :])


def padded(address: Address) -> Hash32:
    """An address as packets carry it: twelve zero bytes before it."""
    return Hash32(address.rjust(32, b"\0"))
