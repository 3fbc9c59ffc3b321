"""`zero dump`, `zero load`, and a devnet that begins and ends with a file, as real processes."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE, environment, zero
from tests.dumps.make import FOLDER
from zero_sdk.cli.progress import size_in_words

HOLDER = "0x" + "00" * 18 + "beef"
STATE = {"accounts": {HOLDER: {"nonce": 3, "balance": "0x7b", "code": "0x00", "storage": {"0x5": "0x7"}}}}
EVERYTHING = FOLDER / "v1-everything.zero"


def url(devnet: Devnet) -> str:
    found: str = devnet.description["url"]
    return found


def newest(devnet: Devnet) -> str:
    found: str = devnet.call("eth_getBlockByNumber", "latest", False)["hash"]
    return found


def test_a_network_goes_through_files_pipes_and_restarts(tmp_path: Path) -> None:
    with Devnet("--zones", "alpha,other", "--accounts", "2", "--no-mining", folder=tmp_path) as devnet:
        devnet.call("anvil_setBalance", HOLDER, "0x7b")
        devnet.call("anvil_mine", "0x3")
        devnet.call("anvil_mine", "0x2", zone="other")
        head = newest(devnet)
        done = zero("dump", "a.zero", "--url", url(devnet), folder=tmp_path)
        assert (done.code, done.out) == (0, "")
        assert done.err.startswith("a.zero: ")
        if os.name == "posix":
            assert stat.S_IMODE((tmp_path / "a.zero").stat().st_mode) == 0o600
        devnet.call("anvil_mine", "0x4")
        # Anywhere in the network's address.
        done = zero("load", "a.zero", "--url", f"{url(devnet)}/other", folder=tmp_path)
        assert done.code == 0, done.err
        assert f"alpha: block 3 {head}" in done.err
        assert newest(devnet) == head
        piped = subprocess.run(
            f'"{sys.executable}" -m zero_sdk dump --level 0 | "{sys.executable}" -m zero_sdk load -',
            shell=True,
            cwd=tmp_path,
            env=environment({"ZERO_RPC_URL": url(devnet)}),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert piped.returncode == 0, piped.stderr
        assert newest(devnet) == head
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zero"]

    # What genesis fixes comes from the dump, and so does what the network was told.
    with Devnet("--load", "a.zero", "--dump-on-exit", "b.zero", folder=tmp_path) as devnet:
        assert [zone["name"] for zone in devnet.description["zones"]] == ["system", "alpha", "other"]
        assert len(devnet.description["accounts"]) == 2
        assert newest(devnet) == head
        assert devnet.call("eth_getBalance", HOLDER, "latest") == "0x7b"
        assert devnet.call("anvil_getAutomine") is False
        devnet.call("evm_mine")
        later = newest(devnet)
        assert devnet.stop()[0] == 0

    # Into a data folder, where it stays; options that are given hold.
    with Devnet("--load", "b.zero", "--data-dir", "data", "--block-time", "900", folder=tmp_path) as devnet:
        assert newest(devnet) == later
        assert devnet.call("anvil_getIntervalMining") == 900
        done = zero("load", "a.zero", "--url", url(devnet), folder=tmp_path)
        assert done.code == 0, done.err
        assert devnet.stop()[0] == 0
    with Devnet("--data-dir", "data", folder=tmp_path) as devnet:
        assert newest(devnet) == head
    checked = zero("data", "check", "data", folder=tmp_path)
    assert checked.code == 0, checked.err
    refused = zero("devnet", "--load", "b.zero", "--data-dir", "data", "--port", "0", folder=tmp_path)
    assert refused.code == 2
    assert "ZERO-1102" in refused.err


def test_state_begins_with_the_file_and_ends_in_it(tmp_path: Path) -> None:
    arguments = ("--state", "network.zero", "--zones", "one")
    for expected in (0, 2):
        with Devnet(*arguments, folder=tmp_path) as devnet:
            assert int(devnet.call("eth_blockNumber", zone="one"), 16) == expected
            devnet.call("anvil_mine", "0x2", zone="one")
            assert devnet.stop()[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["network.zero"]


def test_accounts_of_anvil_go_into_a_zone(tmp_path: Path) -> None:
    (tmp_path / "plain.json").write_text(json.dumps(STATE), encoding="utf-8")
    (tmp_path / "packed").write_bytes(gzip.compress(json.dumps(STATE).encode()))
    with Devnet("--load", "plain.json", folder=tmp_path) as devnet:
        assert devnet.call("eth_getBalance", HOLDER, "latest") == "0x7b"
        assert devnet.call("eth_getBalance", HOLDER, "latest", zone="beta") == "0x0"
        done = zero("load", "packed", "--zone", "beta", "--url", url(devnet), folder=tmp_path)
        assert done.code == 0, done.err
        assert done.err.startswith("1 account of Anvil's state")
        assert devnet.call("eth_getTransactionCount", HOLDER, "latest", zone="beta") == "0x3"
        word = devnet.call("eth_getStorageAt", HOLDER, "0x5", "latest", zone="beta")
        assert int(word, 16) == 7
    refused = zero("devnet", "--state", "plain.json", "--port", "0", folder=tmp_path)
    assert "ZERO-1501" in refused.err
    assert json.loads((tmp_path / "plain.json").read_text(encoding="utf-8")) == STATE


def test_what_cannot_be_loaded_is_an_error_with_a_code(tmp_path: Path) -> None:
    (tmp_path / "cut.zero").write_bytes(EVERYTHING.read_bytes()[:-100])
    (tmp_path / "foreign").write_bytes(b"neither a dump nor JSON, and longer than a header")
    (tmp_path / "other.json").write_text("[1]", encoding="utf-8")
    with Devnet(folder=tmp_path) as devnet:
        head = newest(devnet)
        for name, code in (
            ("cut.zero", "1503"),
            ("foreign", "1501"),
            ("other.json", "1501"),
            (str(EVERYTHING), "1504"),
            ("nowhere", "1106"),
            (".", "1106"),
        ):
            done = zero("load", name, "--url", url(devnet), folder=tmp_path)
            assert f"ZERO-{code}" in done.err, done.err
            assert done.code in (1, 2)
        assert newest(devnet) == head
        done = zero("dump", "no/such/folder/x.zero", "--url", url(devnet), folder=tmp_path)
        assert (done.code, "ZERO-1108" in done.err) == (1, True)
    for command in (("load", str(EVERYTHING)), ("dump", "x.zero")):
        done = zero(*command, "--url", "http://127.0.0.1:9", folder=tmp_path)
        assert (done.code, "ZERO-1301" in done.err) == (1, True)
    assert not (tmp_path / "x.zero").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--load", "cut.zero"), "1503"),
        (("--load", "nowhere.zero"), "1106"),
        (("--load", str(EVERYTHING), "--chain-id", "5"), "1504"),
        (("--load", str(EVERYTHING), "--state", "x.zero"), "1102"),
        (("--dump-on-exit", "no/such/folder/x.zero"), "1108"),
        (("--dump-on-exit", "."), "1108"),
    ],
)
def test_a_devnet_does_not_start_with_what_cannot_be(
    tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    (tmp_path / "cut.zero").write_bytes(EVERYTHING.read_bytes()[:-100])
    done = zero("devnet", "--port", "0", *arguments, folder=tmp_path)
    assert f"ZERO-{code}" in done.err
    assert done.code in (1, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.zero"]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2_000_000, "2.0 MB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words
