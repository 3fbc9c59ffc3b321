"""What is written out by hand about the contracts of messages is what the compiler made of them."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from devnet.artifacts.artifact import parse_abi
from devnet.artifacts.items import AbiItem
from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts import artifacts, channels
from devnet.contracts import delivering as calls
from devnet.messages.lives import INVALID_NONCE, PAYLOAD_HASH_NOT_FOUND
from devnet.messages.logs import QUERY, TOPICS
from devnet.packets.packet import Packet, PacketHeader, Path

ADDRESSES = st.binary(min_size=20, max_size=20).map(Address)
HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
EIDS = st.integers(0, (1 << 32) - 1)
NONCES = st.integers(0, (1 << 64) - 1)
HEADERS = st.builds(PacketHeader, NONCES, st.builds(Path, EIDS, HASHES, EIDS, HASHES))
PACKETS = st.builds(Packet, HEADERS, st.binary(max_size=100))
ORIGIN = "(uint32,bytes32,uint64)"
EXECUTION = f"(address,{ORIGIN},bytes32,bytes,bytes,uint256)"


def items(contract: str, kind: str) -> dict[str, AbiItem]:
    return {item.name: item for item in parse_abi(artifacts.load(contract).abi)[1] if item.kind == kind}


def called(contract: str, name: str, *values: Any) -> bytes:
    item = items(contract, "function")[name]
    return item.selector + encode([str(parameter.type) for parameter in item.inputs], values)


def origin(header: PacketHeader) -> tuple[int, bytes, int]:
    return header.path.src_eid, header.path.sender, header.nonce


def execution(packet: Packet, gas: int) -> tuple[Any, ...]:
    header = packet.header
    return (
        "0x" + calls.receiver_of(header).hex(),
        origin(header),
        header.guid,
        packet.message,
        b"",
        gas,
    )


@given(PACKETS, st.integers(0, 99), st.integers(0, 99), st.integers(0, 2**59), st.lists(HASHES, max_size=4))
def test_proving_is_called_as_the_library_wants(
    packet: Packet, height: int, number: int, zeros: int, peers: list[Hash32]
) -> None:
    proof = calls.MessageProof(height, number, zeros, tuple(peers))
    header = packet.header.encoded
    data = calls.commit_call(header, packet.payload_hash, proof)
    shown = (height, number, (zeros, peers))
    assert data == called("ZeroReceiveLib", "commitVerification", header, packet.payload_hash, shown)
    assert calls.carried_by(data) == calls.Carried(calls.COMMIT_SELECTOR, packet.header.guid)


@given(PACKETS, st.integers(0, 2**64), st.lists(st.tuples(ADDRESSES, st.integers(0, 2**128)), max_size=3))
def test_delivering_is_called_as_the_executor_wants(
    packet: Packet, gas: int, drops: list[tuple[Address, int]]
) -> None:
    data = calls.execute_call(packet, gas)
    assert data == called("Executor", "execute302", execution(packet, gas))
    assert calls.carried_by(data) == calls.Carried(calls.EXECUTE_SELECTOR, packet.header.guid)
    params = [calls.NativeDropParams(receiver, Wei(amount)) for receiver, amount in drops]
    data = calls.drop_and_execute_call(params, 7, packet, gas)
    shown = [("0x" + receiver.hex(), amount) for receiver, amount in drops]
    assert data == called("Executor", "nativeDropAndExecute302", shown, 7, execution(packet, gas))
    assert calls.carried_by(data) == calls.Carried(calls.DROP_AND_EXECUTE_SELECTOR, packet.header.guid)


@given(ADDRESSES, ADDRESSES, HASHES, st.integers(0, 65_535), st.binary(max_size=70), st.integers(0, 2**64))
def test_composing_is_called_as_the_executor_wants(
    sender: Address, to: Address, guid: Hash32, index: int, message: bytes, gas: int
) -> None:
    data = calls.compose_call(sender, to, guid, index, message, gas)
    people = "0x" + sender.hex(), "0x" + to.hex()
    assert data == called("Executor", "compose302", *people, guid, index, message, b"", gas)
    assert calls.carried_by(data) == calls.Carried(calls.COMPOSE_SELECTOR, guid, index)


@given(HEADERS)
def test_questions_are_asked_as_the_endpoint_wants(header: PacketHeader) -> None:
    receiver = "0x" + calls.receiver_of(header).hex()
    assert calls.initializable_call(header) == called("Endpoint", "initializable", origin(header), receiver)


@given(st.binary(max_size=200))
def test_other_calldata_is_about_nothing(data: bytes) -> None:
    known = (calls.COMMIT_SELECTOR, calls.EXECUTE_SELECTOR, calls.DROP_AND_EXECUTE_SELECTOR)
    if data[:4] not in (*known, calls.COMPOSE_SELECTOR):
        assert calls.carried_by(data) is None


def test_topics_are_those_of_the_events() -> None:
    events = {
        name: item.digest
        for contract in ("Endpoint", "Executor", "ZeroSendLib")
        for name, item in items(contract, "event").items()
    }
    assert {name: events[name] for name in TOPICS} == TOPICS
    # What the endpoint says about a packet or a composed call is looked for.
    about = {name for name in items("Endpoint", "event") if name.startswith(("Packet", "Compose", "Lz"))}
    assert about - {"LzTokenSet"} <= set(TOPICS)
    assert QUERY.topics == (frozenset(TOPICS.values()),)


@pytest.mark.parametrize(
    ("contract", "variable", "slot"),
    [
        ("Endpoint", "lazyInboundNonce", channels.LAZY_NONCES_SLOT),
        ("Endpoint", "inboundPayloadHash", channels.PAYLOAD_HASHES_SLOT),
        ("Endpoint", "composeQueue", channels.COMPOSE_QUEUE_SLOT),
        ("ZeroReceiveLib", "isCommitted", channels.COMMITTED_SLOT),
    ],
)
def test_slots_are_those_of_the_layout(contract: str, variable: str, slot: int) -> None:
    layout = {each["label"]: int(each["slot"]) for each in artifacts.load(contract).storage_layout["storage"]}
    assert layout[variable] == slot


def test_the_endpoints_own_refusals_are_known() -> None:
    errors = items("Endpoint", "error")
    assert errors["LZ_InvalidNonce"].selector == INVALID_NONCE
    assert errors["LZ_PayloadHashNotFound"].selector == PAYLOAD_HASH_NOT_FOUND
