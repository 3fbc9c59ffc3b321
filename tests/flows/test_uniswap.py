"""Uniswap V2: the core as sources of the project's own, the router out of its package.

The router finds pairs by the hash of their creation code, which is in its source. That code ends with a hash
of the compiler's input, the names of the files among it; so the core is compiled under the names that it had
when it was published, `contracts/...`, with the compiler and settings of then. Then the hash is the router's.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from devnet.chain.rules import CODE_SIZE_LIMIT
from tests.clients import tools
from tests.flows.conftest import RunProject, copy_project
from zero_sdk.compile import compile_project
from zero_sdk.project.project import Project
from zero_sdk.testing.session import unoptimized

pytestmark = pytest.mark.clients

CORE = "@uniswap/v2-core"
PACKAGES = ("solc", CORE, "@uniswap/v2-periphery", "@uniswap/lib")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The project, with the core's sources among its own."""
    root = copy_project("uniswap", tmp_path / "project", *PACKAGES)
    shutil.copytree(tools.node_module(CORE) / "contracts", root / "contracts", dirs_exist_ok=True)
    shutil.rmtree(root / "contracts" / "test")
    return root


def test_uniswap_v2_s_flows(root: Path, run_project: RunProject) -> None:
    run_project(root)

    # What the project's tests have compiled is, byte for byte, what was published.
    build = compile_project(Project.open(root))
    assert build.compiled == 0
    for name in ("UniswapV2Factory", "UniswapV2Pair"):
        path = tools.node_module(CORE) / "build" / f"{name}.json"
        published = json.loads(path.read_text(encoding="utf-8"))
        assert build.artifact(name).creation.object.removeprefix("0x") == published["bytecode"]


def test_coverage_has_room_for_a_router_without_the_optimizer(root: Path, run_project: RunProject) -> None:
    run_project(root, "--zero-coverage").stdout.fnmatch_lines(
        ["contracts/Periphery.sol *100.0 %*", "contracts/UniswapV2Pair.sol *%*"]
    )
    router = compile_project(unoptimized(Project.open(root))).artifact("UniswapV2Router02")
    assert router.runtime.size > CODE_SIZE_LIMIT
