"""How well stack traces do: every case with every compiler and setting, as docs/stack-traces.md shows it.

python -m tests.debugging.table            prints the table
python -m tests.debugging.table --write    puts it into the document
python -m tests.debugging.table --details  says what is not exact
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.debugging.cases import ALL_CASES, requests
from tests.debugging.chain import Deployments, LocalZone
from tests.debugging.compiling import SETTINGS, compiled, expected_places, marks
from zero_sdk.debugging.execution import FailedCall
from zero_sdk.debugging.stack_trace import stack_trace

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "stack-traces.md"
BEGIN, END = "<!-- table: python -m tests.debugging.table --write -->", "<!-- end of table -->"

RUNS = (
    ("Old.sol", "0.5.16", ("no optimizer", "optimizer, 200 runs")),
    ("Failures.sol", "0.7.6", ("no optimizer", "optimizer, 200 runs")),
    ("Failures.sol", "0.8.19", ("no optimizer", "optimizer, 200 runs", "viaIR and optimizer")),
    ("Modern.sol", "0.8.19", ("no optimizer", "optimizer, 200 runs", "viaIR and optimizer")),
    ("Failures.sol", "0.8.37", tuple(SETTINGS)),
    ("Modern.sol", "0.8.37", tuple(SETTINGS)),
)


@dataclass(frozen=True)
class Outcome:
    """What one case came to, for the innermost frame."""

    file: str
    version: str
    settings: str
    case: str
    kind: str
    is_kind: bool
    is_function: bool
    is_line: bool
    is_exact: bool
    """The trace says that the line is exact."""
    false_lines: int
    """Frames of the whole trace whose line is said to be exact and is another one."""
    shown: str

    @property
    def is_right(self) -> bool:
        """Exact, and that line."""
        return self.is_exact and self.is_line


def outcomes(file: str, version: str, settings: str) -> Iterator[Outcome]:
    """Runs the cases of a file."""
    code = compiled(file, settings, version)
    places = marks(code.text)
    zone = LocalZone()
    for case, request in requests(ALL_CASES[file], Deployments(zone, code)):
        trace = stack_trace(zone, FailedCall(request), code.sources)
        expected = expected_places(places, case.name)
        first = trace.frames[0]
        yield Outcome(
            file,
            version,
            settings,
            case.name,
            case.kind_of(version),
            trace.kind == case.kind_of(version),
            any(mark.is_in(first.label) for mark in expected[0]),
            any(mark.line == first.line for mark in expected[0]),
            first.certainty == "exact",
            sum(
                frame.certainty == "exact" and all(mark.line != frame.line for mark in marked)
                for frame, marked in zip(trace.frames, expected, strict=False)
            ),
            f"{trace.kind}: " + " < ".join(f"{f.label}:{f.line} {f.certainty}" for f in trace.frames),
        )


def everything() -> list[Outcome]:
    """All runs."""
    return [
        outcome
        for file, version, settings in RUNS
        for setting in settings
        for outcome in outcomes(file, version, setting)
    ]


def table(found: list[Outcome]) -> str:
    """Two tables: by compiler and setting, and by kind of failure and setting."""
    lines = [
        "| solc | settings | cases | exact line | right function | wrong lines called exact | right kind |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    runs = dict.fromkeys((outcome.version, outcome.settings) for outcome in found)
    for version, settings in sorted(runs, key=lambda run: (run[0], list(SETTINGS).index(run[1]))):
        own = [outcome for outcome in found if (outcome.version, outcome.settings) == (version, settings)]
        exact = sum(outcome.is_right for outcome in own)
        function = sum(outcome.is_function for outcome in own)
        lines.append(
            f"| {version} | {settings} | {len(own)} | {_share(exact, len(own))} | "
            f"{_share(function, len(own))} | {sum(outcome.false_lines for outcome in own)} | "
            f"{_share(sum(outcome.is_kind for outcome in own), len(own))} |"
        )
    lines += ["", "| kind | " + " | ".join(SETTINGS) + " |", "| --- |" + " --- |" * len(SETTINGS)]
    for kind in sorted({outcome.kind for outcome in found}):
        cells = []
        for settings in SETTINGS:
            own = [outcome for outcome in found if (outcome.kind, outcome.settings) == (kind, settings)]
            cells.append(_cell(own))
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.0f} %)"


def _cell(own: list[Outcome]) -> str:
    if not own:
        return "–"
    counts = Counter(
        "line" if outcome.is_right else "function" if outcome.is_function else "neither" for outcome in own
    )
    words = [f"{counts[word]} {word}" for word in ("line", "function", "neither") if counts[word]]
    return ", ".join(words)


def document_with(text: str) -> str:
    """The document with the table in its place."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main(arguments: list[str]) -> None:
    """The command."""
    found = everything()
    if "--details" in arguments:
        for outcome in found:
            if not (outcome.is_right and outcome.is_function and outcome.is_kind) or outcome.false_lines:
                flags = "FALSE " * bool(outcome.false_lines) + "FUNCTION " * (not outcome.is_function)
                flags += "KIND " * (not outcome.is_kind)
                print(f"{outcome.version} {outcome.settings:20} {flags}{outcome.case} — {outcome.shown}")
    if "--write" in arguments:
        DOCUMENT.write_text(document_with(table(found)), encoding="utf-8")
    else:
        print(table(found))


if __name__ == "__main__":
    main(sys.argv[1:])
