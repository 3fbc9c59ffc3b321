"""Names of storage slots, by solc's storage layout: `supply`, `balances[0x7099…]`, `orders[3].amount`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from devnet.chain.keccak import keccak256

ELEMENTS = 4_096
"""Elements of a dynamic array that a slot is looked for in."""

_MAPPING, _DYNAMIC, _BYTES, _INPLACE = "mapping", "dynamic_array", "bytes", "inplace"


def name_slot(layout: Mapping[str, Any], slot: int, words: Iterable[int] = ()) -> str | None:
    """What the slot holds; several names where variables share it. `words` are values that a mapping's key
    may have been: a hash does not say what it was made of. None where nothing fits."""
    types = layout.get("types") or {}
    keys = tuple(dict.fromkeys(words))
    names = []
    for variable in layout.get("storage") or ():
        try:
            found = _find(types, variable["type"], int(variable["slot"]), slot, variable["label"], keys, 2)
        except (KeyError, TypeError, ValueError):
            continue  # a layout that is not as solc writes it names nothing
        if found is not None and found not in names:
            names.append(found)
    return ", ".join(names) or None


def _find(
    types: Mapping[str, Any], type_: str, base: int, slot: int, name: str, words: tuple[int, ...], depth: int
) -> str | None:
    """The name of what lies at `slot` inside the variable at `base`."""
    kind = types[type_]
    encoding = kind["encoding"]
    if encoding == _MAPPING:
        if depth == 0:
            return None
        for word, shown in _keys(kind["key"], words):
            at = int.from_bytes(keccak256(word + base.to_bytes(32, "big")), "big")
            inner = f"{name}[{shown}]"
            found = _find(types, kind["value"], at, slot, inner, words, depth - 1)
            if found is not None:
                return found
        return None
    size = -(-int(kind["numberOfBytes"]) // 32)
    if encoding == _DYNAMIC:
        if slot == base:
            return f"{name}.length"
        first = int.from_bytes(keccak256(base.to_bytes(32, "big")), "big")
        return _element(types, kind["base"], first, slot, name, words, depth, ELEMENTS)
    if encoding == _BYTES:
        first = int.from_bytes(keccak256(base.to_bytes(32, "big")), "big")
        return name if slot == base or first <= slot < first + ELEMENTS else None
    if encoding != _INPLACE:
        return None
    if "members" in kind:
        inner_names = []
        for member in kind["members"]:
            at = base + int(member["slot"])
            label = f"{name}.{member['label']}"
            found = _find(types, member["type"], at, slot, label, words, depth)
            if found is not None:
                inner_names.append(found)
        return ", ".join(inner_names) or None
    if not base <= slot < base + size:
        return None
    if "base" in kind:
        return _element(types, kind["base"], base, slot, name, words, depth, None) or name
    return name


def _element(
    types: Mapping[str, Any],
    type_: str,
    first: int,
    slot: int,
    name: str,
    words: tuple[int, ...],
    depth: int,
    most: int | None,
) -> str | None:
    """The name of what lies at `slot` in the elements that begin at `first`."""
    width = int(types[type_]["numberOfBytes"])
    slots = max(-(-width // 32), 1)
    place = slot - first
    if place < 0 or (most is not None and place >= most * slots):
        return None
    if width <= 16:
        each = 32 // width
        return f"{name}[{place * each}…{place * each + each - 1}]"
    number = place // slots
    return _find(types, type_, first + number * slots, slot, f"{name}[{number}]", words, depth)


def _keys(type_: str, words: tuple[int, ...]) -> Iterator[tuple[bytes, str]]:
    """Words that can be a key of that type, and how they are read."""
    for word in words:
        if type_ in ("t_address", "t_address_payable") or type_.startswith("t_contract"):
            if word >> 160:
                continue
            shown = f"0x{word:040x}"
        elif type_.startswith("t_bytes") and type_ != "t_bytes_memory_ptr":
            shown = f"0x{word:064x}"
        else:
            shown = str(word)
        yield word.to_bytes(32, "big"), shown
