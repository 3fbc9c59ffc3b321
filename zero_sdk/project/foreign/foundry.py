"""foundry.toml: the profile that FOUNDRY_PROFILE names, over the default one (Foundry's book, "Config")."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.foreign.found import Foreign
from zero_sdk.project.zero_toml import reason_of


def read_foundry(path: Path) -> Foreign:
    """Raises ZeroError where the file cannot be read."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ZeroError(Problem.FOREIGN_UNREADABLE, f"{path}: {reason_of(error)}") from error
    profiles = document.get("profile", {})
    said = {**profiles.get("default", {})}
    name = os.environ.get("FOUNDRY_PROFILE", "default")
    said |= profiles.get(name, {})
    # Foundry takes both ways of writing.
    said = {key.replace("-", "_"): value for key, value in said.items()}

    paths: dict[str, Any] = {
        "contracts": said.get("src", "src" if (path.parent / "src").is_dir() else "contracts"),
        "packages": _list(said.get("libs", _default_libraries(path.parent))),
        "foreign-build": [said.get("out", "out")],
    }
    solidity: dict[str, Any] = {}
    version = said.get("solc", said.get("solc_version"))
    notes = []
    if isinstance(version, str):
        if version[:1].isdigit():
            solidity["version"] = version
        else:
            notes.append(f"solc = {version!r} is a program; the pragmas decide the version here")
    for theirs, ours in (
        ("optimizer", "optimizer"),
        ("optimizer_runs", "optimizer-runs"),
        ("via_ir", "via-ir"),
        ("evm_version", "evm-version"),
        ("remappings", "remappings"),
    ):
        if theirs in said:
            solidity[ours] = said[theirs]
    if libraries := said.get("libraries"):
        # "src/Math.sol:Math:0x..."
        parted = [str(entry).rpartition(":") for entry in libraries]
        solidity["libraries"] = {name: address for name, _, address in parted}
    settings = _settings(said)
    if settings:
        solidity["settings"] = settings
    return Foreign("Foundry", path, {"paths": paths, "solidity": solidity}, notes=tuple(notes))


def _settings(said: dict[str, Any]) -> dict[str, Any]:
    """What decides the code and has no key of its own here."""
    metadata: dict[str, Any] = {}
    if "bytecode_hash" in said:
        metadata["bytecodeHash"] = said["bytecode_hash"]
    if "cbor_metadata" in said:
        metadata["appendCBOR"] = said["cbor_metadata"]
    if "use_literal_content" in said:
        metadata["useLiteralContent"] = said["use_literal_content"]
    settings: dict[str, Any] = {"metadata": metadata} if metadata else {}
    if "revert_strings" in said:
        settings["debug"] = {"revertStrings": said["revert_strings"]}
    return settings


def _default_libraries(root: Path) -> list[str]:
    return ["lib", *(["node_modules"] if (root / "node_modules").is_dir() else [])]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
