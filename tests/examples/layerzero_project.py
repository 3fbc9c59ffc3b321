"""Examples that import LayerZero's packages: copied elsewhere, with those that the tests have installed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.layerzero import packages
from tests.templates.readme import Typed, run, type_everything

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LEFT_OUT = shutil.ignore_patterns("build", "node_modules", "deployments", "__pycache__", ".*_cache")


def copied(name: str, folder: Path) -> Path:
    """The example in a folder of its own."""
    project = folder / name
    shutil.copytree(EXAMPLES / name, project, ignore=LEFT_OUT)
    return project


def passed(name: str, folder: Path) -> int:
    """How many tests of the example pass; all have to."""
    project = copied(name, folder)
    modules = packages.package("@layerzerolabs/oapp-evm").parents[1]
    (project / "node_modules").symlink_to(modules, target_is_directory=True)
    done = run("zero test", project, {})
    found = re.search(r"(\d+) passed", done.out)
    assert found is not None, done.out
    return int(found[1])


def typed(name: str, folder: Path) -> dict[str, Typed]:
    """What the README's commands print, each done to a good end, with packages from npm."""
    return {one.line: one for one in type_everything(copied(name, folder))}
