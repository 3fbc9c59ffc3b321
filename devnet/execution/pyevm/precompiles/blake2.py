"""BLAKE2b's compression function F (EIP-152; RFC 7693).

blake2b-py's compiled F is taken where it has a wheel for the platform: one gas a round buys 10 µs of Python,
with which a single transaction could keep a zone busy for minutes. Elsewhere F is computed here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

from devnet.execution.pyevm.precompiles import PrecompileFailure

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

_MASK: Final = (1 << 64) - 1
_LENGTH: Final = 213
_ROUNDS_BETWEEN_CHECKS: Final = 4_096
_NATIVE_ROUNDS: Final = 1 << 24
"""A third of a second, and what a transaction can buy under the network's gas cap. The library cannot be
stopped, so that more rounds, which only a call or a network without the cap can pay, are left to Python."""

_IV: Final = (
    0x6A09E667F3BCC908,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
)
_SIGMA: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
    (11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4),
    (7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8),
    (9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13),
    (2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9),
    (12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11),
    (13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10),
    (6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5),
    (10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0),
)
_MIXES: Final = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)


def blake2_compress(frame: Frame) -> None:
    """One gas a round. Input: rounds (big-endian) ‖ h ‖ m ‖ t ‖ final flag."""
    data = frame.input
    if len(data) != _LENGTH:
        raise PrecompileFailure("invalid input length")
    rounds = int.from_bytes(data[:4], "big")
    frame.consume_gas(rounds, "BLAKE2")
    if data[212] > 1:
        raise PrecompileFailure("invalid final flag")
    native = _native_compress() if rounds <= _NATIVE_ROUNDS else None
    frame.output = native(data) if native else compress(data, rounds, frame.machine.check_deadline)


@cache
def _native_compress() -> Callable[[bytes], bytes] | None:
    """blake2b-py's F over the precompile's whole input, None where it is not installed."""
    try:
        from blake2b import decode_and_compress
    except ImportError:
        return None
    native: Callable[[bytes], bytes] = decode_and_compress
    return native


def compress(data: bytes, rounds: int, check_deadline: Callable[[], None]) -> bytes:
    """F of the precompile's input, 64 bytes. `check_deadline` is called now and then and may raise."""
    state = list(struct.unpack("<8Q", data[4:68]))
    block = struct.unpack("<16Q", data[68:196])
    counter_low, counter_high = struct.unpack("<2Q", data[196:212])
    v = state + list(_IV)
    v[12] ^= counter_low
    v[13] ^= counter_high
    if data[212]:
        v[14] ^= _MASK
    for index in range(rounds):
        if not index % _ROUNDS_BETWEEN_CHECKS:
            check_deadline()
        _mix(v, block, _SIGMA[index % 10])
    return struct.pack(
        "<8Q", *(word ^ low ^ high for word, low, high in zip(state, v[:8], v[8:], strict=True))
    )


def _mix(v: list[int], block: tuple[int, ...], order: tuple[int, ...]) -> None:
    """One round: eight times G, first on the columns, then on the diagonals."""
    position = 0
    for a, b, c, d in _MIXES:
        va, vb, vc, vd = v[a], v[b], v[c], v[d]
        va = (va + vb + block[order[position]]) & _MASK
        vd ^= va
        vd = (vd >> 32) | ((vd << 32) & _MASK)
        vc = (vc + vd) & _MASK
        vb ^= vc
        vb = (vb >> 24) | ((vb << 40) & _MASK)
        va = (va + vb + block[order[position + 1]]) & _MASK
        vd ^= va
        vd = (vd >> 16) | ((vd << 48) & _MASK)
        vc = (vc + vd) & _MASK
        vb ^= vc
        v[b] = (vb >> 63) | ((vb << 1) & _MASK)
        v[a], v[c], v[d] = va, vc, vd
        position += 2
