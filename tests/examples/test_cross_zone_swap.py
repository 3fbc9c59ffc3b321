"""The example `cross-zone-swap`: its own tests, and its README typed through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.layerzero_project import passed, typed

pytestmark = [pytest.mark.clients, pytest.mark.full]


def test_its_tests_pass(tmp_path: Path) -> None:
    assert passed("cross-zone-swap", tmp_path) == 9


def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    shown = typed("cross-zone-swap", tmp_path)
    assert " passed" in shown["zero test"].out
    assert shown["python scripts/walk.py"].out == "10 gold of beta brought 9.871580 silver to beta\n"
    assert shown["zero call Pool goldReserve --zone alpha"].out == f"{1000 * 10**18}\n"
