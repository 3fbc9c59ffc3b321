"""solc's settings for a file, from [solidity] and its overrides."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from zero_sdk.project.config import SolidityConfig, SolidityOverride

CONTRACT_OUTPUTS = (
    "abi",
    "devdoc",
    "userdoc",
    "metadata",
    "storageLayout",
    "transientStorageLayout",
    "evm.bytecode.object",
    "evm.bytecode.sourceMap",
    "evm.bytecode.linkReferences",
    "evm.bytecode.generatedSources",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.sourceMap",
    "evm.deployedBytecode.linkReferences",
    "evm.deployedBytecode.immutableReferences",
    "evm.deployedBytecode.generatedSources",
    "evm.methodIdentifiers",
)
"""What is asked of every contract; a solc that does not know one of them passes over it."""


def overrides_for(config: SolidityConfig, name: str) -> list[SolidityOverride]:
    """Those whose pattern fits the file, in the order of zero.toml."""
    return [override for override in config.overrides if fnmatch.fnmatchcase(name, override.path)]


def version_for(config: SolidityConfig, name: str) -> str | None:
    """The version that zero.toml asks for, None where it leaves it to the pragmas."""
    version = config.version
    for override in overrides_for(config, name):
        version = override.version or version
    return version


def settings_for(config: SolidityConfig, name: str) -> dict[str, Any]:
    """`settings` of the standard JSON, without remappings and outputs."""
    optimizer, runs, via_ir = config.optimizer, config.optimizer_runs, config.via_ir
    evm_version = config.evm_version
    settings: dict[str, Any] = {}
    further = [config.settings]
    for override in overrides_for(config, name):
        optimizer = optimizer if override.optimizer is None else override.optimizer
        runs = runs if override.optimizer_runs is None else override.optimizer_runs
        via_ir = via_ir if override.via_ir is None else override.via_ir
        evm_version = override.evm_version or evm_version
        further.append(override.settings)
    settings["optimizer"] = {"enabled": optimizer, "runs": runs}
    if via_ir:
        # Versions before 0.7.5 do not know the key.
        settings["viaIR"] = True
    if evm_version:
        settings["evmVersion"] = evm_version
    if config.libraries:
        settings["libraries"] = _nested(config.libraries)
    for extra in further:
        settings = _merged(settings, extra)
    settings.pop("outputSelection", None)
    settings.pop("remappings", None)
    return settings


def _nested(libraries: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for qualified, address in libraries.items():
        source, _, name = qualified.rpartition(":")
        found.setdefault(source, {})[name] = address
    return found


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(one)
    for key, value in other.items():
        before = result.get(key)
        is_deeper = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(before, value) if is_deeper else value  # type: ignore[arg-type]
    return result
