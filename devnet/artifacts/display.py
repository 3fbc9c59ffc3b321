"""Decoded ABI values as text that people read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from devnet.artifacts.abi import AbiParameter, AbiType
from devnet.chain.keccak import keccak256

MAX_TEXT = 2_000
"""Characters of one value; what is longer is cut and ends with "…"."""

AddressNames = Callable[[bytes], "str | None"]
"""Gives an address's label, None where it has none."""


def checksum(address: bytes) -> str:
    """The address with EIP-55's mixed case."""
    digits = address.hex()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if nibble > "7" else digit for digit, nibble in zip(digits, digest, strict=False)
    )


def _no_names(_: bytes) -> None:
    return None


def display_value(kind: AbiType, value: Any, names: AddressNames = _no_names) -> str:
    """One value: numbers in decimal, strings quoted, bytes in hex, `[a, b]`, `(x: 1, y: 2)`."""
    match kind.kind:
        case "address":
            return names(value) or checksum(value)
        case "bool":
            return "true" if value else "false"
        case "string":
            return _cut(json.dumps(value, ensure_ascii=False))
        case "bytes" | "bytesN" | "function":
            return _cut("0x" + value.hex())
        case "ufixed" | "fixed":
            return _decimal(value, kind.decimals)
        case "array":
            assert kind.element is not None
            return _cut("[" + ", ".join(display_value(kind.element, item, names) for item in value) + "]")
        case "tuple":
            return _cut("(" + display_parameters(kind.members, value, names) + ")")
    return str(value)


def display_parameters(
    parameters: Sequence[AbiParameter], values: Sequence[Any], names: AddressNames = _no_names
) -> str:
    """`to: 0x…, amount: 5`; values without a name stand alone."""
    return ", ".join(
        (f"{parameter.name}: " if parameter.name else "") + display_value(parameter.type, value, names)
        for parameter, value in zip(parameters, values, strict=True)
    )


def _decimal(value: int, decimals: int) -> str:
    if not decimals:
        return str(value)
    digits = str(abs(value)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
