"""What a sealed block says: header, roots, receipts, fees (protocol section 2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain.block_codec import encode_block, header_hash
from devnet.chain.fees import next_base_fee
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import bloom_of, encode_receipt, join_blooms
from devnet.chain.rules import Fork
from devnet.chain.trie import ordered_root
from devnet.chain.types import ZERO_HASH
from tests.zone.driver import (
    ALICE,
    BOB,
    CAROL,
    COINBASE,
    COINBASE_BALANCE,
    GENESIS_TIME,
    GWEI,
    LOGGER,
    REVERTER,
    SETTLEMENT,
    ZRO,
    Driver,
    word,
)


def test_the_genesis_block_is_fixed_by_the_configuration(make: Callable[..., Driver]) -> None:
    first, second, other = make(), make(), make(genesis_time=GENESIS_TIME + 1)
    assert first.block(0) == second.block(0)
    assert first.block(0).hash != other.block(0).hash
    header = first.block(0).header
    assert (header.number, header.timestamp, header.parent_hash) == (0, GENESIS_TIME, ZERO_HASH)
    assert first.zone.status().genesis_hash == header_hash(header)


def test_a_block_follows_its_parent(driver: Driver) -> None:
    driver.submit()
    driver.mine(3)
    for number in range(1, 4):
        parent, block = driver.block(number - 1), driver.block(number)
        header = block.header
        assert header.parent_hash == parent.hash == header_hash(parent.header)
        assert header.number == number
        assert header.timestamp == parent.header.timestamp + 1
        assert header.base_fee_per_gas == next_base_fee(
            parent.header.gas_limit, parent.header.gas_used, parent.header.base_fee_per_gas
        )


def test_randomness_and_beacon_root_come_from_the_settlement_block(driver: Driver) -> None:
    driver.mine(2)
    for number in range(3):
        header = driver.block(number).header
        expected = keccak256(SETTLEMENT.root + (1).to_bytes(4, "big") + number.to_bytes(8, "big"))
        assert header.prev_randao == expected
        assert header.parent_beacon_block_root == SETTLEMENT.root
        assert header.extra_data == b""


def test_roots_bloom_gas_and_size_are_those_of_the_contents(driver: Driver) -> None:
    driver.submit(ALICE, BOB)
    driver.submit(BOB, LOGGER, value=0, data=word(7), type=0)
    driver.submit(CAROL, REVERTER, value=0, data=b"no", type=1)
    (block,) = driver.mine()
    header = block.header
    assert len(block.transactions) == len(block.receipts) == 3
    assert header.transactions_root == ordered_root([item.encoded for item in block.transactions])
    assert header.receipts_root == ordered_root([encode_receipt(item) for item in block.receipts])
    assert header.bloom == join_blooms(item.bloom for item in block.receipts)
    assert block.size == len(encode_block(header, block.transactions))
    assert header.gas_used == sum(item.gas_used for item in block.receipts)
    assert header.gas_used == block.receipts[-1].cumulative_gas_used


def test_receipts_say_what_each_transaction_did(driver: Driver) -> None:
    transfer = driver.submit(ALICE, BOB)
    logged = driver.submit(BOB, LOGGER, value=0, data=word(7))
    again = driver.submit(BOB, LOGGER, value=0, data=word(8))
    failed = driver.submit(CAROL, REVERTER, value=0, data=b"no")
    created = driver.submit(CAROL, None, value=0, data=bytes.fromhex("5f5ff3"))
    (block,) = driver.mine()
    base_fee = block.header.base_fee_per_gas
    receipts = {item: driver.zone.receipt(item) for item in (transfer, logged, again, failed, created)}
    for located in receipts.values():
        assert located is not None
        assert located.block_hash == block.hash
        assert located.transaction == block.transactions[located.index]
        assert located.receipt == block.receipts[located.index]
        assert located.receipt.effective_gas_price == base_fee + GWEI
        assert located.receipt.bloom == bloom_of(located.receipt.logs)
    statuses = [receipts[item].receipt.status for item in (transfer, logged, again, failed, created)]
    assert statuses == [True, True, True, False, True]
    assert receipts[logged].receipt.logs[0].topics == (word(7),)
    assert receipts[logged].receipt.first_log_index == 0
    assert receipts[again].receipt.first_log_index == 1
    assert receipts[created].receipt.contract_address is not None
    assert receipts[transfer].receipt.gas_used == 21_000


def test_tips_are_credited_once_at_the_end_of_the_block(driver: Driver) -> None:
    driver.submit(ALICE, BOB, tip=3 * GWEI)
    reader = driver.submit(BOB, COINBASE_BALANCE, value=0, gas=100_000, data=b"\x00", tip=2 * GWEI)
    (block,) = driver.mine()
    assert [item.hash for item in block.transactions][1] == reader
    assert driver.zone.storage(COINBASE_BALANCE, 0) == 0
    expected = 3 * GWEI * block.receipts[0].gas_used + 2 * GWEI * block.receipts[1].gas_used
    assert driver.zone.balance(COINBASE) == expected
    driver.submit(BOB, COINBASE_BALANCE, value=0, gas=100_000, data=b"\x00")
    driver.mine()
    assert driver.zone.storage(COINBASE_BALANCE, 0) == expected


def test_no_tip_is_no_touch_of_the_coinbase(driver: Driver) -> None:
    driver.run(tip=0)
    assert driver.zone.account(COINBASE).balance == 0
    assert driver.zone.balance(ALICE) == 100 * ZRO - 1 - 21_000 * driver.block().header.base_fee_per_gas


@pytest.mark.parametrize(
    ("fork", "missing"),
    [
        (Fork.PARIS, {"withdrawals_root", "blob_gas_used", "parent_beacon_block_root", "requests_hash"}),
        (Fork.SHANGHAI, {"blob_gas_used", "parent_beacon_block_root", "requests_hash"}),
        (Fork.CANCUN, {"requests_hash"}),
        (Fork.PRAGUE, set()),
        (Fork.OSAKA, set()),
    ],
)
def test_the_header_has_the_fields_of_its_fork(
    make: Callable[..., Driver], fork: Fork, missing: set[str]
) -> None:
    driver = make(fork=fork)
    (block,) = driver.mine()
    fields = ("withdrawals_root", "blob_gas_used", "parent_beacon_block_root", "requests_hash")
    assert {field for field in fields if getattr(block.header, field) is None} == missing
    assert header_hash(block.header) == block.hash


def test_a_fixed_base_fee_stays(make: Callable[..., Driver]) -> None:
    driver = make(base_fee=0, is_base_fee_fixed=True)
    driver.submit(max_fee=0, tip=0)
    blocks = driver.mine(3)
    assert [block.header.base_fee_per_gas for block in blocks] == [0, 0, 0]
    assert len(blocks[0].transactions) == 1


def test_state_roots_depend_on_what_blocks_did(make: Callable[..., Driver]) -> None:
    first, second, third = make(), make(), make()
    first.run(value=5)
    second.run(value=5)
    third.run(value=6)
    assert first.block().header.state_root == second.block().header.state_root
    assert first.block().header.state_root != third.block().header.state_root
