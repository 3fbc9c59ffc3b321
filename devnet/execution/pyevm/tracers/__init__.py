"""The tracers that clients ask for by geth's names, as watchers of the reference engine.

One file each; what they report is what geth's native tracers report, field by field (docs/tracing.md lists
what is left out and where other clients differ). The engine imports `build_watcher`, nothing further inside.
"""

from __future__ import annotations

from devnet.execution.pyevm.hooks import Watcher
from devnet.execution.pyevm.tracers.call import CallTracer
from devnet.execution.pyevm.tracers.coverage import CoverageTracer
from devnet.execution.pyevm.tracers.flat_call import FlatCallTracer
from devnet.execution.pyevm.tracers.four_byte import FourByteTracer
from devnet.execution.pyevm.tracers.mux import MuxTracer
from devnet.execution.pyevm.tracers.prestate import PrestateTracer
from devnet.execution.pyevm.tracers.quiet import QuietWatcher
from devnet.execution.pyevm.tracers.struct_logger import StructLogger
from devnet.execution.tracer_options import (
    CallOptions,
    CoverageOptions,
    FlatCallOptions,
    FourByteOptions,
    MuxOptions,
    NoopOptions,
    PrestateOptions,
    StructLogOptions,
    TracerOptions,
)


def build_watcher(options: TracerOptions) -> Watcher:
    """A watcher for one transaction."""
    match options:
        case StructLogOptions():
            return StructLogger(options)
        case CallOptions():
            return CallTracer(options)
        case PrestateOptions():
            return PrestateTracer(options)
        case FourByteOptions():
            return FourByteTracer()
        case FlatCallOptions():
            return FlatCallTracer(options)
        case NoopOptions():
            return QuietWatcher()
        case CoverageOptions():
            return CoverageTracer()
        case MuxOptions():
            return MuxTracer({name: build_watcher(inner) for name, inner in options.tracers})
