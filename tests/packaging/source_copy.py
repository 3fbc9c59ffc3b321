"""A copy of what the distribution is built from, so that building leaves nothing in the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("devnet", "zero_sdk")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
BUILT = shutil.ignore_patterns("__pycache__", "target", "*.so", "*.pyd", "*.dylib", "absence.txt")


def copy_source(folder: Path) -> Path:
    """Copies the sources into `folder`, without what earlier builds left beside them."""
    for name in (*PACKAGES, "kernel", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=BUILT)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(*command: str | Path, folder: Path, **changes: str) -> str:
    """Runs a command to its good end; gives its stdout."""
    done = attempt(*command, folder=folder, **changes)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def attempt(*command: str | Path, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, good or bad, without what configures this project or leads to it."""
    kept = (name for name in os.environ if not name.startswith("ZERO_") and name != "PYTHONPATH")
    environment = {name: os.environ[name] for name in kept}
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**environment, **changes},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1200,
        check=False,
    )
