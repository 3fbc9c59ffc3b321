"""The end of a block: what its logs say was sent goes into the zone's outbox, on every engine alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.block import Log
from devnet.chain.hash_tree import sparse_root
from devnet.chain.keccak import keccak256
from devnet.chain.outbox import (
    ENDPOINT,
    MOST_LEAVES,
    OUTBOX,
    PACKET_SENT,
    ROOT_SLOT,
    append_calls,
    leaf_of,
    leaves_of,
    packet_of,
)
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32
from devnet.contracts import artifacts, outbox
from devnet.execution import Engine, Execution, Mode, TransactionResult
from devnet.execution.framed import run_block
from devnet.packets.packet import Packet, PacketHeader, Path
from devnet.scheduling import BlockOrder
from tests.execution.block_engines import BLOCK_ENGINES
from tests.execution.memory_state import (
    COINBASE,
    MemoryState,
    environment,
    funded,
    rules,
    transaction,
)
from tests.execution.mixes import push

BLOCK = Mode(credit_fees=True, append_messages=True)
ELSEWHERE = Address(b"\xe1" * 20)

# Emits its calldata after the first two words as a log: word 0 is the topic, word 1 whether to revert then.
EMITTER = (
    push(64) + b"\x36\x03" + push(64) + b"\x5f\x37" + b"\x5f\x35" + push(64) + b"\x36\x03\x5f\xa1"
    + push(32) + b"\x35" + push(25) + b"\x57\x00\x5b\x5f\x5f\xfd"
)  # fmt: skip
# Sends as many messages as word 0 says, that end with what is left to send: the packet is 120 bytes.
LOOP = push(32) + b"\x5f\x52" + push(120) + push(32) + b"\x52\x5f\x35"
SENDER_OF_MANY = (
    LOOP + b"\x5b\x80" + push(64 + 88) + b"\x52" + push(PACKET_SENT) + push(64 + 120) + b"\x5f\xa1"
    + push(1) + b"\x90\x03\x80" + push(len(LOOP)) + b"\x57\x00"
)  # fmt: skip


def state_with(endpoint: bytes) -> MemoryState:
    """A zone with an empty outbox, and this code as its endpoint and somewhere else."""
    code = artifacts.load("Outbox").runtime
    return (
        funded()
        .put(OUTBOX, nonce=1, code=code)
        .put(ENDPOINT, nonce=1, code=endpoint)
        .put(ELSEWHERE, nonce=1, code=endpoint)
    )


def encoded(packet: bytes) -> bytes:
    """The data of a log whose first argument is the packet."""
    words = (-len(packet)) % 32
    return (32).to_bytes(32, "big") + len(packet).to_bytes(32, "big") + packet + bytes(words)


def emit(
    nonce: int, data: bytes, *, topic: Hash32 = PACKET_SENT, to: Address = ENDPOINT, fails: bool = False
) -> Transaction:
    """A transaction that emits such a log."""
    return transaction(to, nonce=nonce, data=topic + fails.to_bytes(32, "big") + data)


def in_outbox(state: MemoryState) -> tuple[Hash32, int]:
    """The root and the number of messages."""

    def load(slot: int) -> int:
        return state.storage(OUTBOX, slot)

    return outbox.root(load), outbox.count(load)


def run_all(
    engine: Engine, state: MemoryState, transactions: list[Transaction], mode: Mode = BLOCK
) -> Execution:
    """Serially, by frames and as the engine runs blocks: all the same. Applies the changes."""
    env = environment()
    serial = engine.execute(rules(), env, transactions, state, mode)
    for execution in (
        engine.execute_block(rules(), env, transactions, state, mode, BlockOrder.GIVEN).execution,
        run_block(engine, rules(), env, transactions, state, mode, BlockOrder.GIVEN).execution.execution,
    ):
        assert dict(execution.changes.storage) == dict(serial.changes.storage)
        assert dict(execution.changes.accounts) == dict(serial.changes.accounts)
    state.apply(serial.changes)
    return serial


def logs_of(execution: Execution) -> list[Log]:
    return [
        log for result in execution.results if isinstance(result, TransactionResult) for log in result.logs
    ]


# ------------------------------------------------------------ what is a message

packets = st.builds(
    Packet,
    st.builds(
        PacketHeader,
        st.integers(0, 2**64 - 1),
        st.builds(
            Path,
            st.integers(0, 2**32 - 1),
            st.binary(min_size=32, max_size=32).map(Hash32),
            st.integers(0, 2**32 - 1),
            st.binary(min_size=32, max_size=32).map(Hash32),
        ),
    ),
    st.binary(max_size=80),
)


@given(packets)
def test_a_packet_s_leaf_is_the_hash_of_its_header_and_its_payload_s_hash(packet: Packet) -> None:
    log = Log(ENDPOINT, (PACKET_SENT,), encoded(packet.encoded))
    assert packet_of(log) == packet.encoded
    assert leaves_of([log]) == [leaf_of(packet.header.encoded, packet.payload_hash)]
    assert leaves_of([replace(log, address=OUTBOX), replace(log, topics=(keccak256(b"other"),))]) == []
    assert leaves_of([replace(log, topics=()), replace(log, data=log.data[:150])]) == []


def test_the_topic_is_the_hash_of_the_event_that_the_endpoint_has() -> None:
    (event,) = (entry for entry in artifacts.load("Endpoint").abi if entry.get("name") == "PacketSent")
    signature = f"PacketSent({','.join(each['type'] for each in event['inputs'])})"
    assert keccak256(signature.encode()) == PACKET_SENT
    assert not any(each["indexed"] for each in event["inputs"])


offsets = st.sampled_from((0, 1, 31, 32, 33, 64, 200, 2**63, 2**64 - 1, 2**64, 2**255, 2**256 - 1))
sizes = st.sampled_from((0, 112, 113, 120, 180, 2**64 - 33, 2**64 - 1, 2**256 - 1))
words = st.tuples(offsets, sizes).map(lambda pair: b"".join(value.to_bytes(32, "big") for value in pair))
datas = st.one_of(
    st.binary(max_size=250), st.builds(lambda head, tail: head + tail, words, st.binary(max_size=200)),
    packets.map(lambda packet: encoded(packet.encoded)), st.binary(min_size=110, max_size=120).map(encoded),
)  # fmt: skip


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(datas, st.booleans(), st.booleans(), st.booleans()), max_size=6))
def test_exactly_the_packets_in_logs_of_the_endpoint_in_what_succeeded_are_appended(
    engine: Engine, sent: list[tuple[bytes, bool, bool, bool]]
) -> None:
    state = state_with(EMITTER)
    execution = run_all(
        engine,
        state,
        [
            emit(
                nonce,
                data,
                topic=keccak256(b"other") if is_other else PACKET_SENT,
                to=ELSEWHERE if is_elsewhere else ENDPOINT,
                fails=fails,
            )
            for nonce, (data, is_other, is_elsewhere, fails) in enumerate(sent)
        ],
    )
    said = [Log(ENDPOINT, (PACKET_SENT,), data) for data, *others in sent if not any(others)]
    leaves = leaves_of(logs_of(execution))
    assert leaves == leaves_of(said)
    assert in_outbox(state) == (
        sparse_root(32, dict(enumerate(leaves))) if leaves else bytes(32),
        len(leaves),
    )


# ------------------------------------------------------------ when and how


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_messages_of_later_blocks_come_after_those_of_earlier_ones(engine: Engine) -> None:
    state = state_with(EMITTER)
    leaves: list[Hash32] = []
    for block in range(4):
        nonce = block * (block + 1) // 2
        packets = [bytes([block, index]) * 60 for index in range(block + 1)]
        run_all(engine, state, [emit(nonce + index, encoded(packet)) for index, packet in enumerate(packets)])
        leaves += [leaf_of(packet[:81], keccak256(packet[81:])) for packet in packets]
        assert in_outbox(state) == (sparse_root(32, dict(enumerate(leaves))), len(leaves))


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_a_block_without_messages_asks_nothing_of_the_outbox(engine: Engine) -> None:
    state = state_with(EMITTER)
    plain = [transaction(ELSEWHERE, data=bytes(64))]
    mode = replace(BLOCK, record_reads=True)
    with_step = engine.execute(rules(), environment(), plain, state, mode)
    without = engine.execute(rules(), environment(), plain, state, replace(mode, append_messages=False))
    assert with_step.reads == without.reads
    assert with_step.reads is not None
    assert OUTBOX not in with_step.reads.accounts


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_the_step_comes_after_the_fees_and_costs_no_transaction_anything(engine: Engine) -> None:
    """An outbox that keeps the coinbase's balance, and the base fee, where it is called."""
    state = state_with(EMITTER)
    keeper = push(COINBASE) + b"\x31\x5f\x55\x48" + push(1) + b"\x55"
    state.put(OUTBOX, nonce=1, code=keeper)
    execution = run_all(engine, state, [emit(0, encoded(bytes(113)))])
    paid = execution.gas_used * 1
    assert state.storage(OUTBOX, 0) == paid == state.accounts[COINBASE].balance
    assert state.storage(OUTBOX, 1) == environment().base_fee
    alone = engine.execute(
        rules(),
        environment(),
        [emit(1, encoded(bytes(113)))],
        state,
        Mode(credit_fees=True),
    )
    assert alone.gas_used == execution.gas_used
    assert not any(owner == OUTBOX for owner, _ in alone.changes.storage)


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
@pytest.mark.parametrize(
    "code", [b"", b"\xfe", b"\x5f\x5f\xfd", push(1) + b"\x5f\x55" + push(2**40) + b"\x51"]
)
def test_an_outbox_that_is_not_there_or_fails_changes_nothing(engine: Engine, code: bytes) -> None:
    state = state_with(EMITTER).put(OUTBOX, nonce=1, code=code)
    execution = run_all(engine, state, [emit(0, encoded(bytes(113)))])
    assert isinstance(execution.results[0], TransactionResult)
    assert execution.results[0].status
    assert state.slots_of.get(OUTBOX, {}) == {}


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_a_code_that_a_message_s_appending_leaves_as_it_was_is_no_change(engine: Engine) -> None:
    """The step takes back what a transaction had changed: the block changes nothing of it."""
    state = state_with(EMITTER)
    # Sets slot 0 to 0 when the system calls, to 1 for others.
    setter = push(bytes.fromhex("ff" * 19 + "fe")) + b"\x33\x14\x15\x5f\x55"
    state.put(OUTBOX, nonce=1, code=setter)
    execution = run_all(engine, state, [transaction(OUTBOX), emit(1, encoded(bytes(113)))])
    assert dict(execution.changes.storage) == {}


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_a_block_of_thousands_of_messages_appends_them_all(engine: Engine) -> None:
    """More than one system call has the gas for."""
    state = state_with(SENDER_OF_MANY)
    count, each = MOST_LEAVES + 1_808, 2_500
    execution = run_all(
        engine,
        state,
        [
            transaction(nonce=nonce, to=ENDPOINT, data=each.to_bytes(32, "big"), gas_limit=16_000_000)
            for nonce in range(count // each)
        ],
    )
    leaves = leaves_of(logs_of(execution))
    assert len(leaves) == count
    assert in_outbox(state) == (sparse_root(32, dict(enumerate(leaves))), count)
    assert len(list(append_calls(leaves))) == 2


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_the_largest_call_has_gas_enough_from_any_count_on(engine: Engine) -> None:
    """The dearest is the first: then every slot of the branch is new."""
    leaves = tuple(Hash32(index.to_bytes(32, "big")) for index in range(1, MOST_LEAVES + 1))
    for count in (0, 1, MOST_LEAVES - 1, 2**31 - 1, 2**32 - 1 - MOST_LEAVES):
        state = state_with(EMITTER)
        state.slots_of[OUTBOX] = {outbox.COUNT_SLOT: count} if count else {}
        state.apply(
            engine.execute(rules(), environment(), [], state, replace(BLOCK, messages=leaves)).changes
        )
        assert state.storage(OUTBOX, outbox.COUNT_SLOT) == count + MOST_LEAVES
        assert state.storage(OUTBOX, ROOT_SLOT)


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_an_outbox_that_is_full_takes_nothing_more(engine: Engine) -> None:
    state = state_with(EMITTER)
    state.slots_of[OUTBOX] = {outbox.COUNT_SLOT: 2**32 - 1}
    run_all(engine, state, [emit(0, encoded(bytes(113)))])
    assert state.slots_of[OUTBOX] == {outbox.COUNT_SLOT: 2**32 - 1}
