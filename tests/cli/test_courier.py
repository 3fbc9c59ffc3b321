"""`zero courier`, typed at a running devnet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.cli.process import Ended, zero_here
from tests.messages.contracts import postcards
from zero_sdk.messages import Options, wire


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with Devnet("--slot-time", "0.2", folder=tmp_path_factory.mktemp("courier")) as running:
        yield running


def courier(devnet: Devnet, tmp_path: Path, *words: str) -> Ended:
    return zero_here(
        "courier", *words, folder=tmp_path, variables={"ZERO_RPC_URL": devnet.description["url"]}
    )


def test_the_courier_is_held_told_and_let_go(devnet: Devnet, tmp_path: Path) -> None:
    network = zero_sdk.connect(devnet.description["url"])
    cards = postcards(network)
    wire(cards, enforced={1: Options().lz_receive(200_000)})
    alpha, eid = cards["alpha"], network["beta"].eid
    fee = alpha.quote(eid, b"hello", b"")

    assert courier(devnet, tmp_path, "pause").out.splitlines()[0] == "mode      automatic, paused"
    first = alpha.write(eid, b"hello", b"", value=fee).message
    # The network settles by itself, and nobody carries.
    first.wait("settled", timeout=30)
    shown = courier(devnet, tmp_path)
    assert shown == courier(devnet, tmp_path, "status")
    assert shown.out.splitlines()[:3] == ["mode      automatic, paused", "waiting   1", "failed    0"]
    assert any(line.startswith("accounts  8 in beta, ") for line in shown.out.splitlines())
    stepped = courier(devnet, tmp_path, "step")
    assert [line.split()[:3] for line in stepped.out.splitlines()] == [
        ["commit", first.guid, "beta"],
        ["deliver", first.guid, "beta"],
    ]
    assert first.status == "delivered"
    assert courier(devnet, tmp_path, "step") == Ended(0, "", "there was nothing to do\n")

    assert courier(devnet, tmp_path, "resume").out.splitlines()[0] == "mode      automatic"
    second = alpha.write(eid, b"again", b"", value=fee).message
    assert second.wait("delivered", timeout=30).status == "delivered"

    delayed = courier(devnet, tmp_path, "mode", "delayed", "--delay", "2", "--json")
    answer = json.loads(delayed.out)
    assert (answer["mode"], answer["delay"], answer["isPaused"]) == ("delayed", 2, False)
    third = alpha.write(eid, b"late", b"", value=fee).message
    assert third.wait("delivered", timeout=30).status == "delivered"
    assert courier(devnet, tmp_path, "mode", "manual").out.splitlines()[0] == "mode      manual"
    network.close()


@pytest.mark.parametrize(
    ("words", "code"),
    [(("mode", "sometimes"), "ZERO-1101"), (("mode", "delayed"), "ZERO-1102"), (("step", "0"), "ZERO-1002")],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_says_so(
    devnet: Devnet, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    ended = courier(devnet, tmp_path, *words)
    assert (ended.code, ended.out) == (2, "")
    assert f"[{code}]" in ended.err


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    ended = zero_here("courier", "--url", "http://127.0.0.1:1", folder=tmp_path)
    assert (ended.code, "ZERO-1301" in ended.err) == (1, True)
