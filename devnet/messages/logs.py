"""What the contracts' logs say about messages.

The topics are those of LayerZero V2's endpoint and executor, whose events the contracts here emit; the tests
hold them against the compiled artifacts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from devnet.artifacts.abi import AbiError, AbiType, decode, parse_type
from devnet.chain.block import Log
from devnet.chain.keccak import keccak256
from devnet.chain.outbox import PACKET_SENT, leaf_of, packet_of
from devnet.chain.types import ZERO_ADDRESS, Address, Hash32, Wei
from devnet.contracts.addresses import ENDPOINT, EXECUTOR, SEND_LIBRARY
from devnet.messages.life import ComposeKey, Drop, FailedCall, Step, StepKind
from devnet.messages.place import Place
from devnet.packets.packet import (
    HEADER_SIZE,
    MalformedPacket,
    Packet,
    PacketHeader,
    Path,
    decode_packet,
    padded,
)
from devnet.zone.messages import LocatedLog, LogQuery


@dataclass(frozen=True, slots=True)
class SentLog:
    """A packet that left the zone."""

    leaf: Hash32
    """In the outbox."""
    packet: Packet | None
    """None where a library that is not the network's wrote something else."""
    options: bytes
    library: Address
    executor: Address | None
    fee: Wei | None
    place: Place


@dataclass(frozen=True, slots=True)
class StepLog:
    """Something that happened to a message in the zone that it goes to."""

    guid: Hash32
    step: Step


MessageLog: TypeAlias = "SentLog | StepLog"


def _topic(text: str) -> Hash32:
    return Hash32(bytes.fromhex(text))


PACKET_VERIFIED = _topic("0d87345f3d1c929caba93e1c3821b54ff3512e12b66aa3cfe54b6bcbc17e59b4")
PACKET_DELIVERED = _topic("3cd5e48f9730b129dc7550f0fcea9c767b7be37837cd10e55eb35f734f4bca04")
RECEIVE_ALERT = _topic("7edfa10fe10193301ad8a8bea7e968c7bcabcc64981f368e3aeada40ce26ae2c")
NONCE_SKIPPED = _topic("28f40053783033ef755556a0c3315379141f51a33aed8334174ffbadd90bde48")
PACKET_NILIFIED = _topic("af0450c392c4f702515a457a362328c8aa21916048ca6d0419e248b30cb55292")
PACKET_BURNT = _topic("7f68a37a6e69a0de35024a234558f9efe4b33b58657753d21eaaa82d51c3510e")
COMPOSE_SENT = _topic("3d52ff888d033fd3dd1d8057da59e850c91d91a72c41dfa445b247dfedeb6dc1")
COMPOSE_DELIVERED = _topic("0036c98efcf9e6641dfbc9051f66f405253e8e0c2ab4a24dccda15595b7378c8")
COMPOSE_ALERT = _topic("8a0b1dce321c5c5fb42349bce46d18087c04140de520917661fb923e44a904b9")
NATIVE_DROP_APPLIED = _topic("1f48172553121d8bf273ce457a5a3dd180d464e0add3e0143045b7fa039c3468")
EXECUTOR_FEE_PAID = _topic("61ed099e74a97a1d7f8bb0952a88ca8b7b8ebd00c126ea04671f92a81213318a")

MOST_TOLD = 1_024
"""Bytes that are kept of what a failed call says: revert data, what an executor gave along. The network's own
tells 256 of a revert at most, others tell what they like."""

_ORIGIN = "uint32,bytes32,uint64"
_EVENTS: dict[Hash32, tuple[Address, str, str]] = {
    PACKET_SENT: (ENDPOINT, "PacketSent", "bytes,bytes,address"),
    PACKET_VERIFIED: (ENDPOINT, "PacketVerified", f"{_ORIGIN},address,bytes32"),
    PACKET_DELIVERED: (ENDPOINT, "PacketDelivered", f"{_ORIGIN},address"),
    RECEIVE_ALERT: (ENDPOINT, "LzReceiveAlert", f"{_ORIGIN},bytes32,uint256,uint256,bytes,bytes,bytes"),
    NONCE_SKIPPED: (ENDPOINT, "InboundNonceSkipped", "uint32,bytes32,address,uint64"),
    PACKET_NILIFIED: (ENDPOINT, "PacketNilified", "uint32,bytes32,address,uint64,bytes32"),
    PACKET_BURNT: (ENDPOINT, "PacketBurnt", "uint32,bytes32,address,uint64,bytes32"),
    COMPOSE_SENT: (ENDPOINT, "ComposeSent", "address,address,bytes32,uint16,bytes"),
    COMPOSE_DELIVERED: (ENDPOINT, "ComposeDelivered", "address,address,bytes32,uint16"),
    COMPOSE_ALERT: (ENDPOINT, "LzComposeAlert", "bytes32,uint16,uint256,uint256,bytes,bytes,bytes"),
    NATIVE_DROP_APPLIED: (
        EXECUTOR,
        "NativeDropApplied",
        f"{_ORIGIN},uint32,address,(address,uint256)[],bool[]",
    ),
    EXECUTOR_FEE_PAID: (SEND_LIBRARY, "ExecutorFeePaid", "address,uint256"),
}
"""By topic: who emits the event, its name, and the types of its data. An `Origin` is static, so that its
members stand in the place of the tuple."""

QUERY = LogQuery(
    addresses=frozenset(address for address, _, _ in _EVENTS.values()), topics=(frozenset(_EVENTS),)
)
"""What to ask a zone for; the block range is missing."""

TOPICS = {name: topic for topic, (_, name, _) in _EVENTS.items()}
"""By the name of the event."""


def read_logs(logs: Iterable[LocatedLog], zone: int, eid: int) -> Iterator[MessageLog]:
    """What these logs of a zone, in their order, say. One that is not what its topic says is passed over."""
    paid: tuple[Place, Address, Wei] | None = None
    for located in logs:
        log = located.log
        event = _EVENTS.get(log.topics[0]) if log.topics else None
        if event is None or event[0] != log.address:
            continue
        place = _place_of(located, zone)
        topic = log.topics[0]
        if topic == PACKET_SENT:
            encoded = packet_of(log)
            if encoded is not None:
                yield _sent(encoded, log, place, paid)
                paid = None
            continue
        try:
            values = decode(_types(topic), log.data)
            if topic == EXECUTOR_FEE_PAID:
                paid = (place, Address(values[0]), Wei(values[1]))
            else:
                yield from _READERS[topic](values, log.topics, place, eid)
        except (AbiError, IndexError):
            continue


def asked_composes(logs: Iterable[Log], guid: Hash32) -> Iterator[tuple[ComposeKey, bytes]]:
    """The second steps of the message with that GUID that these logs of one call ask for, in their order,
    with the message of each."""
    for log in logs:
        if log.address != ENDPOINT or log.topics[:1] != (COMPOSE_SENT,):
            continue
        try:
            sender, to, found, index, message = decode(_types(COMPOSE_SENT), log.data)
        except AbiError:
            continue
        if found == guid:
            yield ComposeKey(Address(sender), Address(to), index), message


def _sent(encoded: bytes, log: Log, place: Place, paid: tuple[Place, Address, Wei] | None) -> SentLog:
    options, library = b"", ZERO_ADDRESS
    with suppress(AbiError):
        _, options, library = decode(_types(PACKET_SENT), log.data)
    header, payload = encoded[:HEADER_SIZE], encoded[HEADER_SIZE:]
    packet: Packet | None = None
    with suppress(MalformedPacket):
        packet = decode_packet(encoded)
    executor = fee = None
    # The library speaks just before the endpoint does, in the same transaction.
    if paid is not None and paid[0].transaction_hash == place.transaction_hash:
        _, executor, fee = paid
    leaf = leaf_of(header, keccak256(payload))
    return SentLog(leaf, packet, options, Address(library), executor, fee, place)


def _on_path(kind: StepKind, nonce: int, receiver: int) -> _Reader:
    """Events that name eid and sender first; where the other two stand."""

    def read(
        values: tuple[Any, ...], topics: tuple[Hash32, ...], place: Place, eid: int
    ) -> Iterator[StepLog]:
        path = Path(values[0], Hash32(values[1]), eid, padded(Address(values[receiver])))
        yield StepLog(PacketHeader(values[nonce], path).guid, Step(kind, place))

    return read


def _receive_alert(
    values: tuple[Any, ...], topics: tuple[Hash32, ...], place: Place, eid: int
) -> Iterator[StepLog]:
    path = Path(values[0], Hash32(values[1]), eid, Hash32(topics[1]))
    guid, gas, value, message, extra, revert = values[3:]
    call = FailedCall(
        Address(topics[2][12:]), gas, Wei(value), revert[:MOST_TOLD], keccak256(message), extra[:MOST_TOLD]
    )
    # Anybody can say anything: only what fits together is about a message.
    if PacketHeader(values[2], path).guid == guid:
        yield StepLog(Hash32(guid), Step(StepKind.FAILED, place, call))


def _compose(kind: StepKind) -> _Reader:
    def read(
        values: tuple[Any, ...], topics: tuple[Hash32, ...], place: Place, eid: int
    ) -> Iterator[StepLog]:
        sender, to, guid, index = values[:4]
        key = ComposeKey(Address(sender), Address(to), index)
        composed = values[4] if kind is StepKind.COMPOSE_SENT else b""
        yield StepLog(Hash32(guid), Step(kind, place, compose=key, composed=composed))

    return read


def _compose_alert(
    values: tuple[Any, ...], topics: tuple[Hash32, ...], place: Place, eid: int
) -> Iterator[StepLog]:
    guid, index, gas, value, message, extra, revert = values
    key = ComposeKey(Address(topics[1][12:]), Address(topics[2][12:]), index)
    call = FailedCall(
        Address(topics[3][12:]), gas, Wei(value), revert[:MOST_TOLD], keccak256(message), extra[:MOST_TOLD]
    )
    yield StepLog(Hash32(guid), Step(StepKind.COMPOSE_FAILED, place, call, compose=key))


def _drops(values: tuple[Any, ...], topics: tuple[Hash32, ...], place: Place, eid: int) -> Iterator[StepLog]:
    path = Path(values[0], Hash32(values[1]), eid, padded(Address(values[4])))
    drops = tuple(
        Drop(Address(receiver), Wei(amount), success)
        for (receiver, amount), success in zip(values[5], values[6], strict=False)
    )
    yield StepLog(PacketHeader(values[2], path).guid, Step(StepKind.NATIVE_DROPPED, place, drops=drops))


_Reader: TypeAlias = Callable[[tuple[Any, ...], tuple[Hash32, ...], Place, int], Iterator[StepLog]]

_READERS: dict[Hash32, _Reader] = {
    PACKET_VERIFIED: _on_path(StepKind.VERIFIED, 2, 3),
    PACKET_DELIVERED: _on_path(StepKind.DELIVERED, 2, 3),
    RECEIVE_ALERT: _receive_alert,
    NONCE_SKIPPED: _on_path(StepKind.SKIPPED, 3, 2),
    PACKET_NILIFIED: _on_path(StepKind.NILIFIED, 3, 2),
    PACKET_BURNT: _on_path(StepKind.BURNT, 3, 2),
    COMPOSE_SENT: _compose(StepKind.COMPOSE_SENT),
    COMPOSE_DELIVERED: _compose(StepKind.COMPOSE_DELIVERED),
    COMPOSE_ALERT: _compose_alert,
    NATIVE_DROP_APPLIED: _drops,
}


@functools.cache
def _types(topic: Hash32) -> tuple[AbiType, ...]:
    whole = parse_type(f"({_EVENTS[topic][2]})")
    return tuple(member.type for member in whole.members)


def _place_of(located: LocatedLog, zone: int) -> Place:
    number, block_hash, timestamp = located.block_number, located.block_hash, located.block_timestamp
    assert number is not None, "of a sealed block"
    assert block_hash is not None
    assert timestamp is not None
    return Place(
        zone,
        number,
        block_hash,
        timestamp,
        located.transaction_hash,
        located.transaction_index,
        located.log_index,
    )
