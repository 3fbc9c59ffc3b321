"""What `zero verify` found, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devnet.verifying.report import Report


def report_as_json(report: Report) -> dict[str, Any]:
    """Everything that the report says."""
    return {
        "network": None if report.network is None else f"0x{report.network.hex()}",
        "verified": report.is_true,
        "firstHeight": report.first,
        "lastHeight": report.last,
        "checked": {what: count for what, count in sorted(report.counts.items()) if count},
        "lies": [
            {
                "kind": finding.lie.value,
                "settlementHeight": finding.height,
                "zone": finding.zone,
                "blockNumber": finding.number,
                "detail": finding.detail,
            }
            for finding in report.findings
        ],
        "notChecked": [
            {"what": gap.what, "why": gap.why, "count": gap.count} for gap in report.gaps.values()
        ],
        "notes": list(report.notes),
    }


def report_in_words(report: Report) -> Iterator[str]:
    """The same for people: what was checked, what was not, and last what it comes to."""
    name = "the network" if report.network is None else f"network 0x{report.network.hex()}"
    if report.last >= report.first > 0:
        yield f"{name}, settlement blocks {report.first:,} to {report.last:,}"
    else:
        yield f"{name}: nothing is settled" if report.first else name
    checked = [f"{what}: {count:,}" for what, count in sorted(report.counts.items()) if count]
    if checked:
        yield "checked:"
        yield from (f"  {line}" for line in checked)
    if report.gaps:
        yield "not checked:"
    for gap in report.gaps.values():
        count = "" if gap.count is None else f" ({gap.count:,})"
        yield f"  {gap.what}{count}: {gap.why}"
    for note in report.notes:
        yield f"note: {note}"
    for finding in report.findings:
        yield f"LIE: {finding}"
    lies = len(report.findings)
    yield "no lie was found" if not lies else f"{lies} {'lie was' if lies == 1 else 'lies were'} found"
