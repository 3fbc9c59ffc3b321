"""4byteTracer: how often which function was called with how much data, as geth's 4byte.go counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from typing import Any

from devnet.chain.types import Address
from devnet.execution.pyevm.hooks import FrameStart, TransactionStart
from devnet.execution.pyevm.tracers.quiet import QuietWatcher

_CALLS = ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL")


class FourByteTracer(QuietWatcher):
    """The result's keys are `0x<selector>-<bytes of data after it>`; calls of precompiles do not count."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._precompiles: Set[Address] = frozenset()

    def transaction_start(self, start: TransactionStart) -> None:
        self._precompiles = start.precompiles

    def enter(self, frame: FrameStart) -> None:
        if len(frame.input) >= 4 and frame.kind in _CALLS and frame.to not in self._precompiles:
            self._counts[f"0x{frame.input[:4].hex()}-{len(frame.input) - 4}"] += 1

    def result(self) -> Any:
        return dict(sorted(self._counts.items()))
