"""A block's schedule as a picture: which transaction runs when on which core. Self-contained SVG and HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from zero_sdk.cli.counting import counted
from zero_sdk.cli.profile_table import describe, place_of

if TYPE_CHECKING:
    from devnet.scheduling.profile import Span

WIDTH, LEFT, ROW, TOP = 1_080, 90, 26, 64
MOST_KEYS = 7
_COLOURS = ("#d1495b", "#edae49", "#00798c", "#66a182", "#8d6a9f", "#c17c5b", "#4f6d9a")
_OTHER, _TEXT, _GRID = "#a9b4c2", "#1f2933", "#f0f2f5"


def draw(profile: dict[str, Any], cores: int) -> str:
    """An SVG of the block on so many cores. Colours are the heaviest keys in conflict, grey is none."""
    spans = _simulate(profile, cores)
    end = max((span.end for span in spans), default=0) or 1
    keys = profile["conflicts"][:MOST_KEYS]
    colour_of: dict[int, str] = {}
    for number, entry in reversed(list(enumerate(keys))):
        for index in entry["transactions"]:
            colour_of[index] = _COLOURS[number]
    bottom = TOP + cores * ROW
    height = bottom + 58 + 20 * max(len(keys) + 1, 1)
    scale = (WIDTH - LEFT - 20) / end
    whole = sum(int(entry["gasUsed"], 16) for entry in profile["transactions"])
    count, frames = len(profile["transactions"]), len(profile["frames"])
    title = f"Block {int(profile['number'], 16):,}: {counted(count, 'transaction')} in "
    title += f"{counted(frames, 'frame')}, {whole / end:.2f}× on {counted(cores, 'core')}"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
    opening += f'width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" '
    opening += f'font-size="13" fill="{_TEXT}">'
    parts = [
        opening,
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _label(20, 28, title, 'font-size="17" font-weight="600"'),
    ]
    for core in range(cores):
        y = TOP + core * ROW
        parts.append(_label(20, y + 17, f"core {core + 1}"))
        parts.append(_box(LEFT, y, WIDTH - LEFT - 20, ROW - 4, _GRID, ""))
    for span in spans:
        index = span.index
        entry = profile["transactions"][index]
        told = (
            f"{index}: {entry['function'] or 'transfer'}, {int(entry['gasUsed'], 16):,} gas, "
            f"frame {entry['frame']}{', alone' if span.is_serial else ''}\n{entry['hash']}"
        )
        x = LEFT + span.start * scale
        width = max((span.end - span.start) * scale - 0.6, 0.4)
        mark = ' stroke="#1f2933" stroke-dasharray="3 2"' if span.is_serial else ""
        parts.append(_box(x, TOP + span.core * ROW, width, ROW - 4, colour_of.get(index, _OTHER), told, mark))
    for step in range(5):
        x = LEFT + (WIDTH - LEFT - 20) * step / 4
        anchor = "end" if step == 4 else "middle" if step else "start"
        parts.append(
            _label(x, bottom + 18, f"{end * step / 4:,.0f}", f'text-anchor="{anchor}" font-size="11"')
        )
    parts.append(_label(LEFT, bottom + 36, "gas since the block's beginning", 'font-size="11"'))
    y = bottom + 60
    for number, entry in enumerate(keys):
        parts.append(_box(LEFT, y - 11, 12, 12, _COLOURS[number], ""))
        told = f"{place_of(entry)}: {len(entry['transactions'])} transactions, {entry['writers']} write it"
        parts.append(_label(LEFT + 20, y, told))
        y += 20
    parts.append(_box(LEFT, y - 11, 12, 12, _OTHER, ""))
    parts.append(_label(LEFT + 20, y, "waits at none of these"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def page(profiles: list[dict[str, Any]], cores: int) -> str:
    """One HTML page: every block's picture and table."""
    blocks = "\n".join(
        f"<section>{draw(entry, cores)}<pre>{escape(describe(entry))}</pre></section>"
        if entry["transactions"]
        else f"<section><pre>{escape(describe(entry))}</pre></section>"
        for entry in profiles
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Schedule profile</title>\n'
        "<style>body{font-family:system-ui,sans-serif;margin:2rem;max-width:1100px;color:#1f2933}"
        "svg{max-width:100%;height:auto}pre{background:#f5f7fa;padding:1rem;overflow-x:auto}"
        "section{margin-bottom:3rem}</style></head>\n"
        f"<body><h1>Schedule profile</h1>\n{blocks}\n</body></html>\n"
    )


def _simulate(profile: dict[str, Any], cores: int) -> tuple[Span, ...]:
    from devnet.scheduling.profile import simulate

    transactions = profile["transactions"]
    order = [index for frame in profile["frames"] for index in frame]
    starts = [transactions[index]["after"] for index in order]
    gas = [int(entry["gasUsed"], 16) for entry in transactions]
    return simulate(order, starts, profile["serial"], gas, cores)


def _label(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y}" {more}>{escape(text)}</text>'


def _box(x: float, y: float, width: float, height: float, colour: str, told: str, more: str = "") -> str:
    title = f"<title>{escape(told)}</title>" if told else ""
    size = f'width="{width:.2f}" height="{height}"'
    return f'<rect x="{x:.2f}" y="{y}" {size} fill="{colour}"{more}>{title}</rect>'
