"""Bytecode written by hand, in mnemonics."""

from __future__ import annotations

from devnet.execution.pyevm.mnemonics import MNEMONICS

_NUMBERS = {name: number for number, name in MNEMONICS.items()}


def assemble(text: str) -> bytes:
    """`PUSH1 2a PUSH0 SSTORE`: mnemonics, and after each PUSH its hex operand."""
    words = iter(text.split())
    code = bytearray()
    for word in words:
        number = _NUMBERS[word]
        code.append(number)
        if 0x60 <= number <= 0x7F:
            code += int(next(words), 16).to_bytes(number - 0x5F)
    return bytes(code)
