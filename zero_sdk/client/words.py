"""Values as people type them on a command line, and as commands print them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from devnet.artifacts.abi import AbiParameter, AbiType
from zero_sdk.client.addresses import to_address
from zero_sdk.client.decoding import told_names
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.units import UNITS, to_wei

AddressOf = Callable[[str], str]
"""Turns a word into an address: itself, or what a name stands for."""

_AMOUNT = re.compile(r"([0-9][0-9_]*(?:\.[0-9_]+)?(?:e[0-9]+)?)\s*([a-zA-Z]*)$")


def parse_integer(text: str, is_signed: bool = True) -> int:
    """A whole number: 1000, 1_000, 0x3e8, 1e18, or an amount with its unit, 1.5ether. Raises
    WrongArguments."""
    bare = text.strip().replace(",", "")
    sign, digits = (-1, bare[1:]) if is_signed and bare.startswith("-") else (1, bare)
    if re.fullmatch(r"0[xX][0-9a-fA-F_]+", digits):
        return sign * int(digits, 16)
    match = _AMOUNT.match(digits)
    unit = match[2].lower() if match else ""
    if match is None or unit not in ("", *UNITS):
        raise WrongArguments(
            f"{text!r} is no number", f"write 1000, 0x3e8, 1e18 or 1.5ether ({', '.join(UNITS)})"
        )
    return sign * to_wei(Decimal(match[1].replace("_", "")), unit or "wei")


def parse_value(kind: AbiType, text: str, address_of: AddressOf = to_address) -> Any:
    """A word as a value of an ABI type: arrays as [1, 2], structs as (1, "text") or [..]. Raises
    WrongArguments."""
    match kind.kind:
        case "uint" | "int":
            return parse_integer(text)
        case "bool":
            if text.lower() not in ("true", "false"):
                raise WrongArguments(f"{text!r} is neither true nor false")
            return text.lower() == "true"
        case "address":
            return address_of(text)
        case "string":
            return _unquoted(text)
        case "ufixed" | "fixed":
            return Decimal(text)
        case "array":
            assert kind.element is not None
            element = kind.element
            return [parse_value(element, part, address_of) for part in split_list(text)]
        case "tuple":
            parts = split_list(text)
            if len(parts) != len(kind.members):
                raise WrongArguments(f"{text} has {len(parts)} members, and {kind} has {len(kind.members)}")
            members = zip(kind.members, parts, strict=True)
            return tuple(parse_value(member.type, part, address_of) for member, part in members)
    return text


def parse_arguments(
    label: str, parameters: Sequence[AbiParameter], words: Sequence[str], address_of: AddressOf = to_address
) -> list[Any]:
    """Words as the arguments of a function. Raises WrongArguments, which names the parameter."""
    if len(words) != len(parameters):
        raise WrongArguments(f"{label} takes {len(parameters)} arguments, and {len(words)} were given")
    values = []
    for index, (parameter, word) in enumerate(zip(parameters, words, strict=True), 1):
        try:
            values.append(parse_value(parameter.type, word, address_of))
        except (WrongArguments, ArithmeticError) as error:
            why = error.message if isinstance(error, WrongArguments) else f"{word!r} is no number"
            name = parameter.name or f"argument {index}"
            raise WrongArguments(f"{label}: {name} is {parameter.type}: {why}") from None
    return values


def split_list(text: str) -> list[str]:
    """The parts of [a, [b, c], "d, e"] or (a, b). Raises WrongArguments."""
    bare = text.strip()
    if len(bare) < 2 or (bare[0], bare[-1]) not in (("[", "]"), ("(", ")")):
        raise WrongArguments(f"{text!r} is no list", "write [1, 2, 3]")
    parts, start, depth, quoted = [], 1, 0, False
    for at in range(1, len(bare) - 1):
        character = bare[at]
        if character == '"' and bare[at - 1] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif character in "[(":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(bare[start:at].strip())
            start = at + 1
    last = bare[start:-1].strip()
    return [*parts, last] if last or parts else []


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def to_json(value: Any) -> Any:
    """A decoded value as JSON has it: numbers as decimal strings, which no parser rounds, bytes as hex,
    structs as objects."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if hasattr(value, "_fields"):
        return {name: to_json(entry) for name, entry in zip(told_names(value), value, strict=True)}
    return [to_json(entry) for entry in value]


def to_text(value: Any) -> str:
    """A decoded value for people: texts alone are bare, inside of others in quotes."""
    return value if isinstance(value, str) else _inner(value)


def _inner(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        is_address = len(value) == 42 and value.startswith("0x")
        return value if is_address else json.dumps(value, ensure_ascii=False)
    if hasattr(value, "_fields"):
        return "(" + named_values(value) + ")"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inner(entry) for entry in value) + "]"
    return str(value)


def named_values(values: Any) -> str:
    """`to: 0x..., amount: 5`, of a NamedTuple."""
    return ", ".join(
        _inner(entry) if name.startswith("_") else f"{name}: {_inner(entry)}"
        for name, entry in zip(told_names(values), values, strict=True)
    )
