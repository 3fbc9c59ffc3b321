"""console.log: every overload of both libraries, formatted as Hardhat prints it."""

from __future__ import annotations

import itertools
from typing import Any

import eth_abi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.artifacts.console import console_line, decode_console
from devnet.chain.keccak import keccak256

SAMPLES: dict[str, tuple[Any, str]] = {
    "uint256": (2**200, str(2**200)),
    "string": ("text", "text"),
    "bool": (True, "true"),
    "address": ("0x" + "11" * 20, "0x" + "11" * 20),
}


def call(signature: str, *values: Any, encode_as: str | None = None) -> bytes:
    types = (encode_as or signature).split("(")[1][:-1]
    return keccak256(signature.encode())[:4] + eth_abi.encode(types.split(",") if types else [], values)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_every_combination_of_up_to_four_values_is_known(count: int) -> None:
    for kinds in itertools.product(SAMPLES, repeat=count):
        values = [SAMPLES[kind][0] for kind in kinds]
        expected = " ".join(SAMPLES[kind][1] for kind in kinds)
        assert decode_console(call(f"log({','.join(kinds)})", *values)) == expected


def test_old_hardhat_spellings_are_known() -> None:
    data = call("log(uint,string)", 5, "x", encode_as="log(uint256,string)")
    assert decode_console(data) == "5 x"
    assert decode_console(call("log(int)", -5, encode_as="log(int256)")) == "-5"
    assert decode_console(call("log(uint)", 5, encode_as="log(uint256)")) == "5"


def test_selectors_are_those_in_the_libraries() -> None:
    """Constants as they stand in hardhat/console.sol and forge-std's console.sol."""
    for selector, values, types, line in [
        ("41304fac", ["hello"], ["string"], "hello"),
        ("f82c50f1", [1], ["uint256"], "1"),
        ("b60e72cc", ["n", 1], ["string", "uint256"], "n 1"),
        ("2d5b6cb9", [-3], ["int256"], "-3"),
        ("51973ec9", [], [], ""),
        ("27b7cf85", [b"\x01" * 32], ["bytes32"], "0x" + "01" * 32),
    ]:
        assert decode_console(bytes.fromhex(selector) + eth_abi.encode(types, values)) == line


def test_signed_numbers_and_bytes() -> None:
    assert decode_console(call("log(string,int256)", "n:", -1)) == "n: -1"
    assert decode_console(call("log(bytes)", b"\xab\xcd")) == "0xabcd"
    for size in range(1, 33):
        expected = "0x" + "7f" * size
        assert decode_console(call(f"log(bytes{size})", b"\x7f" * size)) == expected
        assert decode_console(call(f"logBytes{size}(bytes{size})", b"\x7f" * size)) == expected


@pytest.mark.parametrize(
    ("template", "values", "line"),
    [
        ("%s has %d", ["Ann", 3], "Ann has 3"),
        ("%s", ["Ann", 3], "Ann 3"),
        ("%d%%", [50], "50%"),
        ("%s and %s", ["one"], "one and %s"),
        ("%d", [10**21], "1" + "0" * 21),
        ("%i", ["no number"], "NaN"),
        ("%o", ["it's"], "'it\\'s'"),
        ("%j", ['a"b'], '"a\\"b"'),
        ("%x", [255], "0xff"),
        ("%e", [1_500_000], "1.5e6"),
        ("a%cb", ["color: red"], "ab"),
        ("%z %s", ["x"], "%z x"),
    ],
)
def test_formats_as_util_format(template: str, values: list[Any], line: str) -> None:
    kinds = ["string"] + ["uint256" if isinstance(value, int) else "string" for value in values]
    assert decode_console(call(f"log({','.join(kinds)})", template, *values)) == line


def test_a_lone_string_is_printed_as_it_is() -> None:
    assert decode_console(call("log(string)", "100%% %s")) == "100%% %s"


@given(st.binary(max_size=200), st.sampled_from(["log(string)", "log(bytes)", "log(string,string,bool)"]))
def test_hostile_input_never_raises_and_is_never_lost(data: bytes, signature: str) -> None:
    call_data = keccak256(signature.encode())[:4] + data
    line = decode_console(call_data)
    assert console_line(call_data) == (f"console: 0x{call_data.hex()}" if line is None else line)
    assert console_line(data)
