"""The example `vote`: its own tests, and in the long run its README typed through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.layerzero_project import passed, typed

pytestmark = pytest.mark.clients


def test_its_tests_pass(tmp_path: Path) -> None:
    assert passed("vote", tmp_path) == 10


@pytest.mark.full
def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    shown = typed("vote", tmp_path)
    assert " passed" in shown["zero test"].out
    assert shown["zero call Poll result --zone beta"].out.split() == ["yes:", "1", "no:", "0"]
    assert shown["zero call Poll isAccepted --zone alpha"].out == "true\n"
