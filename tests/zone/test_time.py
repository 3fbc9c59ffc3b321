"""Timestamps: the clock, the offset, what development calls fix (protocol section 1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.zone.errors import BadRequest
from devnet.zone.messages import ClockReading
from tests.zone.driver import GENESIS_TIME, Driver


def timestamps(driver: Driver, count: int = 1, **options: object) -> list[int]:
    """Of the next blocks, from genesis on."""
    return [block.header.timestamp - GENESIS_TIME for block in driver.mine(count, **options)]


def test_the_logical_clock_gives_every_block_a_second(driver: Driver) -> None:
    assert timestamps(driver, 3) == [1, 2, 3]


def test_blocks_of_one_wall_clock_reading_share_its_second(driver: Driver) -> None:
    blocks = driver.zone.mine(ClockReading(GENESIS_TIME + 50, 0), 3)
    assert [block.header.timestamp for block in blocks] == [GENESIS_TIME + 50] * 3


def test_time_never_falls(driver: Driver) -> None:
    assert timestamps(driver, 1, timestamp=GENESIS_TIME + 100) == [100]
    (block,) = driver.zone.mine(ClockReading(GENESIS_TIME - 500, 0))
    assert block.header.timestamp == GENESIS_TIME + 100


def test_strict_time_always_rises(make: Callable[..., Driver]) -> None:
    driver = make(is_timestamp_strict=True)
    blocks = driver.zone.mine(ClockReading(GENESIS_TIME, 0), 3)
    assert [block.header.timestamp - GENESIS_TIME for block in blocks] == [1, 2, 3]
    with pytest.raises(BadRequest):
        driver.zone.set_next_timestamp(GENESIS_TIME + 3)


def test_increasing_time_moves_all_later_blocks(driver: Driver) -> None:
    assert driver.zone.increase_time(100) == 100
    assert driver.zone.increase_time(50) == 150
    assert driver.zone.status().time_offset == 150
    assert timestamps(driver, 2) == [151, 152]


def test_the_next_timestamp_is_exact_and_time_goes_on_from_there(driver: Driver) -> None:
    driver.zone.set_next_timestamp(GENESIS_TIME + 1_000)
    assert timestamps(driver, 3) == [1_000, 1_001, 1_002]


def test_the_next_timestamp_may_equal_the_newest_but_not_be_lower(driver: Driver) -> None:
    driver.mine(3)
    driver.zone.set_next_timestamp(GENESIS_TIME + 3)
    with pytest.raises(BadRequest):
        driver.zone.set_next_timestamp(GENESIS_TIME + 2)
    assert timestamps(driver) == [3]


def test_setting_the_time_moves_the_zone(driver: Driver) -> None:
    driver.mine()
    assert driver.zone.set_time(GENESIS_TIME + 500, driver.clock.reading()) == 498
    assert timestamps(driver, 2) == [500, 501]


def test_blocks_can_be_an_interval_apart(driver: Driver) -> None:
    driver.zone.set_timestamp_interval(10)
    assert timestamps(driver, 3) == [10, 20, 30]
    driver.zone.set_timestamp_interval(None)
    assert timestamps(driver) == [30]


def test_one_run_of_blocks_can_have_its_own_interval(driver: Driver) -> None:
    assert timestamps(driver, 3, interval=60) == [1, 61, 121]
    assert timestamps(driver) == [122]
    assert timestamps(driver, 2, interval=5, timestamp=GENESIS_TIME + 200) == [200, 205]


@pytest.mark.parametrize("timestamp", [-1, 1 << 64])
def test_times_that_no_header_holds_are_refused(driver: Driver, timestamp: int) -> None:
    zone, reading = driver.zone, driver.clock.reading()
    for act in (
        lambda: zone.set_next_timestamp(timestamp),
        lambda: zone.set_time(timestamp, reading),
        lambda: zone.set_timestamp_interval(timestamp),
        lambda: zone.increase_time(1 << 65),
        lambda: zone.mine(reading, 1, None, timestamp),
    ):
        with pytest.raises(BadRequest):
            act()
    assert timestamps(driver) == [1]


def test_the_pending_block_has_the_time_that_sealing_would_give(driver: Driver) -> None:
    driver.zone.increase_time(30)
    pending = driver.zone.block("pending", driver.clock.reading())
    assert pending is not None
    assert timestamps(driver) == [pending.header.timestamp - GENESIS_TIME]
