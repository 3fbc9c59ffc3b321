"""Scenario.sol, compiled, and the transactions that walk through it."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import eth_abi

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address
from tests.clients import tools
from tests.clients.solc import SHIM

SOURCE = Path(__file__).with_name("Scenario.sol")
NEWBORN = Address(bytes.fromhex("00000000000000000000000000000000000b0b0b"))


@functools.cache
def creation_code(contract: str = "Scenario") -> bytes:
    """Init code by npm's solc; its warnings (SELFDESTRUCT, transient storage) are what is tested."""
    request = {
        "language": "Solidity",
        "sources": {"Scenario.sol": {"content": SOURCE.read_text(encoding="utf-8")}},
        "settings": {
            "evmVersion": "osaka",
            "optimizer": {"enabled": True},
            "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
        },
    }
    run = subprocess.run(
        [tools.node(), SHIM, "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    output = json.loads(run.stdout)
    assert "contracts" in output, output
    return bytes.fromhex(output["contracts"]["Scenario.sol"][contract]["evm"]["bytecode"]["object"])


def call(signature: str, *values: Any) -> bytes:
    """Call data."""
    types = [part for part in signature.split("(")[1][:-1].split(",") if part]
    return keccak256(signature.encode())[:4] + eth_abi.encode(types, values)


@dataclass(frozen=True)
class Step:
    """One transaction. `to` and `data` are made from the addresses of the two deployed contracts."""

    name: str
    data: Callable[[Address, Address], bytes]
    to: Callable[[Address, Address], Address | None] = lambda first, second: first
    value: int = 0
    gas: int = 3_000_000


def _plain(name: str, signature: str, *values: Any, **more: Any) -> Step:
    data = call(signature, *values)
    return Step(name, lambda first, second: data, **more)


def _nowhere(first: Address, second: Address) -> None:
    return None


STEPS = (
    Step("transfer to nobody yet", lambda a, b: b"", lambda a, b: NEWBORN, value=5),
    Step("transfer to somebody", lambda a, b: b"", lambda a, b: NEWBORN, value=6),
    Step("transfer to a contract", lambda a, b: b"", value=10**18),
    Step("call of a precompile", lambda a, b: b"abcdef", lambda a, b: Address(bytes(19) + b"\x04")),
    _plain("first write", "store(uint256)", 5),
    _plain("second write", "store(uint256)", 6),
    _plain("refunds", "clear()"),
    _plain("memory and lists", "grow(uint256)", 5),
    _plain("revert with a reason", "fail()"),
    _plain("panic", "panic(uint256)", 2),
    _plain("custom error", "custom()"),
    _plain("revert without data", "silent()"),
    _plain("invalid opcode", "burn()", gas=100_000),
    _plain("out of gas", "loop()", gas=60_000),
    _plain("unknown function", "nothing()"),
    _plain("nested calls with logs", "nest(uint256)", 3),
    _plain("caught failures", "survive()"),
    Step("kinds of calls", lambda a, b: call("kinds(address)", b), value=10),
    _plain("precompiles", "precompiles()"),
    Step("other accounts", lambda a, b: call("look(address)", b)),
    Step("an account that is not there", lambda a, b: call("look(address)", "0x" + "77" * 20)),
    _plain("creations", "create(uint256)", 9, value=9),
    _plain("destruction of an old contract", "destroyOld()"),
    _plain("destruction of a new contract", "destroyNew()", value=4),
    _plain("transient storage and mcopy", "transientStorage()"),
    Step("creation", lambda a, b: creation_code("Child"), _nowhere, value=3),
    Step("creation that reverts", lambda a, b: creation_code("Broken"), _nowhere),
    Step("creation out of gas", lambda a, b: creation_code("Child"), _nowhere, gas=60_000),
    Step("creation of nothing", lambda a, b: b"", _nowhere),
    Step("creation of forbidden code", lambda a, b: bytes.fromhex("60ef60005360016000f3"), _nowhere),
    Step("bad jump", lambda a, b: bytes.fromhex("600456"), _nowhere, gas=100_000),
    Step("stack underflow", lambda a, b: bytes.fromhex("600101"), _nowhere, gas=100_000),
    Step("undefined opcode", lambda a, b: bytes.fromhex("5f0c"), _nowhere, gas=100_000),
    Step("returned bytes out of bounds", lambda a, b: bytes.fromhex("60205f5f3e"), _nowhere, gas=100_000),
)
