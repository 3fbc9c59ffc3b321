"""Fees and gas before execution, against the executable specification and the EIPs' own examples."""

from __future__ import annotations

import pytest
from ethereum.forks.cancun.vm import gas as cancun_gas
from ethereum.forks.osaka.blocks import Header
from ethereum.forks.osaka.fork import calculate_base_fee_per_gas
from ethereum.forks.osaka.transactions import LegacyTransaction, calculate_intrinsic_cost, decode_transaction
from ethereum.forks.osaka.vm import gas as osaka_gas
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes
from ethereum_types.numeric import U64, Uint
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.fees import (
    GAS_PER_BLOB,
    blob_base_fee,
    effective_gas_price,
    floor_gas,
    intrinsic_gas,
    max_cost,
    next_base_fee,
    next_excess_blob_gas,
    tip,
)
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import BLOB, LEGACY, AccessListEntry
from devnet.chain.transaction_codec import UnsignedTransaction, sign
from devnet.chain.types import Address, Hash32, Wei
from tests.chain.test_transaction_codec import unsigned_transactions
from tests.chain.transactions import KEY, transfer

OSAKA = Rules.at(Fork.OSAKA, 1)
CANCUN = Rules.at(Fork.CANCUN, 1)


@given(st.integers(5_000, 2**40), st.data(), st.integers(0, 10**15))
def test_the_base_fee_follows_the_specification(limit: int, data: st.DataObject, base_fee: int) -> None:
    used = data.draw(st.integers(0, limit))
    expected = calculate_base_fee_per_gas(Uint(limit), Uint(limit), Uint(used), Uint(base_fee))
    assert next_base_fee(limit, used, Wei(base_fee)) == expected


def test_a_base_fee_of_zero_stays_zero_while_blocks_are_no_fuller_than_their_target() -> None:
    assert next_base_fee(30_000_000, 15_000_000, Wei(0)) == 0
    assert next_base_fee(30_000_000, 15_000_001, Wei(0)) == 1


BLOB_GAS = st.integers(0, 9).map(lambda blobs: blobs * GAS_PER_BLOB)


@given(st.integers(0, 10**9), BLOB_GAS, st.integers(0, 10**12))
def test_osakas_excess_blob_gas_follows_the_specification(excess: int, used: int, base_fee: int) -> None:
    header = object.__new__(Header)
    for name, value in {
        "excess_blob_gas": U64(excess),
        "blob_gas_used": U64(used),
        "base_fee_per_gas": Uint(base_fee),
    }.items():
        object.__setattr__(header, name, value)
    expected = osaka_gas.calculate_excess_blob_gas(header)
    assert next_excess_blob_gas(OSAKA, excess, used, Wei(base_fee)) == expected


def test_before_osaka_a_high_base_fee_holds_no_blob_price_up() -> None:
    prague = Rules.at(Fork.PRAGUE, 1)
    high = Wei(10**12)
    assert next_excess_blob_gas(prague, 0, 6 * GAS_PER_BLOB, high) == 0
    assert next_excess_blob_gas(OSAKA, 0, 6 * GAS_PER_BLOB, high) == 2 * GAS_PER_BLOB
    assert next_excess_blob_gas(CANCUN, GAS_PER_BLOB, 6 * GAS_PER_BLOB, high) == 4 * GAS_PER_BLOB


@given(st.integers(0, 10**9))
def test_the_blob_base_fee_follows_the_specification(excess: int) -> None:
    assert blob_base_fee(OSAKA, excess) == osaka_gas.calculate_blob_gas_price(U64(excess))
    assert blob_base_fee(CANCUN, excess) == cancun_gas.calculate_blob_gas_price(U64(excess))


def test_before_cancun_there_is_no_blob_gas() -> None:
    shanghai = Rules.at(Fork.SHANGHAI, 1)
    assert (blob_base_fee(shanghai, 0), next_excess_blob_gas(shanghai, 0, 0, Wei(7))) == (0, 0)


@settings(max_examples=150)
@given(unsigned_transactions())
def test_intrinsic_and_floor_gas_follow_the_specification(unsigned: UnsignedTransaction) -> None:
    encoded = sign(unsigned, KEY).encoded
    if unsigned.type == LEGACY:
        specified = rlp.decode_to(LegacyTransaction, encoded)
    else:
        specified = decode_transaction(Bytes(encoded))
    assert (intrinsic_gas(unsigned, OSAKA), floor_gas(unsigned, OSAKA)) == calculate_intrinsic_cost(specified)


@pytest.mark.parametrize(
    ("unsigned", "fork", "intrinsic", "floor"),
    [
        (transfer(), Fork.OSAKA, 21_000, 21_000),
        (transfer(), Fork.CANCUN, 21_000, 0),
        (transfer(data=b"\0\1"), Fork.PRAGUE, 21_020, 21_050),
        (transfer(to=None, data=b"\1" * 33), Fork.PARIS, 53_528, 0),
        (transfer(to=None, data=b"\1" * 33), Fork.SHANGHAI, 53_532, 0),
        (
            transfer(access_list=(AccessListEntry(Address(bytes(20)), (1, 2)),)),
            Fork.PARIS,
            27_200,
            0,
        ),
    ],
)
def test_intrinsic_gas_by_fork(unsigned: UnsignedTransaction, fork: Fork, intrinsic: int, floor: int) -> None:
    rules = Rules.at(fork, 1)
    assert (intrinsic_gas(unsigned, rules), floor_gas(unsigned, rules)) == (intrinsic, floor)


@pytest.mark.parametrize(
    ("max_fee", "priority", "base_fee", "price", "to_coinbase"),
    [(10, 2, 5, 7, 2), (10, 2, 9, 10, 1), (10, 10, 3, 10, 7), (10, 2, 12, 10, -2)],
)
def test_the_price_is_the_base_fee_and_the_tip_up_to_the_cap(
    max_fee: int, priority: int, base_fee: int, price: int, to_coinbase: int
) -> None:
    unsigned = transfer(max_fee_per_gas=Wei(max_fee), max_priority_fee_per_gas=Wei(priority))
    assert effective_gas_price(unsigned, Wei(base_fee)) == price
    assert tip(unsigned, Wei(base_fee)) == to_coinbase


def test_the_balance_needed_counts_gas_value_and_blobs() -> None:
    plain = transfer(gas_limit=100, max_fee_per_gas=Wei(3), value=Wei(7))
    assert max_cost(plain) == 307
    blobs = transfer(
        BLOB,
        gas_limit=100,
        max_fee_per_gas=Wei(3),
        value=Wei(7),
        blob_hashes=(Hash32(bytes(32)),) * 2,
        max_fee_per_blob_gas=Wei(5),
    )
    assert max_cost(blobs) == 307 + 2 * 131_072 * 5
