"""Coverage as pages: one with all files, one for each file with its source."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from zero_sdk.debugging.coverage import KINDS, Coverage, FileCoverage, Share

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem; color: #1c1e21; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: right; padding: 0.3rem 0.6rem; border-bottom: 1px solid #e3e5e8; }
td:first-child, th:first-child { text-align: left; }
pre { font: 13px/1.45 ui-monospace, monospace; margin: 0; }
.line { display: flex; } .line > * { padding: 0 0.6rem; white-space: pre; }
.number, .count { color: #80868b; min-width: 3rem; text-align: right; }
.hit { background: #e6f6e6; } .missed { background: #fde7e7; } .partly { background: #fff4d6; }
@media (prefers-color-scheme: dark) {
  body { background: #16181b; color: #e4e6e8; } td, th { border-color: #33373c; }
  .hit { background: #16351b; } .missed { background: #451c1c; } .partly { background: #42360f; }
  a { color: #8ab4f8; }
}
"""


def write_pages(coverage: Coverage, folder: Path) -> Path:
    """Writes the pages; gives the first one's path."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for file in coverage.files:
        page = _page_name(file.file.name)
        (folder / page).write_text(_file_page(file), encoding="utf-8")
        link = f'<a href="{page}">{escape(file.file.name)}</a>'
        rows.append(_row(link, [file.share(kind) for kind in KINDS]))
    rows.append(_row("<b>total</b>", [coverage.share(kind) for kind in KINDS]))
    head = "<tr><th>file</th>" + "".join(f"<th>{kind}</th>" for kind in KINDS) + "</tr>"
    index = folder / "index.html"
    index.write_text(_page("Coverage", f"<table>{head}{''.join(rows)}</table>"), encoding="utf-8")
    return index


def _page_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") + ".html"


def _row(first: str, shares: list[Share]) -> str:
    cells = "".join(f"<td>{share.percent:.1f} % ({share.hit}/{share.all})</td>" for share in shares)
    return f"<tr><td>{first}</td>{cells}</tr>"


def _file_page(file: FileCoverage) -> str:
    counts = file.lines
    missed_ways = {
        covered.line for covered in file.covered if covered.item.kind == "branch" and not covered.count
    }
    lines = []
    for number in range(1, len(file.file.line_starts) + 1):
        count = counts.get(number)
        style = "" if count is None else "hit" if count else "missed"
        if count and number in missed_ways:
            style = "partly"
        title = ' title="a way of this branch was never taken"' if style == "partly" else ""
        shown = "" if count is None else f"{count}×"
        lines.append(
            f'<div class="line {style}"{title}><span class="number">{number}</span>'
            f'<span class="count">{shown}</span><code>{escape(file.file.line(number))}</code></div>'
        )
    back = '<p><a href="index.html">all files</a></p>'
    return _page(file.file.name, f"{back}<pre>{''.join(lines)}</pre>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
