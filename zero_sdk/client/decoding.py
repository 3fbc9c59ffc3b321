"""ABI data as Python values: ints, bools, strings, bytes, checksummed addresses, lists, and NamedTuples for
structs.

The decoder is `devnet.artifacts.abi`'s, which hostile data can neither crash nor slow down; here its values
get their shape.
"""

from __future__ import annotations

import keyword
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from devnet.artifacts.abi import AbiParameter, AbiType, decode
from zero_sdk.client.addresses import checksum

Shaper: TypeAlias = Callable[[Any], Any]

Records: TypeAlias = Mapping[str, Callable[..., tuple[Any, ...]]]
"""Classes to use for structs and results instead of ones that are made, by name (`zero bind` writes them)."""

Entries: TypeAlias = Sequence[Mapping[str, Any]]
"""An ABI's `inputs`, `outputs` or `components`; their `internalType` names structs."""


def decoder_of(
    name: str, parameters: Sequence[AbiParameter], entries: Entries = (), records: Records | None = None
) -> Callable[[bytes], tuple[Any, ...]]:
    """Decodes data into a NamedTuple of the parameters. Raises AbiError."""
    types = [parameter.type for parameter in parameters]
    make = maker_of(name, parameters, entries, records)
    return lambda data: make(decode(types, data))


def maker_of(
    name: str, parameters: Sequence[AbiParameter], entries: Entries = (), records: Records | None = None
) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Makes a NamedTuple of decoded values."""
    known = records or {}
    record = known.get(name) or record_of(name, tuple(parameter.name for parameter in parameters))
    shapers = [_shaper(parameter.type, _entry(entries, at), known) for at, parameter in enumerate(parameters)]
    if not any(shapers):
        return lambda values: record(*values)

    def make(values: Sequence[Any]) -> tuple[Any, ...]:
        return record(
            *(value if shape is None else shape(value) for shape, value in zip(shapers, values, strict=True))
        )

    return make


def shaper_of(
    parameter: AbiParameter, entry: Mapping[str, Any] | None = None, records: Records | None = None
) -> Shaper:
    """Turns one decoded value into what the library gives out."""
    return _shaper(parameter.type, entry or {}, records or {}) or (lambda value: value)


@lru_cache(maxsize=4096)
def record_of(name: str, fields: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
    """The NamedTuple class with these fields. What Python cannot name gets a name: `_value` is `value`,
    `from` is `from_`, and a field without a name is `_0`, `_1`, ... In brackets the ABI's names hold, too:
    `args["from"]`."""
    make: Any = namedtuple
    plain = make(class_name(name), field_names(fields), rename=True)
    places: dict[str, int] = {field: at for at, field in enumerate(plain._fields)}
    places |= {field: at for at, field in enumerate(fields) if field}

    def item(self: tuple[Any, ...], key: Any) -> Any:
        if not isinstance(key, str):
            return tuple.__getitem__(self, key)
        if key not in places:
            raise KeyError(f"there is no {key}, only {', '.join(plain._fields) or 'nothing'}")
        return tuple.__getitem__(self, places[key])

    members = {"__slots__": (), "__getitem__": item, "_told": _told(plain, fields)}
    return type(plain.__name__, (plain,), members)


def told_names(record: Any) -> Sequence[str]:
    """The names of a record's fields as people read them: `from`, where Python has `from_`."""
    names: Sequence[str] = getattr(record, "_told", None) or record._fields
    return names


def _told(record: Any, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        name.lstrip("_") if field.endswith("_") and field[:-1] == name.lstrip("_") else field
        for field, name in zip(record._fields, names, strict=True)
    )


def field_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names of a record's fields for these names of an ABI."""
    given: list[str] = []
    for index, name in enumerate(names):
        bare = name.lstrip("_")
        if keyword.iskeyword(bare) or bare in ("count", "index"):
            # Every tuple has a `count` and an `index`.
            bare += "_"
        given.append(bare if bare.isidentifier() and bare not in given else f"_{index}")
    return tuple(given)


def class_name(name: str) -> str:
    """A name that Python takes for a class."""
    return name if name.isidentifier() and not keyword.iskeyword(name) else "Values"


def struct_name(entry: Mapping[str, Any]) -> str:
    """`Order` of an ABI's `struct Exchange.Order[]`; "Struct" where the ABI does not say."""
    told = str(entry.get("internalType") or "")
    if not told.startswith("struct "):
        return "Struct"
    return told.removeprefix("struct ").split("[")[0].rsplit(".", 1)[-1] or "Struct"


def _entry(entries: Entries, at: int) -> Mapping[str, Any]:
    return entries[at] if at < len(entries) else {}


def _shaper(kind: AbiType, entry: Mapping[str, Any], records: Records) -> Shaper | None:
    """None where the decoder's value already is what is given out."""
    match kind.kind:
        case "address":
            return checksum
        case "ufixed" | "fixed":
            return lambda value: Decimal(value).scaleb(-kind.decimals)
        case "tuple":
            return maker_of(struct_name(entry), kind.members, entry.get("components") or (), records)
        case "array":
            assert kind.element is not None
            shape = _shaper(kind.element, entry, records)
            return None if shape is None else (lambda values: [shape(value) for value in values])
    return None
