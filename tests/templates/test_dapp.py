"""The template `dapp`, made in an empty folder and typed through; its packages come from npm, and its page
runs in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.process import zero
from tests.templates.readme import type_everything

BROWSERS = ("chromium", "google-chrome", "chrome", "msedge")


@pytest.mark.clients
def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    assert zero("init", "guests", "--template", "dapp", folder=tmp_path).code == 0
    project = tmp_path / "guests"
    typed = {one.line: one for one in type_everything(project)}
    tested = typed["zero test"].out
    assert " passed" in tested
    # Where this machine has a browser, the page was in it.
    assert "skipped" not in tested or not any(map(shutil.which, BROWSERS))
    deployed = [line.split()[:2] for line in typed["zero deploy"].out.splitlines()]
    assert deployed == [["alpha", "Guestbook"], ["beta", "Guestbook"]]
    assert (project / "web" / "dist" / "main.js").stat().st_size > 10_000
    assert "From the terminal" in typed["zero call Guestbook newest 1 --zone beta"].out
