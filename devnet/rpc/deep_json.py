"""JSON of values that nest deeper than orjson goes (254 levels): call traces nest two levels a call."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import orjson

_SHALLOW: Final = 250
"""So many levels, and fewer, are left to orjson."""


def encode_json(value: Any) -> bytes:
    """JSON of dicts, lists and what orjson knows, however deep. Raises TypeError for anything else."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        if "Recursion" not in str(error):
            raise
    return _encode_deep(value)


class _Text(bytes):
    """JSON that is already written."""

    __slots__ = ()


_CONTAINERS: Final = frozenset((dict, list, tuple))
_COMMA: Final = _Text(b",")


def _encode_deep(value: Any, shallow: int = _SHALLOW) -> bytes:
    levels = _levels(value)
    written: list[bytes] = []
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if type(item) is _Text:
            written.append(item)
        elif levels.get(id(item), 0) <= shallow:
            written.append(orjson.dumps(item))
        elif isinstance(item, dict):
            parts: list[Any] = [_Text(b"{")]
            for number, (key, inner) in enumerate(item.items()):
                comma = b"," if number else b""
                parts += [_Text(comma + orjson.dumps(key) + b":"), inner]
            todo += reversed([*parts, _Text(b"}")])
        else:
            parts = [_Text(b"[")]
            for number, inner in enumerate(item):
                parts += [_COMMA, inner] if number else [inner]
            todo += reversed([*parts, _Text(b"]")])
    return b"".join(written)


def _levels(value: Any) -> dict[int, int]:
    """How many levels deep each dict and list of the value is, itself included, by its `id`."""
    found = _nested([value])
    inside = []
    for item in found:  # grows meanwhile; what is inside comes after what it is in
        inside.append(_nested(item.values() if isinstance(item, dict) else item))
        found += inside[-1]
    levels: dict[int, int] = {}
    for item, nested in zip(reversed(found), reversed(inside), strict=True):
        levels[id(item)] = 1 + max((levels[id(inner)] for inner in nested), default=0)
    return levels


def _nested(members: Collection[Any]) -> list[Any]:
    """Those of them that hold something themselves. Mostly there are none."""
    if _CONTAINERS.isdisjoint(map(type, members)):
        return []
    return [member for member in members if type(member) in _CONTAINERS]
