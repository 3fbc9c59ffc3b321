"""Every example is in the index, and has a README and tests that this repository runs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def test_every_example_is_listed_and_run() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    listed = re.findall(
        r"^\| \[(.+?)\]\(\1/README\.md\)", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted(folders)
    for name in folders:
        assert (EXAMPLES / name / "README.md").is_file()
        assert (EXAMPLES / name / "zero.toml").is_file()
        assert (Path(__file__).parent / f"test_{name.replace('-', '_')}.py").is_file(), name
