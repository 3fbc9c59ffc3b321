"""Results are written however deep they nest."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.rpc.deep_json import _encode_deep, encode_json

pytestmark = pytest.mark.own_parts

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(value=values, shallow=st.integers(0, 3))
def test_deep_values_are_written_as_orjson_writes_shallow_ones(value: Any, shallow: int) -> None:
    assert _encode_deep(value, shallow) == orjson.dumps(value)
    assert encode_json(value) == orjson.dumps(value)


def test_a_thousand_nested_calls_are_written() -> None:
    value: dict[str, Any] = {"type": "CALL"}
    for _ in range(1024):
        value = {"calls": [value], "gas": "0x1"}
    written = encode_json(value)
    assert written == b'{"calls":[' * 1024 + b'{"type":"CALL"}' + b'],"gas":"0x1"}' * 1024


def test_any_depth_about_orjsons_limit_is_written() -> None:
    for depth in range(240, 270):
        value: Any = 7
        for _ in range(depth):
            value = [value]
        assert encode_json({"a": value}) == b'{"a":' + b"[" * depth + b"7" + b"]" * depth + b"}"


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        encode_json({"a": b"bytes"})
