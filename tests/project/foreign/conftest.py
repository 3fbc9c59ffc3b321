"""Real projects of other tools, with the tools that the client suites use."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.clients import tools
from tests.clients.solc import SHIM

TOKEN = """\
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import {Sums} from "sums/Sums.sol";
contract Token {
    mapping(address => uint256) public balanceOf;
    uint256 public immutable supply;
    error TooLittle(uint256 have, uint256 want);
    constructor(uint256 amount) { supply = amount; balanceOf[msg.sender] = amount; }
    function transfer(address to, uint256 amount) external returns (bool) {
        if (balanceOf[msg.sender] < amount) revert TooLittle(balanceOf[msg.sender], amount);
        balanceOf[msg.sender] -= amount;
        balanceOf[to] = Sums.add(balanceOf[to], amount);
        return true;
    }
}
"""
SUMS = """\
pragma solidity ^0.8.20;
library Sums { function add(uint256 a, uint256 b) internal pure returns (uint256) { return a + b; } }
"""
FOUNDRY = """\
[profile.default]
src = "src"
out = "out"
libs = ["lib"]
remappings = ["sums/=lib/sums-v2/code/"]
optimizer = true
optimizer-runs = 1000
evm_version = "shanghai"
bytecode_hash = "none"
offline = true
"""
HARDHAT = """\
export default {
  paths: { sources: "./code" },
  solidity: {
    version: "0.8.37",
    path: %r,
    settings: { optimizer: { enabled: true, runs: 777 }, evmVersion: "shanghai" },
  },
  networks: { live: { type: "http", url: "https://rpc.example/secret-key" } },
};
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def foundry_project(tmp_path: Path) -> Path:
    """A Foundry project with a library behind a remapping that cannot be inferred."""
    root = tmp_path / "foundry"
    return write(
        root,
        {"foundry.toml": FOUNDRY, "src/Token.sol": TOKEN, "lib/sums-v2/code/Sums.sol": SUMS},
    )


@pytest.fixture
def hardhat_project(tmp_path: Path) -> Path:
    """A Hardhat 3 project."""
    root = tmp_path / "hardhat"
    write(
        root,
        {
            "hardhat.config.js": HARDHAT % str(tools.node_module("solc/soljson.js")),
            "code/Token.sol": TOKEN.replace("sums/Sums.sol", "./sums/Sums.sol"),
            "code/sums/Sums.sol": SUMS,
            "package.json": '{"name": "theirs", "private": true, "type": "module"}',
        },
    )
    (root / "node_modules").symlink_to(tools.MODULES, target_is_directory=True)
    return root


def forge(root: Path, *arguments: str) -> str:
    """Runs forge with solc from npm, without the network."""
    compiler = root.parent / "solc"
    compiler.write_text(f'#!/bin/sh\nexec "{tools.node()}" "{SHIM}" "$@"\n', encoding="utf-8")
    compiler.chmod(0o755)
    done = subprocess.run(
        [tools.forge(), *arguments, "--offline", "--use", str(compiler)],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", "HOME": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hardhat(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [tools.node(), tools.node_module("hardhat/dist/src/cli.js"), *arguments],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true", "CI": "1"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
