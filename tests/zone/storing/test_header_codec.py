"""Headers without blocks, as one record: they come back as they were; what is none is refused."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.block import Header
from devnet.chain.rlp import decode, encode_bytes, encode_int, encode_list
from devnet.chain.rules import Fork
from devnet.zone.storing.header_codec import MOST_BYTES, encode_headers, read_headers
from tests.zone.storing.strategies import headers


@given(st.lists(st.sampled_from(Fork).flatmap(headers), max_size=4))
def test_headers_come_back_as_they_were(there: list[Header]) -> None:
    assert list(read_headers(decode(encode_headers(there)))) == there


@given(st.sampled_from(Fork).flatmap(headers), st.data())
def test_a_changed_byte_is_refused_or_seen(header: Header, data: st.DataObject) -> None:
    packed = bytearray(decode(encode_headers([header])))  # type: ignore[arg-type]
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    try:
        found = list(read_headers(bytes(packed)))
    except ValueError:
        return
    # Only the flags in front of the compressed bytes may be others: what follows is held by a sum.
    assert (found, place < 2) == ([header], True)


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ([], "a byte string"),
        (b"", "end where they should"),
        (b"no zlib", "cannot be unpacked"),
        (zlib.compress(encode_list([]))[:-1], "end where they should"),
        (zlib.compress(encode_list([])) + b"more", "end where they should"),
        (zlib.compress(bytes(MOST_BYTES + 1)), "within 4194304 bytes"),
        (zlib.compress(encode_bytes(b"no list")), "list"),
        (zlib.compress(encode_list([encode_int(1)])), "a header is a list"),
        (zlib.compress(encode_list([encode_list([encode_int(1)])])), "header"),
    ],
)
def test_what_is_no_list_of_headers_is_refused(item: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        list(read_headers(item))  # type: ignore[arg-type]
