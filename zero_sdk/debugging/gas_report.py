"""What functions cost: a table of calls and deployments, kept in a file and compared with a later run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from zero_sdk.debugging.collector import Collector
from zero_sdk.debugging.coverage import is_own
from zero_sdk.debugging.rendering import BOLD, GREEN, RED, Paint, plain
from zero_sdk.errors import Problem, ZeroError

FORMAT: Final = "zero-gas-1"


@dataclass(frozen=True, slots=True)
class GasRow:
    """Calls of one function in one zone; for "constructor", deployments. Gas is that of the call itself with
    everything inside, without what a transaction costs before it begins."""

    zone: str
    contract: str
    """Qualified: `src/Token.sol:Token`."""
    function: str
    calls: int
    min: int
    mean: int
    """Rounded."""
    median: int
    """The lower one where there are two."""
    max: int
    size: int = 0
    """Bytes of deployed code."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What the row is about."""
        return self.zone, self.contract, self.function


def gas_report(collector: Collector) -> tuple[GasRow, ...]:
    """The rows, by contract, function and zone; of the project's own contracts."""
    rows = []
    for (zone, contract, function), gas in sorted(collector.gas.items(), key=lambda entry: entry[0][::-1]):
        if is_own(contract):
            used = gas.used
            count = sum(used.values())
            total = sum(amount * times for amount, times in used.items())
            rows.append(
                GasRow(
                    zone,
                    contract,
                    function,
                    count,
                    min(used),
                    round(total / count),
                    _median(used, count),
                    max(used),
                    gas.size,
                )
            )
    return tuple(sorted(rows, key=lambda row: (row.contract, row.function, row.zone)))


def _median(used: Counter[int], count: int) -> int:
    seen = 0
    for amount in sorted(used):
        seen += used[amount]
        if 2 * seen >= count:
            return amount
    raise ValueError("no calls")


def save_gas(rows: Sequence[GasRow], path: Path) -> None:
    """Keeps the report for a comparison."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"format": FORMAT, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def load_gas(path: Path) -> tuple[GasRow, ...]:
    """A report that was kept. Raises ZeroError for a file that is something else."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}")
        return tuple(GasRow(**row) for row in document["rows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ZeroError(
            Problem.COLLECTED_UNREADABLE, f"{path}: {error}", "make it anew with `zero test --gas --save`"
        ) from None


def changed(before: int, now: int) -> str:
    """`+1.2 %`, "" where nothing changed."""
    if before == now:
        return ""
    if not before:
        return "new"
    return f"{100 * (now - before) / before:+.1f} %"


def gas_table(rows: Sequence[GasRow], before: Sequence[GasRow] = (), paint: Paint = plain) -> str:
    """The report as text; with `before`, the change of the mean beside it."""
    known: Mapping[tuple[str, str, str], GasRow] = {row.key: row for row in before}
    zones = {row.zone for row in rows}
    lines: list[str] = []
    for contract in dict.fromkeys(row.contract for row in rows):
        own = [row for row in rows if row.contract == contract]
        if lines:
            lines.append("")
        lines.append(paint(BOLD, contract))
        cells = [["function", "calls", "min", "mean", "median", "max", "change"]]
        cells += [_cells(row, known.get(row.key), bool(before), len(zones) > 1) for row in own]
        widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
        for number, row in enumerate(cells):
            first, *rest = row
            change = rest.pop().rjust(widths[-1])
            if number and change.strip().startswith("+"):
                change = paint(RED, change)
            elif number and change.strip().startswith("-"):
                change = paint(GREEN, change)
            shown = [text.rjust(width) for text, width in zip(rest, widths[1:], strict=False)]
            tail = [change] if before else []
            lines.append("  ".join(["  " + first.ljust(widths[0]), *shown, *tail]).rstrip())
    return "\n".join(lines)


def _cells(row: GasRow, before: GasRow | None, is_compared: bool, names_zones: bool) -> list[str]:
    name = f"deployment ({row.size:,} bytes)" if row.function == "constructor" else row.function
    if names_zones:
        name += f" [{row.zone}]"
    change = "" if not is_compared else "new" if before is None else changed(before.mean, row.mean)
    numbers = (row.calls, row.min, row.mean, row.median, row.max)
    return [name, *(f"{number:,}" for number in numbers), change]
