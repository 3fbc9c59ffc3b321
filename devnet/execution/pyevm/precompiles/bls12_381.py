"""BLS12-381 (EIP-2537) on arkworks' native library.

Field elements are 64 bytes of which the first 16 are zero; a point of zeros is infinity. Additions take any
point on the curve, the others only points of the prime-order subgroup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from devnet.execution.pyevm.precompiles import PrecompileFailure

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

G1_ADD_GAS: Final = 375
G1_MULTIPLY_GAS: Final = 12_000
G1_MAP_GAS: Final = 5_500
G2_ADD_GAS: Final = 600
G2_MULTIPLY_GAS: Final = 22_500
G2_MAP_GAS: Final = 23_800
PAIRING_BASE_GAS: Final = 37_700
PAIRING_PAIR_GAS: Final = 32_600

_ELEMENT: Final = 64
_PADDING: Final = bytes(16)
_G1: Final = 2 * _ELEMENT
_G2: Final = 4 * _ELEMENT
_SCALAR: Final = 32
_DISCOUNT_UNIT: Final = 1_000

# EIP-2537's discounts per 1000 by the number of pairs; the last one holds for more.
# fmt: off
_G1_DISCOUNTS: Final = (
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677,
    673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627,
    625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598,
    596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576,
    575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559,
    558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545, 544,
    543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531,
    530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
)
# fmt: on
# fmt: off
_G2_DISCOUNTS: Final = (
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717,
    711, 704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646,
    643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607,
    606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582,
    580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562,
    561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548, 547,
    546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535,
    534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
)
# fmt: on


def g1_add(frame: Frame) -> None:
    import py_arkworks_bls12381 as ark

    frame.consume_gas(G1_ADD_GAS, "G1ADD")
    data = _sized(frame, 2 * _G1)
    frame.output = _encode(_any_point(ark.G1Point, data[:_G1]) + _any_point(ark.G1Point, data[_G1:]))


def g2_add(frame: Frame) -> None:
    import py_arkworks_bls12381 as ark

    frame.consume_gas(G2_ADD_GAS, "G2ADD")
    data = _sized(frame, 2 * _G2)
    frame.output = _encode(_any_point(ark.G2Point, data[:_G2]) + _any_point(ark.G2Point, data[_G2:]))


def g1_multi_multiply(frame: Frame) -> None:
    import py_arkworks_bls12381 as ark

    _multi_multiply(frame, ark.G1Point, _G1, G1_MULTIPLY_GAS, _G1_DISCOUNTS)


def g2_multi_multiply(frame: Frame) -> None:
    import py_arkworks_bls12381 as ark

    _multi_multiply(frame, ark.G2Point, _G2, G2_MULTIPLY_GAS, _G2_DISCOUNTS)


def pairing_check(frame: Frame) -> None:
    import py_arkworks_bls12381 as ark

    data = frame.input
    count, rest = divmod(len(data), _G1 + _G2)
    if not count or rest:
        raise PrecompileFailure("invalid input length")
    frame.consume_gas(PAIRING_BASE_GAS + PAIRING_PAIR_GAS * count, "PAIRING_CHECK")
    firsts = []
    seconds = []
    for start in range(0, len(data), _G1 + _G2):
        middle = start + _G1
        firsts.append(_subgroup_point(ark.G1Point, data[start:middle]))
        seconds.append(_subgroup_point(ark.G2Point, data[middle : middle + _G2]))
    frame.output = int(ark.GT.pairing_check(firsts, seconds)).to_bytes(32, "big")


def map_to_g1(frame: Frame) -> None:
    import py_arkworks_bls12381 as ark

    frame.consume_gas(G1_MAP_GAS, "MAP_FP_TO_G1")
    element = _strip(_sized(frame, _ELEMENT))
    try:
        frame.output = _encode(ark.G1Point.map_from_fp_be(element))
    except ValueError as error:
        raise PrecompileFailure(_words(error)) from error


def map_to_g2(frame: Frame) -> None:
    import py_arkworks_bls12381 as ark

    frame.consume_gas(G2_MAP_GAS, "MAP_FP2_TO_G2")
    element = _strip(_sized(frame, 2 * _ELEMENT))
    try:
        frame.output = _encode(ark.G2Point.map_from_fp2_be(element))
    except ValueError as error:
        raise PrecompileFailure(_words(error)) from error


def _multi_multiply(frame: Frame, group: Any, size: int, gas: int, discounts: tuple[int, ...]) -> None:
    import py_arkworks_bls12381 as ark

    data = frame.input
    count, rest = divmod(len(data), size + _SCALAR)
    if not count or rest:
        raise PrecompileFailure("invalid input length")
    discount = discounts[min(count, len(discounts)) - 1]
    frame.consume_gas(count * gas * discount // _DISCOUNT_UNIT, "MSM")
    points = []
    scalars = []
    for start in range(0, len(data), size + _SCALAR):
        middle = start + size
        points.append(_subgroup_point(group, data[start:middle]))
        scalars.append(ark.Scalar.from_be_bytes_mod_order(data[middle : middle + _SCALAR]))
    frame.output = _encode(group.multiexp_unchecked(points, scalars))


def _sized(frame: Frame, size: int) -> bytes:
    if len(frame.input) != size:
        raise PrecompileFailure("invalid input length")
    return frame.input


def _strip(data: bytes) -> bytes:
    """The field elements without their padding, 48 bytes each."""
    parts = []
    for start in range(0, len(data), _ELEMENT):
        if data[start : start + 16] != _PADDING:
            raise PrecompileFailure("invalid field element top bytes")
        parts.append(data[start + 16 : start + _ELEMENT])
    return b"".join(parts)


def _words(error: ValueError) -> str:
    """What is wrong with a point. The library says of a number beyond the field that it could not read it;
    the words for that are geth's."""
    words = str(error)
    return "invalid fp.Element encoding" if "serialised data" in words else words


def _any_point(group: Any, data: bytes) -> Any:
    """The point on the curve; whether it is in the subgroup is not checked."""
    try:
        return group.from_xy_bytes_unchecked_be(_strip(data))
    except ValueError as error:
        raise PrecompileFailure(_words(error)) from error


def _subgroup_point(group: Any, data: bytes) -> Any:
    try:
        return group.from_xy_bytes_be(_strip(data))
    except ValueError as error:
        raise PrecompileFailure(_words(error)) from error


def _encode(point: Any) -> bytes:
    coordinates = point.to_xy_bytes_be()
    return b"".join(_PADDING + coordinates[start : start + 48] for start in range(0, len(coordinates), 48))
