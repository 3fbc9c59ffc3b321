"""Encoding agrees with eth_abi, decoding is its inverse, and what does not fit is named."""

from __future__ import annotations

from typing import Any

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.artifacts.abi import AbiParameter, parse_type
from zero_sdk import Account, WrongArguments
from zero_sdk.client.addresses import checksum
from zero_sdk.client.decoding import decoder_of, field_names
from zero_sdk.client.encoding import Misfit, encoder_of
from zero_sdk.client.interface import Interface

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

_ELEMENTARY: list[tuple[str, st.SearchStrategy[Any]]] = [
    *((f"uint{bits}", st.integers(0, (1 << bits) - 1)) for bits in (8, 24, 128, 256)),
    *((f"int{bits}", st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)) for bits in (8, 64, 256)),
    *((f"bytes{size}", st.binary(min_size=size, max_size=size)) for size in (1, 4, 32)),
    ("bool", st.booleans()),
    ("address", st.binary(min_size=20, max_size=20).map(checksum)),
    ("bytes", st.binary(max_size=70)),
    ("string", st.text(max_size=40)),
]
_BARE = st.sampled_from(_ELEMENTARY)


def _nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    dynamic = inner.map(lambda pair: (f"{pair[0]}[]", st.lists(pair[1], max_size=3)))
    fixed = st.tuples(inner, st.integers(1, 3)).map(
        lambda made: (f"{made[0][0]}[{made[1]}]", st.lists(made[0][1], min_size=made[1], max_size=made[1]))
    )
    several = st.lists(inner, min_size=1, max_size=3).map(
        lambda pairs: (
            f"({','.join(name for name, _ in pairs)})",
            st.tuples(*(values for _, values in pairs)),
        )
    )
    return dynamic | fixed | several


@st.composite
def _typed_values(draw: st.DrawFn) -> tuple[list[str], list[Any]]:
    pairs = draw(st.lists(st.recursive(_BARE, _nest, max_leaves=4), min_size=0, max_size=4))
    return [name for name, _ in pairs], [draw(values) for _, values in pairs]


def _parameters(types: list[str]) -> list[AbiParameter]:
    return [AbiParameter(f"p{index}", parse_type(name)) for index, name in enumerate(types)]


def _plain(value: Any) -> Any:
    """Records as tuples."""
    if isinstance(value, tuple):
        return tuple(_plain(entry) for entry in value)
    return [_plain(entry) for entry in value] if isinstance(value, list) else value


@given(_typed_values())
def test_encoding_agrees_with_eth_abi_and_decoding_undoes_it(made: tuple[list[str], list[Any]]) -> None:
    types, values = made
    parameters = _parameters(types)
    encoded = encoder_of(parameters)(values)
    assert encoded == eth_abi.encode(types, values)
    assert _plain(decoder_of("Made", parameters)(encoded)) == tuple(values)


MISFITS: list[tuple[str, Any, str]] = [
    ("uint8", 256, "p0 is uint8, and 256 does not fit: it lies between 0 and 255"),
    ("uint256", -1, "p0 is uint256, and -1 does not fit"),
    ("uint256", True, "p0 is uint256, and True does not fit"),
    ("uint256", 1e18, r"floats are inexact; write 10\*\*18"),
    ("uint256", "5", "'5' does not fit: give an int"),
    ("int8", 128, "between -128 and 127"),
    ("bool", 1, "p0 is bool, and 1 does not fit"),
    ("address", "0x12", "p0 is address, and '0x12' does not fit: '0x12' is no address"),
    ("address", ADDRESS[:-1] + "9", "wrong checksum"),
    ("bytes4", b"abc", "p0 is bytes4, and b'abc' does not fit: these are 3 bytes"),
    ("bytes", "hello", "give bytes or a hex string"),
    ("string", b"hello", "p0 is string"),
    ("string", "\ud800", "no Unicode text"),
    ("uint8[]", [1, 2, 300], r"p0\[2\] is uint8, and 300 does not fit"),
    ("uint8[2]", [1], r"p0 is uint8\[2\], and \[1\] does not fit: these are 1"),
    ("uint8[]", "12", "give a list"),
    ("(uint8,bool)[]", [(1, True), (1, "x")], r"p0\[1\]\.1 is bool, and 'x' does not fit"),
    ("(uint8,bool)", (1,), "it has 2 members, and 1 were given"),
    ("(uint8,bool)", 5, "give a tuple or a dict"),
    ("fixed8x1", "1.55", "it has 1 decimal places"),
]


@pytest.mark.parametrize(("kind", "value", "said"), MISFITS)
def test_what_does_not_fit_is_named_with_its_place(kind: str, value: Any, said: str) -> None:
    with pytest.raises(Misfit, match=said):
        encoder_of(_parameters([kind]))([value])


@given(
    st.sampled_from(
        ["uint8", "int256", "address", "bool", "bytes4", "bytes", "string", "uint8[]", "(uint8)"]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_no_value_raises_anything_but_a_misfit(kind: str, value: Any) -> None:
    encode = encoder_of(_parameters([kind]))
    try:
        encoded = encode([value])
    except Misfit:
        return
    assert encoded == encode([value])
    assert len(encoded) % 32 == 0


POINT = {
    "type": "function",
    "name": "move",
    "stateMutability": "nonpayable",
    "inputs": [
        {
            "name": "point",
            "type": "tuple",
            "internalType": "struct Map.Point",
            "components": [{"name": "_x", "type": "uint8"}, {"name": "owner", "type": "address"}],
        }
    ],
    "outputs": [],
}


def test_structs_are_given_by_name_with_or_without_underscores() -> None:
    (move,) = Interface([POINT], "Map").functions["move"]
    account = Account(ADDRESS)
    encoded = move.encode([(1, account)])
    assert move.encode([{"x": 1, "owner": account}]) == move.encode([{"_x": 1, "owner": ADDRESS}]) == encoded
    assert move.decode_arguments(encoded) == ((1, ADDRESS),)
    assert type(move.decode_arguments(encoded)[0]).__name__ == "Point"
    with pytest.raises(
        WrongArguments, match=r"Map\.move\(\(uint8,address\)\): point is a struct.*without owner"
    ):
        move.encode([{"x": 1}])
    with pytest.raises(WrongArguments, match="it has no z"):
        move.encode([{"x": 1, "owner": ADDRESS, "z": 1}])
    with pytest.raises(
        WrongArguments, match=r"takes 1 argument, and 2 were given \(it is move\(\(uint8,address\) point\)\)"
    ):
        move.encode([1, 2])


def test_names_that_python_cannot_use_get_others() -> None:
    names = ["_value", "from", "", "value", "index", "a b"]
    assert field_names(names) == ("value", "from_", "_2", "_3", "index_", "_5")


def test_what_is_no_abi_is_named_as_such() -> None:
    with pytest.raises(WrongArguments, match="the ABI of Odd is none: unknown ABI type 'uint7'"):
        Interface([{"type": "function", "name": "f", "inputs": [{"type": "uint7", "name": ""}]}], "Odd")
