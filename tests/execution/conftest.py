"""Fixtures of the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.execution import memory_state
from tests.execution.engines import ENGINES, engine


@pytest.fixture(scope="module", params=ENGINES)
def each_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test of the module runs on each engine: `memory_state.execute` is that engine's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory_state, "engine_under_test", engine(request.param))
        yield
