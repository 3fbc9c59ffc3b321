"""Coverage: which lines, statements, branches and functions of the sources ran."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from zero_sdk.debugging.collector import Collector, Ran
from zero_sdk.debugging.coverage_items import Item, items_of
from zero_sdk.debugging.source_files import SourceFile, Span
from zero_sdk.debugging.sources import KnownCode

FOREIGN = ("node_modules/", "lib/", "@", "forge-std/", "hardhat/", "test/", "tests/")
"""How names of files begin that are somebody else's, or tests."""


@dataclass(frozen=True, slots=True)
class Covered:
    """An item and how often it ran."""

    item: Item
    line: int
    count: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many ran."""

    hit: int
    all: int

    @property
    def percent(self) -> float:
        """100 where there is nothing to run."""
        return 100.0 * self.hit / self.all if self.all else 100.0


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """One source file."""

    file: SourceFile
    covered: tuple[Covered, ...]

    @property
    def lines(self) -> dict[int, int]:
        """How often each line ran on which a function or statement begins: as often as the first of them that
        ran at all (of a `for`, that is what runs once)."""
        found: dict[int, int] = {}
        for covered in sorted(self.covered, key=lambda covered: covered.item.span):
            if covered.item.kind != "branch":
                found[covered.line] = found.get(covered.line) or covered.count
        return dict(sorted(found.items()))

    def share(self, kind: str) -> Share:
        """Of `line`, `statement`, `branch` or `function`."""
        if kind == "line":
            counts = list(self.lines.values())
        else:
            counts = [covered.count for covered in self.covered if covered.item.kind == kind]
        return Share(sum(count > 0 for count in counts), len(counts))


KINDS = ("line", "statement", "branch", "function")


@dataclass(frozen=True, slots=True)
class Coverage:
    """All files, by name."""

    files: tuple[FileCoverage, ...]

    def share(self, kind: str) -> Share:
        """Of all files together."""
        shares = [file.share(kind) for file in self.files]
        return Share(sum(share.hit for share in shares), sum(share.all for share in shares))


def is_own(name: str) -> bool:
    """Whether a source is the project's, told by its name."""
    return not name.startswith(FOREIGN)


def coverage(collector: Collector, include: Callable[[str], bool] = is_own) -> Coverage:
    """What ran of the sources that the collector knows. Builds with the optimizer give less than what ran:
    compile for coverage without it, as docs/coverage.md says."""
    counts: dict[str, tuple[SourceFile, dict[Item, int]]] = {}
    for compiled in collector.sources.compilations:
        for number, syntax in compiled.syntax.items():
            file = compiled.files.get(number)
            if file is not None and include(file.name) and file.name not in counts:
                counts[file.name] = (file, dict.fromkeys(items_of(syntax), 0))
    for known, ran in _known(collector):
        _count(known, ran, counts)
    files = []
    for name in sorted(counts):
        file, items = counts[name]
        covered = tuple(Covered(item, _line(file, item), count) for item, count in items.items())
        if covered:
            files.append(FileCoverage(file, covered))
    return Coverage(tuple(files))


def _known(collector: Collector) -> Iterable[tuple[KnownCode, Ran]]:
    """The codes that ran, those of one contract (with other immutables or arguments) put together."""
    merged: dict[int, tuple[KnownCode, Ran]] = {}
    for (code, is_creation), ran in collector.ran.items():
        octets = bytes.fromhex(code[2:])
        if is_creation:
            found = collector.sources.creation(octets)
            known = found[0] if found is not None else None
        else:
            known = collector.sources.code(octets)
        if known is not None:
            merged.setdefault(id(known), (known, Ran()))[1].add(ran)
    return merged.values()


def _count(known: KnownCode, ran: Ran, counts: Mapping[str, tuple[SourceFile, dict[Item, int]]]) -> None:
    """Adds what ran of one contract's code to the items of its sources."""
    places = _Places(known, ran)
    for number, file in known.sources.files.items():
        if file.name not in counts or number not in known.sources.syntax:
            continue
        items = counts[file.name][1]
        for item in items_of(known.sources.syntax[number]):
            items_count = places.count(item)
            if items_count:
                # Numbers of files differ between compilations; the items of a file do not.
                items[_renumbered(item, items)] += items_count


def _renumbered(item: Item, items: Mapping[Item, int]) -> Item:
    if item in items:
        return item
    first = next(iter(items))
    return replace(item, span=item.span._replace(file=first.span.file))


class _Places:
    """What ran, by piece of source."""

    def __init__(self, known: KnownCode, ran: Ran) -> None:
        self._jumps: dict[Span, tuple[int, int]] = {}
        self._entries: Counter[Span] = Counter()
        files: dict[int, list[tuple[int, int, int]]] = {}
        table, sources = known.table, known.sources
        for pc, count in ran.counts.items():
            span = sources.user_span(table.span(pc))
            if span is None:
                continue
            files.setdefault(span.file, []).append((span.start, span.end, count))
            if pc in ran.jumped or pc in ran.went_on:
                before = self._jumps.get(span, (0, 0))
                self._jumps[span] = (before[0] + ran.jumped[pc], before[1] + ran.went_on[pc])
            if table.code[pc : pc + 1] == b"\x5b":
                self._entries[span] = max(self._entries[span], count)
        self._files = {file: sorted(spans) for file, spans in files.items()}

    def count(self, item: Item) -> int:
        """How often the item ran."""
        if item.kind == "branch" and not item.is_block:
            jumped, went_on = self._jumps.get(item.span, (0, 0))
            return jumped if item.jumps else went_on
        inside = self._inside(item.span)
        if item.kind in ("statement", "branch"):
            return max(inside, default=0)
        # A function is entered at a label of its own; a constructor begins without one.
        return self._entries.get(item.span) or next(iter(inside), 0)

    def _inside(self, outer: Span) -> list[int]:
        """The counts of what lies in a piece of source, in its order."""
        spans = self._files.get(outer.file, [])
        found = []
        for start, end, count in spans[bisect_left(spans, (outer.start, 0, 0)) :]:
            if start >= outer.end:
                break
            if end <= outer.end:
                found.append(count)
        return found


def _line(file: SourceFile, item: Item) -> int:
    return file.position(item.span.start)[0]
