"""docs/cross-zone-reads.md: its contract works, its program does what it says, its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from devnet.contracts import artifacts, sources
from tests.contracts.settled import compile_sources
from zero_sdk import local
from zero_sdk.testing import reverts

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "cross-zone-reads.md").read_text(encoding="utf-8")
SHARES = ROOT / "examples" / "cross-zone-read" / "contracts" / "Shares.sol"


def shown(language: str) -> str:
    """The one block of the document in that language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return str(block)


def settings(via_ir: bool, is_optimized: bool, evm: str) -> dict[str, Any]:
    return {"viaIR": via_ir, "optimizer": {"enabled": is_optimized}, "evmVersion": evm}


@pytest.mark.clients
@pytest.mark.parametrize(
    "built",
    [
        settings(False, False, "paris"),
        pytest.param(settings(True, False, "paris"), marks=pytest.mark.full),
        pytest.param(settings(False, True, "osaka"), marks=pytest.mark.full),
        pytest.param(settings(True, True, "osaka"), marks=pytest.mark.full),
    ],
    ids=["plain", "ir", "optimized", "both"],
)
def test_the_contract_lets_in_who_has_tokens_elsewhere(
    built: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"Lounge.sol": shown("solidity"), "Shares.sol": SHARES.read_text("utf-8")}
    made = compile_sources(files, built)
    network = local()
    alpha, beta = network["alpha"], network["beta"]
    owner, guest, stranger = network.accounts[:3]
    token = alpha.deploy(made["Shares.sol"])
    lounge = beta.deploy(made["Lounge.sol"], alpha.index, token.address)
    gift = token.mint(guest, 100)
    names: dict[str, Any] = {}
    exec(compile(shown("python"), "docs/cross-zone-reads.md", "exec"), names)
    names["visit"](network, token, lounge, guest, gift)
    assert capsys.readouterr().out.splitlines() == [
        "settled in block 1 and proven: 100",
        f"log 0 of a receipt in block {gift.block_number}",
    ]
    assert lounge.isIn(guest)
    poor = alpha.prove(token, [names["mapping_slot"](stranger.address, 0)], for_zone=beta)
    with reverts(error="TooFew", balance=0):
        lounge.enter(*poor.slot_parts(), sender=stranger)
    for _ in range(11):
        owner_sent = alpha.send(owner, value=1)
        assert owner_sent.status == 1
        network.settle()
    late = alpha.prove(token, [names["mapping_slot"](guest.address, 0)], height=1)
    with reverts(error="TooOld", height=1):
        lounge.enter(*late.slot_parts(), sender=guest)


def test_what_the_tables_name_is_there() -> None:
    for library, function in re.findall(r"`(Settled\w+)\.(\w+)[`(]", TEXT):
        if library == "SettledLog" or function == "sol":
            continue
        path = sources.path_of(f"{sources.PREFIX}{library}.sol")
        assert path is not None
        assert re.search(rf"function {function}\(|constant {function} ", path.read_text("utf-8")), function


def test_every_error_of_the_libraries_is_named() -> None:
    libraries = (
        "SettledTree",
        "SettledBlocks",
        "SettledHeights",
        "OrderedTrie",
        "BlockHeader",
        "BlockReceipts",
        "Rlp",
    )
    for library in libraries:
        for entry in artifacts.load(library).abi:
            if entry["type"] == "error":
                assert f"`{entry['name']}`" in TEXT, entry["name"]
