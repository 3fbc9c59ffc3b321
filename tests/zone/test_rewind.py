"""Snapshots, rollbacks, reorganisations and reset."""

from __future__ import annotations

import pytest

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.zone.errors import BadRequest, UnknownSnapshot
from devnet.zone.messages import BlockAdded, BlockRemoved, CallRequest, LogQuery, Mining
from tests.zone.driver import (
    ALICE,
    BLOCKHASH,
    BOB,
    CAROL,
    COINBASE,
    GENESIS_TIME,
    GWEI,
    LOGGER,
    MANUAL,
    STORE,
    ZRO,
    Driver,
    word,
)

STRANGER = Address(b"\x77" * 20)


def state(driver: Driver) -> tuple[object, ...]:
    """What a revert must bring back."""
    zone = driver.zone
    return (
        zone.block("latest"),
        zone.block("pending", driver.clock.reading()),
        zone.status(),
        zone.pool(),
        zone.pending_transactions(),
        [zone.account(address) for address in (ALICE, BOB, CAROL, COINBASE, STRANGER)],
        zone.storage(STORE, 1),
        zone.logs(LogQuery(from_block=0)),
        zone.next_base_fee(),
    )


def act(driver: Driver) -> None:
    """Changes everything that can be changed."""
    zone = driver.zone
    driver.run(ALICE, STORE, value=0, data=word(1) + word(9))
    driver.log(5)
    driver.submit(BOB, CAROL)
    driver.submit(BOB, CAROL, nonce=zone.nonce(BOB, "pending") + 3)
    zone.set_account(STRANGER, balance=Wei(3), nonce=2, code=b"\x00")
    zone.set_storage(STORE, 1, 10)
    zone.increase_time(100)
    zone.set_next_timestamp(driver.block().header.timestamp + 5_000)
    zone.set_next_base_fee(Wei(3 * GWEI))
    zone.set_coinbase(STRANGER)
    zone.set_gas_limit(40_000_000)


def test_a_revert_brings_everything_back_again_and_again(driver: Driver) -> None:
    act(driver)
    before = state(driver)
    snapshot = driver.snapshot()
    clock = driver.clock.now
    for _ in range(3):
        driver.mine(2)
        act(driver)
        driver.zone.revert(snapshot)
        driver.clock.now = clock
        assert state(driver) == before


def test_a_revert_keeps_older_snapshots_and_ends_newer_ones(driver: Driver) -> None:
    first = driver.snapshot()
    driver.run()
    second = driver.snapshot()
    driver.run()
    third = driver.snapshot()
    assert first < second < third
    driver.zone.revert(second)
    assert driver.number == 1
    assert not driver.zone.has_snapshot(third)
    with pytest.raises(UnknownSnapshot):
        driver.zone.revert(third)
    driver.zone.revert(second)
    driver.zone.revert(first)
    assert driver.number == 0
    with pytest.raises(UnknownSnapshot):
        driver.zone.revert(second)
    assert driver.snapshot() > third


def test_a_rollback_ends_the_snapshots_of_what_it_removed(driver: Driver) -> None:
    kept = driver.snapshot()
    driver.mine(2)
    lost = driver.snapshot()
    driver.zone.rollback(1)
    driver.mine()
    with pytest.raises(UnknownSnapshot):
        driver.zone.revert(lost)
    driver.zone.revert(kept)
    assert driver.number == 0


def test_unknown_snapshots_are_refused(driver: Driver) -> None:
    for snapshot in (0, 1, 99):
        with pytest.raises(UnknownSnapshot):
            driver.zone.revert(snapshot)


def test_what_was_mined_is_gone_after_a_revert(driver: Driver) -> None:
    snapshot = driver.snapshot()
    receipt = driver.log(1)
    driver.zone.revert(snapshot)
    zone = driver.zone
    assert zone.receipt(receipt.transaction.hash) is None
    assert zone.transaction(receipt.transaction.hash) is None
    assert zone.block(receipt.block_hash) is None
    assert zone.block(1) is None
    assert zone.nonce(ALICE) == 0
    again = driver.log(1)
    assert again.transaction == receipt.transaction


def test_blockhash_follows_a_revert(driver: Driver) -> None:
    driver.mine(2)
    snapshot = driver.snapshot()
    driver.mine(2)
    driver.zone.revert(snapshot)
    driver.run()
    driver.mine(2)
    for number in range(5):
        output = driver.zone.call(CallRequest(to=BLOCKHASH, data=word(number))).output
        assert output == driver.block(number).hash
        assert driver.block(number + 1).header.parent_hash == output


def test_waiting_transactions_come_back_with_a_revert(driver: Driver) -> None:
    transaction_hash = driver.submit()
    snapshot = driver.snapshot()
    driver.mine()
    assert driver.zone.pending_transactions() == ()
    driver.zone.revert(snapshot)
    assert [item.hash for item in driver.zone.pending_transactions()] == [transaction_hash]


def test_a_rollback_removes_blocks_and_their_transactions(driver: Driver) -> None:
    receipts = [driver.run() for _ in range(3)]
    roots = [driver.block(number).header.state_root for number in range(4)]
    driver.zone.set_account(BOB, balance=Wei(0))
    driver.zone.rollback(2)
    assert driver.number == 1
    assert driver.block().header.state_root == roots[1]
    assert driver.zone.balance(BOB) == 100 * ZRO + 1
    assert driver.zone.receipt(receipts[0].transaction.hash) is not None
    assert driver.zone.receipt(receipts[2].transaction.hash) is None
    assert driver.zone.pending_transactions() == ()
    driver.zone.rollback(0)
    assert driver.number == 1
    for depth in (-1, 2):
        with pytest.raises(BadRequest):
            driver.zone.rollback(depth)


def test_a_transaction_that_a_rollback_made_possible_again_is_executable(driver: Driver) -> None:
    driver.run()
    driver.submit(nonce=1)
    driver.zone.rollback(1)
    assert driver.zone.pending_transactions() == ()
    driver.submit(nonce=0)
    assert [item.nonce for item in driver.zone.pending_transactions()] == [0, 1]


def test_removed_blocks_are_told_newest_first(driver: Driver) -> None:
    driver.mine(3)
    hashes = [driver.block(number).hash for number in range(4)]
    cursor = driver.zone.events().cursor
    driver.zone.rollback(2)
    events = driver.zone.events(cursor).events
    assert all(isinstance(event, BlockRemoved) for event in events)
    assert [event.block.hash for event in events] == [hashes[3], hashes[2]]


# ---------------------------------------------------------------- reorganisations


def test_a_reorg_replaces_blocks_by_as_many_new_ones(driver: Driver) -> None:
    old = [driver.log(index) for index in range(3)]
    cursor = driver.zone.events().cursor
    first = driver.transaction(ALICE, LOGGER, nonce=1, value=0, data=word(77))
    second = driver.transaction(BOB, CAROL, nonce=0)
    third = driver.transaction(ALICE, BOB, nonce=2)
    blocks = driver.zone.reorg(2, [(first, 0), (second, 1), (third, 1)], driver.clock.reading())
    assert [block.header.number for block in blocks] == [2, 3]
    assert [len(block.transactions) for block in blocks] == [1, 2]
    assert driver.block(2) == blocks[0]
    assert blocks[1].header.parent_hash == blocks[0].hash
    assert driver.zone.receipt(old[0].transaction.hash) == old[0]
    assert driver.zone.receipt(old[1].transaction.hash) is None
    located = driver.zone.receipt(third.hash)
    assert located is not None
    assert (located.block_hash, located.index) == (blocks[1].hash, 1)
    topics = [log.log.topics[0] for log in driver.zone.logs(LogQuery(from_block=0))]
    assert topics == [word(0), word(77)]
    kinds = [type(event) for event in driver.zone.events(cursor).events]
    assert kinds == [BlockRemoved, BlockRemoved, BlockAdded, BlockAdded]


def test_an_empty_reorg_still_gives_other_blocks(driver: Driver) -> None:
    driver.mine(2)
    old = driver.block(2).hash
    driver.clock.now = driver.block(1).header.timestamp
    driver.zone.reorg(1, [], driver.clock.reading())
    assert driver.block(2).hash != old
    assert driver.block(2).header.timestamp == GENESIS_TIME + 2
    assert driver.zone.block(old) is None


def test_a_reorg_that_cannot_be_leaves_the_old_blocks(driver: Driver) -> None:
    act(driver)
    driver.mine(2)
    before = [driver.block(number) for number in range(driver.number + 1)]
    driver.zone.set_account(STRANGER, balance=Wei(77))
    driver.zone.set_next_base_fee(Wei(GWEI))
    snapshot = driver.snapshot()
    everything = state(driver)
    good = driver.transaction(CAROL, BOB)
    bad = driver.transaction(CAROL, BOB, nonce=40)
    with pytest.raises(InvalidTransaction) as caught:
        driver.zone.reorg(3, [(good, 0), (bad, 2)], driver.clock.reading())
    assert caught.value.kind is Invalid.NONCE_TOO_HIGH
    assert [driver.block(number) for number in range(driver.number + 1)] == before
    assert state(driver) == everything
    assert driver.zone.receipt(before[1].transactions[0].hash) is not None
    driver.mine(2)
    driver.zone.revert(snapshot)
    assert driver.block() == before[-1]


def test_what_comes_next_is_known_after_a_reorg_that_cannot_be(driver: Driver) -> None:
    """The old blocks are back under their old hashes, on a state that was made again."""
    driver.run(ALICE, BOB)
    driver.submit(ALICE, BOB)
    zone, reading = driver.zone, driver.clock.reading()
    question = CallRequest(sender=CAROL, to=STORE, data=word(1))
    before = zone.call(question, "pending", reading=reading), zone.call(question, "latest", reading=reading)
    bad = driver.transaction(BOB, CAROL, nonce=9)
    with pytest.raises(InvalidTransaction):
        zone.reorg(1, [(bad, 0)], reading)
    after = zone.call(question, "pending", reading=reading), zone.call(question, "latest", reading=reading)
    assert after == before


def test_impossible_reorgs_are_refused(driver: Driver) -> None:
    driver.mine(3)
    transaction = driver.transaction()
    for depth, placed in ((4, []), (-1, []), (2, [(transaction, 2)]), (1, [(transaction, -1)])):
        with pytest.raises(BadRequest):
            driver.zone.reorg(depth, placed, driver.clock.reading())
    assert driver.number == 3
    driver.mine(3_000)
    with pytest.raises(BadRequest):
        driver.zone.reorg(2_500, [], driver.clock.reading())


def test_blockhash_and_history_follow_a_reorg(driver: Driver) -> None:
    driver.mine(5)
    driver.zone.reorg(3, [], driver.clock.reading())
    driver.mine()
    for number in range(6):
        output = driver.zone.call(CallRequest(to=BLOCKHASH, data=word(number))).output
        assert output == driver.block(number).hash


# ---------------------------------------------------------------- reset


def test_a_reset_is_a_new_start(driver: Driver) -> None:
    fresh = state(driver)
    clock = driver.clock.now
    zone = driver.zone
    snapshot = driver.snapshot()
    act(driver)
    zone.impersonate(STRANGER)
    zone.set_auto_impersonate(True)
    zone.set_mining(Mining(interval=3.0))
    zone.set_chain_id(5)
    zone.set_next_prev_randao(Hash32(b"\x01" * 32))
    driver.mine(2)
    zone.reset()
    driver.clock.now = clock
    assert state(driver) == fresh
    assert zone.status().mining == MANUAL
    assert not zone.may_impersonate(STRANGER)
    assert not zone.has_snapshot(snapshot)
    assert driver.run().header.number == 1
