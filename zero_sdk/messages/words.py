"""Addresses as packets and peers carry them: 32 bytes, zeros before the twenty."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import Hash32
from zero_sdk.client.addresses import checksum, to_bytes

NOBODY = Hash32(bytes(32))
"""Where no peer is set."""


def padded(account: Any) -> Hash32:
    """32 bytes of an Account, a Contract or an address; what has 32 bytes stays. Raises WrongArguments."""
    if isinstance(account, bytes | bytearray) and len(account) == 32:
        return Hash32(bytes(account))
    if isinstance(account, str) and len(account) == 66 and account.startswith("0x"):
        return Hash32(bytes.fromhex(account[2:]))
    return Hash32(bytes(12) + to_bytes(account))


def unpadded(word: bytes) -> str:
    """The address, checksummed; of 32 bytes that are none, hex."""
    return checksum(word[12:]) if is_address(word) else f"0x{word.hex()}"


def is_address(word: bytes) -> bool:
    """Whether 32 bytes are an address of an EVM."""
    return len(word) == 32 and not any(word[:12])
