"""The tracers that clients ask for by geth's names, as watchers of the reference engine.

One file each; what they report is what geth's native tracers report, field by field (docs/tracing.md lists
what is left out and where other clients differ). The engine imports `build_watcher`, nothing further inside.
"""

from __future__ import annotations

from devnet.chain.rules import Rules
from devnet.execution import BlockEnv, TraceSpec
from devnet.execution.pyevm.hooks import Watcher
from devnet.execution.pyevm.tracers.call import CallTracer
from devnet.execution.pyevm.tracers.config import TracerConfig
from devnet.execution.pyevm.tracers.flat_call import FlatCallTracer
from devnet.execution.pyevm.tracers.four_byte import FourByteTracer
from devnet.execution.pyevm.tracers.mux import MuxTracer
from devnet.execution.pyevm.tracers.prestate import PrestateTracer
from devnet.execution.pyevm.tracers.quiet import QuietWatcher
from devnet.execution.pyevm.tracers.struct_logger import StructLogger
from devnet.state import StateView

TRACERS = (
    "callTracer",
    "prestateTracer",
    "4byteTracer",
    "flatCallTracer",
    "muxTracer",
    "noopTracer",
)
"""The named tracers; "" is the struct logger."""

MAX_MUX_NESTING = 4


def build_watcher(spec: TraceSpec, rules: Rules, env: BlockEnv, view: StateView, nesting: int = 0) -> Watcher:
    """A watcher for one transaction. Raises ValueError for an unknown tracer or a bad config."""
    config = TracerConfig(spec.tracer, spec.config)
    match spec.tracer:
        case "":
            return StructLogger(config)
        case "callTracer":
            return CallTracer(config)
        case "prestateTracer":
            return PrestateTracer(config)
        case "4byteTracer":
            return FourByteTracer()
        case "flatCallTracer":
            return FlatCallTracer(config)
        case "noopTracer":
            return QuietWatcher()
        case "muxTracer":
            if nesting >= MAX_MUX_NESTING:
                raise ValueError("muxTracer: nested too deeply")
            watchers = {
                name: build_watcher(inner, rules, env, view, nesting + 1)
                for name, inner in config.tracers().items()
            }
            return MuxTracer(watchers)
    raise ValueError(_unknown(spec.tracer))


def _unknown(name: str) -> str:
    known = ", ".join(TRACERS)
    if len(name) > 40 or any(character in name for character in "{(;"):
        return (
            f"JavaScript tracers are not supported; built in are {known}, and no tracer for the struct logger"
        )
    return f"unknown tracer {name!r}; built in are {known}, and no tracer for the struct logger"
