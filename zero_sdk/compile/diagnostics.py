"""What a compiler says about the sources: errors and warnings, with their place and an excerpt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Painter = Callable[[str, str], str]
"""Colours a text: `paint("31", "error")`."""

_BOLD, _RED, _YELLOW, _BLUE = "1", "31", "33", "34"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of a compiler."""

    severity: str
    """`error`, `warning` or `info`."""
    code: str
    """The compiler's own: `2314`; empty where it has none."""
    message: str
    source: str = ""
    """The file's name, empty where the message is about no file."""
    line: int = 0
    column: int = 0
    """From 1, in characters."""
    excerpt: str = ""
    """The line of the source."""
    length: int = 1
    """How many characters of the excerpt are meant."""
    kind: str = ""
    """`ParserError`, `TypeError`, `Warning` …"""

    @property
    def where(self) -> str:
        """`contracts/Token.sol:4:8`."""
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source

    def render(self, paint: Painter | None = None) -> str:
        """In several lines: what, where, and the place in the source underlined."""
        colour = paint or _plain
        style = _RED if self.severity == "error" else _YELLOW
        code = f"[{self.code}]" if self.code else ""
        lines = [f"{colour(style, self.severity + code)}: {colour(_BOLD, self.message.strip())}"]
        if self.source:
            margin = " " * len(str(self.line or ""))
            lines.append(f"{margin}{colour(_BLUE, '-->')} {self.where}")
            if self.line and self.excerpt.strip():
                # Tabs stay tabs, so that the marks stand below what they mark.
                indent = "".join(character if character == "\t" else " " for character in self.excerpt)
                marks = indent[: self.column - 1] + colour(style, "^" * max(1, self.length))
                lines.append(f"{margin} {colour(_BLUE, '|')}")
                lines.append(f"{colour(_BLUE, f'{self.line} |')} {self.excerpt}")
                lines.append(f"{margin} {colour(_BLUE, '|')} {marks}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_solc_errors(errors: Iterable[Mapping[str, Any]], texts: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """The `errors` of solc's standard JSON output; `texts` are the sources by name."""
    return tuple(_diagnostic(error, texts) for error in errors)


def _diagnostic(error: Mapping[str, Any], texts: Mapping[str, str]) -> Diagnostic:
    location = error.get("sourceLocation") or {}
    source = str(location.get("file") or "")
    message = str(error.get("message") or error.get("formattedMessage") or "")
    plain = Diagnostic(
        severity=str(error.get("severity") or "error"),
        code=str(error.get("errorCode") or ""),
        message=message,
        source=source,
        kind=str(error.get("type") or ""),
    )
    start, end = location.get("start", -1), location.get("end", -1)
    if source not in texts or not isinstance(start, int) or start < 0:
        return plain
    # solc counts bytes of UTF-8.
    data = texts[source].encode()
    before = data[:start].decode("utf-8", "replace")
    covered = data[start : max(start, end)].decode("utf-8", "replace").split("\n", 1)[0]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    lines = texts[source].split("\n")
    excerpt = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    return Diagnostic(
        plain.severity,
        plain.code,
        message,
        source,
        line,
        column,
        excerpt,
        max(1, len(covered.rstrip())),
        plain.kind,
    )


def _plain(style: str, text: str) -> str:
    return text
