"""Reads what an answer holds. An answer comes from whoever is not trusted, so everything is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from zero_sdk.proofs.errors import Flaw, InvalidProof

Data: TypeAlias = "bytes | str"
"""Bytes, or hex digits after 0x."""


def to_bytes(value: Data, size: int, what: str) -> bytes:
    """The caller's own hash, root or address. Raises ValueError where it has another size."""
    data = value if isinstance(value, bytes) else _from_hex(value)
    if data is None or len(data) != size:
        raise ValueError(f"{what} must be {size} bytes, or as many in hex after 0x")
    return bytes(data)


def take(answer: Any, name: str) -> Any:
    """A member of an object of the answer."""
    if not isinstance(answer, Mapping) or name not in answer:
        raise InvalidProof(Flaw.ANSWER, f"there is no {name}")
    return answer[name]


def take_data(answer: Any, name: str, size: int | None = None) -> bytes:
    """Bytes, of a fixed size where one is given."""
    return as_data(take(answer, name), name, size)


def as_data(value: Any, name: str, size: int | None = None) -> bytes:
    data = _from_hex(value)
    if data is None or (size is not None and len(data) != size):
        wanted = "hex data" if size is None else f"{size} bytes of hex data"
        raise InvalidProof(Flaw.ANSWER, f"{name} is not {wanted}")
    return data


def take_number(answer: Any, name: str) -> int:
    """A quantity of at most 256 bits."""
    value = take(answer, name)
    number = None
    if isinstance(value, str) and value.startswith("0x") and value[2:].isalnum() and len(value) <= 66:
        try:
            number = int(value[2:], 16)
        except ValueError:
            number = None
    if number is None:
        raise InvalidProof(Flaw.ANSWER, f"{name} is not a hex quantity")
    return number


def take_list(answer: Any, name: str) -> Sequence[Any]:
    value = take(answer, name)
    if not isinstance(value, list | tuple):
        raise InvalidProof(Flaw.ANSWER, f"{name} is not a list")
    return value


def agree(said: object, proven: object, what: str) -> None:
    """What the answer says beside its proof must be what the proof shows."""
    if said != proven:
        raise InvalidProof(Flaw.CONTRADICTION, f"another {what} is proven")


def _from_hex(value: Any) -> bytes | None:
    """None for anything but 0x and an even number of hex digits."""
    if not isinstance(value, str) or not value.startswith("0x"):
        return None
    try:
        data = bytes.fromhex(value[2:])
    except ValueError:
        return None
    # bytes.fromhex skips spaces.
    return data if 2 * len(data) == len(value) - 2 else None
