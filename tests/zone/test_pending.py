"""The pending block, and what readers see of it."""

from __future__ import annotations

from devnet.chain.types import ZERO_HASH, Wei
from devnet.execution import AccountOverride
from devnet.zone.messages import CallRequest
from devnet.zone.reserved_history import HISTORY_CONTRACT
from tests.zone.driver import ALICE, BOB, CAROL, COINBASE, GWEI, STORE, ZRO, Driver, word


def test_the_pending_block_is_what_would_be_sealed(driver: Driver) -> None:
    driver.mine()
    driver.submit(ALICE, BOB)
    driver.submit(BOB, STORE, value=0, data=word(1) + word(2))
    driver.zone.set_account(CAROL, balance=Wei(7))
    pending = driver.zone.block("pending", driver.clock.reading())
    assert pending is not None
    assert pending.header.state_root == ZERO_HASH
    (block,) = driver.mine()
    assert pending.transactions == block.transactions
    assert pending.receipts == block.receipts
    for field in (
        "number",
        "parent_hash",
        "timestamp",
        "gas_used",
        "extra_data",
        "base_fee_per_gas",
        "bloom",
    ):
        assert getattr(pending.header, field) == getattr(block.header, field)


def test_reads_at_pending_are_after_the_waiting_transactions(driver: Driver) -> None:
    driver.submit(ALICE, BOB, value=5 * ZRO, tip=2 * GWEI)
    driver.submit(ALICE, STORE, value=0, data=word(1) + word(2), tip=2 * GWEI)
    zone = driver.zone
    assert zone.balance(BOB, "pending") == 105 * ZRO
    assert zone.balance(BOB, "latest") == 100 * ZRO
    assert zone.storage(STORE, 1, "pending") == 2
    assert zone.storage(STORE, 1, "latest") == 0
    assert zone.nonce(ALICE, "pending") == 2
    assert zone.account(ALICE, "pending").nonce == 2
    assert zone.nonce(ALICE, "latest") == 0
    assert zone.balance(COINBASE, "pending") > 0
    assert zone.call(CallRequest(to=STORE, data=word(1)), "pending").output == word(0)
    assert zone.storage(STORE, 1, "pending") == 2


def test_the_pending_block_changes_with_the_mempool_and_the_settings(driver: Driver) -> None:
    zone, reading = driver.zone, driver.clock.reading()
    assert zone.block("pending", reading).transactions == ()
    driver.submit()
    assert len(zone.block("pending", reading).transactions) == 1
    zone.set_next_base_fee(Wei(3 * GWEI))
    assert zone.block("pending", reading).header.base_fee_per_gas == 3 * GWEI
    zone.set_coinbase(CAROL)
    assert zone.block("pending", reading).header.coinbase == CAROL
    zone.set_account(BOB, balance=Wei(1))
    assert zone.balance(BOB, "pending") == 2
    zone.drop_all_transactions()
    assert zone.balance(BOB, "pending") == 1


def test_pending_transactions_have_no_block_yet(driver: Driver) -> None:
    zone = driver.zone
    transaction_hash = driver.submit()
    for located in (
        zone.transaction(transaction_hash),
        zone.transaction_at("pending", 0),
        zone.transaction_by_sender(ALICE, 0),
    ):
        assert located is not None
        assert located.transaction.hash == transaction_hash
        assert (located.header, located.block_hash, located.index) == (None, None, None)
    assert zone.receipt(transaction_hash) is None
    assert zone.transaction_at("pending", 1) is None
    (receipt,) = zone.receipts("pending")
    assert receipt.transaction.hash == transaction_hash


def test_asking_for_pending_changes_nothing(driver: Driver) -> None:
    driver.submit()
    root = driver.block().header.state_root
    for _ in range(3):
        driver.zone.block("pending")
        driver.zone.balance(BOB, "pending")
        driver.zone.call(CallRequest(to=STORE, data=word(1) + word(2)), "pending")
    assert driver.number == 0
    assert driver.block().header.state_root == root
    assert driver.zone.balance(BOB) == 100 * ZRO


def test_calls_run_after_the_next_blocks_system_calls(driver: Driver) -> None:
    """Protocol section 2; plain reads at "latest" see the newest block's state."""
    driver.mine(2)
    newest = int.from_bytes(driver.block(2).hash, "big")
    assert driver.zone.storage(HISTORY_CONTRACT, 2, "pending") == newest
    assert driver.zone.storage(HISTORY_CONTRACT, 2, "latest") == 0
    sees_slot_2 = AccountOverride(code=bytes.fromhex("6002545f5260205ff3"))
    for ref in ("latest", "pending"):
        outcome = driver.zone.call(CallRequest(to=HISTORY_CONTRACT), ref, {HISTORY_CONTRACT: sees_slot_2})
        assert outcome.output == word(newest)
    earlier = driver.zone.call(CallRequest(to=HISTORY_CONTRACT), 1, {HISTORY_CONTRACT: sees_slot_2})
    assert earlier.output == word(0)
