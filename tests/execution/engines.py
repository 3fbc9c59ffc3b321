"""The engines that tests run on. Where the kernel was not built, what needs it is left out and says so."""

from __future__ import annotations

import functools

import pytest

from devnet.execution import Engine
from devnet.execution.pyevm import PyEvmEngine
from devnet.kernel import absence, load

REFERENCE = PyEvmEngine()

needs_kernel = pytest.mark.skipif(absence() is not None, reason=f"no kernel: {absence()}")

ENGINES = (
    pytest.param("pyevm", id="pyevm"),
    pytest.param("native", id="native", marks=needs_kernel),
)
"""For `pytest.fixture(params=…)` and `parametrize`; `engine` makes one of the name."""


@functools.cache
def engine(name: str) -> Engine:
    """The engine of that name, on one thread."""
    if name == "pyevm":
        return REFERENCE
    from devnet.execution.native import NativeEngine

    return NativeEngine(load().Pool(1))
