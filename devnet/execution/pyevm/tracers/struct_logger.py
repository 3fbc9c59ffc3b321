"""The struct logger: every step with its stack, memory and storage, as geth's default tracer tells it.

The format is the one that execution-apis fixed in 2026 (its pull request 762) and geth follows since: stack
items as hex quantities; memory in words, storage keys and values as 0x with 64 digits.
"""

from __future__ import annotations

from typing import Any

from devnet.chain.types import Address
from devnet.execution import Failure, FailureKind, TraceTooLarge
from devnet.execution.pyevm.hooks import FrameView, TransactionEnd, TransactionStart, WorldView
from devnet.execution.pyevm.mnemonics import MNEMONICS
from devnet.execution.pyevm.tracers.quiet import QuietWatcher
from devnet.execution.tracer_options import WORDS_PER_STEP, StructLogOptions

_SLOAD, _SSTORE = 0x54, 0x55


class _Quantities(dict[int, str]):
    """Hex of each number, made once: the same words stand on the stack for many steps."""

    def __missing__(self, value: int) -> str:
        text = self[value] = hex(value)
        return text


class StructLogger(QuietWatcher):
    """Keeps every step as it will be told."""

    wants_steps = True
    wants_costs = True

    def __init__(self, options: StructLogOptions) -> None:
        self._with_memory = options.with_memory
        self._with_stack = options.with_stack
        self._with_storage = options.with_storage
        self._with_return_data = options.with_return_data
        self._limit = options.limit
        self._max_words = options.max_words
        self._world: WorldView | None = None
        self._steps: list[dict[str, Any]] = []
        self._storage: dict[Address, dict[str, str]] = {}
        self._quantities = _Quantities()
        self._memory: tuple[bytes, list[str]] = (b"", [])
        self._words = 0
        self._size = 0
        self._end: TransactionEnd | None = None

    def transaction_start(self, start: TransactionStart) -> None:
        self._world = start.world

    def step(
        self, pc: int, opcode: int, gas: int, cost: int, frame: FrameView, failure: Failure | None
    ) -> None:
        if self._limit and self._size > self._limit:
            return
        shown: dict[str, Any] = {
            "pc": pc,
            "op": MNEMONICS.get(opcode) or f"opcode {opcode:#x} not defined",
            "gas": gas,
            "gasCost": cost,
            "depth": frame.depth + 1,
        }
        if failure is not None:
            shown["error"] = failure.message
        self._words += WORDS_PER_STEP
        stack = frame.stack
        if self._with_stack:
            shown["stack"] = list(map(self._quantities.__getitem__, stack))
            self._words += len(stack)
        if self._with_return_data and frame.return_data:
            shown["returnData"] = "0x" + frame.return_data.hex()
            self._words += len(frame.return_data) // 32
        if self._with_memory and frame.memory:
            shown["memory"] = self._chunks(frame.memory)
            self._words += len(frame.memory) // 32
        if opcode in (_SLOAD, _SSTORE) and self._with_storage:
            storage = self._storage_after(opcode, stack, frame)
            if storage:
                shown["storage"] = storage
                self._words += 2 * len(storage)
        refund = self._world.refund if self._world is not None else 0
        if refund:
            shown["refund"] = refund
        if self._words > self._max_words:
            raise TraceTooLarge(
                "the trace is too large; leave out memory, set disableStack, set a limit or use callTracer"
            )
        if self._limit:
            self._size += _json_size(shown)
        self._steps.append(shown)

    def _chunks(self, memory: bytearray) -> list[str]:
        previous, chunks = self._memory
        if previous != memory:
            # Most steps leave memory alone, so one list of chunks serves many steps.
            digits = memory.hex()
            chunks = ["0x" + digits[at : at + 64] for at in range(0, len(digits) - 63, 64)]
            self._memory = bytes(memory), chunks
        return chunks

    def _storage_after(self, opcode: int, stack: list[int], frame: FrameView) -> dict[str, str]:
        known = self._storage.setdefault(frame.address, {})
        if opcode == _SLOAD and stack:
            assert self._world is not None
            known[_word(stack[-1])] = _word(self._world.storage(frame.address, stack[-1]))
        elif opcode == _SSTORE and len(stack) >= 2:
            known[_word(stack[-1])] = _word(stack[-2])
        return dict(sorted(known.items()))

    def transaction_end(self, end: TransactionEnd) -> None:
        self._end = end

    def result(self) -> Any:
        assert self._end is not None
        outcome = self._end.result
        has_output = outcome.failure is None or outcome.failure.kind is FailureKind.REVERT
        return {
            "gas": outcome.gas_used,
            "failed": outcome.failure is not None,
            "returnValue": "0x" + outcome.output.hex() if has_output else "0x",
            "structLogs": self._steps,
        }


def _word(value: int) -> str:
    return f"0x{value:064x}"


def _json_size(shown: dict[str, Any]) -> int:
    import orjson

    return len(orjson.dumps(shown))
