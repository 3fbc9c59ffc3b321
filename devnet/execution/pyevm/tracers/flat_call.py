"""flatCallTracer: the calls as a list in Parity's form, as geth's call_flat.go tells them."""

from __future__ import annotations

from typing import Any

from devnet.execution.pyevm.tracers.frames import CallRecord, FrameRecorder
from devnet.execution.tracer_options import FlatCallOptions

_REVERTED = "execution reverted"

_PARITY_ERRORS = {
    "contract creation code storage out of gas": "Out of gas",
    "out of gas": "Out of gas",
    "gas uint64 overflow": "Out of gas",
    "max code size exceeded": "Out of gas",
    "invalid jump destination": "Bad jump destination",
    _REVERTED: "Reverted",
    "return data out of bounds": "Out of bounds",
    "stack limit reached 1024": "Out of stack",
    "precompile failed": "Built-in failed",
    "invalid input length": "Built-in failed",
    "invalid opcode": "Bad instruction",
    "stack underflow": "Stack underflow",
}
"""Parity's words by the start of geth's; an error without an entry keeps geth's."""


class FlatCallTracer(FrameRecorder):
    """A watcher does not know where its block will be, so `blockHash` is None and `transactionPosition` 0
    until `devnet.execution.traces.locate` fills them in.
    """

    def __init__(self, options: FlatCallOptions) -> None:
        super().__init__()
        self._with_parity_errors = options.with_parity_errors
        self._with_precompiles = options.with_precompiles

    def result(self) -> Any:
        shown: list[dict[str, Any]] = []
        places: list[list[int]] = []
        by_record: dict[int, int] = {}
        for number, record in enumerate(self.records):
            if self._is_left_out(record):
                continue
            place: list[int] = []
            if record.parent >= 0:
                parent = by_record[record.parent]
                place = [*places[parent], shown[parent]["subtraces"]]
                shown[parent]["subtraces"] += 1
            by_record[number] = len(shown)
            places.append(place)
            shown.append(self._show(record, place))
        return shown

    def _is_left_out(self, record: CallRecord) -> bool:
        # A precompile calls nothing, so nothing is below what is left out.
        return (
            not self._with_precompiles
            and record.parent >= 0
            and record.start.kind in ("CALL", "STATICCALL")
            and self.start is not None
            and record.start.to in self.start.precompiles
        )

    def _show(self, record: CallRecord, place: list[int]) -> dict[str, Any]:
        error = record.error
        shown: dict[str, Any] = {"action": self._action(record), "blockHash": None}
        transaction = self.start.transaction if self.start is not None else None
        shown["blockNumber"] = self.start.env.number if self.start is not None else 0
        if error:
            shown["error"] = _parity_words(error) if self._with_parity_errors else error
        if record.start.kind != "SELFDESTRUCT" and error in ("", _REVERTED):
            shown["result"] = self._outcome(record)
        shown["subtraces"] = 0
        shown["traceAddress"] = place
        has_hash = transaction is not None and any(transaction.hash)
        shown["transactionHash"] = _hex(transaction.hash) if transaction is not None and has_hash else None
        shown["transactionPosition"] = 0
        shown["type"] = _type(record)
        return shown

    def _action(self, record: CallRecord) -> dict[str, Any]:
        start = record.start
        value = hex(start.value or 0)
        if start.kind == "SELFDESTRUCT":
            return {"address": _hex(start.sender), "balance": value, "refundAddress": _hex(start.to)}
        gas = start.gas
        if record.parent < 0 and self.start is not None:
            gas = self.start.transaction.gas_limit
        if record.is_create:
            return {"from": _hex(start.sender), "gas": hex(gas), "init": _hex(start.input), "value": value}
        return {
            "callType": start.kind.lower(),
            "from": _hex(start.sender),
            "gas": hex(gas),
            "input": _hex(start.input),
            "to": _hex(start.to),
            "value": value,
        }

    def _outcome(self, record: CallRecord) -> dict[str, Any]:
        used = record.end.gas_used if record.end is not None else 0
        gas_used = hex(self.gas_used if record.parent < 0 else used)
        if not record.is_create:
            return {"gasUsed": gas_used, "output": _hex(record.output)}
        if record.error:
            return {"code": _hex(record.output), "gasUsed": gas_used}
        return {"address": _hex(record.start.to), "code": _hex(record.output), "gasUsed": gas_used}


def _type(record: CallRecord) -> str:
    if record.start.kind == "SELFDESTRUCT":
        return "suicide"
    return "create" if record.is_create else "call"


def _parity_words(error: str) -> str:
    for start, words in _PARITY_ERRORS.items():
        if error.startswith(start):
            return words
    return error


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
