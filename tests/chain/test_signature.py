"""Private keys and their addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.signature import CURVE_ORDER, SigningKey, address_of, recover
from devnet.chain.types import Hash32


@given(secret=st.binary(max_size=80).filter(lambda secret: len(secret) != 32))
def test_a_key_that_is_not_32_bytes_is_refused_whatever_number_it_is(secret: bytes) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, not {len(secret)}"):
        SigningKey(secret)


@pytest.mark.parametrize("number", [0, CURVE_ORDER, CURVE_ORDER + 1, 2**256 - 1])
def test_a_number_that_is_no_key_of_the_curve_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        SigningKey(number.to_bytes(32))


@given(number=st.integers(1, CURVE_ORDER - 1), digest=st.binary(min_size=32, max_size=32))
def test_who_signed_is_found_again(number: int, digest: bytes) -> None:
    key = SigningKey(number.to_bytes(32))
    assert recover(Hash32(digest), *key.sign_digest(Hash32(digest))) == key.address
    assert key.address == address_of(number.to_bytes(32))
