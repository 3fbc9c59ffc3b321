"""Logs that anybody can make harm nobody: what is not what its topic says is passed over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.block import Log
from devnet.chain.types import Address, Hash32
from devnet.contracts.addresses import ENDPOINT, EXECUTOR, SEND_LIBRARY
from devnet.messages.faults import CourierFaults, DropDeliveries
from devnet.messages.logs import TOPICS, SentLog, StepLog, read_logs
from devnet.messages.touched import KEPT, TouchedLog
from devnet.zone.messages import LocatedLog

HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
WORDS = st.one_of(st.integers(0, 300), st.integers(0, 2**256 - 1)).map(lambda word: word.to_bytes(32, "big"))
DATA = st.one_of(st.binary(max_size=300), st.lists(WORDS, max_size=14).map(b"".join))
LOGS = st.builds(
    Log,
    st.sampled_from((ENDPOINT, EXECUTOR, SEND_LIBRARY, Address(bytes(20)))),
    st.tuples(st.sampled_from(sorted(TOPICS.values()))).flatmap(
        lambda first: st.lists(HASHES, max_size=3).map(lambda others: (*first, *others))
    ),
    DATA,
)


def located(logs: list[Log]) -> list[LocatedLog]:
    zero = Hash32(bytes(32))
    return [LocatedLog(log, 7, zero, 1, zero, 0, index) for index, log in enumerate(logs)]


@given(st.lists(LOGS, max_size=5))
def test_any_log_is_read_or_passed_over(logs: list[Log]) -> None:
    places = [
        each.step.place.log_index if isinstance(each, StepLog) else each.place.log_index
        for each in read_logs(located(logs), 1, 50_121)
    ]
    assert places == sorted(places)
    assert len(places) == len(set(places))


@given(DATA)
def test_the_same_log_of_another_contract_says_nothing(data: bytes) -> None:
    stranger = Address(b"\x57" * 20)
    logs = [Log(stranger, (topic,), data) for topic in TOPICS.values()]
    assert list(read_logs(located(logs), 1, 50_121)) == []


def test_a_packet_of_another_library_has_its_number_too() -> None:
    """The outbox takes every packet that is long enough, whatever is in it."""
    packet = b"\x07" * 113
    data = (32).to_bytes(32, "big") + len(packet).to_bytes(32, "big") + packet
    (sent,) = read_logs(located([Log(ENDPOINT, (TOPICS["PacketSent"],), data)]), 1, 50_121)
    assert isinstance(sent, SentLog)
    assert sent.packet is None


def test_who_watches_too_late_is_told_so() -> None:
    touched = TouchedLog()
    guids = [Hash32(number.to_bytes(32, "big")) for number in range(KEPT + 2)]
    for guid in guids[:2]:
        touched.add(guid)
    assert touched.since(0).guids == tuple(guids[:2])
    assert touched.since(1).guids == (guids[1],)
    assert touched.since(None).guids == ()
    for guid in guids[2:]:
        touched.add(guid)
    late = touched.since(1)
    assert (late.gap, len(late.guids), late.cursor) == (True, KEPT, KEPT + 2)
    assert not touched.since(2).gap


def test_faults_have_ids_and_a_seed_each() -> None:
    faults = CourierFaults()
    first, second = faults.inject(DropDeliveries()), faults.inject(DropDeliveries(), seed=9)
    assert [(fault.id, fault.seed) for fault in faults.faults] == [(1, 1), (2, 9)]
    assert faults.clear(1) == (first,)
    assert faults.clear(1) == ()
    assert faults.clear() == (second,)
    assert faults.inject(DropDeliveries()).id == 3
