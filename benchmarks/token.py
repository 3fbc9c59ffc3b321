"""The ERC-20 token that benchmarks transfer, compiled with solc from npm."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from devnet.chain.types import Address
from tests.clients.solc import compile_standard_json

SOURCE = Path(__file__).resolve().parent / "solidity" / "Token.sol"

TRANSFER = bytes.fromhex("a9059cbb")
"""`transfer(address,uint256)`."""


@functools.cache
def token_code() -> bytes:
    """The init code, without the constructor's arguments. Compiles for some seconds."""
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {"Token.sol": {"content": SOURCE.read_text(encoding="utf-8")}},
            "settings": {
                "evmVersion": "paris",
                "optimizer": {"enabled": True, "runs": 200},
                "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
            },
        }
    )
    code: str = output["contracts"]["Token.sol"]["Token"]["evm"]["bytecode"]["object"]
    return bytes.fromhex(code)


def deployment(holders: Sequence[Address], amount: int) -> bytes:
    """The data of a transaction that makes a token of which each holder has `amount`."""
    arguments = [(64).to_bytes(32, "big"), amount.to_bytes(32, "big"), len(holders).to_bytes(32, "big")]
    arguments += [holder.rjust(32, b"\0") for holder in holders]
    return token_code() + b"".join(arguments)


def transfer_data(to: Address, amount: int) -> bytes:
    """The data of a transfer."""
    return TRANSFER + to.rjust(32, b"\0") + amount.to_bytes(32, "big")
