"""Tells whose project a folder is."""

from __future__ import annotations

from pathlib import Path

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.foreign.found import Foreign
from zero_sdk.project.foreign.hardhat import FindNode
from zero_sdk.project.project import FOREIGN_FILES


def find_foreign(root: Path, find_node: FindNode) -> Foreign:
    """What the project in this folder says. With several tools side by side Hardhat's file is read, then
    Foundry's: its sources are what both compile. Raises ZeroError where there is none."""
    files = [root / name for name in FOREIGN_FILES if (root / name).is_file()]
    for path in files:
        if path.name.startswith("hardhat.config."):
            from zero_sdk.project.foreign.hardhat import read_hardhat

            return read_hardhat(path, find_node)
    for path in files:
        if path.name == "foundry.toml":
            from zero_sdk.project.foreign.foundry import read_foundry

            return read_foundry(path)
    from zero_sdk.project.foreign.ape import read_ape

    if files:
        return read_ape(files[0])
    pyproject = root / "pyproject.toml"
    if pyproject.is_file() and "[tool.ape" in pyproject.read_text(encoding="utf-8", errors="replace"):
        return read_ape(pyproject)
    raise ZeroError(
        Problem.NO_FOREIGN_PROJECT,
        f"{root}: there is no project of Foundry, Hardhat or Ape here",
        "it would have foundry.toml, hardhat.config.* or ape-config.yaml; `zero init NAME` starts anew",
    )
