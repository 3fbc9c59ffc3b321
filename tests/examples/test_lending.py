"""The example `lending`: its own tests, and its README typed through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.layerzero_project import passed, typed

pytestmark = [pytest.mark.clients, pytest.mark.full]


def test_its_tests_pass(tmp_path: Path) -> None:
    assert passed("lending", tmp_path) == 10


def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    shown = typed("lending", tmp_path)
    assert " passed" in shown["zero test"].out
    balance = "zero call Bank collateral 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --zone beta"
    assert shown[balance].out == f"{5 * 10**18}\n"
