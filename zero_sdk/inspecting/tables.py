"""Rows as tables: for a terminal by rich, for a pipe as lines with tabs between."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from zero_sdk.inspecting.layout import WORD, Slot, Variable
from zero_sdk.inspecting.sizes import CREATION_LIMIT, RUNTIME_LIMIT, Sizes

BAR = 24
"""Characters of a bar."""
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")


@dataclass(frozen=True, slots=True)
class Picture:
    """A cell that is drawn on a terminal, and said in words elsewhere."""

    drawn: Any
    """rich's Text."""
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the columns' names and the rows."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    right: frozenset[str] = frozenset()
    """The columns that are aligned to the right."""


def show(tables: Iterable[Table]) -> None:
    """Prints them on stdout."""
    if sys.stdout.isatty():
        _show_rich(tables)
        return
    for number, table in enumerate(tables):
        if number:
            print()
        print("\t".join(table.head))
        for row in table.rows:
            print("\t".join(str(cell) for cell in row))


def _show_rich(tables: Iterable[Table]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console()
    for table in tables:
        shown = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD)
        for name in table.head:
            # Signatures and names are worth more lines than being cut.
            shown.add_column(name, justify="right" if name in table.right else "left", overflow="fold")
        for row in table.rows:
            # A name is no markup, whatever it looks like.
            shown.add_row(*(cell.drawn if isinstance(cell, Picture) else Text(str(cell)) for cell in row))
        console.print(shown)


# ---------------------------------------------------------------- sizes


def sizes_table(found: Iterable[tuple[str, Sizes]], title: str = "Code sizes in bytes") -> Table:
    """Contracts with how much of the limits they take."""
    rows = []
    for name, sizes in found:
        rows.append(
            [
                name,
                sizes.runtime,
                bar(sizes.runtime, RUNTIME_LIMIT),
                sizes.runtime_left,
                sizes.creation,
                bar(sizes.creation, CREATION_LIMIT),
            ]
        )
    head = ("contract", "deployed", f"of {RUNTIME_LIMIT}", "left", "creation", f"of {CREATION_LIMIT}")
    return Table(title, head, rows, frozenset({"deployed", "left", "creation"}))


def bar(size: int, limit: int) -> Picture:
    """How much of the limit is taken: green, yellow from 80 %, red above it."""
    from rich.text import Text

    share = size / limit
    # What is there shows, and full looks full only when it is.
    filled = min(BAR, max(int(share * BAR), 1 if size else 0))
    style = "red" if share > 1 else "yellow" if share >= 0.8 else "green"
    words = f"{share:.0%}"
    drawn = Text.assemble(("█" * filled, style), ("░" * (BAR - filled), "dim"), f" {words:>4}")
    return Picture(drawn, words)


# ---------------------------------------------------------------- layout


def layout_table(found: Sequence[Variable], title: str = "Storage") -> Table:
    """The variables by place."""
    rows = [
        [
            _slots(variable),
            variable.offset,
            variable.size,
            "  " * variable.depth + variable.name,
            variable.type,
        ]
        for variable in found
    ]
    return Table(title, ("slot", "offset", "bytes", "name", "type"), rows, frozenset({"offset", "bytes"}))


def _slots(variable: Variable) -> str:
    last = variable.slot + variable.slots - 1
    return str(variable.slot) if last <= variable.slot else f"{variable.slot}-{last}"


def packing_table(found: Sequence[Variable], slots: Sequence[Slot]) -> Table:
    """A picture of every slot, the highest byte first as in the word itself; `·` is an unused byte."""
    from rich.text import Text

    names = list(dict.fromkeys(variable.name for variable in found if not variable.has_members))
    colours = dict(zip(names, cycle(_COLOURS), strict=False))
    rows = []
    for slot in slots:
        picture = Text()
        for name in reversed(slot.bytes):
            picture.append("·" if name is None else "█", "dim" if name is None else colours[name])
        legend = Text()
        for name in dict.fromkeys(name for name in reversed(slot.bytes) if name is not None):
            legend.append("■ ", colours[name])
            legend.append(f"{name} ({slot.bytes.count(name)})  ")
        words = "".join("." if name is None else "#" for name in reversed(slot.bytes))
        rows.append([slot.number, Picture(picture, words), Picture(legend, legend.plain.replace("■ ", ""))])
    return Table(f"Packing, {WORD} bytes a slot", ("slot", "high to low", "variables (bytes)"), rows)
