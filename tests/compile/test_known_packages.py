"""Packages that everybody uses compile as npm has them."""

from __future__ import annotations

import shutil

import pytest

from tests.clients import tools
from tests.compile.conftest import MakeProject
from zero_sdk.compile import compile_project

pytestmark = pytest.mark.clients

LICENCE = "// SPDX-License-Identifier: MIT\n"
OPTIMIZED = "[solidity]\noptimizer = true\n"
OPENZEPPELIN = """pragma solidity ^0.8.24;
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {ERC20, ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
contract Votes is ERC20("Votes", "V"), ERC20Permit("Votes"), ERC20Votes {
    function _update(address a, address b, uint256 v) internal override(ERC20, ERC20Votes) {
        super._update(a, b, v);
    }
    function nonces(address a) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(a);
    }
}
"""
SOLADY = """pragma solidity ^0.8.4;
import {ERC20} from "solady/src/tokens/ERC20.sol";
import {ERC4626} from "solady/src/tokens/ERC4626.sol";
import {LibString} from "solady/src/utils/LibString.sol";
import {OwnableRoles} from "solady/src/auth/OwnableRoles.sol";
contract Token is ERC20, OwnableRoles {
    using LibString for uint256;
    function name() public pure override returns (string memory) { return uint256(7).toString(); }
    function symbol() public pure override returns (string memory) { return "S"; }
}
"""

# The package has V3's interfaces and libraries; they are for versions before 0.8.
UNISWAP_V3 = """pragma solidity >=0.7.0;
import "@uniswap/v3-core/contracts/libraries/SwapMath.sol";
import "@uniswap/v3-core/contracts/libraries/TickMath.sol";
import "@uniswap/v3-core/contracts/interfaces/IUniswapV3Pool.sol";
contract Steps {
    function next(int24 tick, int24 target, uint128 much, int256 amount)
        external
        pure
        returns (uint160 price)
    {
        uint160 from = TickMath.getSqrtRatioAtTick(tick);
        uint160 to = TickMath.getSqrtRatioAtTick(target);
        (price, , , ) = SwapMath.computeSwapStep(from, to, much, amount, 500);
    }
}
"""


def test_openzeppelin_s_contracts_compile(make_project: MakeProject) -> None:
    project = make_project(
        {"contracts/Votes.sol": LICENCE + OPENZEPPELIN},
        toml=OPTIMIZED,
        packages=("solc", "@openzeppelin/contracts"),
    )
    build = compile_project(project)
    votes = build.artifact("Votes")
    assert votes.is_deployable
    assert votes.method_identifiers["delegate(address)"] == "5c19a95c"
    assert build.artifact("ERC1967Proxy").is_deployable
    assert build.artifact("TimelockController").creation.size > 5000


def test_solady_s_contracts_compile(make_project: MakeProject) -> None:
    project = make_project(
        {"contracts/Token.sol": LICENCE + SOLADY}, toml=OPTIMIZED, packages=("solc", "solady")
    )
    build = compile_project(project)
    assert build.artifact("Token").method_identifiers["grantRoles(address,uint256)"] == "1c10893f"
    assert not build.artifact("ERC4626").is_deployable


def test_uniswap_v2_and_v3_compile_side_by_side_with_the_versions_they_ask_for(
    make_project: MakeProject,
) -> None:
    project = make_project(
        {
            "contracts/V2.sol": "pragma solidity =0.5.16;\n"
            'import "@uniswap/v2-core/contracts/UniswapV2Factory.sol";\n',
            "contracts/V3.sol": LICENCE + UNISWAP_V3,
            "contracts/New.sol": LICENCE + "pragma solidity ^0.8.0;\n"
            'import "@uniswap/v2-core/contracts/interfaces/IUniswapV2Factory.sol";\ncontract New {}\n',
        },
        toml=f"{OPTIMIZED}optimizer-runs = 800\n",
        packages=("solc", "@uniswap/v2-core", "@uniswap/v3-core"),
    )
    build = compile_project(project)
    compilers = {
        name: build.artifact(name).compiler.version.partition("+")[0] for name in ("New", "UniswapV2Pair")
    }
    assert compilers == {"New": "0.8.37", "UniswapV2Pair": "0.5.16"}
    steps = build.artifact("Steps")
    assert steps.compiler.version == "0.7.6+commit.7338295f"
    assert steps.is_deployable
    assert build.artifact("SwapMath").source_name == "@uniswap/v3-core/contracts/libraries/SwapMath.sol"
    pair = build.artifact("@uniswap/v2-core/contracts/UniswapV2Pair.sol:UniswapV2Pair")
    assert pair.method_identifiers["swap(uint256,uint256,address,bytes)"] == "022c0d9f"
    # The factory creates pairs: their code is in its own.
    assert pair.creation.object[:200] in build.artifact("UniswapV2Factory").runtime.object
    assert compile_project(project).compiled == 0


@pytest.mark.full
@pytest.mark.parametrize(
    ("package", "contracts", "version", "least"),
    [
        ("@openzeppelin/contracts", "", "0.8.37", 240),
        ("solady", "src", "0.8.37", 100),
        # Some of its files allow versions that they do not compile with.
        ("@uniswap/v3-core", "contracts", "0.7.6", 29),
    ],
)
def test_whole_packages_compile_as_projects(
    make_project: MakeProject, package: str, contracts: str, version: str, least: int
) -> None:
    project = make_project({}, toml=f'{OPTIMIZED}version = "{version}"\n')
    skipped = shutil.ignore_patterns("node_modules", "build", "artifacts")
    shutil.copytree(
        tools.node_module(package) / contracts, project.contracts, ignore=skipped, dirs_exist_ok=True
    )
    build = compile_project(project)
    assert len(build.names) >= least
    assert {one.compiler for one in build.compilations} == {"solc"}
