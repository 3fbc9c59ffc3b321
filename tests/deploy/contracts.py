"""Contracts for deployments, compiled by the real compiler."""

from __future__ import annotations

from pathlib import Path

from tests.clients import tools
from zero_sdk.compile import Build, compile_project
from zero_sdk.project import Project

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Token {
    mapping(address => uint256) public balanceOf;
    address public owner = msg.sender;
    constructor(uint256 supply) { balanceOf[msg.sender] = supply; }
    function give(address to, uint256 amount) external {
        require(balanceOf[msg.sender] >= amount, "too little");
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }
}

contract Vault {
    Token public token;
    uint256 public opened;
    constructor(Token token_) { token = token_; }
    function open() external { opened++; }
}
"""


def project_in(folder: Path, source: str = SOURCE) -> Project:
    """A project with the contracts."""
    (folder / "contracts").mkdir(parents=True, exist_ok=True)
    (folder / "zero.toml").write_text("", encoding="utf-8")
    with_packages(folder, "solc")
    (folder / "contracts" / "Contracts.sol").write_text(source, encoding="utf-8")
    return Project.open(folder)


def with_packages(folder: Path, *packages: str) -> None:
    """Puts packages that the client tests have into the project's node_modules."""
    for package in packages:
        link = folder / "node_modules" / package
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(tools.node_module(package), target_is_directory=True)


def build_in(folder: Path, source: str = SOURCE) -> Build:
    """The same, compiled."""
    return compile_project(project_in(folder, source))
