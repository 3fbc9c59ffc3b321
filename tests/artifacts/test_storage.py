"""Names of slots by solc's storage layout."""

from __future__ import annotations

from typing import Any

from devnet.artifacts.storage import name_slot
from devnet.chain.keccak import keccak256

UINT = {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"}
LAYOUT: dict[str, Any] = {
    "storage": [
        {"label": "owner", "slot": "0", "offset": 0, "type": "t_address"},
        {"label": "paused", "slot": "0", "offset": 20, "type": "t_bool"},
        {"label": "balances", "slot": "1", "offset": 0, "type": "t_mapping(t_address,t_uint256)"},
        {"label": "fixedOnes", "slot": "2", "offset": 0, "type": "t_array(t_uint256)3_storage"},
        {"label": "orders", "slot": "5", "offset": 0, "type": "t_array(t_struct)dyn_storage"},
        {"label": "title", "slot": "6", "offset": 0, "type": "t_string_storage"},
        {"label": "byId", "slot": "7", "offset": 0, "type": "t_mapping(t_uint256,t_struct)"},
        {"label": "small", "slot": "8", "offset": 0, "type": "t_array(t_uint64)dyn_storage"},
    ],
    "types": {
        "t_address": {"encoding": "inplace", "label": "address", "numberOfBytes": "20"},
        "t_bool": {"encoding": "inplace", "label": "bool", "numberOfBytes": "1"},
        "t_uint256": UINT,
        "t_uint64": {"encoding": "inplace", "label": "uint64", "numberOfBytes": "8"},
        "t_mapping(t_address,t_uint256)": {
            "encoding": "mapping",
            "key": "t_address",
            "value": "t_uint256",
            "numberOfBytes": "32",
        },
        "t_mapping(t_uint256,t_struct)": {
            "encoding": "mapping",
            "key": "t_uint256",
            "value": "t_struct",
            "numberOfBytes": "32",
        },
        "t_array(t_uint256)3_storage": {"encoding": "inplace", "base": "t_uint256", "numberOfBytes": "96"},
        "t_array(t_struct)dyn_storage": {
            "encoding": "dynamic_array",
            "base": "t_struct",
            "numberOfBytes": "32",
        },
        "t_array(t_uint64)dyn_storage": {
            "encoding": "dynamic_array",
            "base": "t_uint64",
            "numberOfBytes": "32",
        },
        "t_string_storage": {"encoding": "bytes", "label": "string", "numberOfBytes": "32"},
        "t_struct": {
            "encoding": "inplace",
            "numberOfBytes": "64",
            "members": [
                {"label": "price", "slot": "0", "offset": 0, "type": "t_uint256"},
                {"label": "amount", "slot": "1", "offset": 0, "type": "t_uint256"},
            ],
        },
    },
}


def hashed(*words: int) -> int:
    return int.from_bytes(keccak256(b"".join(word.to_bytes(32, "big") for word in words)), "big")


def test_variables_that_share_a_slot_are_named_together() -> None:
    assert name_slot(LAYOUT, 0) == "owner, paused"


def test_elements_and_members_are_named_with_their_place() -> None:
    assert name_slot(LAYOUT, 3) == "fixedOnes[1]"
    assert name_slot(LAYOUT, 5) == "orders.length"
    assert name_slot(LAYOUT, hashed(5)) == "orders[0].price"
    assert name_slot(LAYOUT, hashed(5) + 7) == "orders[3].amount"
    assert name_slot(LAYOUT, hashed(8) + 1) == "small[4…7]"
    assert name_slot(LAYOUT, hashed(6) + 1) == "title"


def test_a_mappings_slot_is_named_by_a_key_that_is_known_and_not_else() -> None:
    account = 0xABCDEF
    slot = hashed(account, 1)
    assert name_slot(LAYOUT, slot) is None
    assert name_slot(LAYOUT, slot, [5, account]) == f"balances[0x{account:040x}]"
    assert name_slot(LAYOUT, hashed(9, 7) + 1, [9]) == "byId[9].amount"


def test_what_fits_nothing_or_is_no_layout_has_no_name() -> None:
    assert name_slot(LAYOUT, 99, [1, 2]) is None
    assert name_slot({}, 0) is None
    assert name_slot({"storage": [{"label": "x", "slot": "0", "type": "t_missing"}], "types": {}}, 0) is None
