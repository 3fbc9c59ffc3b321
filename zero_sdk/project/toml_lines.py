"""The line of every key in a TOML document that the parser has already accepted.

TOML's parser in the standard library keeps no positions. This walks over the text once more: it needs to know
where keys, values, tables and comments begin and end, but not what values mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""The keys from the root to a value; an int is the position in a list."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
# A longer delimiter first: three quotes are not an empty string and a quote.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]+")


def key_lines(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every table, key and list item. `text` must be valid TOML."""
    return _Walk(text.replace("\r\n", "\n")).lines


class _Walk:
    """One pass over a document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = 1
        self.counted = 0
        self.lines: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}
        """How many tables each list of tables has so far."""
        self._document()

    def _document(self) -> None:
        prefix: Path = ()
        self._skip(_GAP)
        while self.position < len(self.text):
            if self.text.startswith("[[", self.position):
                prefix = self._header("]]", is_list=True)
            elif self.text.startswith("[", self.position):
                prefix = self._header("]", is_list=False)
            else:
                self._pair(prefix)
            self._skip(_GAP)

    def _header(self, closing: str, *, is_list: bool) -> Path:
        self.position += len(closing)
        *parents, last = self._dotted_key()
        path: Path = ()
        for part in parents:
            path = self._newest((*path, part))
        path = (*path, last)
        if is_list:
            self._note(path)
            self.tables[path] = self.tables.get(path, 0) + 1
        path = self._newest(path)
        self._note(path)
        self.position += len(closing)
        return path

    def _newest(self, path: Path) -> Path:
        """`path`, or where that is a list of tables the newest of them: that is what TOML's headers go on."""
        self._note(path)
        count = self.tables.get(path)
        return path if count is None else (*path, count - 1)

    def _pair(self, prefix: Path) -> None:
        path = prefix
        for part in self._dotted_key():
            path = (*path, part)
            self._note(path)
        self.position += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _dotted_key(self) -> list[str]:
        parts = []
        while True:
            self._skip(_SPACE)
            if found := _BARE.match(self.text, self.position):
                parts.append(found[0])
            else:
                found = _STRING.match(self.text, self.position)
                assert found is not None
                parts.append(_unquoted(found[0]))
            self.position = found.end()
            self._skip(_SPACE)
            if not self.text.startswith(".", self.position):
                return parts
            self.position += 1

    def _value(self, path: Path) -> None:
        if self.text[self.position] == "[":
            self._list(path)
        elif self.text[self.position] == "{":
            self._inline_table(path)
        else:
            found = _STRING.match(self.text, self.position) or _SCALAR.match(self.text, self.position)
            assert found is not None
            self.position = found.end()

    def _list(self, path: Path) -> None:
        self.position += 1
        self._skip(_GAP)
        index = 0
        while self.text[self.position] != "]":
            self._note((*path, index))
            self._value((*path, index))
            index += 1
            self._comma()
        self.position += 1

    def _inline_table(self, path: Path) -> None:
        self.position += 1
        self._skip(_GAP)
        while self.text[self.position] != "}":
            self._pair(path)
            self._comma()
        self.position += 1

    def _comma(self) -> None:
        self._skip(_GAP)
        if self.text[self.position] == ",":
            self.position += 1
            self._skip(_GAP)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.position)
        if found is not None:
            self.position = found.end()

    def _note(self, path: Path) -> None:
        if path not in self.lines:
            self.line += self.text.count("\n", self.counted, self.position)
            self.counted = self.position
            self.lines[path] = self.line


def _unquoted(key: str) -> str:
    """A quoted key's text: literal between apostrophes, with escapes between quotes."""
    if key.startswith("'"):
        return key[1:-1]
    import tomllib

    value = tomllib.loads(f"key = {key}")["key"]
    assert isinstance(value, str)
    return value
