"""Trace configurations of the debug namespace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devnet.execution import Overrides, TraceSpec
from devnet.rpc.codec.overrides import read_block_overrides, read_state_overrides
from devnet.rpc.codec.shapes import Shape, optional_field, read_object, read_string, read_u64_number, ref
from devnet.zone.messages import BlockOverrides

_STRUCT_LOGGER_OPTIONS = (
    "enableMemory",
    "disableMemory",
    "disableStack",
    "disableStorage",
    "enableReturnData",
    "disableReturnData",
    "limit",
)


@dataclass(frozen=True, slots=True)
class TraceCallConfig:
    """What debug_traceCall takes beside the tracer."""

    trace: TraceSpec
    overrides: Overrides | None
    block: BlockOverrides | None
    transaction_index: int | None


STRUCT_LOGGER = TraceSpec()
DEFAULT_TRACE_CALL = TraceCallConfig(STRUCT_LOGGER, None, None, None)


def read_trace_spec(value: Any) -> TraceSpec:
    """geth's TraceConfig: `tracer` with `tracerConfig`, or the struct logger with its options beside it."""
    source = read_object(value)
    tracer = optional_field(source, "tracer", read_string) or ""
    config = optional_field(source, "tracerConfig", read_object)
    if tracer:
        return TraceSpec(tracer, config or {})
    options = {name: source[name] for name in _STRUCT_LOGGER_OPTIONS if source.get(name) is not None}
    return TraceSpec("", {**options, **(config or {})})


def read_trace_call_config(value: Any) -> TraceCallConfig:
    source = read_object(value)
    return TraceCallConfig(
        trace=read_trace_spec(source),
        overrides=optional_field(source, "stateOverrides", read_state_overrides),
        block=optional_field(source, "blockOverrides", read_block_overrides),
        transaction_index=optional_field(source, "txIndex", read_u64_number),
    )


TRACE = Shape(read_trace_spec, ref("TraceConfig"))
TRACE_CALL = Shape(read_trace_call_config, ref("TraceConfig"))
