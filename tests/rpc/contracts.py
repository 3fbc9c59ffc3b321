"""Small contracts for these tests, assembled by hand so that they need no compiler."""

from __future__ import annotations

import re

_OPCODES = {
    "STOP": 0x00,
    "ADD": 0x01,
    "EQ": 0x14,
    "SHR": 0x1C,
    "KECCAK256": 0x20,
    "CALLER": 0x33,
    "CALLVALUE": 0x34,
    "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37,
    "CODECOPY": 0x39,
    "POP": 0x50,
    "MLOAD": 0x51,
    "MSTORE": 0x52,
    "SLOAD": 0x54,
    "SSTORE": 0x55,
    "JUMP": 0x56,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "JUMPDEST": 0x5B,
    "PUSH0": 0x5F,
    "DUP1": 0x80,
    "LOG1": 0xA1,
    "CALL": 0xF1,
    "RETURN": 0xF3,
    "STATICCALL": 0xFA,
    "REVERT": 0xFD,
    "INVALID": 0xFE,
}


def assemble(source: str) -> bytes:
    """Opcodes by name, hex words as the shortest PUSH, `name:` as a JUMPDEST, `@name` as a PUSH2 of it."""
    code = bytearray()
    labels: dict[str, int] = {}
    uses: list[tuple[int, str]] = []
    for word in source.split():
        if word.endswith(":"):
            labels[word[:-1]] = len(code)
            code.append(_OPCODES["JUMPDEST"])
        elif word.startswith("@"):
            code += b"\x61\x00\x00"
            uses.append((len(code) - 2, word[1:]))
        elif re.fullmatch(r"0x[0-9a-f]+", word):
            data = bytes.fromhex(word[2:])
            code += bytes((0x5F + len(data),)) + data
        else:
            code.append(_OPCODES[word])
    for position, name in uses:
        code[position : position + 2] = labels[name].to_bytes(2, "big")
    return bytes(code)


LOOP = assemble("start: @start JUMP")
"""Never ends."""

TOPIC = 0x1111111111111111111111111111111111111111111111111111111111111111

EMIT = assemble(
    f"0x2a PUSH0 MSTORE {TOPIC:#066x} 0x20 PUSH0 LOG1 PUSH0 SLOAD 0x01 ADD PUSH0 SSTORE 0x20 PUSH0 RETURN"
)
"""Emits LOG1 with 42 as data and TOPIC, counts its calls in slot 0, and returns 42."""

FAIL = assemble(
    "0x08c379a0"
    + "00" * 28
    + " PUSH0 MSTORE 0x20 0x04 MSTORE 0x05 0x24 MSTORE 0x6e6f706521"
    + "00" * 27
    + " 0x44 MSTORE 0x64 PUSH0 REVERT"
)
"""Reverts with Error("nope!")."""

INVALID = assemble("INVALID")

CONSOLE = assemble(
    "0x41304fac"
    + "00" * 28
    + " PUSH0 MSTORE 0x20 0x04 MSTORE 0x05 0x24 MSTORE 0x68656c6c6f"
    + "00" * 27
    + " 0x44 MSTORE"
    " PUSH0 PUSH0 0x64 PUSH0 0x636f6e736f6c652e6c6f67 GAS STATICCALL POP STOP"
)
"""Calls console.log("hello")."""

TOKEN = assemble(
    # balanceOf(account): storage[keccak(account . 3)]
    "PUSH0 CALLDATALOAD 0xe0 SHR DUP1 0x70a08231 EQ @balance JUMPI 0xdd62ed3e EQ @allowance JUMPI"
    " PUSH0 PUSH0 REVERT"
    " balance: 0x04 CALLDATALOAD PUSH0 MSTORE 0x03 0x20 MSTORE 0x40 PUSH0 KECCAK256 SLOAD"
    " PUSH0 MSTORE 0x20 PUSH0 RETURN"
    # allowance(owner, spender): storage[keccak(spender . keccak(owner . 4))]
    " allowance: 0x04 CALLDATALOAD PUSH0 MSTORE 0x04 0x20 MSTORE 0x40 PUSH0 KECCAK256 0x20 MSTORE"
    " 0x24 CALLDATALOAD PUSH0 MSTORE 0x40 PUSH0 KECCAK256 SLOAD PUSH0 MSTORE 0x20 PUSH0 RETURN"
)
"""The two questions of an ERC-20 over storage as Solidity lays it out."""
