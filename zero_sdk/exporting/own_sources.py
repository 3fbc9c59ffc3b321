"""The Solidity sources of this SDK as a package: `@zero/contracts` for Foundry and Hardhat."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version

from devnet.contracts.sources import FOLDER, PREFIX


def source_files() -> dict[str, str]:
    """Every source, and a package.json that gives the folder its name."""
    manifest = {
        "name": PREFIX.rstrip("/"),
        "version": _version(),
        "private": True,
        "license": "Apache-2.0",
    }
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sol"))}
    return {**files, "package.json": json.dumps(manifest, indent=2) + "\n"}


def _version() -> str:
    """As npm takes it."""
    try:
        return version("zero-zones").partition(".dev")[0]
    except PackageNotFoundError:
        return "0.0.0"
