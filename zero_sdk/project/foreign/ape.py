"""ape-config.yaml (or .json, or [tool.ape] of pyproject.toml): Ape's documentation, "Configure Ape"."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.foreign.found import Foreign
from zero_sdk.project.zero_toml import reason_of


def read_ape(path: Path) -> Foreign:
    """Raises ZeroError where the file cannot be read."""
    said = _read(path)
    base = str(said.get("base_path") or ".")
    folder = said.get("contracts_folder") or _default_contracts(path.parent / base)
    paths = {
        "contracts": folder if base == "." else f"{base}/{folder}",
        "foreign-build": [".build"],
    }
    notes = []
    solidity: dict[str, Any] = {}
    compiler = _mapping(said.get("solidity"))
    for theirs, ours in (("version", "version"), ("evm_version", "evm-version"), ("via_ir", "via-ir")):
        if compiler.get(theirs) is not None:
            solidity[ours] = str(compiler[theirs]) if theirs != "via_ir" else bool(compiler[theirs])
    # ape-solidity runs the optimizer unless it is told not to.
    solidity["optimizer"] = bool(compiler.get("optimize", True))
    if compiler.get("import_remapping"):
        # They lead into Ape's own folder of packages.
        names = ", ".join(str(entry).partition("=")[0] for entry in compiler["import_remapping"])
        notes.append(f"import_remapping ({names}): `zero install` gets packages from npm into node_modules")
    elif said.get("dependencies"):
        names = ", ".join(str(_mapping(entry).get("name", "?")) for entry in said["dependencies"])
        notes.append(f"dependencies ({names}): `zero install` gets packages from npm into node_modules")
    vyper: dict[str, Any] = {}
    compiler = _mapping(said.get("vyper"))
    for theirs, ours in (("version", "version"), ("evm_version", "evm-version")):
        if compiler.get(theirs) is not None:
            vyper[ours] = str(compiler[theirs])
    return Foreign("Ape", path, {"paths": paths, "solidity": solidity, "vyper": vyper}, notes=tuple(notes))


def _read(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        if path.name == "pyproject.toml":
            return _mapping(tomllib.loads(text).get("tool", {}).get("ape"))
        if path.suffix == ".json":
            return _mapping(json.loads(text))
        return _mapping(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise ZeroError(Problem.FOREIGN_UNREADABLE, f"{path}: {reason_of(error)}") from error


def _default_contracts(base: Path) -> str:
    """Ape looks for a folder that has one of the usual names."""
    return next((name for name in ("contracts", "sources", "src") if (base / name).is_dir()), "contracts")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
