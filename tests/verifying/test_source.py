"""`zero verify-source` against contracts that really were deployed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import Ended, zero
from tests.deploy.contracts import project_in, with_packages
from zero_sdk import Network, connect
from zero_sdk.compile import compile_project
from zero_sdk.deploy.proxies import deploy_proxy

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
library Sums { function add(uint256 a, uint256 b) external pure returns (uint256) { return a + b; } }
contract Fixed {
    uint256 public immutable limit;
    address public immutable owner = msg.sender;
    constructor(uint256 limit_) { limit = limit_; }
    function sum(uint256 a) external view returns (uint256) { return Sums.add(a, limit); }
}
contract Other { uint256 public limit; }
contract Logic { uint256 public count; function initialize(uint256 start) external { count = start; } }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("project")
    with_packages(found, "@openzeppelin/contracts")
    compile_project(project_in(found, SOURCE))
    return found


@pytest.fixture(scope="module")
def network(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with (
        Devnet("--zones", "alpha,beta", folder=tmp_path_factory.mktemp("devnet")) as devnet,
        connect(devnet.description["url"]) as opened,
    ):
        opened.artifacts.add(compile_project(project_in(folder, SOURCE)))
        yield opened


def verify(network: Network, folder: Path, contract: Any, name: str, *more: str) -> Ended:
    url = str(network.zone("alpha").url)
    return zero("verify-source", contract.address, name, "--url", url, *more, folder=folder)


def test_an_exact_match_tells_immutables_and_libraries(network: Network, folder: Path) -> None:
    zone = network.zone("alpha")
    sums = zone.deploy("Sums")
    fixed = zone.deploy("Fixed", 41, libraries={"Sums": sums})
    assert fixed.sum(1) == 42
    ended = verify(network, folder, fixed, "Fixed", "--json")
    assert ended.code == 0, ended.err
    said = json.loads(ended.out)
    assert (said["match"], said["contract"]) == ("exact", "contracts/Contracts.sol:Fixed")
    assert int(said["immutables"]["limit"], 16) == 41
    assert int(said["immutables"]["owner"], 16) == int(network.accounts[0].address, 16)
    assert [int(one, 16) for one in said["libraries"].values()] == [int(sums.address, 16)]
    shown = verify(network, folder, fixed, "Fixed").out
    assert "exact match" in shown
    assert "immutable limit = 0x" in shown
    library = verify(network, folder, sums, "Sums")
    assert "exact match" in library.out, library.err


def test_a_comment_makes_the_match_partial(network: Network, folder: Path, tmp_path: Path) -> None:
    sums = network.zone("alpha").deploy("Sums")
    edited = tmp_path / "edited"
    shutil.copytree(folder, edited, symlinks=True)
    source = edited / "contracts" / "Contracts.sol"
    source.write_text(SOURCE + "// one more line\n", encoding="utf-8")
    ended = verify(network, edited, sums, "Sums")
    assert "partial match" in ended.out, ended.err


@pytest.mark.parametrize("change", ["another contract", "other settings", "other source", "no code"])
def test_what_differs_is_no_match(network: Network, folder: Path, tmp_path: Path, change: str) -> None:
    sums: Any = network.zone("alpha").deploy("Sums")
    edited, name = tmp_path / "edited", "Sums"
    shutil.copytree(folder, edited, symlinks=True)
    if change == "another contract":
        name = "Other"
    elif change == "other settings":
        (edited / "zero.toml").write_text("[solidity]\noptimizer = true\n", encoding="utf-8")
    elif change == "other source":
        source = edited / "contracts" / "Contracts.sol"
        source.write_text(SOURCE.replace("a + b", "a - b"), encoding="utf-8")
    else:
        sums = network.accounts[3]
    ended = verify(network, edited, sums, name)
    assert ended.code == 1
    assert "ZERO-2205" in ended.err


def test_the_implementation_of_a_proxy(
    network: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    zone = network.zone("alpha")
    proxy = deploy_proxy(zone, "Logic", kind="transparent", initializer=("initialize", 4))
    ended = verify(network, folder, proxy, "Logic")
    assert ended.code == 0, ended.err
    assert "exact match" in ended.out
    assert proxy.address not in ended.out
