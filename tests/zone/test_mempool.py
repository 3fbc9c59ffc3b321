"""What the mempool takes, keeps, replaces and forgets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from devnet.chain.blobs import build_sidecar, versioned_hash
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import BLOB
from devnet.chain.types import Address, Wei
from devnet.execution import TraceSpec
from devnet.zone.messages import Mining, Order, PoolLimits, TransactionPending
from tests.zone.driver import (
    ALICE,
    BOB,
    CAROL,
    CHAIN_ID,
    DAVE,
    ERIN,
    GWEI,
    LOGGER,
    MANUAL,
    STORE,
    ZRO,
    Driver,
    word,
)


def refusal(driver: Driver, sender: Address = ALICE, to: Address | None = BOB, **fields: object) -> Invalid:
    """Why the zone does not take the transaction."""
    with pytest.raises(InvalidTransaction) as caught:
        driver.submit(sender, to, **fields)
    return caught.value.kind


def nonces(driver: Driver, sender: Address = ALICE) -> tuple[list[int], list[int]]:
    """The sender's executable and waiting nonces."""
    content = driver.zone.pool()
    return list(content.pending.get(sender, {})), list(content.queued.get(sender, {}))


def test_refusals_come_with_their_kind(driver: Driver) -> None:
    driver.run()
    assert refusal(driver, nonce=0) is Invalid.NONCE_TOO_LOW
    assert refusal(driver, nonce=2_000_000) is Invalid.NONCE_TOO_HIGH
    assert refusal(driver, value=101 * ZRO) is Invalid.INSUFFICIENT_FUNDS
    assert refusal(driver, gas=20_999) is Invalid.INTRINSIC_GAS
    assert refusal(driver, gas=(1 << 24) + 1) is Invalid.ABOVE_TRANSACTION_CAP
    assert refusal(driver, tip=20 * GWEI) is Invalid.TIP_ABOVE_FEE_CAP
    assert refusal(driver, chain_id=1) is Invalid.WRONG_CHAIN_ID
    assert refusal(driver, to=LOGGER, data=bytes(200_000), gas=2_100_000) is Invalid.OVERSIZED
    driver.zone.set_gas_limit(100_000)
    assert refusal(driver, gas=100_001) is Invalid.ABOVE_BLOCK_LIMIT
    assert len(driver.zone.pending_transactions()) == 0


def test_a_transaction_is_known_until_it_is_mined(driver: Driver) -> None:
    transaction = driver.transaction()
    driver.zone.submit(transaction)
    with pytest.raises(InvalidTransaction) as caught:
        driver.zone.submit(transaction)
    assert caught.value.kind is Invalid.ALREADY_KNOWN
    driver.mine()
    with pytest.raises(InvalidTransaction) as caught:
        driver.zone.submit(transaction)
    assert caught.value.kind is Invalid.NONCE_TOO_LOW


def test_waiting_transactions_share_the_balance(driver: Driver) -> None:
    driver.submit(value=60 * ZRO)
    assert refusal(driver, value=60 * ZRO) is Invalid.INSUFFICIENT_FUNDS
    driver.submit(value=30 * ZRO)
    driver.submit(nonce=0, value=70 * ZRO - 10**15, max_fee=20 * GWEI, tip=2 * GWEI)
    assert refusal(driver, nonce=0, value=80 * ZRO, max_fee=40 * GWEI, tip=4 * GWEI) is (
        Invalid.INSUFFICIENT_FUNDS
    )


def test_gaps_wait_until_they_are_filled(driver: Driver) -> None:
    cursor = driver.zone.events().cursor
    driver.submit(nonce=2)
    driver.submit(nonce=1)
    assert nonces(driver) == ([], [1, 2])
    assert driver.zone.nonce(ALICE, "pending") == 0
    assert driver.mine()[0].transactions == ()
    driver.submit(nonce=0)
    assert nonces(driver) == ([0, 1, 2], [])
    assert driver.zone.nonce(ALICE, "pending") == 3
    told = [
        event.transaction.nonce
        for event in driver.zone.events(cursor).events
        if isinstance(event, TransactionPending)
    ]
    assert told == [0, 1, 2]
    assert [item.nonce for item in driver.mine()[0].transactions] == [0, 1, 2]
    status = driver.zone.status()
    assert (status.pending, status.queued) == (0, 0)


@pytest.mark.parametrize(
    ("max_fee", "tip", "is_enough"),
    [(11, 110, True), (11, 109, False), (10, 200, False), (20, 100, False), (20, 110, True)],
)
def test_a_replacement_pays_ten_percent_more_on_both_fees(
    driver: Driver, max_fee: int, tip: int, is_enough: bool
) -> None:
    old = driver.submit(max_fee=10 * GWEI, tip=GWEI)
    fields = {"nonce": 0, "to": CAROL, "max_fee": max_fee * GWEI, "tip": tip * GWEI // 100}
    if is_enough:
        new = driver.submit(**fields)
        assert driver.zone.transaction(old) is None
        assert [item.hash for item in driver.mine()[0].transactions] == [new]
    else:
        assert refusal(driver, **fields) is Invalid.REPLACEMENT_UNDERPRICED
        assert [item.hash for item in driver.mine()[0].transactions] == [old]


def test_the_highest_tip_goes_first_and_ties_by_arrival(driver: Driver) -> None:
    order = [
        driver.submit(BOB, CAROL, tip=2 * GWEI),
        driver.submit(ALICE, CAROL, tip=GWEI),
        driver.submit(DAVE, CAROL, tip=2 * GWEI),
        driver.submit(ALICE, CAROL, tip=5 * GWEI),
    ]
    (block,) = driver.mine()
    assert [item.hash for item in block.transactions] == [order[0], order[2], order[1], order[3]]


def test_fifo_keeps_the_order_of_arrival(make: Callable[..., Driver]) -> None:
    driver = make(mining=replace(MANUAL, order=Order.FIFO))
    order = [
        driver.submit(BOB, CAROL, tip=GWEI),
        driver.submit(ALICE, CAROL, tip=5 * GWEI),
        driver.submit(BOB, CAROL, tip=2 * GWEI),
        driver.submit(DAVE, CAROL, tip=9 * GWEI),
    ]
    assert [item.hash for item in driver.zone.pending_transactions()] == order
    assert [item.hash for item in driver.mine()[0].transactions] == order


def test_fafo_takes_the_framers_order_and_keeps_a_senders(make: Callable[..., Driver]) -> None:
    driver = make(mining=replace(MANUAL, order=Order.FAFO))
    to_carol = driver.submit(BOB, CAROL, tip=9 * GWEI)
    also_to_carol = driver.submit(ALICE, CAROL, tip=8 * GWEI)
    second = driver.submit(ALICE, DAVE, tip=7 * GWEI)
    beside = driver.submit(DAVE, Address(b"\x99" * 20), tip=GWEI)
    (block,) = driver.mine()
    # The last one conflicts with neither of the first frame; Alice's second stays behind her first.
    assert [item.hash for item in block.transactions] == [to_carol, beside, also_to_carol, second]
    trace = driver.zone.trace_block(block.header.number, TraceSpec("callTracer"))
    assert [item.transaction_hash for item in trace] == [item.hash for item in block.transactions]


def test_what_a_fafo_block_has_no_room_for_waits_for_the_next(make: Callable[..., Driver]) -> None:
    driver = make(mining=replace(MANUAL, order=Order.FAFO), gas_limit=100_000)
    for sender in (ALICE, BOB, DAVE):
        for _ in range(3):
            driver.submit(sender, Address(b"\x99" * 20), tip=GWEI)
    sizes = [len(block.transactions) for block in driver.mine(12)]
    assert sum(sizes) == 9
    assert max(sizes) <= 4
    assert driver.zone.pending_transactions() == ()


@pytest.mark.parametrize(("order", "strangers"), [(Order.FAFO, 8), (Order.FEES, 0)])
def test_a_hot_slot_takes_a_quarter_of_a_fafo_block_while_others_wait(
    make: Callable[..., Driver], order: Order, strangers: int
) -> None:
    driver = make(mining=replace(MANUAL, order=order), gas_limit=400_000)
    hot = {
        driver.submit(sender, STORE, data=word(0) + word(value), gas=50_000, tip=9 * GWEI)
        for value in range(1, 11)
        for sender in (ALICE, BOB, DAVE)
    }
    quiet = {
        driver.submit(sender, Address(bytes([sender[0], number]) * 10), gas=21_000, tip=GWEI)
        for number in range(4)
        for sender in (CAROL, ERIN)
    }
    first, *others = driver.mine(8)
    sealed = {item.hash for item in first.transactions}
    # Where fees decide, who pays most goes first. Of a fafo block the slot's callers get a quarter, two calls
    # of 50,000 gas, and what the others leave.
    assert len(sealed & quiet) == strangers
    if order is Order.FAFO:
        assert sum(item.gas_limit for item in first.transactions if item.hash in hot) <= 400_000 - 8 * 21_000
    later = {item.hash for block in others for item in block.transactions}
    assert sealed | later == hot | quiet


def test_a_max_fee_below_the_base_fee_waits_for_a_lower_one(driver: Driver) -> None:
    waiting = driver.submit(max_fee=GWEI // 2, tip=0)
    driver.submit(nonce=1)
    blocks = driver.mine(7)
    sealed = driver.zone.transaction(waiting)
    assert sealed is not None
    assert sealed.header is not None
    assert sealed.header.base_fee_per_gas <= GWEI // 2
    assert [len(block.transactions) for block in blocks].count(2) == 1


def test_automine_refuses_what_the_next_block_cannot_take(make: Callable[..., Driver]) -> None:
    driver = make(mining=Mining())
    assert refusal(driver, max_fee=GWEI // 2, tip=0) is Invalid.FEE_CAP_TOO_LOW
    driver.zone.set_mining(Mining(interval=1.0))
    driver.submit(max_fee=GWEI // 2, tip=0)


def test_prices_below_the_least_are_refused(make: Callable[..., Driver]) -> None:
    driver = make(min_priority_fee=GWEI)
    assert refusal(driver, tip=GWEI - 1) is Invalid.GAS_PRICE_TOO_LOW
    driver.submit(tip=GWEI)
    driver.zone.set_min_gas_price(Wei(20 * GWEI))
    assert refusal(driver, nonce=1) is Invalid.GAS_PRICE_TOO_LOW


def test_a_full_mempool_evicts_the_cheapest(make: Callable[..., Driver]) -> None:
    driver = make(pool=PoolLimits(transactions=3))
    cheap = driver.submit(ALICE, max_fee=3 * GWEI)
    driver.submit(BOB, max_fee=5 * GWEI)
    driver.submit(CAROL, max_fee=4 * GWEI)
    assert refusal(driver, DAVE, max_fee=3 * GWEI) is Invalid.POOL_FULL
    kept = driver.submit(DAVE, max_fee=6 * GWEI)
    assert driver.zone.transaction(cheap) is None
    assert driver.zone.transaction(kept) is not None
    assert driver.zone.nonce(ALICE, "pending") == 0
    assert refusal(driver, ALICE, max_fee=4 * GWEI) is Invalid.POOL_FULL
    driver.submit(ALICE, max_fee=7 * GWEI)
    fees = sorted(item.max_fee_per_gas // GWEI for item in driver.mine()[0].transactions)
    assert fees == [5, 6, 7]


def test_the_mempool_is_bounded_per_sender_and_in_bytes(make: Callable[..., Driver]) -> None:
    driver = make(pool=PoolLimits(per_sender=2, total_bytes=1_000))
    driver.submit()
    driver.submit()
    assert refusal(driver) is Invalid.POOL_FULL
    assert refusal(driver, BOB, LOGGER, value=0, data=bytes(1_001)) is Invalid.OVERSIZED
    assert refusal(driver, BOB, LOGGER, value=0, data=bytes(800), max_fee=9 * GWEI) is Invalid.POOL_FULL
    driver.submit(BOB, LOGGER, value=0, data=bytes(700), max_fee=11 * GWEI)
    assert sum(map(len, driver.zone.pool().pending.values())) == 2
    larger = {"value": 0, "data": bytes(900), "nonce": 0, "max_fee": 20 * GWEI, "tip": 2 * GWEI}
    assert refusal(driver, ALICE, LOGGER, **larger) is Invalid.POOL_FULL


def test_dropping(driver: Driver) -> None:
    hashes = [driver.submit() for _ in range(4)]
    other = driver.submit(BOB)
    assert driver.zone.drop_transaction(hashes[1])
    assert not driver.zone.drop_transaction(hashes[1])
    assert nonces(driver) == ([0], [2, 3])
    driver.zone.drop_transactions_of(ALICE)
    assert nonces(driver) == ([], [])
    assert driver.zone.transaction(other) is not None
    driver.zone.drop_all_transactions()
    assert driver.mine()[0].transactions == ()


def test_a_drained_sender_loses_what_it_cannot_pay(driver: Driver) -> None:
    driver.submit(ALICE, value=50 * ZRO)
    driver.submit(ALICE, value=ZRO)
    driver.zone.set_account(ALICE, balance=Wei(2 * ZRO))
    assert nonces(driver) == ([], [1])
    driver.zone.set_account(ALICE, nonce=1)
    assert nonces(driver) == ([1], [])
    assert [item.nonce for item in driver.mine()[0].transactions] == [1]


def test_a_nonce_that_is_used_up_elsewhere_is_forgotten(driver: Driver) -> None:
    for _ in range(3):
        driver.submit()
    driver.zone.set_account(ALICE, nonce=2)
    assert nonces(driver) == ([2], [])
    driver.zone.set_account(ALICE, nonce=9)
    assert nonces(driver) == ([], [])


def test_code_makes_a_sender_unable_to_sign_but_for_a_delegation(driver: Driver) -> None:
    driver.zone.set_account(ALICE, code=b"\x00")
    assert refusal(driver) is Invalid.SENDER_HAS_CODE
    driver.zone.set_account(ALICE, code=b"\xef\x01\x00" + STORE)
    assert driver.run().receipt.status


def test_a_lower_gas_limit_forgets_what_no_block_can_hold(driver: Driver) -> None:
    driver.submit(gas=5_000_000)
    driver.submit(BOB)
    driver.zone.set_gas_limit(1_000_000)
    assert nonces(driver) == ([], [])
    assert nonces(driver, BOB) == ([0], [])


def test_blocks_are_bounded_in_gas_transactions_and_bytes(make: Callable[..., Driver]) -> None:
    driver = make(gas_limit=50_000)
    for sender in (ALICE, BOB, CAROL):
        driver.submit(sender, DAVE)
    assert [len(block.transactions) for block in driver.mine(3)] == [2, 1, 0]
    driver = make(mining=replace(MANUAL, max_transactions=1))
    driver.submit()
    driver.submit()
    assert [len(block.transactions) for block in driver.mine(3)] == [1, 1, 0]
    driver = make(block_size_limit=20_000)
    for _ in range(3):
        driver.submit(ALICE, LOGGER, value=0, data=bytes(8_000))
    blocks = driver.mine(3)
    assert [len(block.transactions) for block in blocks] == [2, 1, 0]
    assert all(block.size <= 20_000 for block in blocks)


def test_the_block_size_limit_starts_with_osaka(make: Callable[..., Driver]) -> None:
    driver = make(block_size_limit=20_000, fork=Fork.PRAGUE)
    for _ in range(3):
        driver.submit(ALICE, LOGGER, value=0, data=bytes(8_000))
    assert len(driver.mine()[0].transactions) == 3


def test_what_a_full_block_leaves_out_stays(make: Callable[..., Driver]) -> None:
    """Gas is bounded by what transactions use, not by their limits."""
    driver = make(gas_limit=600_000)
    for _ in range(4):
        driver.submit(ALICE, BOB, gas=500_000)
    first, second = driver.mine(2)
    # 21 000 used each: the fifth limit of 500 000 would not fit after five, four do.
    assert len(first.transactions) == 4
    assert second.transactions == ()


def test_a_large_mempool_keeps_up(driver: Driver) -> None:
    """A block that takes part of a long queue does not look at the rest again."""
    driver.zone.set_mining(replace(MANUAL, max_transactions=10))
    for nonce in range(300):
        driver.submit(ALICE, BOB, nonce=nonce)
    for index in range(30):
        (block,) = driver.mine()
        assert [item.nonce for item in block.transactions] == list(range(index * 10, index * 10 + 10))


def blob_transaction(driver: Driver, nonce: int, count: int = 1, **fields: object) -> tuple[object, object]:
    blobs = tuple(
        b"".join(
            b"\x00" + hashlib.sha256(bytes((nonce, index, chunk % 256))).digest()[1:] for chunk in range(4096)
        )
        for index in range(count)
    )
    sidecar = build_sidecar(blobs, Rules.at(Fork.PRAGUE, CHAIN_ID))
    hashes = tuple(versioned_hash(commitment) for commitment in sidecar.commitments)
    transaction = driver.transaction(
        nonce=nonce,
        type=BLOB,
        **{"blob_hashes": hashes, "max_fee_per_blob_gas": Wei(GWEI), **fields},
    )
    return transaction, sidecar


def test_blob_transactions_need_their_sidecar_which_is_kept(make: Callable[..., Driver]) -> None:
    driver = make(fork=Fork.PRAGUE)
    transaction, sidecar = blob_transaction(driver, 0, 2)
    with pytest.raises(InvalidTransaction) as caught:
        driver.zone.submit(transaction)
    assert caught.value.kind is Invalid.BLOB_TRANSACTION
    spoiled = replace(sidecar, blobs=sidecar.blobs[::-1])
    with pytest.raises(InvalidTransaction) as caught:
        driver.zone.submit(transaction, spoiled)
    assert caught.value.kind is Invalid.BLOB_TRANSACTION
    driver.zone.submit(transaction, sidecar)
    assert driver.zone.sidecar(transaction.hash) == sidecar
    (block,) = driver.mine()
    assert block.header.blob_gas_used == 2 * (1 << 17)
    assert block.receipts[0].blob_gas_used == 2 * (1 << 17)
    assert driver.zone.sidecar(transaction.hash) == sidecar
    cheaper, other = blob_transaction(driver, 1, 1)
    driver.zone.submit(cheaper, other)
    bumped, _ = blob_transaction(driver, 1, 1, max_fee=19 * GWEI, tip=2 * GWEI)
    with pytest.raises(InvalidTransaction) as caught:
        driver.zone.submit(bumped, other)
    assert caught.value.kind is Invalid.REPLACEMENT_UNDERPRICED
    doubled, _ = blob_transaction(
        driver, 1, 1, max_fee=20 * GWEI, tip=2 * GWEI, max_fee_per_blob_gas=Wei(2 * GWEI)
    )
    driver.zone.submit(doubled, other)
    assert [item.hash for item in driver.mine()[0].transactions] == [doubled.hash]


def test_many_at_once_are_taken_as_one_by_one(driver: Driver) -> None:
    """Each is looked at after those before it: what it replaces, whose nonce it follows, whose cost it adds
    to."""
    other = Driver(driver.zone.config)
    transactions = [
        driver.transaction(ALICE, nonce=1),
        driver.transaction(ALICE, nonce=0),
        driver.transaction(ALICE, nonce=0),
        driver.transaction(ALICE, nonce=0, max_fee=20 * GWEI, tip=2 * GWEI),
        driver.transaction(BOB, value=60 * ZRO, nonce=0),
        driver.transaction(BOB, value=60 * ZRO, nonce=1),
        driver.transaction(CAROL, chain_id=1),
        driver.transaction(DAVE, nonce=0),
    ]
    alone: list[object] = []
    for transaction in transactions:
        try:
            alone.append(other.zone.submit(transaction))
        except InvalidTransaction as reason:
            alone.append((reason.kind, reason.detail))
    start = driver.zone.events().cursor
    together = driver.zone.submit_many([(transaction, None) for transaction in transactions])
    assert [
        (outcome.kind, outcome.detail) if isinstance(outcome, InvalidTransaction) else outcome
        for outcome in together
    ] == alone
    assert driver.zone.pool() == other.zone.pool()
    assert driver.zone.events(start).events == other.zone.events(0).events
    assert [type(outcome) for outcome in alone] == [bytes, bytes, tuple, bytes, bytes, tuple, tuple, bytes]
    driver.automine()
    other.automine()
    assert driver.block() == other.block()
