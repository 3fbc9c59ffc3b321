"""Keys of zero.toml as fields of frozen dataclasses, and what reads a table of the file into one.

The reader, the documentation and its test are all made from the same fields.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.values import Parse
from zero_sdk.project.zero_toml import ZeroToml

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class Key:
    """How one field of a section is written."""

    field: str
    parse: Parse
    help: str
    default: Any

    @property
    def name(self) -> str:
        """In zero.toml: `optimizer-runs`."""
        return self.field.replace("_", "-")


def key(parse: Parse, default: Any, help: str) -> Any:
    """A field of a section."""
    metadata = {"parse": parse, "help": help}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def keys_of(section: type[Any]) -> Iterator[Key]:
    """The keys that a section's dataclass stands for, in its order."""
    for item in dataclasses.fields(section):
        if "parse" in item.metadata:
            made = item.default_factory
            default = item.default if made is dataclasses.MISSING else made()
            yield Key(item.name, item.metadata["parse"], item.metadata["help"], default)


def read_table(
    section: type[Section],
    toml: ZeroToml,
    path: tuple[str | int, ...],
    *,
    besides: Iterable[str] = (),
    **more: Any,
) -> Section:
    """The table at `path` as a `section`. `besides` are keys that the caller reads, `more` further fields.

    Raises ZeroError for an unknown key and for a value that is not acceptable, each with its line.
    """
    table = table_at(toml, path)
    known = {key.name: key for key in keys_of(section)}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name in besides:
            continue
        if name not in known:
            raise unknown_key(toml, (*path, name), (*known, *besides))
        where = f"{toml.where_of(*path, name)}: {name}"
        values[known[name].field] = _parse(known[name], value, where)
    return section(**values, **more)


def _parse(key: Key, value: Any, where: str) -> Any:
    try:
        return key.parse(value, where)
    except ValueError as error:
        raise ZeroError(Problem.CONFIG_BAD_VALUE, f"{where}: {error}", f"{key.name}: {key.help}") from None


def table_at(toml: ZeroToml, path: tuple[str | int, ...]) -> Mapping[str, Any]:
    """The table that `path` leads to, empty where nothing is written. Raises ZeroError for another value."""
    found: Any = toml.sections
    for length, part in enumerate(path, 1):
        found = found.get(part, {}) if isinstance(part, str) else found[part]
        if not isinstance(found, dict) and not (isinstance(found, list) and length < len(path)):
            raise ZeroError(
                Problem.CONFIG_BAD_VALUE,
                f"{toml.where_of(*path[:length])}: {part} is not a section",
                f"write [{title(path[:length])}]",
            )
    assert isinstance(found, dict)
    return found


def unknown_key(toml: ZeroToml, path: tuple[str | int, ...], known: Iterable[str]) -> ZeroError:
    """What is said about a key that means nothing."""
    *parents, name = path
    names = list(known)
    near = difflib.get_close_matches(str(name).lower().replace("_", "-"), names, n=1)
    place = f"[{title(parents)}]" if parents else "zero.toml"
    kind = "key" if parents else "section"
    hint = f"did you mean {near[0]}?" if near else f"{place} has: {', '.join(names)}"
    return ZeroError(
        Problem.CONFIG_UNKNOWN_KEY, f"{toml.where_of(*path)}: {place} has no {kind} {name!r}", hint
    )


def title(path: Iterable[str | int]) -> str:
    """A table's name as in its header: `networks.live.zones.alpha`."""
    return ".".join(str(part) for part in path if isinstance(part, str))
