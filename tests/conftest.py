"""What holds for all tests."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from devnet.parts import EngineChoice
from tests.parts import VARIABLE, choice_under_test, parts_under_test

# Nothing here asserts a time: a busy machine must not fail a property.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("everyday", settings.get_profile("untimed"), max_examples=50)
settings.load_profile("untimed")

_USES_SPECIFICATION = re.compile(r"^\s*(?:from|import) (?:ethereum|tests\.execution\.eels)", re.MULTILINE)

HAS_EXECUTABLE_SPECIFICATION = importlib.util.find_spec("ethereum") is not None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leaves out comparisons with the executable specification where it cannot be installed (Python 3.13)."""
    if HAS_EXECUTABLE_SPECIFICATION or collection_path.suffix != ".py":
        return None
    source = collection_path.read_text(encoding="utf-8")
    return True if _USES_SPECIFICATION.search(source) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine pyevm` runs the tests that are about networks and zones on the reference."""
    parser.addoption("--engine", choices=("native", "pyevm"), help="the engine and state that tests run on")


def pytest_configure(config: pytest.Config) -> None:
    """Makes networks of the parts that were asked for, where a test names none itself."""
    if config.getoption("markexpr") == "not full":
        # Half of the examples where a test names no number; the others come with the long tests.
        settings.load_profile("everyday")
    chosen = config.getoption("--engine")
    if chosen is not None:
        os.environ[VARIABLE] = chosen
        import devnet.network

        devnet.network.choose_parts = lambda: parts_under_test()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With an engine named, leaves out what would be the same test again."""
    if config.getoption("--engine") is None:
        return
    same = [item for item in items if item.get_closest_marker("own_parts")]
    items[:] = [item for item in items if item not in set(same)]
    config.hook.pytest_deselected(items=same)


def pytest_report_header() -> list[str]:
    """Says what runs, and what does not: a test that does not run protects nobody."""
    words = [f"engine: {parts_under_test().engine().name}"]
    if choice_under_test() is EngineChoice.PYEVM:
        words.append("servers in processes of their own run on their default engine all the same")
    if not HAS_EXECUTABLE_SPECIFICATION:
        words.append("left out: tests against ethereum-execution, which cannot be installed here")
    return words
