"""Reads zero.toml, and knows on which line each key stands so that errors can point there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zero_sdk.errors import Problem, ZeroError

FILE_NAME = "zero.toml"


@dataclass(frozen=True, slots=True)
class ZeroToml:
    """A parsed zero.toml."""

    path: Path
    sections: Mapping[str, Any]
    text: str

    def section(self, name: str) -> Mapping[str, Any]:
        """The keys of `[name]`, empty where the file has no such section."""
        found = self.sections.get(name, {})
        if not isinstance(found, dict):
            raise ZeroError(
                Problem.CONFIG_BAD_VALUE,
                f"{self.where(None, name)}: {name} is not a section",
                f"write [{name}]",
            )
        return found

    def where(self, section: str | None, key: str) -> str:
        """`path:line` of a key, as editors and terminals understand it."""
        return self.where_of(key) if section is None else self.where_of(section, key)

    def where_of(self, *path: str | int) -> str:
        """`path:line` of what the keys lead to, or of the nearest thing around it that is written."""
        from zero_sdk.project.toml_lines import key_lines

        # Only errors ask, so nothing is kept.
        lines = key_lines(self.text)
        for length in range(len(path), 0, -1):
            if line := lines.get(path[:length]):
                return f"{self.path}:{line}"
        return str(self.path)


def read_zero_toml(path: Path) -> ZeroToml:
    """Raises ZeroError where the file cannot be read or is not TOML."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: {reason_of(error)}") from error
    try:
        sections = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{path}:{line[1]}" if line else str(path)
        raise ZeroError(Problem.CONFIG_SYNTAX, f"{where}: {error}") from error
    return ZeroToml(path, sections, text)


def find_zero_toml(folder: Path) -> Path | None:
    """The zero.toml of the project that `folder` is in: there or in the nearest folder above."""
    for candidate in (folder, *folder.parents):
        path = candidate / FILE_NAME
        if path.is_file():
            return path
    return None


def reason_of(error: Exception) -> str:
    """The reason alone, without the path that an OSError repeats."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
