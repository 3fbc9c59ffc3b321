"""The Rust toolchain as the packaging tests see it: the real one, and ones that lack something."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from pathlib import Path

from tests.packaging.source_copy import ROOT


def kernel_target() -> str:
    """The target folder that the scripts use: what is compiled already is not compiled again."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return str(runpy.run_path(str(ROOT / "scripts" / "environment.py"))["target_folder"]())
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def folder_of(folder: Path, *tools: str) -> Path:
    """A folder for PATH that holds the tools and nothing else."""
    folder.mkdir()
    for name in tools:
        found = shutil.which(name)
        assert found is not None, f"{name} is needed to build the kernel"
        (folder / name).symlink_to(found)
    return folder


def pretend(folder: Path, name: str, says: str) -> None:
    """Puts a tool there that does nothing but say so."""
    (folder / name).write_text(f"#!{sys.executable}\nprint({says!r})\n", encoding="utf-8")
    os.chmod(folder / name, 0o755)
