"""What the values in zero.toml look like.

A `Parse` turns what TOML gave, and the place it stands at, into a value. It raises ValueError with a sentence
that completes "zero.toml:3: optimizer-runs: ...".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zero_sdk.errors import Problem, ZeroError

Parse = Callable[[Any, str], Any]
"""(value, place) -> parsed value."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that may be kept in an environment variable: `$ALPHA_URL`. Printing it shows no secret."""

    variable: str | None
    """The variable's name, or None where the text stands in the file itself."""
    place: str = field(compare=False)
    written: str | None = field(default=None, repr=False)
    """The text where it stands in the file."""

    def reveal(self, environment: Mapping[str, str] | None = None) -> str:
        """The text. Raises ZeroError where the variable is not set, or empty."""
        if self.variable is None:
            assert self.written is not None
            return self.written
        value = (os.environ if environment is None else environment).get(self.variable)
        if not value:
            raise ZeroError(
                Problem.VARIABLE_NOT_SET,
                f"{self.place}: the environment variable {self.variable} is not set",
                f"export {self.variable}=...",
            )
        return value

    def __str__(self) -> str:
        return f"${self.variable}" if self.variable else "(written in zero.toml)"


def text(value: Any, place: str) -> str:
    """A string that is not empty."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text in quotes")
    if not value.strip():
        raise ValueError("is empty")
    return value


def boolean(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def integer(low: int = 0, high: int = (1 << 64) - 1) -> Parse:
    """A whole number from `low` to `high`."""

    def parse(value: Any, place: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{value!r} is not a whole number")
        if not low <= value <= high:
            raise ValueError(f"{value} is not between {low} and {high}")
        return value

    return parse


def choice(*names: str) -> Parse:
    """One of a few words."""

    def parse(value: Any, place: str) -> str:
        if value not in names:
            raise ValueError(f"{value!r} is not one of {', '.join(names)}")
        return str(value)

    return parse


def folder(value: Any, place: str) -> str:
    """A folder inside the project, with slashes on every system: no absolute path, no way out."""
    path = text(value, place).replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        raise ValueError(f"{value!r} is not relative to the project's folder")
    if ".." in parts:
        raise ValueError(f"{value!r} leaves the project's folder")
    return "/".join(parts) or "."


def several(parse_one: Parse) -> Parse:
    """A list; one value without brackets is a list of one."""

    def parse(value: Any, place: str) -> tuple[Any, ...]:
        return tuple(parse_one(item, place) for item in (value if isinstance(value, list) else [value]))

    return parse


def table(parse_one: Parse) -> Parse:
    """A table whose keys are free."""

    def parse(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is not a table")
        return {name: parse_one(item, place) for name, item in value.items()}

    return parse


def anything(value: Any, place: str) -> Any:
    """A value that is handed on as it is."""
    return value


def remapping(value: Any, place: str) -> str:
    """solc's `[context:]prefix=target`."""
    line = text(value, place)
    prefix, equals, _ = line.partition("=")
    if not equals or not prefix.rpartition(":")[2]:
        raise ValueError(f"{value!r} is not of the form prefix=target")
    return line


def address(value: Any, place: str) -> str:
    """An account's address in hexadecimal; its checksum is kept as written."""
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        raise ValueError(f"{value!r} is not an address: 0x and 40 hexadecimal digits, in quotes")
    return value


_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")


def secret(value: Any, place: str) -> Secret:
    """A text, or `$VARIABLE` that holds it."""
    written = text(value, place)
    if found := _VARIABLE.fullmatch(written):
        return Secret(found[1], place)
    return Secret(None, place, written)


def url(value: Any, place: str) -> Secret:
    """An RPC's URL, or `$VARIABLE` that holds it: such URLs often hold a key."""
    found = secret(value, place)
    if found.variable is None and not re.match(r"(https?|wss?)://[^\s/]", found.reveal()):
        raise ValueError(f"{value!r} is no URL with http, https, ws or wss, and no $VARIABLE")
    return found


def variable_name(value: Any, place: str) -> str:
    """The name of an environment variable; a leading dollar is allowed."""
    found = _VARIABLE.fullmatch("$" + text(value, place).removeprefix("$"))
    if found is None or re.fullmatch(r"[0-9a-fA-F]{64}", found[1]):
        # The value may be the secret itself, so it is not repeated.
        raise ValueError("is not the name of an environment variable (a secret itself must not stand here)")
    return found[1]


_COMPARISON = re.compile(
    r"(?:\^|~|>=|<=|>|<|=|==|~=|!=)?\s*v?\d+(\.(\d+|x|\*)){0,2}((-|a|b|rc|alpha|beta)[\w.+-]*)?"
)


def version_range(value: Any, place: str) -> str:
    """A compiler's version: exact (0.8.30) or a range as in a pragma (^0.8.20, >=0.8.0 <0.9.0)."""
    written = text(value, place).strip()
    for alternative in written.split("||"):
        words = re.sub(r"(?<=[<>=^~])\s+", "", alternative.replace(",", " ")).split()
        if not words or not all(_COMPARISON.fullmatch(word) for word in words if word != "-"):
            raise ValueError(f"{value!r} is not a version (0.8.30) or a range of them (>=0.8.20 <0.9.0)")
    return written


def derivation_path(value: Any, place: str) -> str:
    """A BIP-32 path like m/44'/60'/0'/0/0."""
    if not isinstance(value, str) or not re.fullmatch(r"m(/[0-9]+'?)+", value):
        raise ValueError(f"{value!r} is not a derivation path like m/44'/60'/0'/0/0")
    return value
