"""What created a contract: found in the blocks of a node that knows old states and traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import to_bytes
from zero_sdk.client.errors import Refused

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone


def creation_code(zone: Zone, address: str) -> bytes | None:
    """The creation code and the arguments after it; None for what is there since genesis, or by a development
    call, and where the node does not tell."""
    try:
        number = _block_of(zone, address)
        if number is None:
            return None
        traces = zone.rpc("debug_traceBlockByNumber", hex(number), {"tracer": "callTracer"})
    except Refused:
        return None
    wanted = to_bytes(address)
    found = None
    for trace in traces:
        for frame in _frames(trace.get("result") or {}):
            is_creation = frame.get("type") in ("CREATE", "CREATE2") and not frame.get("error")
            if is_creation and to_bytes(frame["to"]) == wanted:
                found = bytes.fromhex(frame["input"][2:])
    return found


def _block_of(zone: Zone, address: str) -> int | None:
    """The block that put the code there: it has none after the block before. Raises Refused where the node
    has forgotten the state of one that is asked for."""
    without, with_code = 0, zone.block_number
    if zone.code(address, without) or not zone.code(address, with_code):
        return None
    while with_code - without > 1:
        middle = (without + with_code) // 2
        if zone.code(address, middle):
            with_code = middle
        else:
            without = middle
    return with_code


def _frames(frame: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """With all below it, in their order. A stack, since calls may be a thousand deep."""
    waiting = [frame]
    while waiting:
        current = waiting.pop()
        # What a frame that failed did is undone.
        if current.get("error"):
            continue
        yield current
        waiting += reversed(current.get("calls") or ())
