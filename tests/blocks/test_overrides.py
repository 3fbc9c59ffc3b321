"""Overrides come back from what a header commits to, and have one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.blocks.overrides import NO_OVERRIDES, DevelopmentOverrides
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import AccountOverride

words = st.integers(0, 2**256 - 1)
accounts = st.builds(
    AccountOverride,
    balance=st.none() | words.map(Wei),
    nonce=st.none() | st.integers(0, 2**64 - 1),
    code=st.none() | st.binary(max_size=40),
    storage_changes=st.dictionaries(words, words, max_size=3),
)
overrides = st.builds(
    DevelopmentOverrides,
    st.dictionaries(st.binary(min_size=20, max_size=20).map(Address), accounts, max_size=3),
    st.none() | st.binary(min_size=32, max_size=32).map(Hash32),
    st.none() | words.map(Wei),
)


@given(overrides)
def test_overrides_come_back_from_their_encoding(given_ones: DevelopmentOverrides) -> None:
    encoded = given_ones.encoding(())
    read = DevelopmentOverrides.decode(encoded)
    assert read == given_ones
    assert read.encoding(()) == encoded
    assert read.commitment(()) == (keccak256(encoded) if encoded else b"")


@given(overrides, st.data())
def test_other_bytes_are_refused_or_have_another_encoding(
    given_ones: DevelopmentOverrides, data: st.DataObject
) -> None:
    encoded = bytearray(given_ones.encoding(()) or b"\xc4\xc0\xc0\xc0\xc0")
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        read = DevelopmentOverrides.decode(bytes(encoded))
    except ValueError:
        return
    if read.encoding(()) == bytes(encoded):
        assert DevelopmentOverrides.decode(read.encoding(())) == read


def test_nothing_is_no_overrides() -> None:
    assert DevelopmentOverrides.decode(b"") is NO_OVERRIDES
    with pytest.raises(ValueError, match="64 bits"):
        DevelopmentOverrides.decode(
            DevelopmentOverrides({Address(bytes(20)): AccountOverride(nonce=2**64)}).encoding(())
        )
