"""The curve bn254 (alt_bn128; EIP-196, EIP-197): its groups and the product of pairings.

No maintained native library was found, so this is Python, made for few operations rather than for generality:
the pairing shares its squarings between the pairs, an element of the field of the 12th degree is a polynomial
multiplied as one large integer, and whether a product is one is decided without a division.

    p = 36u^4 + 36u^3 + 24u^2 + 6u + 1, r = 36u^4 + 36u^3 + 18u^2 + 6u + 1, u = 4965661367192848881
    G1: y^2 = x^3 + 3 over F_p; G2: y^2 = x^3 + 3/(9 + i) over F_p[i]
    F_p12 = F_p[w] / (w^12 - 18 w^6 + 82), in which w^6 = 9 + i
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

U: Final = 4965661367192848881
P: Final = 36 * U**4 + 36 * U**3 + 24 * U**2 + 6 * U + 1
ORDER: Final = 36 * U**4 + 36 * U**3 + 18 * U**2 + 6 * U + 1
G1_B: Final = 3

G1: TypeAlias = tuple[int, int]
"""Affine; (0, 0) is infinity."""

Fp2: TypeAlias = tuple[int, int]
"""a + b i."""

G2: TypeAlias = tuple[Fp2, Fp2]
"""Affine; zeros are infinity."""

Fp12: TypeAlias = list[int]
"""Twelve coefficients, of w^0 first."""

INFINITY_1: Final[G1] = (0, 0)
INFINITY_2: Final[G2] = ((0, 0), (0, 0))


# F_p[i]


def _multiply_2(a: Fp2, b: Fp2) -> Fp2:
    return (a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P


def _square_2(a: Fp2) -> Fp2:
    return (a[0] + a[1]) * (a[0] - a[1]) % P, 2 * a[0] * a[1] % P


def _subtract_2(a: Fp2, b: Fp2) -> Fp2:
    return a[0] - b[0], a[1] - b[1]


def _divide_2(a: Fp2, b: Fp2) -> Fp2:
    inverse = pow(b[0] * b[0] + b[1] * b[1], -1, P)
    return _multiply_2(a, (b[0] * inverse, -b[1] * inverse))


def _power_2(a: Fp2, exponent: int) -> Fp2:
    result = (1, 0)
    for bit in bin(exponent)[2:]:
        result = _square_2(result)
        if bit == "1":
            result = _multiply_2(result, a)
    return result


_XI: Final[Fp2] = (9, 1)
_G2_B: Final = _divide_2((3, 0), _XI)
# What Frobenius multiplies the coordinates of a point of the twist by.
_FROBENIUS_X: Final = _power_2(_XI, (P - 1) // 3)
_FROBENIUS_Y: Final = _power_2(_XI, (P - 1) // 2)
_FROBENIUS_SQUARED_X: Final = _power_2(_XI, (P * P - 1) // 3)


# The groups


def is_on_g1(point: G1) -> bool:
    x, y = point
    return point == INFINITY_1 or (y * y - x * x * x - G1_B) % P == 0


def is_in_g2(point: G2) -> bool:
    """On the twist, and of the prime order."""
    if point == INFINITY_2:
        return True
    x, y = point
    right = _multiply_2(_square_2(x), x)
    left = _square_2(y)
    if (left[0] - right[0] - _G2_B[0]) % P or (left[1] - right[1] - _G2_B[1]) % P:
        return False
    # ORDER * point is infinity exactly when (ORDER - 1) * point = -point.
    multiple = _multiply_twist(point, ORDER - 1)
    return multiple == (x, (-y[0] % P, -y[1] % P))


def add_g1(a: G1, b: G1) -> G1:
    if a == INFINITY_1:
        return b
    if b == INFINITY_1:
        return a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return INFINITY_1
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply_g1(point: G1, scalar: int) -> G1:
    scalar %= ORDER
    if not scalar or point == INFINITY_1:
        return INFINITY_1
    # Jacobian coordinates (x / z^2, y / z^3): one division at the end.
    px, py = point
    x, y, z = px, py, 1
    for bit in bin(scalar)[3:]:
        yy = y * y % P
        s = 4 * x * yy % P
        m = 3 * x * x % P
        z = 2 * y * z % P
        x = (m * m - 2 * s) % P
        y = (m * (s - x) - 8 * yy * yy) % P
        if bit == "1":
            zz = z * z % P
            h = (px * zz - x) % P
            r = (py * zz * z - y) % P
            # h is 0 only where the multiple so far is the point or its negative: a scalar of 1 or ORDER - 1
            # in front of this bit, which one below ORDER never has.
            hh = h * h % P
            hhh = h * hh % P
            v = x * hh % P
            z = z * h % P
            x = (r * r - hhh - 2 * v) % P
            y = (r * (v - x) - y * hhh) % P
    inverse = pow(z, -1, P)
    square = inverse * inverse
    return x * square % P, y * square * inverse % P


def _multiply_twist(point: G2, scalar: int) -> G2:
    """The multiple of a point of the twist, of whatever order; infinity where an addition meets it."""
    px, py = point
    x, y, z = px, py, (1, 0)
    for bit in bin(scalar)[3:]:
        if y == (0, 0):
            return INFINITY_2
        yy = _square_2(y)
        s = _multiply_2((4 * x[0], 4 * x[1]), yy)
        xx = _square_2(x)
        m = (3 * xx[0], 3 * xx[1])
        z = _multiply_2((2 * y[0], 2 * y[1]), z)
        mm = _square_2(m)
        x = ((mm[0] - 2 * s[0]) % P, (mm[1] - 2 * s[1]) % P)
        yyyy = _square_2(yy)
        t = _multiply_2(m, _subtract_2(s, x))
        y = ((t[0] - 8 * yyyy[0]) % P, (t[1] - 8 * yyyy[1]) % P)
        if bit == "1":
            zz = _square_2(z)
            u = _multiply_2(px, zz)
            h = ((u[0] - x[0]) % P, (u[1] - x[1]) % P)
            if h == (0, 0):
                # The order of the point divides a number smaller than ORDER: it is not ORDER.
                return INFINITY_2
            r = _subtract_2(_multiply_2(py, _multiply_2(zz, z)), y)
            hh = _square_2(h)
            hhh = _multiply_2(h, hh)
            v = _multiply_2(x, hh)
            z = _multiply_2(z, h)
            rr = _square_2(r)
            x = ((rr[0] - hhh[0] - 2 * v[0]) % P, (rr[1] - hhh[1] - 2 * v[1]) % P)
            t = _multiply_2(r, _subtract_2(v, x))
            yh = _multiply_2(y, hhh)
            y = ((t[0] - yh[0]) % P, (t[1] - yh[1]) % P)
    inverse = _divide_2((1, 0), z)
    square = _square_2(inverse)
    return _multiply_2(x, square), _multiply_2(y, _multiply_2(square, inverse))


# F_p12

_DEGREE: Final = 12
_SLOT: Final = 64
"""Bytes for a coefficient of a product: 12 p^2 is below 2^512."""
_ONE: Final[Fp12] = [1] + [0] * 11


def _pack(a: Fp12) -> int:
    return int.from_bytes(b"".join([value.to_bytes(_SLOT, "little") for value in a]), "little")


def _multiply(a: Fp12, b: Fp12) -> Fp12:
    packed = _pack(a)
    product = packed * (packed if a is b else _pack(b))
    data = product.to_bytes(_SLOT * 2 * _DEGREE, "little")
    c = [int.from_bytes(data[at : at + _SLOT], "little") for at in range(0, _SLOT * (2 * _DEGREE - 1), _SLOT)]
    for power in range(2 * _DEGREE - 2, _DEGREE - 1, -1):
        high = c[power]
        c[power - 6] += 18 * high
        c[power - 12] -= 82 * high
    return [value % P for value in c[:_DEGREE]]


def _power(a: Fp12, exponent: int) -> Fp12:
    """Four bits at a time."""
    powers = [_ONE, a]
    for _ in range(14):
        powers.append(_multiply(powers[-1], a))
    digits = f"{exponent:x}"
    result = powers[int(digits[0], 16)]
    for digit in digits[1:]:
        for _ in range(4):
            result = _multiply(result, result)
        if digit != "0":
            result = _multiply(result, powers[int(digit, 16)])
    return result


def _frobenius_squared(a: Fp12) -> Fp12:
    """a^(p^2): w^k becomes w^k times the k-th power of a sixth root of one, which is in F_p."""
    return [value * root % P for value, root in zip(a, _SIXTH_ROOTS, strict=True)]


_SIXTH_ROOT: Final = _power_2(_XI, (P * P - 1) // 6)[0]
_SIXTH_ROOTS: Final = tuple(pow(_SIXTH_ROOT, power, P) for power in range(_DEGREE))
_HARD_EXPONENT: Final = (P**4 - P**2 + 1) // ORDER

# The pairing

_LOOP: Final = bin(6 * U + 2)[3:]


def is_pairing_product_one(pairs: Sequence[tuple[G1, G2]], between: Callable[[], None]) -> bool:
    """Is the product of the pairings of (point of G1, point of G2) one? The points are valid.

    `between` is called now and then, and may raise.
    """
    live = [pair for pair in pairs if pair[0] != INFINITY_1 and pair[1] != INFINITY_2]
    if not live:
        return True
    product = _ONE
    points = [second for _, second in live]
    for bit in _LOOP:
        between()
        product = _multiply(product, product)
        for index, (first, second) in enumerate(live):
            line, points[index] = _double(points[index], first)
            product = _multiply(product, line)
            if bit == "1":
                line, points[index] = _add(points[index], second, first)
                product = _multiply(product, line)
    for index, (first, (x, y)) in enumerate(live):
        frobenius = (
            _multiply_2((x[0], -x[1]), _FROBENIUS_X),
            _multiply_2((y[0], -y[1]), _FROBENIUS_Y),
        )
        line, points[index] = _add(points[index], frobenius, first)
        product = _multiply(product, line)
        line, _ = _add(points[index], (_multiply_2(x, _FROBENIUS_SQUARED_X), y), first)
        product = _multiply(product, line)
    # The product is to be raised to (p^12 - 1) / r = (p^6 - 1) (p^2 + 1) (p^4 - p^2 + 1) / r. After all but
    # the first factor, g^(p^6 - 1) = 1 says that g is its own conjugate, so its odd coefficients are 0.
    between()
    g = _power(_multiply(_frobenius_squared(product), product), _HARD_EXPONENT)
    return not any(g[1::2])


def _double(point: G2, at: G1) -> tuple[Fp12, G2]:
    """The tangent's value at `at`, and twice the point."""
    x, y = point
    xx = _square_2(x)
    slope = _divide_2((3 * xx[0], 3 * xx[1]), (2 * y[0], 2 * y[1]))
    return _chord(slope, point, x, at)


def _add(point: G2, other: G2, at: G1) -> tuple[Fp12, G2]:
    """The chord's value at `at`, and the sum."""
    slope = _divide_2(_subtract_2(other[1], point[1]), _subtract_2(other[0], point[0]))
    return _chord(slope, point, other[0], at)


def _chord(slope: Fp2, point: G2, other_x: Fp2, at: G1) -> tuple[Fp12, G2]:
    """The line of that slope through the point, untwisted: y_at - slope x_at w + (slope x - y) w^3."""
    x, y = point
    square = _square_2(slope)
    sum_x = ((square[0] - x[0] - other_x[0]) % P, (square[1] - x[1] - other_x[1]) % P)
    t = _multiply_2(slope, _subtract_2(x, sum_x))
    sum_y = ((t[0] - y[0]) % P, (t[1] - y[1]) % P)

    first_real, first_imaginary = -slope[0] * at[0], -slope[1] * at[0]
    third = _multiply_2(slope, x)
    third_real, third_imaginary = third[0] - y[0], third[1] - y[1]
    line = [0] * _DEGREE
    line[0] = at[1]
    # a + b i is (a - 9 b) + b w^6.
    line[1] = (first_real - 9 * first_imaginary) % P
    line[7] = first_imaginary % P
    line[3] = (third_real - 9 * third_imaginary) % P
    line[9] = third_imaginary % P
    return line, (sum_x, sum_y)
