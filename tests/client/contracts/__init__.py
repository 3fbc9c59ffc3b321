"""Contracts of the client's tests: `Kitchen.sol`, and what solc makes of it (test_contracts_are_current)."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@functools.cache
def document(name: str) -> dict[str, Any]:
    """A compiled contract in Foundry's layout, with names."""
    found: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return found
