"""The example `cross-zone-read`, copied elsewhere and typed through as its README says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.templates.readme import type_everything

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "cross-zone-read"


def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    project = tmp_path / EXAMPLE.name
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("build", "__pycache__", ".*_cache"))
    typed = {one.line: one for one in type_everything(project)}
    assert re.search(r"\b15 passed\b", typed["zero test"].out)
    (shown,) = re.findall(r"```text\n(.+?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
    assert typed["python scripts/walk.py"].out == shown
