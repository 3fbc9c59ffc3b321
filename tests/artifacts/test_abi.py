"""The ABI decoder: equal to eth_abi on what is well formed, nothing but AbiError on what is not."""

from __future__ import annotations

from typing import Any

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.artifacts.abi import AbiError, AbiType, decode, parse_type, split_parameters
from devnet.artifacts.display import display_value
from devnet.artifacts.items import parse_item, parse_signature

ELEMENTARY = (
    [f"uint{bits}" for bits in (8, 24, 128, 256)]
    + [f"int{bits}" for bits in (8, 40, 256)]
    + ["address", "bool", "bytes", "string", "bytes1", "bytes20", "bytes32"]
)


def values_of(kind: AbiType) -> st.SearchStrategy[Any]:
    match kind.kind:
        case "uint":
            return st.integers(0, 2**kind.size - 1)
        case "int":
            return st.integers(-(2 ** (kind.size - 1)), 2 ** (kind.size - 1) - 1)
        case "address":
            return st.binary(min_size=20, max_size=20)
        case "bool":
            return st.booleans()
        case "bytesN":
            return st.binary(min_size=kind.size, max_size=kind.size)
        case "bytes":
            return st.binary(max_size=70)
        case "string":
            return st.text(max_size=40)
        case "tuple":
            return st.tuples(*(values_of(member.type) for member in kind.members))
    assert kind.element is not None
    low, high = (0, 4) if kind.size < 0 else (kind.size, kind.size)
    return st.lists(values_of(kind.element), min_size=low, max_size=high)


type_names = st.recursive(
    st.sampled_from(ELEMENTARY),
    lambda inner: st.one_of(
        inner.map(lambda name: name + "[]"),
        st.tuples(inner, st.integers(1, 3)).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
        st.lists(inner, min_size=1, max_size=3).map(lambda names: f"({','.join(names)})"),
    ),
    max_leaves=5,
)


def plain(kind: AbiType, value: Any) -> Any:
    """eth_abi's value in this decoder's types."""
    if kind.kind == "address":
        return bytes.fromhex(value[2:])
    if kind.kind == "tuple":
        return tuple(plain(member.type, item) for member, item in zip(kind.members, value, strict=True))
    if kind.kind == "array":
        assert kind.element is not None
        return [plain(kind.element, item) for item in value]
    return value


@given(st.data())
def test_decodes_what_eth_abi_encodes(data: st.DataObject) -> None:
    names = data.draw(st.lists(type_names, min_size=1, max_size=3))
    kinds = [parse_type(name) for name in names]
    values = tuple(data.draw(values_of(kind)) for kind in kinds)
    encoded = eth_abi.encode(names, values)
    expected = eth_abi.decode(names, encoded)
    decoded = decode(kinds, encoded)
    assert decoded == tuple(plain(kind, value) for kind, value in zip(kinds, expected, strict=True))
    for kind, value in zip(kinds, decoded, strict=True):
        assert isinstance(display_value(kind, value), str)


@given(st.lists(type_names, min_size=1, max_size=3), st.binary(max_size=300))
def test_arbitrary_bytes_give_values_or_an_abi_error(names: list[str], data: bytes) -> None:
    kinds = [parse_type(name) for name in names]
    try:
        values = decode(kinds, data)
    except AbiError:
        return
    assert len(values) == len(kinds)


@given(type_names)
def test_a_type_is_written_as_it_was_read(name: str) -> None:
    assert str(parse_type(name)) == name


def test_arrays_that_share_their_elements_cost_no_more_than_their_data() -> None:
    # Ten levels of arrays of 64 elements that all point at the one array of the next level: 64^10 values.
    level = (64).to_bytes(32) + (64 * 32).to_bytes(32) * 64
    with pytest.raises(AbiError, match="more values"):
        decode([parse_type("uint256" + "[]" * 11)], (32).to_bytes(32) + level * 10 + bytes(32))


@pytest.mark.parametrize("length", [2**256 - 1, 2**64, 10_000])
def test_huge_lengths_are_refused_before_anything_is_made(length: int) -> None:
    with pytest.raises(AbiError):
        decode([parse_type("uint256[]")], (32).to_bytes(32) + length.to_bytes(32))
    with pytest.raises(AbiError):
        decode([parse_type("uint256[0][]")], (32).to_bytes(32) + length.to_bytes(32))
    with pytest.raises(AbiError):
        decode([parse_type(f"uint8[{length}]")], bytes(64))


@pytest.mark.parametrize(
    "name",
    ["", "uint7", "uint264", "bytes33", "bytes0", "address payable", "(uint256", "x[]", "uint[-1]", "[" * 9],
)
def test_unknown_types_are_refused(name: str) -> None:
    with pytest.raises(AbiError):
        parse_type(name)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(AbiError, match="deep"):
        parse_type("uint256" + "[]" * 5000)


def test_values_out_of_their_type_are_refused() -> None:
    for name, word in [("uint8", 256), ("bool", 2), ("address", 1 << 160), ("int8", 128)]:
        with pytest.raises(AbiError):
            decode([parse_type(name)], word.to_bytes(32))


def test_malformed_utf8_is_replaced() -> None:
    data = (32).to_bytes(32) + (2).to_bytes(32) + b"\xff!".ljust(32, b"\0")
    assert decode([parse_type("string")], data) == ("�!",)


def test_parameters_are_split_outside_tuples_only() -> None:
    assert split_parameters("uint256,(bool,(address,string)[])[2], bytes") == [
        "uint256",
        "(bool,(address,string)[])[2]",
        "bytes",
    ]
    with pytest.raises(AbiError):
        split_parameters("a),(b")


def test_items_know_signature_and_selector() -> None:
    item = parse_item(
        {
            "type": "function",
            "name": "f",
            "inputs": [
                {
                    "name": "orders",
                    "type": "tuple[]",
                    "components": [{"name": "to", "type": "address"}, {"name": "n", "type": "uint"}],
                }
            ],
        }
    )
    assert item is not None
    assert item.signature == "f((address,uint256)[])"
    transfer = parse_signature("function", "transfer(address to, uint256 value) returns (bool)")
    assert transfer.selector.hex() == "a9059cbb"
    assert [parameter.name for parameter in transfer.inputs] == ["to", "value"]
    event = parse_signature("event", "E((uint8, bool)[2] indexed pairs, string note)")
    assert event.signature == "E((uint8,bool)[2],string)"
    assert [parameter.name for parameter in event.inputs] == ["pairs", "note"]
    assert event.indexed_count == 1


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("uint256", 7, "7"),
        ("bool", True, "true"),
        ("string", 'a "b"\n', '"a \\"b\\"\\n"'),
        ("bytes4", b"\x01\x02\x03\x04", "0x01020304"),
        ("fixed128x18", -15 * 10**17, "-1.500000000000000000"),
        (
            "address",
            bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        ),
        ("(uint256,bool)[]", [(1, False)], "[(1, false)]"),
    ],
)
def test_values_read_as_people_write_them(name: str, value: Any, text: str) -> None:
    assert display_value(parse_type(name), value) == text
