"""The contract Endpoint from outside, as who tries something out calls it.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/message-contracts.md explains the contract.
"""

from __future__ import annotations

from devnet.chain.types import Address, Hash32
from devnet.contracts.calldata import WORD, joined, members, octets
from devnet.contracts.delivering import receiver_of
from devnet.packets.packet import Packet

LZ_RECEIVE = bytes.fromhex("0c0c389e")
"""Of `lzReceive(Origin,address,bytes32,bytes,bytes)`."""
LZ_COMPOSE = bytes.fromhex("91d20fa1")
"""Of `lzCompose(address,address,bytes32,uint16,bytes,bytes)`."""
QUOTE = bytes.fromhex("ddc28c58")
"""Of `quote(MessagingParams,address)`, which gives the fee in the zone's currency, then in the fee token."""


def lz_receive_call(packet: Packet) -> bytes:
    """Delivers a message; there is no extra data."""
    header = packet.header
    path = header.path
    origin = path.src_eid, path.sender, header.nonce
    receiver = _word(receiver_of(header))
    return LZ_RECEIVE + joined(*origin, receiver, header.guid, octets(packet.message), octets(b""))


def lz_compose_call(sender: Address, to: Address, guid: Hash32, index: int, message: bytes) -> bytes:
    """Carries out what `sender` asked for; there is no extra data."""
    return LZ_COMPOSE + joined(_word(sender), _word(to), guid, index, octets(message), octets(b""))


def quote_call(destination: int, receiver: Hash32, message: bytes, options: bytes, sender: Address) -> bytes:
    """Asks what sending costs, paid in the zone's currency."""
    parameters = members(destination, receiver, octets(message), octets(options), 0)
    return QUOTE + joined(parameters, _word(sender))


def _word(address: Address) -> bytes:
    return address.rjust(WORD, b"\0")
