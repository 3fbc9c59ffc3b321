"""Compressed source maps of solc (docs.soliditylang.org, "Source Mappings"), and the code they belong to.

An entry belongs to each instruction, `start:length:file:jump:depth`; a field that is left out is that of the
entry before. `jump` is i (into a function), o (out of one) or -.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

from zero_sdk.debugging.source_files import Span

INTO: Final = "i"
OUT: Final = "o"
PUSH1, PUSH32 = 0x60, 0x7F


def instruction_starts(code: bytes, count: int | None = None) -> array[int]:
    """Where each of the first `count` instructions begins (None: all, which takes data for code as well)."""
    starts = array("l")
    at, size = 0, len(code)
    while at < size and (count is None or len(starts) < count):
        starts.append(at)
        opcode = code[at]
        at += opcode - PUSH1 + 2 if PUSH1 <= opcode <= PUSH32 else 1
    return starts


class CodeTable:
    """The source of every instruction of one code, by its place (pc)."""

    __slots__ = ("_index", "_jumps", "_spans", "code", "starts")

    def __init__(self, code: bytes, spans: Sequence[Span], jumps: Sequence[str]) -> None:
        """`spans` and `jumps` belong to the instructions in order; code after them is data."""
        self.code = code
        self.starts = instruction_starts(code, len(spans))
        self._spans = spans
        self._jumps = jumps
        index = array("l", [-1]) * len(code)
        for number, pc in enumerate(self.starts):
            index[pc] = number
        self._index = index

    def span(self, pc: int) -> Span | None:
        """What the instruction was made of; None where there is none, or no source."""
        number = self._number(pc)
        if number < 0:
            return None
        found = self._spans[number]
        return found if found.file >= 0 else None

    def jump(self, pc: int) -> str:
        """i, o or -."""
        number = self._number(pc)
        return self._jumps[number] if number >= 0 else "-"

    def has(self, pc: int) -> bool:
        """True where an instruction with a place in the source map begins."""
        return self._number(pc) >= 0

    def _number(self, pc: int) -> int:
        return self._index[pc] if 0 <= pc < len(self._index) else -1


def read_source_map(code: bytes, text: str) -> CodeTable:
    """The table of a code and its compressed source map. What is malformed counts as left out."""
    spans: list[Span] = []
    jumps: list[str] = []
    start, length, file, jump = 0, 0, -1, "-"
    span = Span(file, start, start + length)
    for entry in text.split(";") if text else ():
        if entry:
            fields = entry.split(":")
            start = _number(fields, 0, start)
            length = _number(fields, 1, length)
            file = _number(fields, 2, file)
            if len(fields) > 3 and fields[3]:
                jump = fields[3]
            span = Span(file, start, start + length)
        spans.append(span)
        jumps.append(jump)
    return CodeTable(code, spans, jumps)


def _number(fields: Sequence[str], place: int, before: int) -> int:
    try:
        return int(fields[place])
    except (IndexError, ValueError):
        return before
