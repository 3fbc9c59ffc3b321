"""`zero snapshot`, against a network that runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE, Ended, environment, zero


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    # What is settled goes back with the whole network, and slots come when they like.
    with Devnet("--settlement", "off", folder=tmp_path_factory.mktemp("devnet")) as running:
        yield running


@pytest.fixture(autouse=True)
def clean(devnet: Devnet) -> Iterator[None]:
    """Every test begins with no snapshots and at block 0."""
    yield
    for zone in ("system", "alpha", "beta"):
        devnet.call("anvil_reset", zone=zone)
    for snapshot in devnet.call("zero_snapshots"):
        devnet.call("zero_deleteSnapshot", snapshot["id"])


def snapshot(devnet: Devnet, folder: Path, *arguments: str) -> Ended:
    url = devnet.zone("alpha")["url"].rsplit("/", 1)[0]
    return zero("snapshot", *arguments, "--url", url, folder=folder)


def test_a_snapshot_is_created_listed_reverted_to_and_deleted(devnet: Devnet, tmp_path: Path) -> None:
    created = snapshot(devnet, tmp_path, "create", "base")
    assert (created.code, created.err) == (0, "")
    identifier = created.out.strip()
    assert identifier.startswith("0x")
    devnet.call("evm_mine")
    devnet.call("evm_mine", zone="beta")
    listed = snapshot(devnet, tmp_path, "list")
    head, row = (line.split("\t") for line in listed.out.splitlines())
    assert head == ["id", "name", "taken at", "system", "alpha", "beta"]
    assert (row[:2], row[3:]) == ([identifier, "base"], ["0", "0", "0"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row[2])
    for _ in range(2):
        reverted = snapshot(devnet, tmp_path, "revert", "base")
        assert (reverted.code, reverted.out) == (0, "")
        assert "the network is back" in reverted.err
        assert [devnet.call("eth_blockNumber", zone=zone) for zone in ("alpha", "beta")] == ["0x0", "0x0"]
    assert snapshot(devnet, tmp_path, "delete", identifier).code == 0
    empty = snapshot(devnet, tmp_path, "list")
    assert (empty.code, empty.out) == (0, "")


def test_one_zone_goes_back_alone(devnet: Devnet, tmp_path: Path) -> None:
    snapshot(devnet, tmp_path, "create", "base")
    for zone in ("alpha", "beta"):
        devnet.call("evm_mine", zone=zone)
    later = snapshot(devnet, tmp_path, "create").out.strip()
    ended = snapshot(devnet, tmp_path, "revert", "base", "--zone", "beta")
    assert (ended.code, "zone beta is back" in ended.err) == (0, True)
    assert [devnet.call("eth_blockNumber", zone=zone) for zone in ("alpha", "beta")] == ["0x1", "0x0"]
    row = snapshot(devnet, tmp_path, "list").out.splitlines()[-1].split("\t")
    assert (row[0], row[1], row[3:]) == (later, "", ["0", "1", "-"])
    refused = snapshot(devnet, tmp_path, "revert", later)
    assert (refused.code, refused.out) == (1, "")
    assert "ZERO-1303" in refused.err
    assert "zone beta: the zone went back to snapshot" in refused.err


def test_a_zone_with_settled_blocks_takes_the_network_with_it(devnet: Devnet, tmp_path: Path) -> None:
    snapshot(devnet, tmp_path, "create", "base")
    for zone in ("alpha", "beta"):
        devnet.call("evm_mine", zone=zone)
    devnet.call("zero_settle")
    ended = snapshot(devnet, tmp_path, "revert", "base", "--zone", "beta")
    assert (ended.code, "the network is back at snapshot base: blocks of zone beta" in ended.err) == (0, True)
    assert [devnet.call("eth_blockNumber", zone=zone) for zone in ("alpha", "beta")] == ["0x0", "0x0"]


def test_a_name_is_replaced_only_when_asked(devnet: Devnet, tmp_path: Path) -> None:
    first = snapshot(devnet, tmp_path, "create", "base").out.strip()
    refused = snapshot(devnet, tmp_path, "create", "base")
    assert (refused.code, "replace: true" in refused.err) == (1, True)
    second = snapshot(devnet, tmp_path, "create", "base", "--replace").out.strip()
    gone = snapshot(devnet, tmp_path, "revert", first)
    assert (gone.code, f"snapshot {second} took its name" in gone.err) == (1, True)


def test_json_is_what_the_network_answers(devnet: Devnet, tmp_path: Path) -> None:
    created = json.loads(snapshot(devnet, tmp_path, "create", "base", "--json").out)
    assert created == {"id": created["id"], "name": "base"}
    listed = json.loads(snapshot(devnet, tmp_path, "list", "--json").out)
    assert listed == devnet.call("zero_snapshots")
    assert [entry["id"] for entry in listed] == [created["id"]]
    assert json.loads(snapshot(devnet, tmp_path, "revert", "base", "--json").out) == {
        "reverted": "base",
        "zone": None,
        "network": True,
    }
    assert json.loads(snapshot(devnet, tmp_path, "delete", "base", "--json").out) == {"deleted": "base"}
    assert json.loads(snapshot(devnet, tmp_path, "list", "--json").out) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_gets_a_table(devnet: Devnet, tmp_path: Path) -> None:
    import pty

    name = "a.name_with-everything"
    devnet.call("zero_snapshot", name)
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "zero_sdk", "snapshot", "list", "--url", devnet.zone("alpha")["url"]],
            cwd=tmp_path,
            env=environment({"NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "120"}),
            stdout=theirs,
            timeout=PATIENCE,
            check=True,
        )
        text = os.read(ours, 65_536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    lines = [line for line in text.splitlines() if name in line]
    assert len(lines) == 1
    assert re.split("[│┃]", lines[0])[2].strip() == name
    assert any(border in text for border in "┏┌╭")


def test_without_a_network_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    for arguments in (("create",), ("list",), ("revert", "x"), ("delete", "x")):
        ended = zero("snapshot", *arguments, "--url", "http://127.0.0.1:1", folder=tmp_path)
        assert (ended.code, ended.out) == (1, "")
        assert "ZERO-1301" in ended.err


def test_a_taken_name_is_told_with_the_option_that_takes_it(devnet: Devnet, tmp_path: Path) -> None:
    assert snapshot(devnet, tmp_path, "create", "base").code == 0
    again = snapshot(devnet, tmp_path, "create", "base")
    assert (again.code, again.out, "hint: --replace" in again.err) == (1, "", True)
    assert snapshot(devnet, tmp_path, "create", "base", "--replace").code == 0
