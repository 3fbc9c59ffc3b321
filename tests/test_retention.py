"""--memory-limit: which zone forgets what, and when."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from devnet.chain.types import Wei
from devnet.retention import KEPT_BLOCKS, Retention
from devnet.zone import chain_store
from devnet.zone.errors import HistoryGone, UnknownSnapshot
from tests.zone.driver import ALICE, BOB, CAROL, LOGGER, STORE, Driver, word, zone_config


@pytest.fixture(autouse=True)
def _few_live_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_store, "LIVE_BLOCKS", 16)


def counted(driver: Driver) -> int:
    return driver.zone.history().total_bytes


def busy(driver: Driver, blocks: int) -> None:
    for number in range(blocks):
        driver.log(number)


def test_nothing_goes_within_the_limit() -> None:
    driver = Driver(zone_config())
    busy(driver, KEPT_BLOCKS + 20)
    Retention(counted(driver)).apply([driver.zone])
    assert driver.zone.history().oldest == 0


def test_the_oldest_blocks_go_until_it_is_below_the_limit_by_a_margin() -> None:
    driver = Driver(zone_config())
    busy(driver, 300)
    limit = counted(driver) - 1
    Retention(limit).apply([driver.zone])
    status = driver.zone.history()
    assert limit * 7 // 8 < status.total_bytes <= limit - limit // 16
    assert 0 < status.oldest < 300 - KEPT_BLOCKS
    with pytest.raises(HistoryGone, match="--memory-limit"):
        driver.zone.block(status.oldest - 1)
    # No more than needed: the next blocks fit.
    busy(driver, 2)
    Retention(limit).apply([driver.zone])
    assert driver.zone.history().oldest == status.oldest


def test_the_newest_blocks_stay_whatever_the_limit() -> None:
    driver = Driver(zone_config())
    busy(driver, KEPT_BLOCKS + 40)
    retention = Retention(1)
    retention.apply([driver.zone])
    assert driver.zone.history().oldest == 40
    busy(driver, 1)
    retention.apply([driver.zone])
    assert driver.zone.history().oldest == 41
    quiet = Driver(zone_config())
    quiet.mine(5)
    retention.apply([quiet.zone])
    assert quiet.zone.history().oldest == 0


def test_the_zone_with_the_most_forgets_first() -> None:
    large, small, idle = (Driver(zone_config()) for _ in range(3))
    busy(large, 400)
    busy(small, 150)
    zones = [idle.zone, large.zone, small.zone]
    total = sum(map(counted, (large, small, idle)))
    Retention(total - counted(large) // 10).apply(zones)
    assert large.zone.history().oldest > 0
    assert small.zone.history().oldest == idle.zone.history().oldest == 0
    Retention(1).apply(zones)
    assert [zone.history().oldest for zone in zones] == [0, 400 - KEPT_BLOCKS, 150 - KEPT_BLOCKS]


def test_snapshots_give_way_last_and_say_why() -> None:
    pinned, other = Driver(zone_config()), Driver(zone_config())
    busy(pinned, 30)
    first = pinned.snapshot()
    busy(pinned, 270)
    second = pinned.snapshot()
    busy(other, 200)
    zones = [pinned.zone, other.zone]
    # What no snapshot needs is enough.
    limit = counted(pinned) + counted(other) - counted(other) // 8
    Retention(limit).apply(zones)
    assert 0 < pinned.zone.history().oldest <= 30
    assert pinned.zone.has_snapshot(first)
    Retention(1).apply(zones)
    assert pinned.zone.history().oldest == 300 - KEPT_BLOCKS
    assert not pinned.zone.has_snapshot(first)
    with pytest.raises(UnknownSnapshot, match="--memory-limit"):
        pinned.zone.revert(first)
    pinned.zone.revert(second)


def test_the_same_run_forgets_the_same_blocks() -> None:
    oldest = []
    for _ in range(2):
        driver = Driver(zone_config())
        retention = Retention(250_000)
        for number in range(250):
            driver.log(number)
            retention.apply([driver.zone])
            oldest.append(driver.zone.history().oldest)
    assert oldest[:250] == oldest[250:]
    assert oldest[-1] > 0


@pytest.mark.parametrize("transactions", [1, 20])
def test_what_is_counted_is_about_what_is_allocated(transactions: int) -> None:
    """The count of the blocks alone, objects and packed ones, against the interpreter's own."""
    driver = Driver(zone_config())
    chain = driver.zone._ledger.chain

    def blocks(count: int) -> None:
        for number in range(count):
            for index in range(transactions):
                if index % 3 == 0:
                    driver.submit(ALICE, BOB)
                elif index % 3 == 1:
                    driver.submit(BOB, LOGGER, value=0, data=word(number))
                else:
                    driver.submit(CAROL, STORE, value=Wei(0), data=word(index) + word(number))
            driver.mine()

    blocks(20)
    store = (
        tracemalloc.Filter(True, "*/devnet/zone/chain_store.py"),
        tracemalloc.Filter(True, "*/devnet/zone/transaction_index.py"),
        tracemalloc.Filter(True, "*/devnet/zone/storing/*"),
        tracemalloc.Filter(True, "*/devnet/zone/old_blocks.py"),
        tracemalloc.Filter(True, "*/devnet/zone/bloom_probe.py"),
    )
    gc.collect()
    before = chain.memory
    tracemalloc.start()
    try:
        blocks(240 // transactions)
        gc.collect()
        statistics = tracemalloc.take_snapshot().filter_traces(store).statistics("filename")
    finally:
        tracemalloc.stop()
    measured = sum(statistic.size for statistic in statistics)
    assert 0.6 < (chain.memory - before) / measured < 1.7
