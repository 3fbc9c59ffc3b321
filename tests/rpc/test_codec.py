"""Readers of JSON values: what they take, what they refuse, and that they refuse nothing valid."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.rpc.codec.blocks import read_block_ref, read_number_or_tag
from devnet.rpc.codec.calls import read_call
from devnet.rpc.codec.logs import read_log_query
from devnet.rpc.codec.overrides import read_block_overrides, read_state_overrides
from devnet.rpc.codec.shapes import (
    read_address,
    read_data,
    read_hash,
    read_number,
    read_quantity,
    read_slot,
    read_u64,
)

pytestmark = pytest.mark.own_parts

WORDS = st.integers(0, (1 << 256) - 1)


@given(WORDS)
def test_every_quantity_is_read_as_written(number: int) -> None:
    assert read_quantity(hex(number)) == number
    assert read_quantity(f"0x{number:064X}") == number
    assert read_number(hex(number)) == number
    assert read_number(str(number)) == number
    assert read_slot(f"0x{number:064x}") == number


@given(st.binary(max_size=100))
def test_all_data_is_read_as_written(data: bytes) -> None:
    assert read_data("0x" + data.hex()) == data
    assert read_data("0x" + data.hex().upper()) == data


@pytest.mark.parametrize(
    "value", ["", "0x", "1", "0xg", "0x1_0", "0x 1", "0x-1", "-0x1", 1, 1.0, True, None, [], {}]
)
def test_what_is_no_quantity_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="expected a hex quantity"):
        read_quantity(value)


@pytest.mark.parametrize("value", ["0x1" + "0" * 64, "0x" + "f" * 1000])
def test_a_quantity_beyond_256_bits_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="larger than 256 bits"):
        read_quantity(value)


def test_a_number_of_64_bits_may_not_have_more() -> None:
    assert read_u64("0x" + "f" * 16) == (1 << 64) - 1
    with pytest.raises(ValueError, match="64 bits"):
        read_u64("0x1" + "0" * 16)


@pytest.mark.parametrize("value", ["0x1", "0x 12", "0x12 34", "12", "0xzz", 5, None])
def test_what_is_no_data_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="expected hex data"):
        read_data(value)


def test_addresses_and_hashes_have_exactly_their_size() -> None:
    assert read_address("0x" + "Ab" * 20) == b"\xab" * 20
    assert read_hash("0x" + "ab" * 32) == b"\xab" * 32
    for value in ("0x" + "ab" * 19, "0x" + "ab" * 21, 5):
        with pytest.raises(ValueError, match="expected an address"):
            read_address(value)


@pytest.mark.parametrize("value", [-1, 1.5, True, None, "-1", "1e5", 2.0**60])
def test_development_numbers_are_whole_exact_and_not_negative(value: Any) -> None:
    with pytest.raises(ValueError, match="number"):
        read_number(value)


def test_blocks_are_named_by_number_tag_hash_and_eip_1898() -> None:
    block_hash = "0x" + "ab" * 32
    assert read_block_ref("0x10") == 16
    assert read_block_ref("safe") == "safe"
    assert read_block_ref(block_hash) == b"\xab" * 32
    assert read_block_ref({"blockHash": block_hash, "requireCanonical": True}) == b"\xab" * 32
    assert read_block_ref({"blockNumber": "0x10"}) == 16
    assert read_block_ref({"blockNumber": "latest"}) == "latest"
    assert read_number_or_tag("0x" + "0" * 63 + "1") == 1


@pytest.mark.parametrize(
    "value", [{}, {"blockHash": "0x12"}, {"blockNumber": 5}, "LATEST", 5, [], "0x", "0x" + "f" * 17]
)
def test_what_names_no_block_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|larger"):
        read_block_ref(value)


def test_a_calls_data_may_be_called_input_and_unknown_fields_are_ignored() -> None:
    assert (
        read_call({"data": "0x12"})
        == read_call({"input": "0x12"})
        == read_call({"data": "0x12", "input": "0x12"})
    )
    assert read_call({"what": 5, "data": "0x12"}) == read_call({"data": "0x12"})
    with pytest.raises(ValueError, match="differ"):
        read_call({"data": "0x12", "input": "0x13"})


def test_a_refused_field_is_named_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"accessList: entry 1: address: expected an address"):
        read_call({"accessList": [{"address": "0x" + "11" * 20, "storageKeys": []}, {"address": "0x"}]})


def test_topics_match_anything_where_they_say_so() -> None:
    topic = "0x" + "11" * 32
    query = read_log_query({"topics": [None, [], [None, topic], topic]})
    assert query.topics == (None, None, None, frozenset((b"\x11" * 32,)))


@pytest.mark.parametrize(
    "value",
    [
        {"blockHash": "0x" + "11" * 32, "fromBlock": "0x0"},
        {"topics": ["0x11"]},
        {"topics": [None] * 5},
        {"address": ["0x11"]},
        [],
    ],
)
def test_what_is_no_log_filter_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_log_query(value)


def test_overrides_of_state_replace_or_change_but_not_both() -> None:
    address = "0x" + "11" * 20
    slot = "0x" + "00" * 31 + "05"
    replaced = read_state_overrides({address: {"state": {slot: slot}, "balance": "0x1"}})[b"\x11" * 20]  # type: ignore[index]
    changed = read_state_overrides({address: {"stateDiff": {slot: slot}}})[b"\x11" * 20]  # type: ignore[index]
    assert (replaced.storage, dict(replaced.storage_changes), replaced.balance) == ({5: 5}, {}, 1)
    assert (changed.storage, dict(changed.storage_changes)) == (None, {5: 5})
    with pytest.raises(ValueError, match="both given"):
        read_state_overrides({address: {"state": {}, "stateDiff": {}}})


def test_overrides_of_blocks_are_read_by_either_name() -> None:
    assert read_block_overrides({"time": "0x5"}) == read_block_overrides({"timestamp": "0x5"})
    assert read_block_overrides({"feeRecipient": "0x" + "11" * 20}).coinbase == b"\x11" * 20
