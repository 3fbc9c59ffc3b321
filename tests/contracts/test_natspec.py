"""Whoever reads one of this project's contracts is told in words what each part of its interface is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_utils.abi import abi_to_signature

from tests.clients.solc import compile_standard_json

pytestmark = pytest.mark.clients

SOURCES = Path(__file__).resolve().parents[2] / "devnet" / "contracts" / "solidity"
SECTIONS = {"function": "methods", "event": "events", "error": "errors"}

PARTS = """\
// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
interface Told {
    /// @notice Inherited.
    function inherited() external;
}
contract Parts is Told {
    /// @notice A getter.
    uint256 public told;
    uint256 public getter;
    /// @dev For developers only.
    event Happened(uint256 what);
    error Wrong();
    function act(uint256[] calldata list) external {}
    function inherited() external {}
}
"""


def test_every_function_event_and_error_has_a_notice() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.sol"))}
    assert len(sources) > 30
    assert set(without_notice(sources)) == set()


def test_a_part_without_a_notice_is_found() -> None:
    assert set(without_notice({"Parts.sol": PARTS})) == {
        "Parts.sol: getter()",
        "Parts.sol: Happened(uint256)",
        "Parts.sol: Wrong()",
        "Parts.sol: act(uint256[])",
    }


def without_notice(sources: dict[str, str]) -> Iterator[str]:
    """What of the contracts' interfaces the compiler knows no notice of, inherited ones included."""
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {name: {"content": content} for name, content in sources.items()},
            "settings": {"outputSelection": {"*": {"*": ["abi", "userdoc"]}}},
        },
        are_warnings_errors=False,
    )
    for source, contracts in output["contracts"].items():
        for contract in contracts.values():
            for entry in contract["abi"]:
                if entry["type"] in SECTIONS and not has_notice(contract["userdoc"], entry):
                    yield f"{source}: {abi_to_signature(entry)}"


def has_notice(userdoc: dict[str, Any], entry: dict[str, Any]) -> bool:
    found = userdoc.get(SECTIONS[entry["type"]], {}).get(abi_to_signature(entry), {})
    # Errors of one signature may stand in several sources: a list.
    told = found if isinstance(found, list) else [found]
    return bool(told) and all(each.get("notice") for each in told)
