"""A project for tests of the plugin, compiled once for all of them."""

from __future__ import annotations

import pytest

COUNTER = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Counter {
    uint256 public number;
    event Changed(address indexed who, uint256 number);
    error TooLarge(uint256 given, uint256 most);

    function set(uint256 to) external {
        if (to > 100) revert TooLarge(to, 100);
        number = to;
        emit Changed(msg.sender, to);
    }

    function bump() external {
        require(number < 100, "full");
        number++;
    }

    function pay() external payable {}

    function burn(uint256 divisor) external view returns (uint256) {
        return number / divisor;
    }
}
"""


def make_project(pytester: pytest.Pytester) -> None:
    """A project around the tests that pytester makes."""
    (pytester.path / "contracts").mkdir()
    (pytester.path / "contracts" / "Counter.sol").write_text(COUNTER, encoding="utf-8")
    (pytester.path / "zero.toml").write_text("", encoding="utf-8")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """In this process."""
    options = ("-p", "zero_sdk.testing.plugin", "-p", "no:cacheprovider", "-q")
    return pytester.runpytest_inprocess(*options, *arguments)
