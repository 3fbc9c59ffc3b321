"""What leaves a zone: the packets that its blocks' logs tell of, and how a block's end puts them into the
contract Outbox (protocol section 8).

Written out by hand because it runs where no ABI library may be imported (every block); the tests hold it
against the compiled artifacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from devnet.chain.block import Log
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32

ENDPOINT = Address(bytes.fromhex("1a44076050125825900e736c501f859c50fe728c"))
OUTBOX = Address(b"ZERO" + bytes(15) + b"\x06")
"""Where the contracts are, in every zone; docs/contracts.md is the table."""

ROOT_SLOT = 0
"""The contract's slot that holds the root over all messages; zero while there are none."""

PACKET_SENT = Hash32(bytes.fromhex("1ab700d4ced0c005b164c0f789fd09fcbb0156d4c2041b8a3bfbcd961cd1567f"))
"""keccak256("PacketSent(bytes,bytes,address)"): the first topic of the log that tells of a packet."""

MOST_LEAVES = 8_192
"""Messages of one call, which has the gas of a system call; a block that sends more makes more calls."""

_APPEND_SELECTOR = bytes.fromhex("bd95955c")
"""Of `append(bytes32[])`."""
_HEADER_SIZE = 81
_GUID_SIZE = 32
_WORD = 32


def packet_of(log: Log) -> bytes | None:
    """The packet, of at least a header and a GUID, that a log of a successful transaction tells of; None for
    other logs. These packets, in the order of the logs, are a zone's messages."""
    if log.address != ENDPOINT or not log.topics or log.topics[0] != PACKET_SENT:
        return None
    packet = _first_bytes(log.data)
    return packet if packet is not None and len(packet) >= _HEADER_SIZE + _GUID_SIZE else None


def leaf_of(header: bytes, payload_hash: Hash32) -> Hash32:
    """What the outbox holds of a packet."""
    return keccak256(header + payload_hash)


def leaves_of(logs: Iterable[Log]) -> list[Hash32]:
    """What the outbox is given of a block's logs, in their order."""
    packets = [packet for log in logs if (packet := packet_of(log)) is not None]
    return [leaf_of(packet[:_HEADER_SIZE], keccak256(packet[_HEADER_SIZE:])) for packet in packets]


def append_call(leaves: Sequence[Hash32]) -> bytes:
    """Calldata that appends these messages."""
    head = _WORD.to_bytes(_WORD, "big") + len(leaves).to_bytes(_WORD, "big")
    return _APPEND_SELECTOR + head + b"".join(leaves)


def append_calls(leaves: Sequence[Hash32]) -> Iterator[bytes]:
    """The calldata of each of the calls that append a block's messages; none where there are none."""
    for first in range(0, len(leaves), MOST_LEAVES):
        yield append_call(leaves[first : first + MOST_LEAVES])


def _first_bytes(data: bytes) -> bytes | None:
    """The first argument of ABI-encoded ones, which are bytes; None where it is not there in full."""
    begin = _word_at(data, 0)
    length = None if begin is None else _word_at(data, begin)
    if begin is None or length is None or begin + _WORD + length > len(data):
        return None
    return data[begin + _WORD : begin + _WORD + length]


def _word_at(data: bytes, offset: int) -> int | None:
    if offset + _WORD > len(data):
        return None
    return int.from_bytes(data[offset : offset + _WORD], "big")
