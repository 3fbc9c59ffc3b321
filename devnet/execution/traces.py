"""What is done to traces after an engine gave them, whichever engine it was."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import Hash32


def locate(trace: Any, block_hash: Hash32, transaction_index: int) -> Any:
    """The trace with the place of its transaction filled in where a tracer shows one (flatCallTracer, also
    inside muxTracer): an engine does not know the hash of the block that it executes."""
    if isinstance(trace, list):
        place = {"blockHash": "0x" + block_hash.hex(), "transactionPosition": transaction_index}
        return [frame | place if _is_flat(frame) else frame for frame in trace]
    if isinstance(trace, dict) and any(isinstance(inner, list | dict) for inner in trace.values()):
        return {
            name: locate(inner, block_hash, transaction_index) if name in _MUXED else inner
            for name, inner in trace.items()
        }
    return trace


_MUXED = frozenset({"flatCallTracer", "muxTracer"})


def _is_flat(frame: Any) -> bool:
    return isinstance(frame, dict) and "traceAddress" in frame and "transactionPosition" in frame
