"""The hash of the EVM."""

from __future__ import annotations

from zero_sdk.client.errors import WrongArguments


def keccak(data: bytes | str) -> bytes:
    """Keccak-256, 32 bytes: of bytes, or of a text as UTF-8, as Solidity's `keccak256` of a string literal.
    Raises WrongArguments for a text that begins with 0x, which might be meant as hex."""
    from devnet.chain.keccak import keccak256

    if isinstance(data, str):
        if data[:2].lower() == "0x":
            raise WrongArguments(
                f"{data[:20]!r} may be hex or a text",
                "keccak(bytes.fromhex(...)) hashes the bytes, keccak(text.encode()) the text",
            )
        data = data.encode()
    return bytes(keccak256(bytes(data)))
