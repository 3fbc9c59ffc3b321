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
ALL_ENGINES: dict[str, Engine] = {"pyevm": PyEvmEngine()}
if HAS_NATIVE:
    ALL_ENGINES |= {f"native-{threads}": _native(threads) for threads in (1, 3)}
BLOCK_ENGINES = [pytest.param(engine, id=name) for name, engine in ALL_ENGINES.items()]
