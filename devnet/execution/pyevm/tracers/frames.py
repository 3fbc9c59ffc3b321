"""The frames of a transaction as callTracer and flatCallTracer tell them: recorded flat, in call order.

Calls nest up to 1024 deep, so nothing here or in those tracers recurses.
"""

from __future__ import annotations

from devnet.chain.block import Log
from devnet.execution import FailureKind, TraceTooLarge, tracer_options
from devnet.execution.pyevm.hooks import FrameEnd, FrameStart, TransactionEnd, TransactionStart
from devnet.execution.pyevm.tracers.quiet import QuietWatcher
from devnet.execution.tracer_options import BYTES_PER_FRAME


class CallRecord:
    """One frame. `parent` is its caller's place in the list, -1 for the transaction's own frame."""

    __slots__ = ("calls", "end", "logs", "parent", "start")

    def __init__(self, start: FrameStart, parent: int) -> None:
        self.start = start
        self.parent = parent
        self.end: FrameEnd | None = None
        self.calls = 0
        self.logs: list[tuple[Log, int, int]] = []
        """(log, index in the transaction, how many calls the frame had made before)."""

    @property
    def is_create(self) -> bool:
        return self.start.kind in ("CREATE", "CREATE2")

    @property
    def error(self) -> str:
        """In geth's words, "" for success."""
        failure = self.end.failure if self.end is not None else None
        return failure.message if failure is not None else ""

    @property
    def output(self) -> bytes:
        """Return data, or revert data; nothing for any other failure."""
        if self.end is None:
            return b""
        failure = self.end.failure
        return self.end.output if failure is None or failure.kind is FailureKind.REVERT else b""


class FrameRecorder(QuietWatcher):
    """Records frames, and logs where `with_logs`; only the transaction's own frame where `only_top`."""

    def __init__(self, only_top: bool = False, with_logs: bool = False) -> None:
        self.records: list[CallRecord] = []
        self.start: TransactionStart | None = None
        self.gas_used = 0
        self._open: list[int] = []
        self._only_top = only_top
        self._with_logs = with_logs
        self._size = 0

    def transaction_start(self, start: TransactionStart) -> None:
        self.start = start

    def enter(self, frame: FrameStart) -> None:
        if self._only_top and frame.depth > 0:
            return
        if not self._has_room(BYTES_PER_FRAME + len(frame.input)):
            return
        parent = self._open[-1] if self._open else -1
        if parent >= 0:
            self.records[parent].calls += 1
        self._open.append(len(self.records))
        self.records.append(CallRecord(frame, parent))

    def exit(self, frame: FrameEnd) -> None:
        if self._only_top and frame.depth > 0:
            return
        if self._has_room(len(frame.output)):
            self.records[self._open.pop()].end = frame

    def log(self, log: Log, index: int, depth: int) -> None:
        if not self._with_logs or not self._open or (self._only_top and depth > 0):
            return
        if not self._has_room(BYTES_PER_FRAME + len(log.data)):
            return
        record = self.records[self._open[-1]]
        record.logs.append((log, index, record.calls))

    def transaction_end(self, end: TransactionEnd) -> None:
        self.gas_used = end.result.gas_used
        if self._size > tracer_options.MAX_FRAME_BYTES:
            raise TraceTooLarge("the trace is too large; set onlyTopCall or leave out withLog")

    def _has_room(self, size: int) -> bool:
        """Counts bytes; nothing more is recorded once there are too many."""
        self._size += size
        return self._size <= tracer_options.MAX_FRAME_BYTES
