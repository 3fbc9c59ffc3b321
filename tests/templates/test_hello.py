"""The template `hello`, made in an empty folder and typed through."""

from __future__ import annotations

from pathlib import Path

from tests.cli.process import zero
from tests.templates.readme import type_everything


def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    assert zero("init", "hello", folder=tmp_path).code == 0
    everything = type_everything(tmp_path / "hello")
    typed = {one.line: one for one in everything}
    assert " passed" in typed["zero test"].out
    deployed = [line.split() for line in typed["zero deploy"].out.splitlines()]
    assert [(zone, step) for zone, step, _ in deployed] == [("alpha", "Hello"), ("beta", "Hello")]
    assert all(address in typed["zero deployments"].out for _, _, address in deployed)
    asked = [one.out for one in everything if one.line == "zero call Hello greeting --zone beta"]
    assert asked == ["Hello from beta!\n", "Good evening\n"]
