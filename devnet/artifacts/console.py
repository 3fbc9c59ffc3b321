"""console.log of Hardhat and Foundry: from the call's input to the line it prints.

Both libraries call 0x…636F6e736F6c652e6c6f67 ("console.log") with the selector of `log(…)` or `logX(…)`.
Every overload is known by construction: all combinations of up to four of uint256, string, bool and address,
the single values, bytes1 to bytes32. Old versions of Hardhat's library hashed "uint" and "int", which are no
canonical types, so their selectors differ; both spellings are known.
"""

from __future__ import annotations

import itertools
import json
import re
from functools import cache

from devnet.artifacts.abi import AbiError, AbiType, decode, parse_type
from devnet.artifacts.display import checksum
from devnet.chain.keccak import keccak256

CONSOLE_ADDRESS = bytes.fromhex("000000000000000000636f6e736f6c652e6c6f67")

_SPECIFIER = re.compile(r"%([sdifjoOcxe%])")


@cache
def _overloads() -> dict[bytes, tuple[AbiType, ...]]:
    """The types of each selector. Made at first use: about 1 ms."""
    singles = ["int256", "int", "bytes", *(f"bytes{size}" for size in range(1, 33))]
    signatures: list[tuple[str, tuple[str, ...]]] = [("log", (kind,)) for kind in singles]
    for count in range(5):
        signatures += [
            ("log", kinds)
            for kinds in itertools.product(("uint256", "string", "bool", "address"), repeat=count)
        ]
    signatures += [("log", ("string", "int256")), ("log", ("string", "int"))]
    named = {"Int": ("int256", "int"), "Uint": ("uint256", "uint"), "String": ("string",), "Bool": ("bool",)}
    named |= {"Address": ("address",), "Bytes": ("bytes",)}
    named |= {f"Bytes{size}": (f"bytes{size}",) for size in range(1, 33)}
    signatures += [(f"log{suffix}", (kind,)) for suffix, kinds in named.items() for kind in kinds]
    table = {}
    for name, kinds in signatures:
        types = tuple(parse_type(kind) for kind in kinds)
        for spelling in (kinds, tuple("uint" if kind == "uint256" else kind for kind in kinds)):
            table[keccak256(f"{name}({','.join(spelling)})".encode())[:4]] = types
    return table


def decode_console(data: bytes) -> str | None:
    """The line that a call of the console with this input prints; None when it is no known overload or its
    arguments do not decode. It may contain line breaks. Never raises."""
    types = _overloads().get(data[:4])
    if types is None:
        return None
    try:
        values = decode(types, data[4:])
    except AbiError:
        return None
    return _format([_text(kind, value) for kind, value in zip(types, values, strict=True)])


def console_line(data: bytes) -> str:
    """As `decode_console`, with the raw bytes for what it does not know: nothing that was logged is lost."""
    line = decode_console(data)
    return f"console: 0x{data.hex()}" if line is None else line


def _text(kind: AbiType, value: object) -> str:
    if kind.kind == "bool":
        return "true" if value else "false"
    if isinstance(value, bytes):
        return checksum(value) if kind.kind == "address" else "0x" + value.hex()
    return str(value)


def _format(arguments: list[str]) -> str:
    """Node's `util.format` over strings, as Hardhat calls it: the first string's specifiers take the
    arguments after it, what is left over is appended. %x and %e are Foundry's."""
    if len(arguments) < 2:
        return "".join(arguments)
    rest = iter(arguments[1:])
    taken = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal taken
        specifier = match[1]
        if specifier == "%":
            return "%"
        argument = next(rest, None)
        if argument is None:
            return match[0]
        taken += 1
        return _convert(specifier, argument)

    line = _SPECIFIER.sub(fill, arguments[0])
    return " ".join([line, *arguments[1 + taken :]])


def _convert(specifier: str, argument: str) -> str:
    match specifier:
        case "c":
            return ""
        case "o" | "O":
            return "'" + argument.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case "j":
            return json.dumps(argument, ensure_ascii=False)
        case "d" | "i" | "f" | "x" | "e":
            return _number(specifier, argument)
    return argument


def _number(specifier: str, argument: str) -> str:
    """Integers keep every digit (Node would go through a double and print 1e+21). Anything else is NaN."""
    try:
        value = int(argument, 16) if argument.startswith("0x") else int(argument)
    except ValueError:
        # Foundry prints what is no number as it is for %x and %e.
        return argument if specifier in "xe" else "NaN"
    if specifier == "x":
        return f"{value:#x}"
    if specifier == "e":
        return _exponent(value)
    return str(value)


def _exponent(value: int) -> str:
    digits = str(abs(value))
    mantissa = digits.rstrip("0") or "0"
    fraction = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{'-' if value < 0 else ''}{mantissa[0]}{fraction}e{len(digits) - 1}"
