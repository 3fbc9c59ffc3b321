"""A zone proves what its blocks commit to, at every kept block and under its own number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain.account import Account
from devnet.chain.receipt_codec import encode_receipt
from devnet.chain.trie import verify_ordered_proof
from devnet.chain.types import Address, Hash32, Wei
from devnet.state.verify import verify
from devnet.zone.errors import BadRequest, HistoryGone, UnknownBlock
from devnet.zone.messages import StateProof
from tests.zone.driver import ALICE, BOB, STORE, ZRO, Driver, word

STRANGER = Address(b"\x99" * 20)


def verified(proof: StateProof, address: Address, *slots: int) -> tuple[Account | None, list[int]]:
    """What the proof says, after the verifier found the same under the header's root."""
    root = proof.header.state_root
    value = verify(root, address, proof.account_proof.proof)
    assert value == proof.account_proof.value
    assert (value is None) == (proof.account is None)
    words = []
    for slot, found in zip(slots, proof.slots, strict=True):
        stored = verify(root, address + slot.to_bytes(32, "big"), found.proof)
        assert stored == found.value
        words.append(int.from_bytes(stored or b"", "big"))
    return proof.account, words


@pytest.mark.parametrize("genesis_number", [0, 1_000])
def test_every_kept_block_is_proven_whatever_genesis_is_numbered(
    make: Callable[..., Driver], genesis_number: int
) -> None:
    driver = make(genesis_number=genesis_number)
    for number in range(1, 5):
        driver.run(to=STORE, value=0, data=word(7) + word(number))
    for number in (4, 1, 0, 3):
        block = driver.block(genesis_number + number)
        for ref in (genesis_number + number, block.hash):
            proof = driver.zone.prove(STORE, (7, 8), ref)
            assert (proof.header, proof.block_hash) == (block.header, block.hash)
            account, words = verified(proof, STORE, 7, 8)
            assert words == [number, 0]
            assert account is not None
            payer, _ = verified(driver.zone.prove(ALICE, (), ref), ALICE)
            assert payer is not None
            assert payer.nonce == number
    assert verified(driver.zone.prove(STRANGER, (1,)), STRANGER, 1) == (None, [0])


def test_the_overlay_is_in_no_proof_until_a_block_carries_it(driver: Driver) -> None:
    driver.zone.set_account(STRANGER, balance=Wei(5))
    driver.zone.set_storage(STRANGER, 1, 2)
    assert verified(driver.zone.prove(STRANGER, (1,)), STRANGER, 1) == (None, [0])
    driver.mine()
    assert verified(driver.zone.prove(STRANGER, (1,)), STRANGER, 1) == (Account(0, Wei(5)), [2])
    assert verified(driver.zone.prove(STRANGER, (1,), driver.number - 1), STRANGER, 1) == (None, [0])


def test_blocks_of_a_reserved_range_are_proven_under_the_root_that_they_share(driver: Driver) -> None:
    driver.run(to=STORE, value=0, data=word(7) + word(1))
    driver.mine(1_000_000)
    driver.run(to=STORE, value=0, data=word(7) + word(2))
    for number in (500_000, 1_000_000, driver.number - 1):
        proof = driver.zone.prove(STORE, (7,), number)
        assert proof.header.number == number
        assert verified(proof, STORE, 7)[1] == [1]
    assert verified(driver.zone.prove(STORE, (7,)), STORE, 7)[1] == [2]


def test_after_a_rollback_the_state_is_proven_that_there_is_now(driver: Driver) -> None:
    driver.run(value=1)
    before = driver.zone.prove(BOB)
    snapshot = driver.snapshot()
    driver.run(value=2)
    gone = driver.zone.prove(BOB)
    driver.zone.revert(snapshot)
    assert driver.zone.prove(BOB) == before
    with pytest.raises(UnknownBlock):
        driver.zone.prove(BOB, (), gone.header.number)
    with pytest.raises(UnknownBlock):
        driver.zone.prove(BOB, (), gone.block_hash)
    driver.run(value=3)
    account, _ = verified(driver.zone.prove(BOB, (), gone.header.number), BOB)
    assert account == Account(0, Wei(100 * ZRO + 4))


def test_pending_has_no_root(driver: Driver) -> None:
    with pytest.raises(BadRequest, match="pending"):
        driver.zone.prove(BOB, (), "pending")


def test_what_history_no_longer_holds_is_refused_with_the_option_that_keeps_more(
    make: Callable[..., Driver],
) -> None:
    driver = make(history=2)
    driver.mine(6)
    for number in (4, 5, 6):
        verified(driver.zone.prove(BOB, (), number), BOB)
    for number in (0, 1, 3):
        with pytest.raises(HistoryGone, match="--history 2"):
            driver.zone.prove(BOB, (), number)


def test_transactions_and_receipts_are_under_the_roots_of_their_header(driver: Driver) -> None:
    sent = [driver.submit(value=number) for number in range(5)]
    driver.mine()
    block = driver.block()
    for index, transaction_hash in enumerate(sent):
        proof = driver.zone.prove_transaction(transaction_hash)
        assert proof is not None
        assert (proof.header, proof.block_hash, proof.index) == (block.header, block.hash, index)
        assert proof.item == block.transactions[index].encoded
        assert verify_ordered_proof(block.header.transactions_root, index, proof.nodes) == proof.item
        proof = driver.zone.prove_receipt(transaction_hash)
        assert proof is not None
        assert proof.item == encode_receipt(block.receipts[index])
        assert verify_ordered_proof(block.header.receipts_root, index, proof.nodes) == proof.item


def test_a_transaction_in_no_block_has_no_proof(driver: Driver) -> None:
    waiting = driver.submit()
    for transaction_hash in (waiting, Hash32(bytes(32))):
        assert driver.zone.prove_transaction(transaction_hash) is None
        assert driver.zone.prove_receipt(transaction_hash) is None
    driver.mine()
    assert driver.zone.prove_transaction(waiting) is not None
    driver.zone.rollback(1)
    assert driver.zone.prove_transaction(waiting) is None
