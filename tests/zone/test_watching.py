"""Events, filters and log queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain.block import Block
from devnet.chain.signature import SigningKey
from devnet.chain.transaction_codec import sign
from devnet.chain.types import Hash32
from devnet.zone.errors import BadRequest, LimitExceeded, UnknownBlock, UnknownFilter
from devnet.zone.events import (
    BLOCK_LIMIT,
    BUNDLE_EVENTS,
    EVENT_WEIGHT_LIMIT,
    LIVE_BLOCKS,
    LIVE_WEIGHT,
    EventLog,
)
from devnet.zone.filters import FILTER_LIMIT, FilterBank
from devnet.zone.messages import BlockAdded, LogQuery, TransactionPending
from tests.chain.transactions import KEY, transfer
from tests.zone.driver import ALICE, BOB, CAROL, LOGGER, REVERTER, STORE, Driver, word, zone_config

ALL = LogQuery(from_block=0, to_block="latest")


def topics(*alternatives: int) -> frozenset[Hash32]:
    return frozenset(Hash32(word(number)) for number in alternatives)


# ---------------------------------------------------------------- logs


def test_logs_are_selected_by_address_and_topic(driver: Driver) -> None:
    for topic in (1, 2, 1, 3):
        driver.log(topic)
    driver.run()

    def found(**conditions: object) -> list[int]:
        query = LogQuery(from_block=0, **conditions)
        return [int.from_bytes(log.log.topics[0], "big") for log in driver.zone.logs(query)]

    assert found() == [1, 2, 1, 3]
    assert found(addresses=frozenset({LOGGER})) == [1, 2, 1, 3]
    assert found(addresses=frozenset({STORE})) == []
    assert found(addresses=frozenset({STORE, LOGGER}), topics=(topics(1),)) == [1, 1]
    assert found(topics=(topics(2, 3),)) == [2, 3]
    assert found(topics=(None,)) == [1, 2, 1, 3]
    assert found(topics=(topics(1), None)) == []
    assert found(topics=(frozenset(),)) == [1, 2, 1, 3]
    assert found(topics=(topics(*range(1, 100)),)) == [1, 2, 1, 3]


def test_logs_say_where_they_are(driver: Driver) -> None:
    driver.submit(ALICE, BOB)
    first = driver.submit(BOB, LOGGER, value=0, data=word(1))
    second = driver.submit(BOB, LOGGER, value=0, data=word(2))
    (block,) = driver.mine()
    logs = driver.zone.logs(ALL)
    assert [log.transaction_hash for log in logs] == [first, second]
    assert [log.log_index for log in logs] == [0, 1]
    assert [log.transaction_index for log in logs] == [1, 2]
    for log in logs:
        assert (log.block_number, log.block_hash) == (1, block.hash)
        assert log.block_timestamp == block.header.timestamp
        assert not log.removed
        assert log.log.data == log.log.topics[0]


def test_log_queries_are_bounded_by_blocks(driver: Driver) -> None:
    hashes = [driver.log(topic).block_hash for topic in range(4)]

    def numbers(query: LogQuery) -> list[int | None]:
        return [log.block_number for log in driver.zone.logs(query)]

    assert numbers(LogQuery()) == [4]
    assert numbers(LogQuery(from_block=2, to_block=3)) == [2, 3]
    assert numbers(LogQuery(from_block="earliest", to_block=1)) == [1]
    assert numbers(LogQuery(from_block=3, to_block=1_000)) == [3, 4]
    assert numbers(LogQuery(from_block=hashes[1], to_block="latest")) == [2, 3, 4]
    assert numbers(LogQuery(block_hash=hashes[2])) == [3]
    assert numbers(LogQuery(from_block=9, to_block="latest")) == []
    with pytest.raises(BadRequest):
        numbers(LogQuery(from_block=3, to_block=2))
    with pytest.raises(UnknownBlock):
        numbers(LogQuery(block_hash=Hash32(bytes(32))))


def test_logs_of_the_pending_block_have_no_place_yet(driver: Driver) -> None:
    driver.log(1)
    driver.submit(ALICE, LOGGER, value=0, data=word(2))
    (log,) = driver.zone.logs(LogQuery(from_block="pending", to_block="pending"))
    assert (log.block_number, log.block_hash, log.log.data) == (None, None, word(2))
    both = driver.zone.logs(LogQuery(from_block=0, to_block="pending"))
    assert [log.log.data for log in both] == [word(1), word(2)]


def test_too_many_logs_are_refused(make: Callable[..., Driver]) -> None:
    driver = make(max_log_results=2)
    for topic in range(3):
        driver.log(topic)
    with pytest.raises(LimitExceeded):
        driver.zone.logs(ALL)
    assert len(driver.zone.logs(LogQuery(from_block=2))) == 2


# ---------------------------------------------------------------- events


def test_events_tell_what_happened_in_order(driver: Driver) -> None:
    zone = driver.zone
    start = zone.events()
    assert start.events == ()
    transaction_hash = driver.submit(ALICE, REVERTER, value=0, data=b"no")
    driver.mine()
    page = zone.events(start.cursor)
    pending, added = page.events
    assert isinstance(pending, TransactionPending)
    assert pending.transaction.hash == transaction_hash
    assert isinstance(added, BlockAdded)
    assert added.block == driver.block(1)
    assert added.failures[0] is not None
    assert added.outputs == (b"no",)
    assert not page.gap
    assert zone.events(page.cursor).events == ()
    assert zone.events(start.cursor).cursor == page.cursor


def test_old_events_are_packed_and_come_out_as_they_went_in(driver: Driver) -> None:
    log = EventLog()
    cursor = driver.zone.events().cursor
    told: list[object] = []
    for number in range(40):
        driver.log(number)
        if number % 10 == 9:
            driver.zone.rollback(3)
        page = driver.zone.events(cursor)
        cursor = page.cursor
        told += page.events
    told *= 1 + 3 * LIVE_BLOCKS // 40
    for event in told:
        log.append(event)
    for start in (0, 1, BUNDLE_EVENTS - 1, BUNDLE_EVENTS, BUNDLE_EVENTS + 1, len(told) // 2, len(told) - 1):
        page = log.since(start)
        assert not page.gap
        assert page.cursor == log.cursor == len(told)
        assert list(page.events) == told[start:]


def test_many_that_became_executable_are_an_event_each(driver: Driver) -> None:
    many = [sign(transfer(nonce=nonce), SigningKey(KEY)) for nonce in range(30)] * (LIVE_WEIGHT // 15)
    log, other = EventLog(), EventLog()
    log.append_pending([])
    assert log.cursor == 0
    log.append_pending(many[:31])
    log.append(BlockAdded(driver.block()))
    log.append_pending(many[31:])
    for transaction in many[:31]:
        other.append(TransactionPending(transaction))
    other.append(BlockAdded(driver.block()))
    for transaction in many[31:]:
        other.append(TransactionPending(transaction))
    assert log.cursor == other.cursor == len(many) + 1
    for start in (0, 30, 31, 32, 5_000, len(many)):
        assert log.since(start) == other.since(start)
    assert log.since(30).events[:3] == (
        TransactionPending(many[30]),
        BlockAdded(driver.block()),
        TransactionPending(many[31]),
    )


def filled_with(block: Block) -> EventLog:
    """A log to which more blocks were told than it keeps."""
    log = EventLog()
    for _ in range(BLOCK_LIMIT + 2 * BUNDLE_EVENTS + 5):
        log.append(BlockAdded(block))
    return log


def test_events_are_kept_for_so_many_blocks() -> None:
    log = filled_with(Driver(zone_config()).block())
    assert log.cursor == BLOCK_LIMIT + 2 * BUNDLE_EVENTS + 5
    page = log.since(4)
    assert page.gap
    assert BLOCK_LIMIT <= len(page.events) <= BLOCK_LIMIT + 2 * BUNDLE_EVENTS
    first = log.cursor - len(page.events)
    assert not log.since(first).gap
    assert log.since(first).events == page.events
    assert log.since(first - 1).gap


def test_large_events_displace_more_of_the_older_ones() -> None:
    log = EventLog()
    block = Driver(zone_config()).block()
    for _ in range(10):
        log.append(BlockAdded(block, outputs=(bytes(1024 * (EVENT_WEIGHT_LIMIT // 4)),)))
    page = log.since(0)
    assert page.gap
    assert len(page.events) == 4


# ---------------------------------------------------------------- filters


def test_a_block_filter_gives_new_blocks_once(driver: Driver) -> None:
    driver.mine()
    identifier = driver.zone.new_filter("blocks", 0.0)
    assert driver.zone.filter_changes(identifier, 0.0).hashes == ()
    blocks = driver.mine(2)
    changes = driver.zone.filter_changes(identifier, 1.0)
    assert (changes.kind, changes.hashes) == ("blocks", tuple(block.hash for block in blocks))
    assert driver.zone.filter_changes(identifier, 2.0).hashes == ()


def test_a_transaction_filter_gives_what_became_executable(driver: Driver) -> None:
    identifier = driver.zone.new_filter("transactions", 0.0)
    waiting = driver.submit(nonce=1)
    assert driver.zone.filter_changes(identifier, 0.0).hashes == ()
    first = driver.submit(nonce=0)
    driver.mine()
    assert driver.zone.filter_changes(identifier, 0.0).hashes == (first, waiting)


def test_a_log_filter_gives_matching_logs(driver: Driver) -> None:
    driver.log(1)
    query = LogQuery(addresses=frozenset({LOGGER}), topics=(topics(1, 2),))
    identifier = driver.zone.new_filter("logs", 0.0, query)
    for topic in (2, 3, 1):
        driver.log(topic)
    logs = driver.zone.filter_changes(identifier, 0.0).logs
    assert [log.log.topics[0] for log in logs] == [word(2), word(1)]
    assert driver.zone.filter_changes(identifier, 0.0).logs == ()
    everything = driver.zone.new_filter("logs", 0.0, LogQuery(from_block=0, topics=(topics(1, 2),)))
    assert len(driver.zone.filter_logs(everything, 0.0)) == 3
    assert driver.zone.filter_changes(everything, 0.0).logs == ()


def test_a_log_filter_keeps_to_its_blocks(driver: Driver) -> None:
    identifier = driver.zone.new_filter("logs", 0.0, LogQuery(from_block=2, to_block=3))
    for topic in range(1, 5):
        driver.log(topic)
    logs = driver.zone.filter_changes(identifier, 0.0).logs
    assert [log.block_number for log in logs] == [2, 3]


def test_removed_logs_come_again_as_removed(driver: Driver) -> None:
    identifier = driver.zone.new_filter("logs", 0.0)
    driver.submit(ALICE, LOGGER, value=0, data=word(1))
    driver.submit(ALICE, LOGGER, value=0, data=word(2))
    driver.mine()
    old = driver.zone.filter_changes(identifier, 0.0).logs
    replacement = driver.transaction(CAROL, LOGGER, value=0, data=word(3))
    driver.zone.reorg(1, [(replacement, 0)], driver.clock.reading())
    changes = driver.zone.filter_changes(identifier, 0.0).logs
    assert [(log.log.data, log.removed) for log in changes] == [
        (word(2), True),
        (word(1), True),
        (word(3), False),
    ]
    assert {log.block_hash for log in changes[:2]} == {old[0].block_hash}


def test_a_filter_that_nobody_asks_expires(make: Callable[..., Driver]) -> None:
    driver = make(filter_lifetime=60.0)
    first = driver.zone.new_filter("blocks", 0.0)
    second = driver.zone.new_filter("blocks", 30.0)
    driver.zone.filter_changes(first, 50.0)
    with pytest.raises(UnknownFilter):
        driver.zone.filter_changes(second, 91.0)
    driver.zone.filter_changes(first, 110.0)
    with pytest.raises(UnknownFilter):
        driver.zone.filter_changes(first, 171.0)


def test_unknown_filters_are_refused(driver: Driver) -> None:
    identifier = driver.zone.new_filter("blocks", 0.0)
    with pytest.raises(UnknownFilter):
        driver.zone.filter_logs(identifier, 0.0)
    assert driver.zone.uninstall_filter(identifier)
    assert not driver.zone.uninstall_filter(identifier)
    with pytest.raises(UnknownFilter):
        driver.zone.filter_changes(identifier, 0.0)


def test_a_filter_that_missed_events_says_so() -> None:
    log = EventLog()
    filters = FilterBank(log, 60.0)
    identifier = filters.install("blocks", LogQuery(), 0.0)
    block = Driver(zone_config()).block()
    for _ in range(BLOCK_LIMIT + 2 * BUNDLE_EVENTS):
        log.append(BlockAdded(block))
    with pytest.raises(UnknownFilter):
        filters.changes(identifier, 0.0)


def test_filters_are_bounded() -> None:
    filters = FilterBank(EventLog(), 60.0)
    for _ in range(FILTER_LIMIT):
        filters.install("blocks", LogQuery(), 0.0)
    with pytest.raises(LimitExceeded):
        filters.install("blocks", LogQuery(), 1.0)
    filters.install("blocks", LogQuery(), 61.0)
