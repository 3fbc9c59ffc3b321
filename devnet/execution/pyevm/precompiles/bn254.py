"""bn254: addition and multiplication (EIP-196) and the pairing check (EIP-197), at EIP-1108's prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devnet.execution.pyevm.precompiles import PrecompileFailure
from devnet.execution.pyevm.precompiles.bn254_curve import (
    G1,
    G2,
    P,
    add_g1,
    is_in_g2,
    is_on_g1,
    is_pairing_product_one,
    multiply_g1,
)

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

ADD_GAS: Final = 150
MULTIPLY_GAS: Final = 6_000
PAIRING_BASE_GAS: Final = 45_000
PAIRING_PAIR_GAS: Final = 34_000

_PAIR: Final = 192


def add(frame: Frame) -> None:
    frame.consume_gas(ADD_GAS, "ECADD")
    data = frame.input[:128].ljust(128, b"\0")
    frame.output = _encode(add_g1(_g1(data, 0), _g1(data, 64)))


def multiply(frame: Frame) -> None:
    frame.consume_gas(MULTIPLY_GAS, "ECMUL")
    data = frame.input[:96].ljust(96, b"\0")
    frame.output = _encode(multiply_g1(_g1(data, 0), int.from_bytes(data[64:], "big")))


def pairing_check(frame: Frame) -> None:
    data = frame.input
    count, rest = divmod(len(data), _PAIR)
    if rest:
        raise PrecompileFailure("bad elliptic curve pairing size")
    frame.consume_gas(PAIRING_BASE_GAS + PAIRING_PAIR_GAS * count, "ECPAIRING")
    check_deadline = frame.machine.check_deadline
    pairs = []
    for start in range(0, len(data), _PAIR):
        check_deadline()
        pairs.append((_g1(data, start), _g2(data, start + 64)))
    frame.output = int(is_pairing_product_one(pairs, check_deadline)).to_bytes(32, "big")


def _element(data: bytes, start: int) -> int:
    value = int.from_bytes(data[start : start + 32], "big")
    if value >= P:
        raise PrecompileFailure("coordinate exceeds modulus")
    return value


def _g1(data: bytes, start: int) -> G1:
    point = (_element(data, start), _element(data, start + 32))
    if not is_on_g1(point):
        raise PrecompileFailure("malformed point")
    return point


def _g2(data: bytes, start: int) -> G2:
    """Imaginary parts come first."""
    x_imaginary, x_real, y_imaginary, y_real = (_element(data, start + at) for at in range(0, 128, 32))
    point = ((x_real, x_imaginary), (y_real, y_imaginary))
    if not is_in_g2(point):
        raise PrecompileFailure("malformed point")
    return point


def _encode(point: G1) -> bytes:
    return point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
