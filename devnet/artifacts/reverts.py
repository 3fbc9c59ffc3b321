"""What revert data says: Error(string), Panic(uint256), custom errors of known contracts, else the bytes.

The words for panic codes are geth's, which clients show and match on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from devnet.artifacts.abi import AbiError, decode, parse_type
from devnet.artifacts.display import AddressNames, display_parameters
from devnet.artifacts.items import AbiItem

ERROR_SELECTOR = bytes.fromhex("08c379a0")
"""Error(string): `require(condition, reason)` and `revert(reason)`."""

PANIC_SELECTOR = bytes.fromhex("4e487b71")
"""Panic(uint256): `assert`, arithmetic, array bounds (Solidity 0.8)."""

PANIC_REASONS = {
    0x00: "generic panic",
    0x01: "assert(false)",
    0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero",
    0x21: "enum overflow",
    0x22: "invalid encoded storage byte array accessed",
    0x31: "out-of-bounds array access; popping on an empty array",
    0x32: "out-of-bounds access of an array or bytesN",
    0x41: "out of memory",
    0x51: "uninitialized function",
}

MAX_RAW = 256
"""Bytes of unknown revert data that are shown."""

ErrorLookup = Callable[[bytes], "AbiItem | None"]
"""Gives the error with a selector, None where it is not known."""

_STRING = parse_type("string")
_NUMBER = parse_type("uint256")


@dataclass(frozen=True, slots=True)
class RevertReason:
    """Why something reverted. `text` follows "execution reverted: "; "" when there is nothing to say."""

    kind: Literal["none", "error", "panic", "custom", "raw"]
    text: str
    panic_code: int | None = None
    error: AbiItem | None = None


def unpack_reason(data: bytes) -> str | None:
    """The reason in geth's words for Error(string) and Panic(uint256), None for anything else."""
    try:
        if data[:4] == ERROR_SELECTOR:
            return str(decode([_STRING], data[4:])[0])
        if data[:4] == PANIC_SELECTOR:
            return panic_words(decode([_NUMBER], data[4:])[0])
    except AbiError:
        pass
    return None


def panic_words(code: int) -> str:
    """geth's words for a panic code."""
    return PANIC_REASONS.get(code, f"unknown panic code: {code:#x}")


def _no_error(_: bytes) -> None:
    return None


def _no_names(_: bytes) -> None:
    return None


def decode_revert(
    data: bytes, find_error: ErrorLookup = _no_error, names: AddressNames = _no_names
) -> RevertReason:
    """Reads revert data; never raises. `find_error` is usually `ArtifactRegistry.error`."""
    if not data:
        return RevertReason("none", "")
    reason = unpack_reason(data)
    if reason is not None:
        if data[:4] == ERROR_SELECTOR:
            return RevertReason("error", reason)
        code = int.from_bytes(data[4:36])
        return RevertReason("panic", f"{reason} ({code:#04x})", panic_code=code)
    error = find_error(data[:4]) if len(data) >= 4 else None
    if error is not None:
        try:
            arguments = display_parameters(error.inputs, error.decode_inputs(data[4:]), names)
        except AbiError:
            pass
        else:
            return RevertReason("custom", f"{error.name}({arguments})", error=error)
    shown = data[:MAX_RAW].hex() + ("…" if len(data) > MAX_RAW else "")
    return RevertReason("raw", f"custom error 0x{shown}" if len(data) % 32 == 4 else f"0x{shown}")
