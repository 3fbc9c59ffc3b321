"""docs/messages.md: its programs run one after the other, and its tables are whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zero_sdk.messages.findings import Flaw

ROOT = Path(__file__).resolve().parents[2]


def page() -> str:
    return (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")


def test_the_programs_of_the_page_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = page()
    programs = list(re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert len(programs) >= 6
    names: dict[str, object] = {}
    for program in programs:
        # An error names its line of the page.
        above = "\n" * text.count("\n", 0, program.start(1))
        exec(compile(above + program[1], "docs/messages.md", "exec"), names)


def test_every_finding_is_in_the_table_with_its_severity() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (wrong|warning) \|", page(), re.MULTILINE)
    assert rows == [(flaw.code, flaw.severity.value) for flaw in Flaw]
