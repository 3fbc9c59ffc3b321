"""Keys and values of accounts and slots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.account import Account
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.state.values import account_key, decode_account, encode_account, encode_slot, slot_key
from tests.state.naive import rlp_account

words = st.integers(0, 2**256 - 1)
accounts = st.builds(
    Account,
    st.integers(0, 300) | st.integers(0, 2**64 - 1),
    (st.integers(0, 300) | words).map(Wei),
    st.just(EMPTY_CODE_HASH) | st.binary(min_size=32, max_size=32).map(Hash32),
)


@given(accounts)
def test_an_account_is_the_rlp_of_its_fields_without_an_empty_code_hash(account: Account) -> None:
    encoded = encode_account(account)
    assert encoded == rlp_account(account)
    assert decode_account(encoded) == account


def test_an_account_written_by_hand() -> None:
    assert encode_account(Account(1, Wei(1000))).hex() == "c4018203e8"
    assert encode_account(Account(0, Wei(0), Hash32(b"\x11" * 32))).hex() == "e38080a0" + "11" * 32


@pytest.mark.parametrize(
    "value",
    [
        "c0",
        "c101",
        "80",
        "c3010203",
        "c5c1010203",
        "c401c20203",
        "c40102c103",
        "c4008203e8",
        "c4018200e8",
        "c4018303e8",
    ],
)
def test_other_values_are_no_account(value: str) -> None:
    with pytest.raises(ValueError, match=r"account|integer|list|string|byte"):
        decode_account(bytes.fromhex(value))


@given(words.filter(bool))
def test_a_slot_value_has_no_leading_zeros_and_is_never_empty(value: int) -> None:
    encoded = encode_slot(value)
    assert int.from_bytes(encoded, "big") == value
    assert encoded[0] != 0


def test_keys_are_the_address_alone_or_with_the_slot() -> None:
    address = Address(bytes(range(20)))
    assert account_key(address) == bytes(range(20))
    assert slot_key(address, 0x0102) == bytes(range(20)) + bytes(30) + b"\x01\x02"
