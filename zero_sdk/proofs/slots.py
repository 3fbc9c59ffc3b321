"""Where Solidity keeps what is proven."""

from __future__ import annotations

from devnet.chain.keccak import keccak256


def mapping_slot(key: int | bytes | str, place: int | bytes) -> int:
    """The slot of a mapping's value under `key`, where the mapping itself has the slot `place` (Solidity,
    "Layout of State Variables in Storage"); of a mapping in a mapping the place is the outer one's slot.

    A key is a number, an address (text or 20 bytes), or 32 bytes. `SettledState.mappingSlot` gives the same.
    Raises ValueError.
    """
    return int.from_bytes(keccak256(_word(key) + _word(place)), "big")


def _word(value: int | bytes | str) -> bytes:
    if isinstance(value, str):
        value = bytes.fromhex(value.removeprefix("0x"))
        if len(value) != 20:
            raise ValueError("a key in text is an address")
    if isinstance(value, int):
        if not -(1 << 255) <= value < 1 << 256:
            raise ValueError("a number has at most 256 bits")
        return (value % (1 << 256)).to_bytes(32, "big")
    if len(value) not in (20, 32):
        raise ValueError(f"a key has 20 or 32 bytes, not {len(value)}")
    return value.rjust(32, b"\0")
