"""Development writes: visible at once, carried and committed to by the next block (protocol section 2)."""

from __future__ import annotations

from devnet.chain import rlp
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei
from devnet.zone.messages import CallRequest
from tests.zone.driver import ALICE, BOB, ENVIRONMENT, GWEI, LOGGER, STORE, ZRO, Driver, word

STRANGER = Address(b"\x77" * 20)
CODE = bytes.fromhex("602a5f5260205ff3")
"""Returns 42."""


def test_writes_are_read_at_latest_and_pending_at_once(driver: Driver) -> None:
    zone = driver.zone
    zone.set_account(STRANGER, balance=Wei(5), nonce=7, code=CODE)
    zone.set_storage(STRANGER, 3, 9)
    for ref in ("latest", "pending", 0):
        account = zone.account(STRANGER, ref)
        assert (account.balance, account.nonce, account.code) == (5, 7, CODE)
        assert account.code_hash == keccak256(CODE)
        assert zone.storage(STRANGER, 3, ref) == 9
        assert zone.call(CallRequest(to=STRANGER), ref).output == word(42)
    assert driver.number == 0


def test_single_fields_leave_the_others_alone(driver: Driver) -> None:
    zone = driver.zone
    zone.set_account(ALICE, nonce=4)
    assert zone.balance(ALICE) == 100 * ZRO
    zone.set_account(ALICE, balance=Wei(1))
    assert (zone.nonce(ALICE), zone.balance(ALICE)) == (4, 1)
    zone.set_account(LOGGER, code=b"")
    assert zone.account(LOGGER).code == b""
    assert zone.nonce(LOGGER) == 1


def test_the_next_block_carries_the_writes_and_commits_to_them(driver: Driver) -> None:
    zone = driver.zone
    zone.set_account(STRANGER, balance=Wei(5))
    zone.set_storage(STORE, 3, 9)
    (block,) = driver.mine()
    accounts = [
        [STORE, [], [], [], [[word(3), b"\x09"]]],
        [STRANGER, [], [b"\x05"], [], []],
    ]
    assert block.header.extra_data == keccak256(rlp.encode([accounts, [], [], []]))
    assert zone.balance(STRANGER, 1) == 5
    assert zone.storage(STORE, 3, 1) == 9
    (following,) = driver.mine()
    assert following.header.extra_data == b""
    assert zone.balance(STRANGER) == 5


def test_a_block_number_reads_the_same_before_and_after_the_write_is_mined(driver: Driver) -> None:
    """Tools compare a balance at a transaction's block with the one at the block before."""
    zone = driver.zone
    driver.mine(2)
    zone.set_account(STRANGER, balance=Wei(5))
    assert zone.balance(STRANGER, 2) == 5
    driver.mine(2)
    assert zone.balance(STRANGER, 1) == 0
    assert zone.balance(STRANGER, 2) == 5


def test_writes_come_before_the_transactions_of_the_block(driver: Driver) -> None:
    zone = driver.zone
    zone.set_account(ALICE, balance=Wei(10 * ZRO))
    driver.submit(ALICE, BOB, value=7 * ZRO)
    (block,) = driver.mine()
    assert len(block.transactions) == 1
    assert 2 * ZRO < zone.balance(ALICE) < 3 * ZRO


def test_a_deleted_slot_reads_zero(driver: Driver) -> None:
    zone = driver.zone
    driver.run(ALICE, STORE, value=0, data=word(1) + word(8))
    assert zone.storage(STORE, 1) == 8
    zone.set_storage(STORE, 1, 0)
    assert zone.storage(STORE, 1) == 0
    driver.mine()
    assert zone.storage(STORE, 1) == 0
    assert zone.storage(STORE, 1, 1) == 0


def test_randomness_can_be_set_for_one_block(driver: Driver) -> None:
    zone = driver.zone
    value = Hash32(b"\xab" * 32)
    zone.set_next_prev_randao(value)
    first, second = driver.mine(2)
    assert first.header.prev_randao == value
    assert first.header.extra_data == keccak256(rlp.encode([[], [value], [], []]))
    assert second.header.prev_randao != value
    assert second.header.extra_data == b""


def test_the_base_fee_can_be_set_for_one_block(driver: Driver) -> None:
    zone = driver.zone
    zone.set_next_base_fee(Wei(7 * GWEI))
    assert zone.next_base_fee() == 7 * GWEI
    first, second = driver.mine(2)
    assert first.header.base_fee_per_gas == 7 * GWEI
    assert first.header.extra_data == keccak256(rlp.encode([[], [], [(7 * GWEI).to_bytes(5, "big")], []]))
    assert second.header.base_fee_per_gas == 7 * GWEI * 7 // 8


def test_a_block_commits_to_its_unsigned_transactions(driver: Driver) -> None:
    zone = driver.zone
    zone.set_account(STRANGER, balance=Wei(ZRO))
    driver.mine()
    zone.impersonate(STRANGER)
    driver.submit(ALICE, BOB)
    driver.submit(STRANGER, BOB, tip=0)
    (block,) = driver.mine()
    assert [item.is_impersonated for item in block.transactions] == [False, True]
    assert block.header.extra_data == keccak256(rlp.encode([[], [], [], [[b"\x01", STRANGER]]]))


def test_a_contract_can_be_impersonated(driver: Driver) -> None:
    driver.zone.set_account(STORE, balance=Wei(ZRO))
    receipt = driver.run(STORE, BOB, value=5)
    assert receipt.receipt.status
    assert driver.zone.nonce(STORE) == 2


def test_environment_settings_reach_the_block(driver: Driver) -> None:
    zone = driver.zone
    zone.set_coinbase(STRANGER)
    zone.set_gas_limit(30_000_000)
    driver.submit(tip=GWEI)
    (block,) = driver.mine()
    assert block.header.coinbase == STRANGER
    assert block.header.gas_limit == 30_000_000
    assert zone.balance(STRANGER) == 21_000 * GWEI
    status = zone.status()
    assert (status.coinbase, status.gas_limit) == (STRANGER, 30_000_000)


def test_calls_at_latest_see_the_newest_block_and_calls_at_pending_the_next(driver: Driver) -> None:
    driver.mine(3)
    latest = driver.zone.call(CallRequest(to=ENVIRONMENT), "latest").output
    pending = driver.zone.call(CallRequest(to=ENVIRONMENT), "pending", reading=driver.clock.reading()).output
    header = driver.block().header
    assert latest[:96] == word(3) + word(header.timestamp) + header.prev_randao
    assert pending[:64] == word(4) + word(header.timestamp + 1)


def test_the_chain_id_can_be_changed(driver: Driver) -> None:
    zone = driver.zone
    driver.run()
    zone.set_chain_id(31_337)
    assert zone.status().chain_id == zone.config.chain_id == 31_337
    driver.run(chain_id=31_337)
    assert driver.number == 2
    zone.reset()
    assert zone.config.chain_id == 7_700_001
