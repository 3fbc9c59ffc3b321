"""A zone's blocks consume what is owed of its inbox: first, in order, once, and without effect where it
cannot be executed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from devnet.chain.forced import DueSection, ForcedTransaction
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import Transaction
from devnet.chain.types import Hash32
from devnet.execution import TraceSpec
from devnet.zone.inbox import BLOCK_BYTES
from devnet.zone.messages import Mining, Order
from tests.zone.driver import ALICE, BOB, CAROL, DAVE, REVERTER, STORE, Driver, word

PAID = 1_000_000


def forced(*transactions: Transaction | bytes, gas: int = PAID) -> tuple[ForcedTransaction, ...]:
    return tuple(
        ForcedTransaction(each if isinstance(each, bytes) else each.encoded, gas) for each in transactions
    )


def owe(driver: Driver, owed: Sequence[ForcedTransaction], first: int = 0) -> None:
    driver.zone.owe(DueSection(first, tuple(owed)))


def hashes(driver: Driver, ref: int | str = "latest") -> list[Hash32]:
    return [transaction.hash for transaction in driver.block(ref).transactions]


@pytest.mark.parametrize("order", list(Order))
def test_what_is_owed_comes_first_whatever_the_order(make: Callable[..., Driver], order: Order) -> None:
    driver = make(mining=Mining(automine=False, order=order))
    for sender in (CAROL, DAVE):
        driver.submit(sender, tip=5 * 10**9)
    waiting = {CAROL, DAVE}
    one, two = driver.transaction(ALICE, tip=1), driver.transaction(BOB, ALICE, tip=1)
    owe(driver, forced(one, b"junk", two))
    assert hashes(driver, "pending")[:2] == [one.hash, two.hash]
    driver.mine()
    assert hashes(driver)[:2] == [one.hash, two.hash]
    assert {transaction.sender for transaction in driver.block().transactions[2:]} == waiting
    assert driver.zone.inbox_index() == 3
    assert driver.zone.consumed(1, 1) == forced(one, b"junk", two)
    driver.mine()
    assert hashes(driver) == []
    assert driver.zone.inbox_index() == 3
    assert driver.zone.consumed(2, 2) == ()


def test_what_cannot_be_executed_is_consumed_without_effect(driver: Driver) -> None:
    good = driver.transaction(ALICE)
    bad = (
        driver.transaction(ALICE, nonce=7),
        driver.transaction(BOB, value=10**30),
        driver.transaction(BOB, chain_id=1),
        driver.transaction(BOB, gas=PAID + 1),
        driver.transaction(BOB, max_fee=0, tip=0),
        driver.transaction(BOB, type=3, blob_hashes=(b"\x01" + bytes(31),), max_fee_per_blob_gas=10**9),
        b"",
        b"\x02\xc0",
    )
    owe(driver, forced(*bad[:4], good, *bad[4:], good))
    driver.mine()
    assert hashes(driver) == [good.hash]
    assert driver.zone.inbox_index() == len(bad) + 2
    for index in range(len(bad) + 2):
        consumed = driver.zone.consumer(index)
        assert consumed is not None
        assert (consumed.number, consumed.transaction_hash) == (1, good.hash if index == 4 else None)
    assert driver.zone.consumer(len(bad) + 2) is None


def test_one_that_fails_is_in_its_block(driver: Driver) -> None:
    failing = driver.transaction(ALICE, REVERTER, data=word(1))
    owe(driver, forced(failing))
    driver.mine()
    receipt = driver.zone.receipt(failing.hash)
    assert receipt is not None
    assert not receipt.receipt.status


def test_a_block_takes_what_it_has_room_for_and_the_next_one_goes_on(make: Callable[..., Driver]) -> None:
    driver = make(gas_limit=100_000)
    owed = [driver.transaction(ALICE, nonce=nonce) for nonce in range(9)]
    large = driver.transaction(ALICE, nonce=9, gas=100_001)
    waiting = driver.submit(BOB, ALICE)
    owe(driver, forced(*owed, large))
    driver.mine(3)
    assert [len(hashes(driver, number)) for number in (1, 2, 3)] == [4, 4, 2]
    assert hashes(driver, 3) == [owed[8].hash, waiting]
    # No block has room for the last one: nobody waits for it.
    assert [driver.zone.inbox_index(number) for number in (0, 1, 2, 3)] == [0, 4, 8, 10]


def test_a_block_takes_so_many_bytes(driver: Driver) -> None:
    junk = [bytes([1]) * 131_072 for _ in range(2 + BLOCK_BYTES // 131_072)]
    owe(driver, forced(*junk))
    driver.mine(2)
    assert [driver.zone.inbox_index(number) for number in (1, 2)] == [len(junk) - 2, len(junk)]


def test_one_that_waits_in_the_mempool_is_in_one_block(driver: Driver) -> None:
    transaction = driver.transaction(ALICE)
    driver.zone.submit(transaction)
    following = driver.submit(ALICE, nonce=1)
    owe(driver, forced(transaction))
    driver.mine()
    assert hashes(driver) == [transaction.hash, following]
    driver.mine()
    assert hashes(driver) == []
    assert driver.zone.status().pending == 0


def test_what_is_owed_is_sealed_without_the_mempool(driver: Driver) -> None:
    driver.submit(BOB, ALICE)
    reading = driver.clock.reading()
    assert driver.zone.fulfil(reading) == ()
    transaction = driver.transaction(ALICE)
    owe(driver, forced(transaction))
    (block,) = driver.zone.fulfil(reading)
    assert [each.hash for each in block.transactions] == [transaction.hash]
    assert driver.zone.status().pending == 1
    driver.zone.learn(SettlementHead(1, Hash32(b"\x01" * 32), 1, 3))
    (empty,) = driver.zone.fulfil(reading)
    assert empty.transactions == ()
    assert empty.header.parent_beacon_block_root == b"\x01" * 32
    assert driver.zone.fulfil(reading) == ()


def test_automining_seals_what_is_owed_with_the_next_transaction(make: Callable[..., Driver]) -> None:
    driver = make(mining=Mining())
    transaction = driver.transaction(ALICE)
    owe(driver, forced(transaction))
    assert driver.automine() == ()
    sent = driver.submit(BOB, ALICE)
    (block,) = driver.automine()
    assert [each.hash for each in block.transactions] == [transaction.hash, sent]


# ---------------------------------------------------------------- going back


def test_going_back_gives_back_what_was_consumed(driver: Driver) -> None:
    one, two = driver.transaction(ALICE), driver.transaction(BOB, ALICE)
    driver.zone.snapshot(1)
    owe(driver, forced(one, two))
    driver.mine()
    for is_snapshot in (False, True):
        if is_snapshot:
            driver.zone.revert(1)
        else:
            driver.zone.rollback(1)
        assert driver.zone.inbox_index() == 0
        driver.mine()
        assert hashes(driver) == [one.hash, two.hash]
        assert driver.zone.inbox_index() == 2


def test_a_reorganisation_consumes_it_again(driver: Driver) -> None:
    one, other = driver.transaction(ALICE), driver.transaction(CAROL)
    driver.mine()
    owe(driver, forced(one, b"junk"))
    driver.mine(2)
    driver.zone.reorg(3, [(other, 0)], driver.clock.reading())
    assert hashes(driver, 1) == [one.hash, other.hash]
    assert [driver.zone.inbox_index(number) for number in range(4)] == [0, 2, 2, 2]


def test_a_reorganisation_that_cannot_be_leaves_what_was_consumed(driver: Driver) -> None:
    one = driver.transaction(ALICE)
    owe(driver, forced(one, b"junk"))
    driver.mine()
    block = driver.block().hash
    with pytest.raises(Exception, match="nonce"):
        driver.zone.reorg(1, [(driver.transaction(CAROL, nonce=9), 0)], driver.clock.reading())
    assert driver.block().hash == block
    assert driver.zone.inbox_index() == 2
    assert driver.zone.consumed(1, 1) == forced(one, b"junk")


def test_very_many_blocks_consume_it_once(driver: Driver) -> None:
    owe(driver, forced(driver.transaction(ALICE), b"junk"))
    driver.mine(5_000)
    assert driver.zone.inbox_index(1) == driver.zone.inbox_index(2_500) == driver.zone.inbox_index() == 2


# ---------------------------------------------------------------- looking at such a block


def test_such_a_block_is_run_again_like_every_other(driver: Driver) -> None:
    stored = driver.transaction(ALICE, STORE, data=word(1) + word(7))
    owe(driver, forced(b"junk", stored))
    after = driver.submit(BOB, STORE, data=word(1) + word(8))
    driver.mine()
    assert driver.zone.storage(STORE, 1) == 8
    traces = driver.zone.trace_block("latest", TraceSpec("callTracer"))
    assert [trace.transaction_hash for trace in traces] == [stored.hash, after]
    assert not driver.zone.trace_transaction(stored.hash, TraceSpec("callTracer")).trace.get("error")
    assert driver.zone.execution_witness("latest").state
    assert len(driver.zone.schedule("latest").block.transactions) == 2
