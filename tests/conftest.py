"""What holds for all tests."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from hypothesis import HealthCheck, settings

# Nothing here asserts a time: a busy machine must not fail a property.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_USES_SPECIFICATION = re.compile(r"^\s*(?:from|import) (?:ethereum|tests\.execution\.eels)", re.MULTILINE)

HAS_EXECUTABLE_SPECIFICATION = importlib.util.find_spec("ethereum") is not None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leaves out comparisons with the executable specification where it cannot be installed (Python 3.13)."""
    if HAS_EXECUTABLE_SPECIFICATION or collection_path.suffix != ".py":
        return None
    source = collection_path.read_text(encoding="utf-8")
    return True if _USES_SPECIFICATION.search(source) else None


def pytest_report_header() -> str | None:
    """Says so, because a test that does not run protects nobody."""
    if HAS_EXECUTABLE_SPECIFICATION:
        return None
    return "left out: tests against ethereum-execution, which cannot be installed here"
