"""`zero devnet --data-dir`: a network that is kept, and folders that cannot be used."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devnet.clock import WallClock
from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync
from devnet.network import Network
from tests.cli.devnet_process import Devnet
from tests.cli.process import zero
from zero_sdk.errors import Problem

FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
STRANGER = "0x" + "5a" * 20


def made(folder: Path, *options: str) -> Path:
    """A folder in which a network was begun and closed."""
    ended = zero(
        "devnet", "--port", "0", "--silent", "--data-dir", "data", *options, "--exec", "exit 0", folder=folder
    )
    assert (ended.code, ended.err) == (0, "")
    return folder / "data"


def refused(folder: Path, *options: str) -> str:
    """What is said where the network does not start."""
    ended = zero("devnet", "--port", "0", "--data-dir", "data", *options, "--exec", "exit 0", folder=folder)
    assert ended.code != 0
    assert ended.out == ""
    assert "Traceback" not in ended.err
    return ended.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_network_goes_on_after_any_end(tmp_path: Path, number: int) -> None:
    with Devnet("--data-dir", "data", "--chain-id", "4711", folder=tmp_path) as devnet:
        assert devnet.description["data"]["restored"] is False
        sent = devnet.call("eth_sendTransaction", {"from": FIRST, "to": STRANGER, "value": "0x5"})
        receipt = devnet.call("eth_getTransactionReceipt", sent)
        devnet.call("zero_snapshot", "before")
        code, _ = devnet.stop(number)
        assert code == (-9 if number == signal.SIGKILL else 0)
    with Devnet("--data-dir", "data", folder=tmp_path) as devnet:
        data = devnet.description["data"]
        assert (data["restored"], data["folder"]) == (True, str((tmp_path / "data").resolve()))
        assert data["heads"]["alpha"] == {"number": 1, "hash": receipt["blockHash"]}
        assert (data["recovered"] is not None) == (number == signal.SIGKILL)
        assert devnet.zone("alpha")["chainId"] == 4711
        assert devnet.call("eth_getTransactionReceipt", sent) == receipt
        assert int(devnet.call("eth_getBalance", STRANGER, "latest"), 16) == 5
        assert [known["name"] for known in devnet.call("zero_snapshots")] == ["before"]
        assert "goes on: system at block 0, alpha at block 1, beta at block 0" in "\n".join(devnet.log)


@pytest.mark.parametrize("ahead", [0, 10**6])
def test_time_went_on_while_no_process_ran(tmp_path: Path, ahead: int) -> None:
    config = NetworkConfig(genesis_time=1_000_000_000 + ahead)
    clock = WallClock(lambda: 1_000_000_000.0, offset=ahead)
    network = Network(config, clock=clock, folder=DataFolder.open(tmp_path / "data", config, Fsync.SLOT))
    network.mine(network.default_zone)
    network.close()
    before = int(time.time())
    with Devnet("--data-dir", "data", folder=tmp_path) as devnet:
        devnet.call("evm_mine")
        moment = int(devnet.call("eth_getBlockByNumber", "0x2", False)["timestamp"], 16)
    assert before + ahead <= moment <= int(time.time()) + ahead


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_many_zones_have_their_files_open_where_the_system_begins_with_a_low_limit(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        devnet = Devnet("--data-dir", "data", "--zones", "12", folder=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with devnet:
        devnet.call("evm_mine")
        assert devnet.call("eth_blockNumber") == "0x1"


def test_what_went_before_this_start_is_not_blamed_on_an_option_of_it(tmp_path: Path) -> None:
    with Devnet("--data-dir", "data", "--history", "1", folder=tmp_path) as devnet:
        for _ in range(5):
            devnet.call("evm_mine")
        with pytest.raises(ValueError, match="--history 1 keeps 1 block below the newest"):
            devnet.call("eth_getBlockByNumber", "0x3", False)
    assert "History   the newest 2 blocks" in devnet.log
    with Devnet("--data-dir", "data", folder=tmp_path) as devnet:
        with pytest.raises(ValueError, match="went before this start"):
            devnet.call("eth_getBlockByNumber", "0x3", False)
        devnet.call("evm_mine")
        assert devnet.call("eth_getBlockByNumber", "0x4", False)["number"] == "0x4"
    assert "alpha at block 5 (kept from block 4 on)" in "\n".join(devnet.log)
    with Devnet("--data-dir", "data", "--history", "0", folder=tmp_path) as devnet:
        pass
    assert "History   the newest block" in devnet.log


def test_the_banner_tells_how_the_folders_zones_are_mined(tmp_path: Path) -> None:
    with Devnet("--data-dir", "data", "--no-mining", folder=tmp_path) as devnet:
        pass
    assert "Blocks    sealed when told to" in devnet.log
    with Devnet("--data-dir", "data", folder=tmp_path) as devnet:
        assert devnet.call("anvil_getAutomine") is False
        devnet.call("evm_setAutomine", True, zone="beta")
    assert "Blocks    sealed when told to" in devnet.log
    with Devnet("--data-dir", "data", folder=tmp_path) as devnet:
        pass
    told = (
        "Blocks    system: sealed when told to; alpha: sealed when told to; beta: sealed on every transaction"
    )
    assert told in devnet.log
    with Devnet("--data-dir", "data", "--block-time", "600", folder=tmp_path) as devnet:
        pass
    assert "Blocks    sealed every 600 s" in devnet.log
    assert "Settles   every second what is new; --settlement off: only when told to" in devnet.log


def test_random_words_are_kept(tmp_path: Path) -> None:
    with Devnet("--data-dir", "data", "--mnemonic-random", folder=tmp_path) as devnet:
        words = devnet.description["mnemonic"]
    with Devnet("--data-dir", "data", folder=tmp_path) as devnet:
        assert devnet.description["mnemonic"] == words
        assert devnet.call("eth_accounts")[0] == devnet.description["accounts"][0]["address"].lower()


def test_the_folder_is_for_its_owner(tmp_path: Path) -> None:
    data = made(tmp_path)
    if sys.platform != "win32":
        # It holds the mnemonic.
        assert stat.S_IMODE((data / "manifest.json").stat().st_mode) == 0o600


def test_variables_and_zero_toml_name_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / "zero.toml").write_text(
        '[devnet]\ndata-dir = "kept"\nhistory = 7\nfsync = "never"\n', "utf-8"
    )
    with Devnet(folder=tmp_path) as devnet:
        assert devnet.description["history"] == 7
        assert devnet.description["data"]["fsync"] == "never"
    with Devnet(folder=tmp_path, variables={"ZERO_HISTORY": "all"}) as devnet:
        assert devnet.description["history"] == "all"
        assert devnet.description["data"]["restored"] is True


def test_a_folder_in_use_is_refused_with_the_process_that_has_it(tmp_path: Path) -> None:
    with Devnet("--data-dir", "data", "--silent", folder=tmp_path) as devnet:
        said = refused(tmp_path)
        assert f"[{Problem.FOLDER_IN_USE.code}]" in said
        assert f"process {devnet.pid}" in said
        ended = zero("data", "check", "data", folder=tmp_path)
        assert (ended.code, f"process {devnet.pid}" in ended.err) == (1, True)


def test_a_contradiction_is_refused_and_nothing_happens(tmp_path: Path) -> None:
    made(tmp_path, "--zones", "one,two")
    said = refused(tmp_path, "--zones", "one")
    assert f"[{Problem.FOLDER_OTHER_NETWORK.code}]: --zones: " in said
    assert "one,two; given: one\n" in said
    made(tmp_path)


def newer(data: Path) -> None:
    from devnet.manifest import _with_checksum

    document = json.loads((data / "manifest.json").read_text("utf-8"))
    del document["checksum"]
    (data / "manifest.json").write_text(_with_checksum({**document, "format": 99}), "utf-8")


def other_network(data: Path) -> None:
    other = made_beside(data, "--chain-id", "99")
    shutil.copy(other / "commit", data / "commit")


def made_beside(data: Path, *options: str) -> Path:
    beside = data.parent / "beside"
    beside.mkdir()
    return made(beside, *options)


def flipped(data: Path) -> None:
    path = next((data / "zones" / "alpha" / "state" / "entries").glob("*.log"))
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)


def without_a_log(data: Path) -> None:
    next((data / "zones" / "alpha" / "state" / "entries").glob("*.log")).unlink()


def without_commits(data: Path) -> None:
    (data / "commit").unlink()


def without_manifest(data: Path) -> None:
    (data / "manifest.json").unlink()


def foreign(data: Path) -> None:
    shutil.rmtree(data)
    data.mkdir()
    (data / "thesis.tex").write_text("mine", "utf-8")


def a_file(data: Path) -> None:
    shutil.rmtree(data)
    data.write_text("mine", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "problem", "file"),
    [
        (newer, Problem.FOLDER_NEWER, "manifest.json"),
        (other_network, Problem.FOLDER_OTHER_NETWORK, "commit"),
        (flipped, Problem.FOLDER_DAMAGED, "alpha/state/entries"),
        (without_a_log, Problem.FOLDER_INCOMPLETE, "alpha/state/entries"),
        (without_commits, Problem.FOLDER_INCOMPLETE, "commit"),
        (without_manifest, Problem.FOLDER_INCOMPLETE, "manifest.json"),
        (foreign, Problem.FOLDER_FOREIGN, "thesis.tex"),
        (a_file, Problem.FOLDER_FOREIGN, "data"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told_with_the_file(
    tmp_path: Path, spoil: Callable[[Path], None], problem: Problem, file: str
) -> None:
    data = made(tmp_path)
    spoil(data)
    before = contents(data)
    said = refused(tmp_path)
    assert f"error [{problem.code}]: " in said
    assert file in said
    assert "hint: " in said
    assert contents(data) == before


def contents(data: Path) -> dict[str, bytes]:
    """All files but the lock."""
    if data.is_file():
        return {"": data.read_bytes()}
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    ended = zero("devnet", "--port", "0", "--data-dir", "file/data", "--exec", "exit 0", folder=tmp_path)
    assert (ended.code, f"[{Problem.FOLDER_UNUSABLE.code}]" in ended.err) == (1, True)
    assert "file/data" in ended.err


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    assert f"[{Problem.FOLDER_UNUSABLE.code}]" in refused(tmp_path)


def test_fsync_without_a_folder_is_a_contradiction(tmp_path: Path) -> None:
    ended = zero("devnet", "--port", "0", "--fsync", "block", "--exec", "exit 0", folder=tmp_path)
    assert (ended.code, f"[{Problem.CONTRADICTION.code}]" in ended.err) == (2, True)
