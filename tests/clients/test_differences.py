"""The document lists what of web3.py's suite does not pass, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.clients.web3py.differences import DIFFERENCES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "clients.md"


def test_the_document_has_every_difference_with_its_reason() -> None:
    rows = re.findall(
        r"^\| `(test_[^`]+)` \| ([^|]+) \| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    listed = {name: (frozenset(suites.split(", ")), reason) for name, suites, reason in rows}
    assert listed == {name: (entry.suites, entry.reason) for name, entry in DIFFERENCES.items()}
