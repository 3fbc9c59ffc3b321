"""What the configuration of another tool says, in zero.toml's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Foreign:
    """One project of another tool. What it does not say is left out of the sections."""

    tool: str
    """Foundry, Hardhat or Ape."""
    file: Path
    """Its configuration."""
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """paths, solidity and vyper: keys as in zero.toml."""
    overrides: tuple[Mapping[str, Any], ...] = ()
    """[[solidity.overrides]]."""
    notes: tuple[str, ...] = ()
    """What could not be taken over, a sentence each."""
