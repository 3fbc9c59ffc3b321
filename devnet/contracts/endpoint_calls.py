"""The contract Endpoint from outside, as who tries something out calls it.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/message-contracts.md explains the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from devnet.chain.types import Address, Hash32
from devnet.packets.packet import PacketHeader

LZ_RECEIVE = bytes.fromhex("0c0c389e")
"""Of `lzReceive(Origin,address,bytes32,bytes,bytes)`."""
LZ_COMPOSE = bytes.fromhex("91d20fa1")
"""Of `lzCompose(address,address,bytes32,uint16,bytes,bytes)`."""
INITIALIZABLE = bytes.fromhex("861e1ca5")
"""Of `initializable(Origin,address)`."""
QUOTE = bytes.fromhex("ddc28c58")
"""Of `quote(MessagingParams,address)`, which gives the fee in the zone's currency, then in the fee token."""

_WORD = 32

_Value: TypeAlias = "int | Address | Hash32 | _Bytes"


class _Bytes(bytes):
    """Of any length: lies behind the words, which hold its place."""


def lz_receive_call(header: PacketHeader, receiver: Address, message: bytes) -> bytes:
    """Delivers a message; there is no extra data."""
    return LZ_RECEIVE + _encode([*_origin(header), receiver, header.guid, _Bytes(message), _Bytes()])


def lz_compose_call(sender: Address, to: Address, guid: Hash32, index: int, message: bytes) -> bytes:
    """Carries out what `sender` asked for; there is no extra data."""
    return LZ_COMPOSE + _encode([sender, to, guid, index, _Bytes(message), _Bytes()])


def initializable_call(header: PacketHeader, receiver: Address) -> bytes:
    """Asks whether the receiver takes messages of the path."""
    return INITIALIZABLE + _encode([*_origin(header), receiver])


def quote_call(destination: int, receiver: Hash32, message: bytes, options: bytes, sender: Address) -> bytes:
    """Asks what sending costs, paid in the zone's currency."""
    parameters = _encode([destination, receiver, _Bytes(message), _Bytes(options), 0])
    return QUOTE + (2 * _WORD).to_bytes(_WORD, "big") + sender.rjust(_WORD, b"\0") + parameters


def _origin(header: PacketHeader) -> tuple[int, Hash32, int]:
    return header.path.src_eid, header.path.sender, header.nonce


def _encode(values: Sequence[_Value]) -> bytes:
    """Values one after the other, as the ABI lays them out."""
    head, tail = b"", b""
    for value in values:
        if isinstance(value, _Bytes):
            head += (_WORD * len(values) + len(tail)).to_bytes(_WORD, "big")
            tail += len(value).to_bytes(_WORD, "big") + value + bytes(-len(value) % _WORD)
        elif isinstance(value, int):
            head += value.to_bytes(_WORD, "big")
        else:
            head += value.rjust(_WORD, b"\0")
    return head + tail
