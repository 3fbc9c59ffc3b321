"""Opcodes that only work on the stack and cost a constant.

Each reads its deepest operand first, so that a stack that is too short raises IndexError before anything
changed; the loop turns that into a stack underflow.
"""

from __future__ import annotations

from typing import Final

from devnet.execution.pyevm.tables import OnStack

_MASK: Final = (1 << 256) - 1
_SIGN: Final = 1 << 255
_MODULUS: Final = 1 << 256


def add(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = (left + right) & _MASK


def mul(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = (left * right) & _MASK


def sub(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = (left - right) & _MASK


def div(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = left // right if right else 0


def mod(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = left % right if right else 0


def lt(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = 1 if left < right else 0


def gt(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = 1 if left > right else 0


def slt(stack: list[int]) -> None:
    # Flipping the sign bits makes the order of signed words that of unsigned ones.
    right = stack[-2]
    left = stack.pop()
    stack[-1] = 1 if left ^ _SIGN < right ^ _SIGN else 0


def sgt(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = 1 if left ^ _SIGN > right ^ _SIGN else 0


def eq(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = 1 if left == right else 0


def is_zero(stack: list[int]) -> None:
    stack[-1] = 0 if stack[-1] else 1


def and_(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = left & right


def or_(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = left | right


def xor(stack: list[int]) -> None:
    right = stack[-2]
    left = stack.pop()
    stack[-1] = left ^ right


def not_(stack: list[int]) -> None:
    stack[-1] ^= _MASK


def byte(stack: list[int]) -> None:
    value = stack[-2]
    position = stack.pop()
    stack[-1] = (value >> (248 - 8 * position)) & 0xFF if position < 32 else 0


def shl(stack: list[int]) -> None:
    value = stack[-2]
    shift = stack.pop()
    stack[-1] = (value << shift) & _MASK if shift < 256 else 0


def shr(stack: list[int]) -> None:
    value = stack[-2]
    shift = stack.pop()
    stack[-1] = value >> shift if shift < 256 else 0


def sar(stack: list[int]) -> None:
    value = stack[-2]
    shift = stack.pop()
    if value & _SIGN:
        value -= _MODULUS
    stack[-1] = (value >> min(shift, 255)) & _MASK


def clz(stack: list[int]) -> None:
    """EIP-7939: the number of leading zero bits."""
    stack[-1] = 256 - stack[-1].bit_length()


def pop(stack: list[int]) -> None:
    stack.pop()


def jumpdest(_stack: list[int]) -> None:
    """Does nothing but mark where jumps may go."""


ON_STACK: Final[dict[int, OnStack]] = {
    0x01: add,
    0x02: mul,
    0x03: sub,
    0x04: div,
    0x06: mod,
    0x10: lt,
    0x11: gt,
    0x12: slt,
    0x13: sgt,
    0x14: eq,
    0x15: is_zero,
    0x16: and_,
    0x17: or_,
    0x18: xor,
    0x19: not_,
    0x1A: byte,
    0x1B: shl,
    0x1C: shr,
    0x1D: sar,
    0x1E: clz,
    0x50: pop,
    0x5B: jumpdest,
}
