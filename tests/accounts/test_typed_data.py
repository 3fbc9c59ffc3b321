"""Typed data: the digest of what fits its types is EIP-712's, and all else is refused with its place."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.accounts.keyring import KeyRing
from devnet.accounts.mnemonic import TEST_MNEMONIC
from devnet.accounts.typed_data import MAX_DEPTH, BadTypedData, typed_data_digest

RING = KeyRing.from_mnemonic(TEST_MNEMONIC, 1)
(SIGNER,) = RING.addresses

COW = {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"}
BOB = {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"}
TYPES: dict[str, Any] = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
    "Mail": [
        {"name": "from", "type": "Person"},
        {"name": "to", "type": "Person"},
        {"name": "contents", "type": "string"},
    ],
}
MAIL: dict[str, Any] = {
    "types": TYPES,
    "primaryType": "Mail",
    "domain": {
        "name": "Ether Mail",
        "version": "1",
        "chainId": 1,
        "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
    },
    "message": {"from": COW, "to": BOB, "contents": "Hello, Bob!"},
}


def one_field(type_: str, value: Any) -> dict[str, Any]:
    """Typed data with one value."""
    return {
        "types": {"Box": [{"name": "inside", "type": type_}]},
        "primaryType": "Box",
        "domain": {},
        "message": {"inside": value},
    }


def signature_of_eth_account(typed_data: dict[str, Any]) -> bytes:
    signed = Account.sign_message(encode_typed_data(full_message=typed_data), RING.key(SIGNER))
    return bytes(signed.signature)


def test_the_digest_is_that_of_the_standards_example() -> None:
    expected = "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"
    assert typed_data_digest(MAIL).hex() == expected


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=40),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex()),
    "bytes": st.binary(max_size=70).map(lambda data: "0x" + data.hex()),
    "bytes4": st.binary(min_size=4, max_size=4).map(lambda data: "0x" + data.hex()),
    "bytes32": st.binary(min_size=32, max_size=32).map(lambda data: "0x" + data.hex()),
    "uint8": st.integers(0, 255),
    "int16": st.integers(-(1 << 15), (1 << 15) - 1),
    "uint256": st.integers(0, (1 << 256) - 1).flatmap(
        lambda number: st.sampled_from([str(number), hex(number)])
    ),
    "int256": st.integers(-(1 << 255), (1 << 255) - 1).map(str),
}


@st.composite
def fields(draw: st.DrawFn) -> tuple[str, Any]:
    """A type, which may be an array of up to two dimensions, and a value of it."""
    atom = draw(st.sampled_from(sorted(VALUES)))
    type_, values = atom, VALUES[atom]
    for size in draw(st.lists(st.sampled_from([None, 1, 3]), max_size=2)):
        type_ += "[]" if size is None else f"[{size}]"
        values = st.lists(values, min_size=size or 0, max_size=size or 3)
    return type_, draw(values)


@settings(max_examples=150)
@given(st.lists(fields(), min_size=1, max_size=4), st.sets(st.sampled_from(["name", "chainId", "salt"])))
def test_what_fits_is_signed_as_eth_account_does(drawn: list[tuple[str, Any]], named: set[str]) -> None:
    domain = {"name": "Zone", "chainId": 7_700_001, "salt": "0x" + "5a" * 32}
    typed_data = {
        "types": {
            "Outer": [{"name": "inner", "type": "Inner[]"}, {"name": "one", "type": "Inner"}],
            "Inner": [{"name": f"field{index}", "type": type_} for index, (type_, _) in enumerate(drawn)],
        },
        "primaryType": "Outer",
        "domain": {name: value for name, value in domain.items() if name in named},
    }
    inner = {f"field{index}": value for index, (_, value) in enumerate(drawn)}
    typed_data["message"] = {"inner": [inner, inner], "one": inner}
    assert RING.sign_typed_data(SIGNER, typed_data) == signature_of_eth_account(typed_data)


def test_a_struct_that_contains_itself_ends_with_null_or_absence() -> None:
    person = [{"name": "name", "type": "string"}, {"name": "mother", "type": "Person"}]
    base = {"types": {"Person": person}, "primaryType": "Person", "domain": {"name": "Family"}}
    absent = base | {"message": {"name": "Jon", "mother": {"name": "Lyanna"}}}
    null = base | {"message": {"name": "Jon", "mother": {"name": "Lyanna", "mother": None}}}
    assert typed_data_digest(absent) == typed_data_digest(null)
    assert RING.sign_typed_data(SIGNER, null) == signature_of_eth_account(null)


def test_the_domain_is_hashed_by_its_own_type_where_the_types_have_it() -> None:
    """eth-sig-util and the wallets go by the type; a key that it does not name is not signed."""
    by_type = {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Box": [{"name": "inside", "type": "bool"}],
    }
    boxed = one_field("bool", True) | {"types": by_type, "domain": {"name": "Zone", "chainId": 1}}
    assert typed_data_digest(boxed) == typed_data_digest(boxed | {"domain": {"name": "Zone"}})
    with pytest.raises(BadTypedData, match=r"domain\.name: missing"):
        typed_data_digest(boxed | {"domain": {}})


def test_an_array_of_a_fixed_size_has_that_many_items() -> None:
    two = {**TYPES, "Mail": [{"name": "to", "type": "Person[2]"}]}
    for to in ([BOB], [BOB, BOB, COW]):
        expected = rf"message\.to: Expected 2 items for array type Person\[2\], got {len(to)} items"
        with pytest.raises(BadTypedData, match=expected):
            typed_data_digest(MAIL | {"types": two, "message": {"to": to}})
    typed_data_digest(MAIL | {"types": two, "message": {"to": [BOB, COW]}})


@pytest.mark.parametrize(
    ("type_", "value", "said"),
    [
        ("string", 5, "inside: expected a value of type string, got 5"),
        ("string", None, "got null"),
        ("bool", "yes", "type bool, got 'yes'"),
        ("bool", 1, "type bool"),
        ("uint8", 256, "type uint8, got 256"),
        ("uint8", -1, "type uint8"),
        ("uint8", True, "type uint8, got true"),
        ("uint8", 1.0, "type uint8"),
        ("int8", 128, "type int8"),
        ("int8", "-129", "type int8"),
        ("uint256", "many", "type uint256"),
        ("uint256", "", "type uint256"),
        ("uint256", "1_0", "type uint256"),
        ("uint256", "9" * 5000, "type uint256"),
        pytest.param("uint256", 10**5000, "type uint256, got 0x", id="very-large"),
        ("address", "0x" + "11" * 19, "type address"),
        ("address", "11" * 20, "type address"),
        ("bytes", "text", "type bytes"),
        ("bytes", "0x123", "type bytes"),
        ("bytes4", "0x112233", "type bytes4"),
        ("bytes4", "0x1122334455", "type bytes4"),
        ("uint8[]", 5, "expected an array for type uint8[], got 5"),
        ("uint8[]", [1, "x"], "inside[1]: expected a value of type uint8, got 'x'"),
        ("uint8[2][]", [[1, 2], [1]], "inside[1]: Expected 2 items for array type uint8[2], got 1 items"),
        ("Box", "text", "expected an object for type Box"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused_with_its_place(type_: str, value: Any, said: str) -> None:
    with pytest.raises(BadTypedData, match=re.escape(said)):
        typed_data_digest(one_field(type_, value))


@pytest.mark.parametrize(
    ("typed_data", "said"),
    [
        ({}, "expected an object in types, got null"),
        (MAIL | {"types": 5}, "expected an object in types, got 5"),
        (MAIL | {"types": TYPES | {"Mail": {}}}, "types.Mail: expected an array of fields"),
        (MAIL | {"types": TYPES | {"Mail": ["x"]}}, "types.Mail[0]: expected"),
        (MAIL | {"primaryType": "Letter"}, "the primary type 'Letter' is not among the types"),
        (MAIL | {"primaryType": ["Mail"]}, "the primary type an array"),
        (
            MAIL | {"message": {"from": COW, "contents": ""}},
            "message.to: missing, expected a value of type Person",
        ),
        (MAIL | {"message": {"from": COW, "to": None, "contents": ""}}, "message.to: expected an object"),
        (MAIL | {"message": {"from": COW, "to": {"name": "Bob"}}}, "message.to.wallet: missing"),
        (MAIL | {"message": "hello"}, "expected an object in message"),
        (MAIL | {"domain": {"name": "Ether Mail"}}, "domain.version: missing"),
        (one_field("uint7", 1), "inside has the type uint7, which is not defined"),
        (one_field("uint08", 1), "which is not defined"),
        (one_field("bytes33", "0x"), "which is not defined"),
        (one_field("uint8[x][2]", [1, 1]), "which is not defined"),
        (one_field("uint8[" + "9" * 5000 + "]", []), "which is not defined"),
        (one_field("Crate[]", []), "inside has the type Crate[], which is not defined"),
        (one_field("bool", True) | {"domain": {"chain": 1}}, "domain.chain: no field of EIP-712's domain"),
    ],
)
def test_data_that_are_not_typed_data_are_refused(typed_data: dict[str, Any], said: str) -> None:
    with pytest.raises(BadTypedData, match=re.escape(said)):
        RING.sign_typed_data(SIGNER, typed_data)


def nested(depth: int) -> dict[str, Any]:
    inner: Any = {}
    for _ in range(depth):
        inner = {"inside": inner}
    return one_field("Box", inner)


def test_data_nested_beyond_all_measure_are_refused() -> None:
    typed_data_digest(nested(MAX_DEPTH - 2))
    with pytest.raises(BadTypedData, match="Box is nested more than 128 deep"):
        typed_data_digest(nested(5000))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
TYPE_NAMES = st.sampled_from(
    ["A", "B", "A[]", "B[2][]", "uint8", "bytes4", "string", "bool[1]", "int", "", "A[", "[]"]
)
FIELDS = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc"), "type": TYPE_NAMES}), max_size=3)


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {
            "types": st.dictionaries(st.sampled_from(["A", "B", "EIP712Domain"]), FIELDS | JSON, max_size=3),
            "primaryType": st.sampled_from(["A", "EIP712Domain", "Z"]) | JSON,
            "domain": JSON,
            "message": JSON,
        }
    )
)
def test_whatever_comes_is_signed_or_refused(typed_data: dict[str, Any]) -> None:
    with contextlib.suppress(BadTypedData):
        assert len(typed_data_digest(typed_data)) == 32
