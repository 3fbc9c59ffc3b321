"""Applications of the tests, compiled once, and meshes of them on networks of their own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.clients.solc import compile_standard_json
from zero_sdk import Contract, Network
from zero_sdk.client.packets import ENDPOINT

SOURCE = Path(__file__).parent / "solidity" / "Applications.sol"


@cache
def artifacts() -> Mapping[str, Any]:
    """By contract's name, as `Zone.deploy` takes them."""
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {SOURCE.name: {"content": SOURCE.read_text(encoding="utf-8")}},
            "settings": {"outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}}},
        }
    )["contracts"][SOURCE.name]
    return {
        name: {
            "contractName": name,
            "abi": contract["abi"],
            "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        }
        for name, contract in output.items()
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
