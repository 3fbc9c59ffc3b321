"""Single fields of transactions out of decoded RLP. All raise MalformedTransaction with the field's name."""

from __future__ import annotations

from devnet.chain.errors import MalformedTransaction
from devnet.chain.rlp import Decoded, RlpError, decode_int
from devnet.chain.transaction import AccessListEntry
from devnet.chain.types import Address


def read_number(value: Decoded, bits: int, name: str) -> int:
    """An integer of at most `bits` bits."""
    if type(value) is not bytes or len(value) * 8 > bits or value[:1] == b"\0":
        try:
            decode_int(value)
        except RlpError as error:
            raise MalformedTransaction(f"{name}: {error}") from error
        raise MalformedTransaction(f"{name}: more than {bits} bits")
    return int.from_bytes(value, "big")


def read_bytes(value: Decoded, name: str) -> bytes:
    """A byte string of any length."""
    if not isinstance(value, bytes):
        raise MalformedTransaction(f"{name}: a list where bytes belong")
    return value


def read_sized(value: Decoded, size: int, name: str) -> bytes:
    """A byte string of exactly `size` bytes."""
    if not isinstance(value, bytes) or len(value) != size:
        raise MalformedTransaction(f"{name}: must be {size} bytes")
    return value


def read_list(value: Decoded, name: str) -> list[Decoded]:
    """A list."""
    if not isinstance(value, list):
        raise MalformedTransaction(f"{name}: must be a list")
    return value


def read_recipient(value: Decoded) -> Address | None:
    """20 bytes, or none: a creation."""
    if value == b"":
        return None
    return Address(read_sized(value, 20, "to"))


def read_access_list(value: Decoded) -> tuple[AccessListEntry, ...]:
    """An EIP-2930 access list."""
    entries = []
    for item in read_list(value, "accessList"):
        pair = read_list(item, "accessList")
        if len(pair) != 2:
            raise MalformedTransaction("accessList: an entry is an address and a list of slots")
        slots = tuple(
            int.from_bytes(read_sized(slot, 32, "storageKeys"), "big")
            for slot in read_list(pair[1], "storageKeys")
        )
        entries.append(AccessListEntry(Address(read_sized(pair[0], 20, "accessList")), slots))
    return tuple(entries)
