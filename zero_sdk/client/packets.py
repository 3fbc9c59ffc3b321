"""The messages that a transaction has sent: its `PacketSent` logs, read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from devnet.packets.packet import Packet
    from zero_sdk.client.transaction import Log

ENDPOINT = "0x1a44076050125825900e736c501f859c50fE728c"
"""Of every zone, and of most chains that LayerZero V2 is on."""

PACKET_SENT = bytes.fromhex("1ab700d4ced0c005b164c0f789fd09fcbb0156d4c2041b8a3bfbcd961cd1567f")
"""Of `PacketSent(bytes,bytes,address)`."""


class SentPacket(NamedTuple):
    """A packet with the options of its delivery."""

    packet: Packet
    options: bytes


def packets_in(logs: Iterable[Log]) -> Iterator[SentPacket]:
    """Those that the endpoint says it sent."""
    from devnet.artifacts.abi import AbiError, decode, parse_type
    from devnet.packets.packet import MalformedPacket, decode_packet

    types = [parse_type("bytes"), parse_type("bytes"), parse_type("address")]
    for log in logs:
        if log.address == ENDPOINT and log.topics[:1] == (PACKET_SENT,):
            try:
                encoded, options, _ = decode(types, log.data)
                yield SentPacket(decode_packet(encoded), options)
            except (AbiError, MalformedPacket):
                # Of another endpoint at this address, on another chain.
                continue
