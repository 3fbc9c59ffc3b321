"""Source text by the byte offsets that compilers use."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a source file: bytes `start` to `end` of the file with that number in the compilation."""

    file: int
    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """True where `other` lies inside, or is equal."""
        return self.file == other.file and self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source file as it was compiled."""

    name: str
    text: bytes
    line_starts: tuple[int, ...] = field(repr=False)

    @classmethod
    def of(cls, name: str, text: str) -> SourceFile:
        """The file, with the places of its lines looked up once."""
        octets = text.encode()
        starts = [0]
        at = octets.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = octets.find(b"\n", at + 1)
        return cls(name, octets, tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of a byte, both from 1; columns count characters."""
        line = bisect_right(self.line_starts, offset)
        start = self.line_starts[line - 1]
        return line, len(self.text[start:offset].decode(errors="replace")) + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1) without its end; "" beyond the file."""
        if not 1 <= number <= len(self.line_starts):
            return ""
        ends = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[self.line_starts[number - 1] : ends].decode(errors="replace").rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The byte at a line (from 1) and a column (from 0, in bytes)."""
        return self.line_starts[min(line, len(self.line_starts)) - 1] + column
