"""What has to be known of a Solidity file before it is compiled: its imports and its version pragmas."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMENT = r"//[^\n]*|/\*(?s:.*?)\*/"
_STRING = r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
_DIRECTIVE = re.compile(
    rf"{_COMMENT}|{_STRING}"
    r"|\bpragma\s+solidity\b(?P<pragma>[^;]*);"
    rf"|\bimport\b(?>{_COMMENT}|[^;\"'])*(?P<path>{_STRING})"
)
_COMMENTS = re.compile(_COMMENT)


@dataclass(frozen=True, slots=True)
class Directive:
    """An import's path or a pragma's range, and the line (from 1) and column (from 1) where it stands."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Directives:
    """What a file says about others and about the compiler."""

    imports: tuple[Directive, ...]
    pragmas: tuple[Directive, ...]


def read_directives(text: str) -> Directives:
    """The imports and pragmas of a file; what stands in comments and strings is none."""
    imports: list[Directive] = []
    pragmas: list[Directive] = []
    for found in _DIRECTIVE.finditer(text):
        if found["path"] is not None:
            imports.append(_directive(text, found["path"][1:-1], found.start("path")))
        elif found["pragma"] is not None:
            words = _COMMENTS.sub(" ", found["pragma"]).strip()
            pragmas.append(_directive(text, words, found.start()))
    return Directives(tuple(imports), tuple(pragmas))


def _directive(text: str, words: str, at: int) -> Directive:
    return Directive(words, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
