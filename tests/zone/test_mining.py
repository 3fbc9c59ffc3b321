"""When blocks are sealed, and what happens to very many of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain.block_codec import header_hash
from devnet.chain.types import Address, Hash32, Wei
from devnet.zone.errors import BadRequest
from devnet.zone.messages import BlockAdded, CallRequest, LogQuery, Mining
from devnet.zone.miner import WHOLE_BLOCK_LIMIT
from devnet.zone.reserved_history import HISTORY_CONTRACT, HISTORY_WINDOW
from tests.zone.driver import ALICE, BLOCKHASH, BOB, ENVIRONMENT, GENESIS_TIME, GWEI, MANUAL, Driver, word

MANY = 1 << 40


def test_automine_seals_after_a_run_of_submissions(make: Callable[..., Driver]) -> None:
    driver = make(mining=Mining())
    driver.submit()
    driver.submit()
    driver.submit(BOB)
    (block,) = driver.automine()
    assert len(block.transactions) == 3
    assert driver.automine() == ()
    assert driver.number == 1


def test_automine_goes_on_until_nothing_that_can_go_in_waits(make: Callable[..., Driver]) -> None:
    driver = make(mining=Mining(max_transactions=2))
    for nonce in (0, 1, 2, 3, 4, 6):
        driver.submit(nonce=nonce)
    assert [len(block.transactions) for block in driver.automine()] == [2, 2, 1]
    assert driver.zone.status().queued == 1


def test_manual_mining_seals_when_told(driver: Driver) -> None:
    driver.submit()
    assert driver.automine() == ()
    assert driver.number == 0
    assert [len(block.transactions) for block in driver.mine(2)] == [1, 0]


def test_a_refused_transaction_does_not_seal_an_empty_block(make: Callable[..., Driver]) -> None:
    """It spends what an earlier one of the block sent elsewhere."""
    driver = make(mining=Mining())
    driver.submit(ALICE, BOB, value=1)
    driver.zone.set_account(ALICE, balance=Wei(0))
    assert driver.automine() == ()
    assert driver.number == 0
    assert driver.zone.status().pending == 0


def test_the_mining_mode_can_be_changed(driver: Driver) -> None:
    assert driver.zone.next_due() is None
    driver.zone.set_mining(Mining(automine=False, interval=2.5))
    assert driver.zone.next_due() == 2.5
    assert driver.zone.status().mining == Mining(automine=False, interval=2.5)
    with pytest.raises(BadRequest):
        driver.zone.set_mining(Mining(interval=0))


def test_mining_no_block_is_nothing(driver: Driver) -> None:
    assert driver.mine(0) == ()
    assert driver.number == 0


def test_impossible_counts_and_times_are_refused(driver: Driver) -> None:
    zone, reading = driver.zone, driver.clock.reading()
    for count, interval, timestamp in (
        (-1, None, None),
        (1 << 63, None, None),
        (2, -1, None),
        (1, None, GENESIS_TIME - 1),
        (1 << 40, 1 << 40, None),
    ):
        with pytest.raises(BadRequest):
            zone.mine(reading, count, interval, timestamp)
    assert driver.number == 0


# ---------------------------------------------------------------- very many blocks


@pytest.fixture
def long_chain(driver: Driver) -> Driver:
    """A transfer in block 1, then 2^40 blocks three seconds apart."""
    driver.run()
    driver.mine(MANY, interval=3)
    return driver


def test_up_to_the_limit_every_block_is_whole(driver: Driver) -> None:
    blocks = driver.mine(WHOLE_BLOCK_LIMIT)
    assert len(blocks) == driver.number == WHOLE_BLOCK_LIMIT
    assert driver.block(1000).hash == header_hash(driver.block(1000).header)


def test_very_many_blocks_are_there_at_once(long_chain: Driver) -> None:
    driver = long_chain
    assert driver.number == MANY + 1
    events = driver.zone.events(0).events
    assert sum(isinstance(event, BlockAdded) for event in events) < 2_000
    first = driver.block(2).header.timestamp
    for number in (2, 3, 500, 5_000, 1 << 39, MANY - 300, MANY, MANY + 1):
        block, parent = driver.block(number), driver.block(number - 1)
        header = block.header
        assert header.number == number
        assert header.parent_hash == parent.hash
        assert driver.block(block.hash) == block
        assert header.timestamp == first + 3 * (number - 2)
    root = driver.block(1 << 39).header.state_root
    assert driver.block(MANY).header.state_root == root
    assert driver.block(MANY + 1).header.state_root != root
    assert driver.zone.block(MANY + 2) is None
    assert driver.zone.block(Hash32(driver.block(1 << 39).hash[:-8] + (MANY + 2).to_bytes(8, "big"))) is None


def test_reserved_blocks_have_what_mining_them_would_have_given(driver: Driver) -> None:
    """But for hashes and the state, which the system calls change."""
    count = WHOLE_BLOCK_LIMIT + 100
    driver.mine(count)
    whole = Driver(driver.zone.config)
    whole.mine(WHOLE_BLOCK_LIMIT)
    whole.mine(100)
    for number in (10, 400, 1_000, count - 1, count):
        reserved, expected = driver.block(number).header, whole.block(number).header
        for field in (
            "timestamp",
            "base_fee_per_gas",
            "prev_randao",
            "excess_blob_gas",
            "gas_limit",
            "coinbase",
        ):
            assert getattr(reserved, field) == getattr(expected, field), (number, field)
        assert driver.block(number).size == pytest.approx(whole.block(number).size, abs=40)


def test_the_chain_goes_on_after_very_many_blocks(long_chain: Driver) -> None:
    driver = long_chain
    parent = driver.block()
    receipt = driver.run(nonce=1)
    assert receipt.header.number == MANY + 2
    assert receipt.header.parent_hash == parent.hash
    assert receipt.header.timestamp >= parent.header.timestamp
    assert header_hash(receipt.header) == receipt.block_hash
    assert driver.zone.receipt(driver.block(1).transactions[0].hash) is not None
    assert driver.zone.balance(BOB, 1) == driver.zone.balance(BOB, 1 << 39)
    assert driver.zone.nonce(ALICE, 0) == 0


def test_blockhash_reaches_reserved_blocks(long_chain: Driver) -> None:
    zone = long_chain.zone
    for ref, numbers in (("latest", (MANY, MANY - 200)), (1 << 39, ((1 << 39) - 1, (1 << 39) - 256))):
        for number in numbers:
            output = zone.call(CallRequest(to=BLOCKHASH, data=word(number)), ref).output
            assert output == long_chain.block(number).hash
    assert zone.call(CallRequest(to=BLOCKHASH, data=word(MANY - 300))).output == word(0)


def assert_the_history_contract_is_right(driver: Driver) -> None:
    """In the two blocks to come."""
    for _ in range(2):
        pending = driver.number + 1
        for distance in (1, 2, 3, 1_000, HISTORY_WINDOW - 1, HISTORY_WINDOW):
            request = CallRequest(to=HISTORY_CONTRACT, data=word(pending - distance))
            expected = driver.block(pending - distance).hash
            assert driver.zone.call(request, "pending").output == expected, distance
        too_old = CallRequest(to=HISTORY_CONTRACT, data=word(pending - HISTORY_WINDOW - 1))
        assert driver.zone.call(too_old, "pending").failure is not None
        driver.mine()


def test_the_history_contract_knows_reserved_blocks(long_chain: Driver) -> None:
    assert_the_history_contract_is_right(long_chain)


@pytest.mark.parametrize("depth", [1, 2, 1 << 39])
def test_the_history_contract_knows_reserved_blocks_after_a_rollback(long_chain: Driver, depth: int) -> None:
    long_chain.zone.rollback(depth)
    assert_the_history_contract_is_right(long_chain)


def test_the_history_contract_knows_reserved_blocks_after_a_reorg(long_chain: Driver) -> None:
    long_chain.zone.reorg(1, [], long_chain.clock.reading())
    assert_the_history_contract_is_right(long_chain)


def test_other_reserved_blocks_have_other_hashes(driver: Driver) -> None:
    """Even after the same block."""
    snapshot = driver.snapshot()
    hashes = []
    for interval in (3, 4):
        driver.zone.revert(snapshot)
        driver.mine(MANY, interval=interval, timestamp=GENESIS_TIME + 1)
        hashes.append((driver.block(1).hash, driver.block(1 << 39).hash))
    (first, reserved), (same_first, other_reserved) = hashes
    assert first == same_first
    assert reserved != other_reserved


def test_calls_in_a_reserved_block_see_it(long_chain: Driver) -> None:
    output = long_chain.zone.call(CallRequest(to=ENVIRONMENT), 1 << 39).output
    header = long_chain.block(1 << 39).header
    assert output[:96] == word(1 << 39) + word(header.timestamp) + header.prev_randao


def test_logs_are_found_across_reserved_blocks(driver: Driver) -> None:
    driver.log(1)
    driver.mine(MANY)
    driver.log(2)
    found = driver.zone.logs(LogQuery(from_block=0, to_block="latest"))
    assert [log.block_number for log in found] == [1, MANY + 2]
    assert driver.zone.logs(LogQuery(from_block=2, to_block=MANY)) == ()


def test_very_many_blocks_can_be_undone(long_chain: Driver) -> None:
    driver = long_chain
    root = driver.block(1).header.state_root
    snapshot = driver.snapshot()
    driver.run(nonce=1)
    driver.mine(MANY)
    driver.zone.revert(snapshot)
    assert driver.number == MANY + 1
    hash_before = driver.block(1 << 39).hash
    driver.zone.rollback(MANY + 1 - (1 << 39))
    assert driver.number == 1 << 39
    assert driver.block().hash == hash_before
    receipt = driver.run(nonce=1)
    assert receipt.header.parent_hash == hash_before
    driver.zone.rollback(driver.number - 1)
    assert driver.number == 1
    assert driver.block().header.state_root == root
    assert driver.run(nonce=1).receipt.status


def test_ranges_can_follow_each_other(driver: Driver) -> None:
    driver.mine(10_000)
    driver.mine(10_000)
    assert driver.number == 20_000
    for number in (5_000, 10_000, 10_001, 15_000):
        assert driver.block(number).header.parent_hash == driver.block(number - 1).hash
        assert driver.block(driver.block(number).hash).header.number == number
    driver.zone.rollback(12_000)
    assert driver.number == 8_000
    driver.mine(10_000)
    assert driver.block(9_000).header.parent_hash == driver.block(8_999).hash


def test_waiting_transactions_are_in_the_first_of_very_many_blocks(driver: Driver) -> None:
    driver.submit()
    cheap = driver.submit(BOB, ALICE, max_fee=GWEI // 10, tip=0)
    driver.mine(MANY)
    assert len(driver.block(1).transactions) == 1
    located = driver.zone.transaction(cheap)
    assert located is not None
    assert located.header is not None
    assert located.header.base_fee_per_gas <= GWEI // 10


def test_reserved_blocks_respect_strictly_rising_time(make: Callable[..., Driver]) -> None:
    driver = make(is_timestamp_strict=True, mining=MANUAL)
    driver.mine(MANY, interval=0)
    for number in (1, 2, 5_000, MANY):
        assert driver.block(number).header.timestamp > driver.block(number - 1).header.timestamp


def test_without_a_history_contract_nothing_is_written(make: Callable[..., Driver]) -> None:
    driver = make(genesis_accounts={})
    driver.mine(MANY)
    assert driver.zone.storage(HISTORY_CONTRACT, (MANY - 1) % HISTORY_WINDOW) == 0
    assert driver.block().header.extra_data == b""
    assert driver.zone.account(Address(HISTORY_CONTRACT)).nonce == 0
