"""Values as people type them."""

from __future__ import annotations

from typing import Any

import pytest

import zero_sdk
from devnet.artifacts.abi import parse_type
from zero_sdk.client.words import parse_integer, parse_value, split_list


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("5", 5), ("1_000", 1000), ("1,000", 1000), ("0xff", 255), ("-3", -3), ("1e18", 10**18)),
        *(("1.5ether", 15 * 10**17), ("2 gwei", 2 * 10**9), ("0.5gwei", 5 * 10**8), ("1.5e3", 1500)),
    ],
)
def test_numbers_are_written_in_many_ways(text: str, value: int) -> None:
    assert parse_integer(text) == value


@pytest.mark.parametrize("text", ["", "five", "0x", "1.5", "1 parsec", "--3", "1.5.5", "0.1wei"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(zero_sdk.WrongArguments):
        parse_integer(text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "true", True),
        ("string", "a b", "a b"),
        ("string", '"a, \\"b"', 'a, "b'),
        ("bytes", "0x01", "0x01"),
        ("uint8[]", "[1, 2]", [1, 2]),
        ("uint8[]", "[]", []),
        ("uint8[][]", "[[1], [], [2,3]]", [[1], [], [2, 3]]),
        ("(uint8,string,bool[])", '(1, "x, (y", [true,false])', (1, "x, (y", [True, False])),
    ],
)
def test_values_of_every_type_are_read(kind: str, text: str, value: Any) -> None:
    assert parse_value(parse_type(kind), text) == value


def test_lists_are_split_at_their_own_commas() -> None:
    assert split_list('[a, (b, c), "d, e", [f]]') == ["a", "(b, c)", '"d, e"', "[f]"]
    with pytest.raises(zero_sdk.WrongArguments):
        split_list("a, b")


def test_units_are_exact() -> None:
    assert zero_sdk.ether("0.000000000000000001") == 1
    assert zero_sdk.ether(0.1) == 10**17
    assert zero_sdk.gwei(2) == 2 * 10**9
    with pytest.raises(zero_sdk.WrongArguments, match="no whole number of wei"):
        zero_sdk.ether("0.0000000000000000001")
    with pytest.raises(zero_sdk.WrongArguments):
        zero_sdk.ether("much")
