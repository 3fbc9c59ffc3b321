"""callTracer: the tree of calls, as geth's eth/tracers/native/call.go tells it."""

from __future__ import annotations

from typing import Any

from devnet.artifacts.reverts import unpack_reason
from devnet.chain.block import Log
from devnet.execution.pyevm.tracers.frames import CallRecord, FrameRecorder
from devnet.execution.tracer_options import CallOptions


class CallTracer(FrameRecorder):
    """The outermost frame shows the transaction's gas limit and what it paid for; inner ones what they were
    given and used. Logs of a failed frame, and of every frame inside it, are left out.
    """

    def __init__(self, options: CallOptions) -> None:
        super().__init__(options.only_top, options.with_logs)

    def result(self) -> Any:
        if not self.records:
            return {}
        failed: list[bool] = []
        shown: list[dict[str, Any]] = []
        for record in self.records:
            failed.append(bool(record.error) or (record.parent >= 0 and failed[record.parent]))
            shown.append(self._show(record, failed[-1]))
            if record.parent >= 0:
                shown[record.parent].setdefault("calls", []).append(shown[-1])
        return shown[0]

    def _show(self, record: CallRecord, is_undone: bool) -> dict[str, Any]:
        start, error = record.start, record.error
        is_top = record.parent < 0
        gas, gas_used = start.gas, record.end.gas_used if record.end is not None else 0
        if is_top and self.start is not None:
            gas, gas_used = self.start.transaction.gas_limit, self.gas_used
        shown: dict[str, Any] = {
            "type": start.kind,
            "from": _hex(start.sender),
            "gas": hex(gas),
            "gasUsed": hex(gas_used),
        }
        if not (error and record.is_create):
            shown["to"] = _hex(start.to)
        shown["input"] = _hex(start.input)
        output = record.output
        if output:
            shown["output"] = _hex(output)
        if error:
            shown["error"] = error
            reason = unpack_reason(output)
            if reason:
                shown["revertReason"] = reason
        if start.value is not None:
            shown["value"] = hex(start.value)
        if record.logs and not is_undone:
            shown["logs"] = [show_log(log, index, position) for log, index, position in record.logs]
        return shown


def show_log(log: Log, index: int, position: int) -> dict[str, Any]:
    """A log inside a call: `position` is how many calls the frame had made before it."""
    return {
        "address": _hex(log.address),
        "topics": [_hex(topic) for topic in log.topics],
        "data": _hex(log.data),
        "index": hex(index),
        "position": hex(position),
    }


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
