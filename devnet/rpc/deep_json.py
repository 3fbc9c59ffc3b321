"""JSON of values that nest deeper than orjson goes (254 levels): call traces nest two levels a call."""

from __future__ import annotations

from typing import Any

import orjson


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


def _encode_deep(value: Any) -> bytes:
    written: list[bytes] = []
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        if type(item) is _Text:
            written.append(item)
        elif isinstance(item, dict):
            parts: list[Any] = [_Text(b"{")]
            for number, (key, inner) in enumerate(item.items()):
                comma = b"," if number else b""
                parts += [_Text(comma + orjson.dumps(key) + b":"), inner]
            todo += reversed([*parts, _Text(b"}")])
        elif isinstance(item, list | tuple):
            parts = [_Text(b"[")]
            for number, inner in enumerate(item):
                parts += [_Text(b","), inner] if number else [inner]
            todo += reversed([*parts, _Text(b"]")])
        else:
            written.append(orjson.dumps(item))
    return b"".join(written)
