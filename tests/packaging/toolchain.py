"""The Rust toolchain as the packaging tests see it: the real one, and ones that lack something."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.packaging.source_copy import ROOT


def own_target(folder: Path) -> str:
    """A target folder for other sources than this checkout's: it shares the compiled libraries with that of
    the scripts and has none of our own crates. (Cargo tells ours apart by the age of their files alone.)"""
    shared = Path(_scripts()["target_folder"]()) / "release"
    for name in ("build", "deps", ".fingerprint"):
        shutil.copytree(
            shared / name,
            folder / "release" / name,
            ignore=shutil.ignore_patterns("zero_*", "libzero_*"),
            copy_function=os.link,
        )
    return str(folder)


def leave_unoptimized(folder: Path) -> None:
    """From sources in that folder our own crates are built as fast as that goes; the libraries are those that
    are shared. That the kernel can be built as it is released, every build of this checkout shows."""
    members = [path.parent.name for path in sorted(ROOT.glob("kernel/*/Cargo.toml"))]
    names = [f"zero_{'kernel' if member == 'python' else member}" for member in members]
    text = "".join(f"[profile.release.package.{name}]\nopt-level = 0\n" for name in names)
    (folder / ".cargo").mkdir()
    (folder / ".cargo" / "config.toml").write_text(text, encoding="utf-8")


def claimed_target() -> str:
    """The target folder for building this checkout itself."""
    return str(_scripts()["claim_target"]())


def _scripts() -> dict[str, Any]:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return runpy.run_path(str(ROOT / "scripts" / "environment.py"))
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
