"""Configurations as plain data that JSON can hold, and back: by the types that dataclasses declare.

Numbers beyond 53 bits and all bytes are hexadecimal texts. A field that is not there has its default, so that
dumps stay readable when a configuration gains fields; a field that is not known is refused.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

_SAFE = 1 << 53


def to_plain(value: Any) -> Any:
    """What JSON can hold of a frozen dataclass, or of what its fields may be."""
    match value:
        case None | bool() | float() | str():
            return value
        case enum.Enum():
            return to_plain(value.value)
        case int():
            return int(value) if -_SAFE < value < _SAFE else hex(value)
        case bytes():
            return "0x" + value.hex()
        case Mapping():
            return [[to_plain(key), to_plain(item)] for key, item in sorted(value.items())]
        case tuple():
            return [to_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is not plain")


def from_plain(declared: Any, source: Any) -> Any:
    """A value of the declared type. Raises ValueError with the field that is wrong."""
    declared = _resolved(declared)
    origin = get_origin(declared)
    if origin in (Union, types.UnionType):
        return _optional(declared, source)
    if origin is tuple:
        return _tuple(get_args(declared), source)
    if origin is not None and issubclass(origin, Mapping):
        key, item = get_args(declared)
        return {from_plain(key, entry[0]): from_plain(item, entry[1]) for entry in _pairs(source)}
    if is_dataclass(declared):
        return _object(declared, source)
    return _scalar(declared, source)


def _resolved(declared: Any) -> Any:
    while isinstance(declared, NewType):
        declared = declared.__supertype__
    return declared


def _optional(declared: Any, source: Any) -> Any:
    if source is None and types.NoneType in get_args(declared):
        return None
    (inner,) = (argument for argument in get_args(declared) if argument is not types.NoneType)
    return from_plain(inner, source)


def _tuple(arguments: tuple[Any, ...], source: Any) -> tuple[Any, ...]:
    items = _list(source)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(from_plain(arguments[0], item) for item in items)
    if len(items) != len(arguments):
        raise ValueError(f"expected {len(arguments)} items, found {len(items)}")
    return tuple(from_plain(argument, item) for argument, item in zip(arguments, items, strict=True))


def _object(declared: Any, source: Any) -> Any:
    if not isinstance(source, dict):
        raise ValueError("expected an object")
    hints = get_type_hints(declared)
    known: dict[str, Field[Any]] = {field.name: field for field in fields(declared)}
    values = {}
    for name, content in source.items():
        if name not in known:
            raise ValueError(f"{name} is not known to this version")
        try:
            values[name] = from_plain(hints[name], content)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{name} is missing")
    return declared(**values)


def _scalar(declared: Any, source: Any) -> Any:
    if isinstance(declared, type) and issubclass(declared, enum.Enum):
        return declared(source)
    if declared is bytes or (isinstance(declared, type) and issubclass(declared, bytes)):
        if not isinstance(source, str) or not source.startswith("0x"):
            raise ValueError("expected bytes as a hexadecimal text")
        return declared(bytes.fromhex(source[2:]))
    if declared is int:
        if isinstance(source, str):
            return int(source, 16)
        if isinstance(source, int) and not isinstance(source, bool):
            return source
    elif isinstance(source, declared):
        return source
    elif declared is float and isinstance(source, int) and not isinstance(source, bool):
        return float(source)
    raise ValueError(f"expected {declared.__name__}, found {type(source).__name__}")


def _list(source: Any) -> list[Any]:
    if not isinstance(source, list):
        raise ValueError("expected a list")
    return source


def _pairs(source: Any) -> list[list[Any]]:
    entries = _list(source)
    if not all(isinstance(entry, list) and len(entry) == 2 for entry in entries):
        raise ValueError("expected a list of pairs")
    return entries
