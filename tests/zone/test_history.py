"""Blocks, transactions and receipts by every name they have, and state at past blocks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain.types import Hash32, Wei
from devnet.zone.errors import UnknownBlock
from devnet.zone.messages import CallRequest
from tests.zone.driver import ALICE, BOB, CAROL, STORE, ZRO, Driver, word


def test_blocks_have_numbers_hashes_and_tags(driver: Driver) -> None:
    driver.mine(3)
    zone = driver.zone
    assert zone.number() == 3
    for number in range(4):
        block = driver.block(number)
        assert zone.block(block.hash) == block
    assert zone.block("latest") == zone.block(3)
    assert zone.block("earliest") == zone.block(0)
    # Nothing is settled yet.
    assert zone.block("safe") == zone.block("finalized") == zone.block(0)
    assert zone.block(4) is zone.block(-1) is zone.block(Hash32(bytes(32))) is None


def test_the_genesis_block_may_have_another_number(make: Callable[..., Driver]) -> None:
    driver = make(genesis_number=1_000)
    driver.run()
    zone = driver.zone
    assert zone.number() == 1_001
    assert zone.block("earliest").header.number == 1_000
    assert zone.block(0) is zone.block(999) is None
    assert zone.balance(BOB, 1_000) == 100 * ZRO
    assert zone.balance(BOB, 1_001) == 100 * ZRO + 1
    zone.rollback(1)
    assert zone.number() == 1_000


def test_transactions_are_found_by_hash_place_and_sender(driver: Driver) -> None:
    hashes = [driver.submit(ALICE, BOB), driver.submit(ALICE, BOB), driver.submit(BOB, CAROL)]
    driver.mine()
    driver.mine(5)
    hashes.append(driver.run(ALICE, BOB).transaction.hash)
    zone = driver.zone
    for index, transaction_hash in enumerate(hashes[:3]):
        located = zone.transaction(transaction_hash)
        assert located is not None
        assert (located.index, located.block_hash) == (index, driver.block(1).hash)
        assert located.header == driver.block(1).header
        assert zone.transaction_at(1, index) == located
        assert zone.transaction_at(driver.block(1).hash, index) == located
    assert zone.transaction_by_sender(ALICE, 1).transaction.hash == hashes[1]
    assert zone.transaction_by_sender(BOB, 0).transaction.hash == hashes[2]
    assert zone.transaction_by_sender(ALICE, 2).transaction.hash == hashes[3]
    assert zone.transaction_by_sender(ALICE, 2).header.number == 7
    assert zone.transaction_by_sender(ALICE, 3) is None
    assert zone.transaction_by_sender(CAROL, 0) is None
    assert zone.transaction_at(1, 3) is zone.transaction_at(1, -1) is zone.transaction_at(99, 0) is None
    assert zone.transaction(Hash32(bytes(32))) is None


def test_a_nonce_that_no_transaction_used_has_no_transaction(driver: Driver) -> None:
    driver.run()
    driver.zone.set_account(ALICE, nonce=5)
    driver.mine()
    assert driver.zone.transaction_by_sender(ALICE, 3) is None
    driver.run(nonce=5)
    assert driver.zone.transaction_by_sender(ALICE, 5).header.number == 3
    assert driver.zone.transaction_by_sender(ALICE, 0).header.number == 1


def test_receipts_of_a_block(driver: Driver) -> None:
    driver.submit()
    driver.submit(BOB)
    driver.mine()
    receipts = driver.zone.receipts(1)
    assert [located.index for located in receipts] == [0, 1]
    assert [driver.zone.receipt(located.transaction.hash) for located in receipts] == list(receipts)
    assert driver.zone.receipts(0) == ()
    assert driver.zone.receipts(9) is None


def test_state_is_there_at_every_block(driver: Driver) -> None:
    for value in range(1, 6):
        driver.run(ALICE, STORE, value=0, data=word(1) + word(value))
    zone = driver.zone
    for number in range(6):
        assert zone.storage(STORE, 1, number) == number
        assert zone.storage(STORE, 1, driver.block(number).hash) == number
        assert zone.nonce(ALICE, number) == number
        # The call writes 0 first and gives back what it wrote.
        assert zone.call(CallRequest(to=STORE, data=word(1)), number).output == word(0)
    with pytest.raises(UnknownBlock):
        zone.balance(ALICE, 6)
    with pytest.raises(UnknownBlock):
        zone.storage(STORE, 1, Hash32(bytes(32)))


def test_accounts_come_with_their_code(driver: Driver) -> None:
    account = driver.zone.account(STORE)
    assert account.code == bytes.fromhex("6020355f35555f35545f5260205ff3")
    empty = driver.zone.account(bytes(20))
    assert (empty.nonce, empty.balance, empty.code) == (0, 0, b"")


def test_fees_of_past_blocks(driver: Driver) -> None:
    driver.run(tip=3)
    driver.run(tip=5)
    history = driver.zone.fee_history(2, "latest", [50.0])
    assert history.oldest == 1
    assert history.rewards == ((3,), (5,))
    assert history.base_fees[-1] == driver.zone.next_base_fee()
    assert driver.zone.suggested_priority_fee() in (3, 5)
    assert driver.zone.next_blob_base_fee() == Wei(1)
