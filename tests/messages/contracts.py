"""Applications of the tests, compiled once, and meshes of them on networks of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.clients.solc import compile_standard_json
from zero_sdk import Contract, Network
from zero_sdk.client.packets import ENDPOINT

SOURCE = Path(__file__).parent / "solidity" / "Applications.sol"
COMPILED = SOURCE.with_suffix(".json")


@cache
def artifacts() -> Mapping[str, Any]:
    """By contract's name, as `Zone.deploy` takes them: what `compiled` gave when the source was last changed.
    To write them anew: python -m tests.messages.contracts"""
    found: Mapping[str, Any] = json.loads(COMPILED.read_text(encoding="utf-8"))
    return found


def compiled() -> Mapping[str, Any]:
    """The same, by the compiler."""
    settings = {
        "optimizer": {"enabled": True},
        "metadata": {"bytecodeHash": "none", "appendCBOR": False},
        "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
    }
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {SOURCE.name: {"content": SOURCE.read_text(encoding="utf-8")}},
            "settings": settings,
        }
    )["contracts"][SOURCE.name]
    return {
        name: {
            "contractName": name,
            "abi": contract["abi"],
            "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        }
        for name, contract in output.items()
        if contract["evm"]["bytecode"]["object"]
    }


def postcards(network: Network, *zones: str) -> dict[str, Contract]:
    """One application in each zone, not wired."""
    wanted = zones or tuple(network.zones)
    return {name: network[name].deploy(artifacts()["Postcards"], ENDPOINT) for name in wanted}


def coins(
    network: Network, decimals: Mapping[str, int], supply: int = 10**24, shared: int = 6
) -> dict[str, Contract]:
    """One token in each of these zones, with that many decimals, not wired."""
    return {
        name: network[name].deploy(artifacts()["Coin"], ENDPOINT, places, shared, supply)
        for name, places in decimals.items()
    }


if __name__ == "__main__":
    COMPILED.write_text(json.dumps(compiled(), separators=(",", ":")) + "\n", encoding="utf-8")
