"""Code that calls the endpoint as Executor does, each call with exactly the gas and value that it is to get,
and says what came of the last one. It stands in Executor's place for one simulated call; nobody deploys it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.types import Wei
from devnet.contracts.addresses import ENDPOINT

_CALL_COST = 100
"""Of calling a warm account (EIP-2929)."""
_VALUE_COST = 9_000 - 2_300
"""Of sending value along, less the stipend that the callee gets with it."""
_BETWEEN = 23
"""Gas of what lies between the two readings, beside the call."""
_WORD = 32


@dataclass(frozen=True, slots=True)
class EndpointCall:
    """One call of the endpoint."""

    data: bytes
    gas: int
    value: Wei


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the last call."""

    succeeded: bool
    gas_used: int
    """Before refunds."""
    output: bytes
    """What it returned or reverted with."""


def rehearsal_code(calls: Sequence[EndpointCall]) -> bytes:
    """Code that makes these calls in turn, whatever becomes of them. Give it as much gas as all need."""
    size = _program_size(len(calls))
    program, data = _WARM, b""
    for place, call in enumerate(calls):
        program += _load(len(call.data), size + len(data))
        program += _call(call) + b"\x50" if place < len(calls) - 1 else b"\x5a" + _call(call) + _REPORT
        data += call.data
    assert len(program) == size
    return program + data


def read_outcome(output: bytes, call: EndpointCall) -> Outcome:
    """What `rehearsal_code` returned about its last call."""
    measured = int.from_bytes(output[_WORD : 2 * _WORD], "big")
    cost = _CALL_COST + _BETWEEN + (_VALUE_COST if call.value else 0)
    return Outcome(output[_WORD - 1] == 1, max(0, measured - cost), output[2 * _WORD :])


_WARM = b"\x73" + ENDPOINT + b"\x31\x50"
"""PUSH20 endpoint, BALANCE, POP."""

_REPORT = bytes.fromhex("5a918290036020526000523d600060403e3d6040016000f3")
"""Stack: gas left before, whether it succeeded."""


def _load(size: int, offset: int) -> bytes:
    """Puts data from behind the program into the memory: PUSH4, PUSH4, PUSH1, CODECOPY."""
    return b"\x63" + size.to_bytes(4, "big") + b"\x63" + offset.to_bytes(4, "big") + b"\x60\x00\x39"


def _call(call: EndpointCall) -> bytes:
    """Calls the endpoint with it; leaves whether that succeeded."""
    return b"".join(
        (
            b"\x60\x00\x60\x00",
            b"\x63" + len(call.data).to_bytes(4, "big"),
            b"\x60\x00",
            b"\x7f" + call.value.to_bytes(32, "big"),
            b"\x73" + ENDPOINT,
            b"\x67" + call.gas.to_bytes(8, "big"),
            b"\xf1",
        )
    )


def _program_size(count: int) -> int:
    one = EndpointCall(b"", 0, Wei(0))
    each = len(_load(0, 0)) + len(_call(one))
    return len(_WARM) + count * (each + 1) + len(_REPORT)
