"""Coverage as a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from zero_sdk.debugging.coverage import KINDS, Coverage, Share
from zero_sdk.debugging.rendering import GREEN, RED, YELLOW, Paint, plain


def coverage_table(coverage: Coverage, paint: Paint = plain) -> str:
    """A row for each file, and the total."""
    head = ["file", *(f"{kind}s" if kind != "branch" else "branches" for kind in KINDS)]
    rows = [[file.file.name, *(_text(file.share(kind)) for kind in KINDS)] for file in coverage.files]
    rows.append(["total", *(_text(coverage.share(kind)) for kind in KINDS)])
    shares = [[file.share(kind) for kind in KINDS] for file in coverage.files]
    shares.append([coverage.share(kind) for kind in KINDS])
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [_line(head, widths)]
    for row, values in zip(rows, shares, strict=True):
        painted = [row[0].ljust(widths[0])]
        for text, share, width in zip(row[1:], values, widths[1:], strict=True):
            painted.append(paint(_style(share), text.rjust(width)))
        lines.append("  ".join(painted))
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return "  ".join([first.strip().ljust(widths[0]), *rest])


def _text(share: Share) -> str:
    return f"{share.percent:.1f} % ({share.hit}/{share.all})"


def _style(share: Share) -> str:
    return GREEN if share.percent >= 90 else YELLOW if share.percent >= 50 else RED
