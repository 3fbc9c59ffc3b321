"""Revert data in words."""

from __future__ import annotations

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.artifacts.items import parse_signature
from devnet.artifacts.reverts import decode_revert, unpack_reason


def test_error_string_is_the_reason() -> None:
    data = bytes.fromhex("08c379a0") + eth_abi.encode(["string"], ["not yours"])
    reason = decode_revert(data)
    assert (reason.kind, reason.text) == ("error", "not yours")
    assert unpack_reason(data) == "not yours"


@pytest.mark.parametrize(
    ("code", "words"),
    [(0x11, "arithmetic underflow or overflow"), (0x01, "assert(false)"), (0x99, "unknown panic code: 0x99")],
)
def test_panics_have_geths_words(code: int, words: str) -> None:
    data = bytes.fromhex("4e487b71") + eth_abi.encode(["uint256"], [code])
    reason = decode_revert(data)
    assert (reason.kind, reason.panic_code) == ("panic", code)
    assert reason.text == f"{words} ({code:#04x})"
    assert unpack_reason(data) == words


def test_custom_errors_show_their_arguments() -> None:
    error = parse_signature("error", "TooLittle(uint256 have, uint256 want)")
    data = error.selector + eth_abi.encode(["uint256", "uint256"], [1, 2])
    reason = decode_revert(data, {error.selector: error}.get)
    assert (reason.kind, reason.text, reason.error) == ("custom", "TooLittle(have: 1, want: 2)", error)
    assert decode_revert(data).text == f"custom error 0x{data.hex()}"


def test_no_data_has_nothing_to_say() -> None:
    assert decode_revert(b"").kind == "none"


@given(st.binary(max_size=100), st.sampled_from(["08c379a0", "4e487b71", "deadbeef", ""]))
def test_hostile_data_gives_text(data: bytes, selector: str) -> None:
    error = parse_signature("error", "E(string,uint256[])")
    reason = decode_revert(bytes.fromhex(selector) + data, lambda _: error)
    assert isinstance(reason.text, str)
    assert (reason.kind == "none") == (not selector and not data)
