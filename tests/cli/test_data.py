"""`zero data`: folders checked, described, repaired and made smaller."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from devnet.chain.types import Address, Wei
from devnet.clock import WallClock
from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync
from devnet.network import Network
from devnet.zone.messages import CallRequest
from tests.cli.process import Ended, zero
from zero_sdk.errors import Problem

CONFIG = NetworkConfig(accounts=2)
BLOCKS = 30


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with blocks, transactions and a snapshot at block 20 of alpha."""
    folder = tmp_path_factory.mktemp("original") / "data"
    network = Network(CONFIG, clock=WallClock(), folder=DataFolder.open(folder, CONFIG, Fsync.SLOT))
    sender = network.keys.addresses[0]
    for number in range(BLOCKS):
        if number == 20:
            network.snapshot("twenty")
        to = Address((number + 0x10000).to_bytes(20, "big"))
        network.send(network.default_zone, CallRequest(sender=sender, to=to, value=Wei(number)))
        network.commit()
    network.close()
    return folder


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "data"))


def run(data: Path, command: str, *options: str) -> Ended:
    ended = zero("data", command, "data", *options, folder=data.parent)
    assert "Traceback" not in ended.err
    return ended


def as_json(data: Path, command: str, *options: str, code: int = 0) -> dict[str, Any]:
    ended = run(data, command, *options, "--json")
    assert ended.code == code, ended.err
    return dict(json.loads(ended.out))


def contents(data: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in data.rglob("*") if path.is_file() and path.name != "lock"
    }


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def log_of(data: Path, part: str) -> Path:
    return next((data / "zones" / "alpha" / part).glob("*.log"))


def test_a_whole_folder_is_whole_and_stays_as_it_is(data: Path) -> None:
    before = contents(data)
    found = as_json(data, "check")
    assert (found["whole"], found["findings"]) == (True, [])
    alpha = found["zones"][1]
    assert (alpha["name"], alpha["number"], alpha["blocks"], alpha["transactions"]) == ("alpha", 30, 30, 30)
    assert run(data, "check").out.endswith("data is whole\n")
    assert contents(data) == before


@pytest.mark.parametrize("part", ["state/entries", "blocks", "journal"])
def test_damage_is_told_with_file_and_place_and_nothing_is_written(data: Path, part: str) -> None:
    path = log_of(data, part)
    flip(path, path.stat().st_size // 2)
    before = contents(data)
    found = as_json(data, "check", code=1)
    assert found["whole"] is False
    [finding, *_] = found["findings"]
    assert (finding["kind"], finding["zone"]) == ("damaged", "alpha")
    assert str(Path("zones", "alpha", part)) in finding["file"]
    ended = run(data, "check")
    assert ended.code == 1
    assert "--repair" in ended.out
    assert contents(data) == before


def test_a_repair_goes_back_to_the_newest_whole_commit(data: Path) -> None:
    path = log_of(data, "blocks")
    flip(path, path.stat().st_size - 5)
    # The block before the last one is what the commit before the last one ends with.
    repaired = as_json(data, "check", "--repair")
    assert repaired["whole"] is False
    lost = repaired["repair"]["lost"]
    assert [entry["zone"] for entry in lost] == ["alpha"]
    assert lost[0]["last"] == BLOCKS
    side_file = Path(repaired["repair"]["sideFile"])
    assert side_file.parent == Path("data", "removed")
    assert (data.parent / side_file).stat().st_size > 10_000
    found = as_json(data, "check")
    assert found["whole"] is True
    assert found["zones"][1]["number"] == lost[0]["first"] - 1
    ended = zero(
        "devnet", "--port", "0", "--silent", "--data-dir", "data", "--exec", "exit 0", folder=data.parent
    )
    assert (ended.code, ended.err) == (0, "")


def test_a_damaged_commit_is_repaired_without_losing_a_block_that_another_names(data: Path) -> None:
    flip(data / "commit", 4096 + 30)
    assert as_json(data, "check", code=1)["findings"][0]["file"].endswith("commit")
    assert as_json(data, "check", "--repair")["repair"]["commit"] is not None
    assert as_json(data, "check")["whole"] is True


def test_where_no_commit_is_whole_nothing_is_changed(data: Path) -> None:
    flip(log_of(data, "blocks"), 100)
    before = contents(data)
    ended = run(data, "check", "--repair")
    assert ended.code == 1
    assert "no commit of the folder is whole" in ended.out
    assert contents(data) == before


def test_info_says_what_is_there(data: Path) -> None:
    found = as_json(data, "info")
    assert (found["format"], found["closedCleanly"]) == (3, True)
    assert found["config"]["zones"] == ["alpha", "beta"]
    alpha = found["zones"][1]
    assert (alpha["number"], alpha["oldest"], alpha["durable"]) == (BLOCKS, 0, BLOCKS)
    assert [snapshot["name"] for snapshot in found["snapshots"]] == ["twenty"]
    assert found["bytes"]["all"] == sum(count for kind, count in found["bytes"].items() if kind != "all")
    words = run(data, "info").out
    assert "alpha: chain id 7700001, blocks 0 to 30" in words
    assert CONFIG.mnemonic not in words + json.dumps(found)


def test_prune_forgets_what_no_snapshot_needs(data: Path) -> None:
    shrunk = as_json(data, "prune", "--history", "5")
    alpha = shrunk["zones"][1]
    assert (alpha["oldestBefore"], alpha["oldest"], alpha["newest"], alpha["pinned"]) == (0, 20, 30, 20)
    assert shrunk["bytesAfter"] < shrunk["bytesBefore"]
    assert as_json(data, "info")["zones"][1]["oldest"] == 20
    assert as_json(data, "check")["whole"] is True


def test_compact_changes_nothing_that_counts(data: Path) -> None:
    before = as_json(data, "info")
    shrunk = as_json(data, "compact")
    assert shrunk["bytesAfter"] <= shrunk["bytesBefore"]
    after = as_json(data, "info")
    assert (after["zones"], after["snapshots"]) == (before["zones"], before["snapshots"])
    assert as_json(data, "check")["whole"] is True


@pytest.mark.parametrize("command", ["check", "info", "compact"])
def test_a_folder_without_a_network_is_told(tmp_path: Path, command: str) -> None:
    (tmp_path / "data").mkdir()
    ended = run(tmp_path / "data", command)
    assert (ended.code, f"[{Problem.FOLDER_EMPTY.code}]" in ended.err) == (2, True)
    (tmp_path / "data" / "mine.txt").write_text("mine", "utf-8")
    ended = run(tmp_path / "data", command)
    assert (ended.code, f"[{Problem.FOLDER_FOREIGN.code}]" in ended.err) == (2, True)


def test_prune_wants_a_number(data: Path) -> None:
    ended = run(data, "prune", "--history", "some")
    assert (ended.code, f"[{Problem.BAD_VALUE.code}]" in ended.err) == (2, True)


def test_one_is_not_told_as_many(tmp_path: Path) -> None:
    network = Network(
        CONFIG, clock=WallClock(), folder=DataFolder.open(tmp_path / "data", CONFIG, Fsync.NEVER)
    )
    network.send(network.default_zone, CallRequest(sender=network.keys.addresses[0], value=Wei(1)))
    network.mine(network.default_zone)
    network.close()
    data = tmp_path / "data"
    assert "beta: whole, newest block 0; 0 blocks with 0 transactions" in run(data, "check").out
    assert "alpha: 1 block forgotten, blocks 1 to 2 are kept" in run(data, "prune", "--history", "1").out
    assert "alpha: 1 block forgotten, block 2 is kept" in run(data, "prune", "--history", "0").out
    assert "alpha: whole, newest block 2; 1 block with 0 transactions" in run(data, "check").out
    assert "alpha: chain id 7700001, block 2, safe" in run(data, "info").out
