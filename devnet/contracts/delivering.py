"""What the contracts that prove and deliver messages are called with, and what such calls were about.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifacts. docs/message-contracts.md explains the contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.types import ZERO_ADDRESS, Address, Hash32, Wei
from devnet.contracts.calldata import WORD, Tail, joined, members, octets, words
from devnet.packets.packet import HEADER_SIZE, Packet, PacketHeader

COMMIT_SELECTOR = bytes.fromhex("85776b27")
"""Of the receive library's `commitVerification`."""
EXECUTE_SELECTOR = bytes.fromhex("cfc32570")
DROP_AND_EXECUTE_SELECTOR = bytes.fromhex("8624ba07")
COMPOSE_SELECTOR = bytes.fromhex("7cd44734")
"""Of the executor's `execute302`, `nativeDropAndExecute302` and `compose302`."""
INITIALIZABLE_SELECTOR = bytes.fromhex("861e1ca5")
"""Of the endpoint's `initializable`."""
NEXT_NONCE_SELECTOR = bytes.fromhex("7d25a05e")
RECEIVE_SELECTOR = bytes.fromhex("13137d65")
"""Of an application's `nextNonce` and `lzReceive`."""


@dataclass(frozen=True, slots=True)
class MessageProof:
    """Where a message is under a settlement block: Solidity's `MessageProof`."""

    height: int
    """Of a settlement block that the destination knows."""
    number: int
    """In the outbox."""
    zeros: int
    peers: tuple[Hash32, ...]
    """The branch: see `devnet.settlement.settled_tree.Branch`."""


@dataclass(frozen=True, slots=True)
class NativeDropParams:
    """Currency for an account."""

    receiver: Address
    amount: Wei


def commit_call(header: bytes, payload_hash: Hash32, proof: MessageProof) -> bytes:
    """`commitVerification`."""
    branch = members(proof.zeros, words(*proof.peers))
    return COMMIT_SELECTOR + joined(octets(header), payload_hash, members(proof.height, proof.number, branch))


def execute_call(packet: Packet, gas: int, message: bytes | None = None) -> bytes:
    """`execute302`; `message` stands in the place of the packet's."""
    return EXECUTE_SELECTOR + joined(_execution(packet, gas, message))


def drop_and_execute_call(
    drops: Sequence[NativeDropParams], drop_gas: int, packet: Packet, gas: int
) -> bytes:
    """`nativeDropAndExecute302`."""
    items = words(*(joined(_word(drop.receiver), drop.amount) for drop in drops))
    return DROP_AND_EXECUTE_SELECTOR + joined(items, drop_gas, _execution(packet, gas, None))


def compose_call(sender: Address, to: Address, guid: Hash32, index: int, message: bytes, gas: int) -> bytes:
    """`compose302`."""
    return COMPOSE_SELECTOR + joined(_word(sender), _word(to), guid, index, octets(message), octets(b""), gas)


def initializable_call(header: PacketHeader) -> bytes:
    """The endpoint's `initializable`: whether the receiver takes messages of this path."""
    return INITIALIZABLE_SELECTOR + joined(*_origin(header), _word(receiver_of(header)))


def next_nonce_call(header: PacketHeader) -> bytes:
    """An application's `nextNonce`: which message of this path it takes next; 0 for any."""
    return NEXT_NONCE_SELECTOR + joined(header.path.src_eid, header.path.sender)


def receive_call(packet: Packet, executor: Address) -> bytes:
    """An application's `lzReceive`, as the endpoint makes it."""
    return RECEIVE_SELECTOR + joined(
        *_origin(packet.header), packet.header.guid, octets(packet.message), _word(executor), octets(b"")
    )


def receiver_of(header: PacketHeader) -> Address:
    """The receiver as the destination's contracts read it."""
    return Address(header.path.receiver[-len(ZERO_ADDRESS) :])


@dataclass(frozen=True, slots=True)
class Carried:
    """What a call of the above does, and for which message."""

    selector: bytes
    subject: Hash32
    """The GUID."""
    index: int | None = None
    """Of a composed call."""


def carried_by(data: bytes) -> Carried | None:
    """What calldata of `commit_call`, `execute_call`, `drop_and_execute_call` or `compose_call` is about;
    None for any other."""
    selector = data[:4]
    match selector:
        case _ if selector == COMMIT_SELECTOR:
            header = data[4 + 4 * WORD :][:HEADER_SIZE]
            return Carried(selector, _guid_of(header))
        case _ if selector == EXECUTE_SELECTOR:
            return Carried(selector, Hash32(data[4 + 5 * WORD :][:WORD]))
        case _ if selector == DROP_AND_EXECUTE_SELECTOR:
            start = 4 + int.from_bytes(data[4 + 2 * WORD :][:WORD], "big")
            return Carried(selector, Hash32(data[start + 4 * WORD :][:WORD]))
        case _ if selector == COMPOSE_SELECTOR:
            index = int.from_bytes(data[4 + 3 * WORD :][:WORD], "big")
            return Carried(selector, Hash32(data[4 + 2 * WORD :][:WORD]), index)
    return None


def _guid_of(header: bytes) -> Hash32:
    from devnet.chain.keccak import keccak256

    return keccak256(header[1:])


def _execution(packet: Packet, gas: int, message: bytes | None) -> Tail:
    header = packet.header
    shown = packet.message if message is None else message
    return members(_word(receiver_of(header)), *_origin(header), header.guid, octets(shown), octets(b""), gas)


def _origin(header: PacketHeader) -> tuple[int, Hash32, int]:
    return header.path.src_eid, header.path.sender, header.nonce


def _word(address: Address) -> bytes:
    return address.rjust(WORD, b"\0")
