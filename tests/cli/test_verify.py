"""`zero verify`: 0 for a true network, 1 for a lie that is named, 2 where it could not look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from tests.outsider.lying import Lying, about, lying_proxy
from tests.outsider.test_lies import flip, flipped, settle_some
from tests.parts import parts_under_test
from zero_sdk.cli.app import run

CONFIG = NetworkConfig(accounts=2, zones=("alpha", "beta"))


@pytest.fixture(scope="module")
def server() -> Iterator[RpcServer]:
    network = Network(CONFIG, parts_under_test())
    settle_some(network)
    with RpcServer(network, ServerOptions(port=0)) as running:
        yield running


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with a network, and beside it the network's dump."""
    path = tmp_path / "data"
    with Network(CONFIG, parts_under_test(), folder=DataFolder.open(path, CONFIG)) as network:
        settle_some(network)
        with path.with_suffix(".dump").open("wb") as sink:
            network.dump(sink)
    return path


def url_of(server: RpcServer) -> str:
    return f"http://127.0.0.1:{server.port}"


def verified(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """The exit code, and what --json says."""
    capsys.readouterr()
    code = run(["verify", *arguments, "--json"])
    told = capsys.readouterr()
    return code, json.loads(told.out) if told.out else told.err


def test_an_honest_network_is_verified_over_http(
    server: RpcServer, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = verified(capsys, "--network", url_of(server), "--config-hash", f"0x{CONFIG.hash.hex()}")
    assert (code, report["verified"], report["lies"]) == (0, True, [])
    assert (report["firstHeight"], report["lastHeight"]) == (1, 3)
    assert report["checked"]["proofs"] == report["checked"]["updates"] == 5
    assert report["checked"]["blocks with overrides (evm-dev)"] == 1
    assert [gap["what"] for gap in report["notChecked"]] == ["all columns of the data"]


def test_a_network_of_the_project_is_verified_by_its_name(
    server: RpcServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zero.toml").write_text(f'[networks.ours]\nurl = "{url_of(server)}"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    few = ("--samples", "0", "--no-proofs", "--no-transactions")
    code, report = verified(capsys, "--network", "ours", *few)
    assert (code, report["lastHeight"]) == (0, 3)
    code, told = verified(capsys, "--network", "theirs", *few)
    assert (code, "ZERO-1703" in told) == (2, True)


LIES: list[tuple[str, Lying, str]] = [
    ("a receipt", about("eth_getBlockReceipts", flipped(0, "gasUsed"), "0x2"), "receipts"),
    ("a header", about("eth_getBlockByNumber", flipped("stateRoot"), "0x2"), "header"),
    ("a certificate", about("zero_getCertificate", flipped("signature"), "0x2"), "certificate"),
    ("a column", about("zero_getColumns", lambda answer: _flip_column(answer)), "column"),
    ("a proof", about("zero_getUpdateProof", flipped("data")), "proof"),
    ("a set", about("zero_getConfiguration", flipped("balance")), "configuration"),
]


def _flip_column(answer: Any) -> None:
    answer[0]["column"] = flip(answer[0]["column"])


@pytest.mark.parametrize(("lie", "kind"), [each[1:] for each in LIES], ids=[each[0] for each in LIES])
def test_a_proxy_that_changes_one_thing_is_found_out(
    server: RpcServer, capsys: pytest.CaptureFixture[str], lie: Lying, kind: str
) -> None:
    with lying_proxy(server.port, lie) as url:
        code, report = verified(capsys, url)
    assert (code, report["verified"]) == (1, False)
    assert {each["kind"] for each in report["lies"]} == {kind}


def test_people_are_told_in_words(server: RpcServer, capsys: pytest.CaptureFixture[str]) -> None:
    lie = about("eth_getBlockByNumber", flipped("stateRoot"), "0x2")
    with lying_proxy(server.port, lie) as url:
        assert run(["verify", "--network", url, "--samples", "0", "--no-proofs"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert any(line.startswith("LIE: header: settlement block 2, zone alpha, block 2: ") for line in out)
    assert "  certificates: 3" in out
    assert out[-1].endswith("were found")
    assert "  that data is available: it was not asked for (--samples 0)" in out


def test_a_folder_is_verified_and_stays_as_it_is(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()}
    code, report = verified(capsys, str(kept))
    assert (code, report["lies"]) == (0, [])
    assert report["checked"]["proofs"] == 5
    assert report["checked"]["state roots made again"] > 0
    assert {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("part", ["zones/alpha/blocks", "network", "archive", "zones/system/state"])
def test_a_flipped_byte_in_a_folder_is_found(
    kept: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    path = max((kept / part).rglob("*.*"), key=lambda each: each.stat().st_size)
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    code, report = verified(capsys, str(kept))
    assert code == 1
    assert {each["kind"] for each in report["lies"]} == {"files"}
    assert all(str(path) in each["detail"] for each in report["lies"])


def test_a_dump_is_verified_and_says_that_it_holds_no_data(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = kept.with_suffix(".dump")
    code, report = verified(capsys, str(dump))
    assert (code, report["lies"]) == (0, [])
    assert report["checked"]["certificates"] == 3
    assert "proofs" not in report["checked"]
    (gap,) = (gap for gap in report["notChecked"] if gap["what"] == "proofs and data of updates")
    assert gap["count"] == 5
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    code, report = verified(capsys, str(dump))
    assert (code, [each["kind"] for each in report["lies"]]) == (1, ["files"])


def test_what_cannot_be_looked_at_is_no_lie(
    tmp_path: Path, server: RpcServer, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "used"
    with Network(CONFIG, parts_under_test(), folder=DataFolder.open(folder, CONFIG)):
        code, told = verified(capsys, str(folder))
        assert (code, "another process uses the folder" in told) == (2, True)
        assert "--network URL" in told
    nobody = "http://127.0.0.1:1"
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no dump")
    for arguments in (
        ["--network", nobody],
        [str(tmp_path / "nothing")],
        [str(tmp_path / "empty")],
        [str(tmp_path / "file")],
        [url_of(server), "--from-height", "9"],
        [url_of(server), "--config-hash", "0x12"],
        [str(tmp_path / "file"), "--network", url_of(server)],
    ):
        code, told = verified(capsys, *arguments)
        assert code == 2, (arguments, told)
        assert "ZERO-" in told
