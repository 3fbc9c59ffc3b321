"""What solc and forge really write is read, and recognised on chain whatever a deployment changed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import eth_abi
import pytest

from devnet.artifacts.describe import describe_call, describe_creation, describe_log, describe_revert
from devnet.artifacts.folder import ArtifactFolder
from devnet.artifacts.registry import ArtifactRegistry
from devnet.chain.keccak import keccak256
from tests.clients import tools
from tests.clients.solc import SHIM, compile_standard_json
from tests.execution.tracers.ledger import Chain

pytestmark = pytest.mark.clients

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;
library Sums {
    function twice(uint256 x) external pure returns (uint256) { return 2 * x; }
}
contract Shop {
    uint256 public immutable price;
    address immutable owner = msg.sender;
    event Sold(address indexed to, uint256 amount);
    error TooCheap(uint256 paid, uint256 price);
    constructor(uint256 price_) { price = price_; }
    function buy(uint256 paid) external returns (address, uint256) {
        if (paid < price) revert TooCheap(paid, price);
        emit Sold(msg.sender, Sums.twice(paid));
        return (owner, paid);
    }
}
"""


def request() -> dict[str, Any]:
    return {
        "language": "Solidity",
        "sources": {"Shop.sol": {"content": SOURCE}},
        "settings": {
            "evmVersion": "osaka",
            "outputSelection": {"*": {"*": ["abi", "storageLayout", "evm.bytecode", "evm.deployedBytecode"]}},
        },
    }


def walk(registry: ArtifactRegistry, creation: str, library: str) -> None:
    """Deploys both contracts, and reads what they do."""
    chain = Chain()
    sums = chain.deploy(bytes.fromhex(library.removeprefix("0x")))
    placeholder = creation[creation.index("__$") :][:40]
    init_code = bytes.fromhex(creation.removeprefix("0x").replace(placeholder, sums.hex())) + (7).to_bytes(32)
    assert describe_creation(registry, init_code) == "new Shop(price_: 7)"
    shop = chain.deploy(init_code)
    codes = [chain.ledger.code(chain.ledger.accounts[address].code_hash) for address in (sums, shop)]
    found = [registry.for_code(code) for code in codes]
    assert [artifact and artifact.name for artifact in found] == ["Sums", "Shop"]

    buy = keccak256(b"buy(uint256)")[:4]
    good = chain.send(chain.build(shop, buy + eth_abi.encode(["uint256"], [9])))
    assert describe_call(registry, buy + (9).to_bytes(32), codes[1]) == "buy(paid: 9)"
    assert describe_log(registry, good.logs[0], codes[1]).endswith("amount: 18)")
    bad = chain.send(chain.build(shop, buy + eth_abi.encode(["uint256"], [1])))
    assert describe_revert(registry, bad.output).text == "TooCheap(paid: 1, price: 7)"


def test_solcs_standard_json_is_recognised() -> None:
    output = compile_standard_json(request())
    registry = ArtifactRegistry()
    assert registry.add_compilation("0.8.37", request(), output) == 2
    contracts = output["contracts"]["Shop.sol"]
    walk(registry, *(contracts[name]["evm"]["bytecode"]["object"] for name in ("Shop", "Sums")))
    shop = registry.named("Shop")
    assert shop is not None
    assert shop.sources == {"Shop.sol": SOURCE}
    assert shop.runtime.source_map


def test_forges_output_folder_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "Shop.sol").write_text(SOURCE, encoding="utf-8")
    # A stand-in for the compiler that needs no download: npm's solc.
    solc = tmp_path / "solc"
    solc.write_text(f'#!/bin/sh\nexec "{tools.node()}" "{SHIM}" "$@"\n', encoding="utf-8")
    solc.chmod(0o755)
    (tmp_path / "foundry.toml").write_text(f'[profile.default]\nsolc = "{solc}"\n', encoding="utf-8")
    subprocess.run(
        [tools.forge(), "build", "--offline"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=180,
        env={**os.environ, "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1", "HOME": str(tmp_path)},
    )
    registry, folder = ArtifactRegistry(), ArtifactFolder(tmp_path / "out")
    refresh = folder.refresh(registry)
    assert (refresh.contracts, refresh.problems) == (2, ())
    assert folder.refresh(registry).contracts == 0
    creations = [registry.named(name) for name in ("Shop", "Sums")]
    shop, sums = creations
    assert shop is not None
    assert sums is not None
    assert shop.qualified_name == "src/Shop.sol:Shop"
    objects = [
        json.loads((tmp_path / "out" / "Shop.sol" / f"{name}.json").read_text(encoding="utf-8"))["bytecode"][
            "object"
        ]
        for name in ("Shop", "Sums")
    ]
    walk(registry, *objects)
