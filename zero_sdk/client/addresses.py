"""Addresses: checksummed strings outside, hex in requests."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol, TypeAlias, runtime_checkable

from zero_sdk.client.errors import WrongArguments

ZERO_ADDRESS = "0x" + 40 * "0"


@runtime_checkable
class HasAddress(Protocol):
    """An Account, a Contract, or anything else with an address."""

    @property
    def address(self) -> str: ...


AddressLike: TypeAlias = "str | bytes | HasAddress"
"""An Account, a Contract, a string of 40 hex digits, or 20 bytes."""


@lru_cache(maxsize=8192)
def checksum(address: bytes) -> str:
    """The 20 bytes as EIP-55 writes them."""
    from devnet.artifacts.display import checksum as written

    return written(address)


def to_bytes(value: Any) -> bytes:
    """The 20 bytes of an address. Raises WrongArguments, also for a wrong checksum (EIP-55)."""
    if not isinstance(value, str | bytes | bytearray):
        value = getattr(value, "address", value)
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, bytes | bytearray) and len(value) == 20:
        return bytes(value)
    raise WrongArguments(f"{_shown(value)} is no address")


def to_address(value: Any) -> str:
    """The address, checksummed. Raises WrongArguments."""
    return checksum(to_bytes(value))


@lru_cache(maxsize=8192)
def _parse(text: str) -> bytes:
    digits = text[2:] if text[:2] in ("0x", "0X") else ""
    try:
        address = bytes.fromhex(digits)
    except ValueError:
        address = b""
    if len(address) != 20 or len(digits) != 40:
        raise WrongArguments(f"{_shown(text)} is no address: it is 0x and 40 hex digits")
    is_mixed = digits != digits.lower() and digits != digits.upper()
    if is_mixed and checksum(address)[2:] != digits:
        raise WrongArguments(
            f"{text} has a wrong checksum: a digit is wrong", f"or it is {checksum(address)}"
        )
    return address


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
