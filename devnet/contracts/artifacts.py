"""The checked-in output of the Solidity compiler, read from disk on first use."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "compiled"


@dataclass(frozen=True, slots=True)
class Artifact:
    """What the compiler made of one contract of `solidity/`."""

    contract: str
    source: str
    """Path below devnet/contracts."""
    compiler_version: str
    abi: tuple[dict[str, Any], ...]
    runtime: bytes
    creation: bytes
    storage_layout: dict[str, Any]
    """solc's own form."""


@functools.cache
def load(contract: str) -> Artifact:
    """The artifact of `contract`. Raises FileNotFoundError where `solidity/` has no such contract."""
    content = json.loads((FOLDER / f"{contract}.json").read_text(encoding="utf-8"))
    return Artifact(
        contract=content["contract"],
        source=content["source"],
        compiler_version=content["compiler"]["version"],
        abi=tuple(content["abi"]),
        runtime=bytes.fromhex(content["runtime"].removeprefix("0x")),
        creation=bytes.fromhex(content["creation"].removeprefix("0x")),
        storage_layout=content["storageLayout"],
    )


def names() -> tuple[str, ...]:
    """Every contract that `load` knows, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
