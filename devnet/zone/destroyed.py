"""How much currency ended with contracts that destroyed themselves, read from what a transaction did.

A contract that destroys itself gives what it holds to somebody. Where that is itself, and where something
comes in afterwards, in the same transaction, the currency ends with the contract (EIP-6780; before Cancun
every contract that destroys itself ends, since then only one that the same transaction created).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from devnet.chain.rules import Fork

_CREATIONS = frozenset({"CREATE", "CREATE2"})
_TRANSFERS = _CREATIONS | {"CALL"}
"""CALLCODE and DELEGATECALL move nothing."""


def destroyed_by(trace: Mapping[str, Any], fork: Fork) -> int:
    """Wei that ended in a transaction, given what callTracer says of it."""
    created: set[str] = set()
    ended = 0
    late: dict[str, int] = {}
    """By contract that will end: what came in since it last gave everything away."""
    for frame in _lasting(trace):
        kind, source, target = frame["type"], frame.get("from", ""), frame.get("to", "")
        value = int(frame.get("value", "0x0"), 16)
        if kind in _CREATIONS:
            created.add(target)
        if kind == "SELFDESTRUCT" and (fork < Fork.CANCUN or source in created):
            late[source] = 0
            if target == source:
                ended += value
            elif target in late:
                late[target] += value
        elif kind in _TRANSFERS or kind == "SELFDESTRUCT":
            if source in late:
                late[source] -= value
            if target in late:
                late[target] += value
    return ended + sum(late.values())


def _lasting(trace: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The calls that were not taken back, in the order in which they began."""
    waiting = [trace]
    while waiting:
        frame = waiting.pop()
        if "error" in frame:
            continue
        yield frame
        waiting += reversed(frame.get("calls", ()))
