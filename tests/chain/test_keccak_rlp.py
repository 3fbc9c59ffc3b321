"""keccak256 and RLP against known values, the `rlp` package and each other."""

from __future__ import annotations

import pytest
import rlp as reference
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import DEPTH_LIMIT, RlpError, decode, decode_bytes, decode_int, encode, encode_int
from devnet.chain.types import EMPTY_CODE_HASH

ITEMS = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=6), max_leaves=20)


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", EMPTY_CODE_HASH.hex()),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"transfer(address,uint256)", "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b"),
    ],
)
def test_keccak_is_the_padding_ethereum_uses(data: bytes, digest: str) -> None:
    assert keccak256(data).hex() == digest


@given(ITEMS)
def test_encoding_equals_the_reference_and_decodes_back(item: object) -> None:
    encoded = encode(item)  # type: ignore[arg-type]
    assert encoded == reference.encode(item)
    assert decode(encoded) == item


@given(st.binary(max_size=60))
def test_bytes_either_fail_to_decode_or_are_the_only_encoding_of_what_they_give(data: bytes) -> None:
    try:
        item = decode(data)
    except RlpError:
        with pytest.raises(reference.exceptions.DecodingError):
            reference.decode(data)
    else:
        assert encode(item) == data


def test_byte_strings_of_every_length_come_back() -> None:
    for length in (*range(300), 65_535, 65_536):
        value = bytes([0x7F + length % 3]) * length
        encoded = encode(value)
        assert encoded == reference.encode(value)
        assert decode_bytes(encoded) == decode(encoded) == value


@given(st.binary(max_size=60) | st.binary(min_size=56, max_size=300).map(lambda content: b"\xb8" + content))
def test_what_is_no_byte_string_is_refused_as_one(data: bytes) -> None:
    try:
        item = decode(data)
    except RlpError:
        item = []
    if isinstance(item, bytes):
        assert decode_bytes(data) == item
        return
    with pytest.raises(RlpError):
        decode_bytes(data)


@given(st.integers(min_value=0, max_value=2**256))
def test_integers_are_big_endian_without_leading_zeros(value: int) -> None:
    encoded = encode_int(value)
    assert encoded == reference.encode(value)
    assert decode_int(decode(encoded)) == value


@pytest.mark.parametrize(
    "data",
    [
        "",
        "8100",  # a byte below 0x80 with a header
        "b800",  # long header, short string
        "b90000",  # length with leading zeros
        "b9003800",
        "f800",
        "83aabb",  # cut off
        "c3aabb",
        "c28300",  # longer than the list that holds it
        "c0c0",  # goes on after the item
        "bfffffffffffffffff",  # 2^64 - 1 bytes announced
        "ffffffffffffffffff",
        "b8",
        "f9ff",
        # The RLPTests/invalidRLPTest vectors of ethereum/tests that are of other kinds.
        "bf0f000000000000021111",
        "ff0f000000000000021111",
        "f80180",
        "b9002100dc2b275d0f74e8a53e6f4ec61b27f24278820be3f82ea2110e582081b0565df0",
        "f861f83eb9002100dc2b275d0f74e8a53e6f4ec61b27f24278820be3f82ea2110e582081b0565df027b90015002d5ef8325ae4",
        "8101",
        "817f",
        "b90040" + bytes(range(64)).hex(),
        "fb00000040" + bytes(range(64)).hex(),
        "b81000112233445566778899aabbccddeeff",
        "b801ff",
        "f810000102030405060708090a0b0c0d0e0f",
        "f803112233",
    ],
)
def test_what_is_not_canonical_is_refused(data: str) -> None:
    with pytest.raises(RlpError):
        decode(bytes.fromhex(data))


@pytest.mark.parametrize("value", [b"\0", b"\0\1", []])
def test_integers_have_no_leading_zeros_and_are_no_lists(value: bytes | list[bytes]) -> None:
    with pytest.raises(RlpError):
        decode_int(value)  # type: ignore[arg-type]


def test_nesting_is_bounded_instead_of_exhausting_the_stack() -> None:
    def nested(depth: int) -> bytes:
        item: list[object] = []
        for _ in range(depth - 1):
            item = [item]
        return encode(item)  # type: ignore[arg-type]

    decode(nested(DEPTH_LIMIT))
    with pytest.raises(RlpError, match="nested"):
        decode(nested(DEPTH_LIMIT + 1))
    deep = b"\xc0"
    for _ in range(5000):
        length = len(deep)
        deep = (bytes([0xC0 + length]) if length < 56 else b"\xf9" + length.to_bytes(2, "big")) + deep
        if len(deep) > 60_000:
            break
    with pytest.raises(RlpError):
        decode(deep)
