"""Call trees and stack traces as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from zero_sdk.debugging.call_tree import CallNode, ConsoleNode, EventNode, NamedValue
from zero_sdk.debugging.stack_trace import SourceTrace


def trace_json(tree: CallNode, failure: SourceTrace | None) -> dict[str, Any]:
    """`{"call": …, "failure": …}`; `failure` is null where nothing failed."""
    return {"call": call_json(tree), "failure": failure_json(failure) if failure is not None else None}


def failure_json(trace: SourceTrace) -> dict[str, Any]:
    """`{"kind", "message", "frames"}`."""
    return {
        "kind": trace.kind,
        "message": trace.message,
        "frames": [asdict(frame) for frame in trace.frames],
    }


def call_json(node: CallNode) -> dict[str, Any]:
    """A call with everything inside, in its order."""
    return {
        "kind": node.kind,
        "contract": node.contract,
        "function": node.function,
        "address": node.address,
        "sender": node.sender,
        "value": node.value,
        "arguments": _values(node.arguments),
        "data": node.data,
        "returns": _values(node.returns),
        "returned": node.returned,
        "error": node.error,
        "gas": node.gas,
        "gasUsed": node.gas_used,
        "site": asdict(node.site) if node.site is not None else None,
        "inside": [_inside(inner) for inner in node.inside],
    }


def _inside(node: CallNode | EventNode | ConsoleNode) -> dict[str, Any]:
    if isinstance(node, ConsoleNode):
        return {"kind": "console", "text": node.text}
    if isinstance(node, EventNode):
        return {
            "kind": "event",
            "contract": node.contract,
            "name": node.name,
            "arguments": _values(node.arguments),
            "text": node.text,
        }
    return call_json(node)


def _values(values: Sequence[NamedValue]) -> list[dict[str, str]]:
    return [asdict(value) for value in values]
