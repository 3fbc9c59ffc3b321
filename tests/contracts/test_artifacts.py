"""The checked-in artifacts are what the sources compile to, and what Python says of them by hand is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from eth_utils.abi import function_abi_to_4byte_selector

from devnet.chain import settlement_head
from devnet.chain.settlement_head import SettlementHead
from devnet.contracts import artifacts, settlement

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.full
@pytest.mark.clients
def test_checked_in_artifacts_are_reproduced_from_source() -> None:
    """`.ci/run` does the same for every change."""
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build-contracts", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_every_source_has_its_artifact() -> None:
    """But for files of types and of abstract contracts, which are no code by themselves."""
    sources = {
        path.stem
        for path in (ROOT / "devnet" / "contracts" / "solidity").glob("*.sol")
        if re.search(rf"^(contract|library) {path.stem}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(artifacts.names()) == sources


def test_a_contract_without_source_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        artifacts.load("NoSuchContract")


def test_runtime_code_is_inside_creation_code() -> None:
    for name in artifacts.names():
        artifact = artifacts.load(name)
        assert artifact.creation.endswith(artifact.runtime)


def test_record_selector_is_that_of_the_compiled_function() -> None:
    (record,) = [entry for entry in artifacts.load("SettlementRoots").abi if entry.get("name") == "record"]
    assert function_abi_to_4byte_selector(record) == settlement_head.RECORD_SELECTOR


def test_genesis_storage_follows_the_compiled_layout() -> None:
    layout = artifacts.load("SettlementRoots").storage_layout
    newest, ring = layout["storage"]
    assert (newest["label"], newest["slot"], newest["offset"]) == ("newestHeight", "0", 0)
    assert (ring["label"], ring["slot"]) == ("ring", "1")
    entry = layout["types"][layout["types"][ring["type"]]["base"]]
    assert entry["numberOfBytes"] == "64"
    members = {member["label"]: (int(member["slot"]), member["offset"]) for member in entry["members"]}
    assert members == {"height": (0, 0), "slot": (0, 8), "zoneCount": (0, 16), "root": (1, 0)}

    head = SettlementHead(height=8191 + 5, root=b"\x07" * 32, slot=9, zone_count=3)
    assert settlement.storage_of(head) == {
        0: 8196,
        1 + 2 * 5: 8196 + (9 << 64) + (3 << 128),
        2 + 2 * 5: int.from_bytes(b"\x07" * 32, "big"),
    }


@pytest.mark.parametrize("contract", ["Staking", "ZoneRegistry", "ForcedInbox", "LightClient"])
def test_every_custom_error_is_expected_by_a_test(contract: str) -> None:
    errors = {entry["name"] for entry in artifacts.load(contract).abi if entry["type"] == "error"}
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert errors
    assert {error for error in errors if f'"{error}"' not in tests} == set()
