"""The engines whose blocks are compared with serial execution."""

from __future__ import annotations

import importlib.util

import pytest

from devnet.execution import Engine
from devnet.execution.pyevm import PyEvmEngine
from devnet.kernel import absence


def _native(threads: int) -> Engine:
    from devnet.execution.native import NativeEngine
    from devnet.kernel import load

    engine: Engine = NativeEngine(load().Pool(threads))
    return engine


HAS_NATIVE = absence() is None and importlib.util.find_spec("devnet.execution.native") is not None
BLOCK_ENGINES = [pytest.param(PyEvmEngine(), id="pyevm")]
if HAS_NATIVE:
    BLOCK_ENGINES += [pytest.param(_native(threads), id=f"native-{threads}") for threads in (1, 3)]
