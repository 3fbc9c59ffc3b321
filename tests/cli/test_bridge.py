"""`zero bridge` and `zero supply`: what is sent arrives, and nothing is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import zero_sdk
from tests.cli.process import Ended, zero_here
from zero_sdk import Network
from zero_sdk.messages import Options

LUCKY = "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB"
REFUSER = "0x" + "ee" * 20


class Counter:
    """Types commands at a network of this process, over its port."""

    def __init__(self, network: Network, url: str, folder: Path) -> None:
        self.network = network
        self.url = url
        self.folder = folder

    def type(self, *words: str) -> Ended:
        return zero_here(*words, folder=self.folder, variables={"ZERO_RPC_URL": self.url})


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with zero_sdk.local() as network, network.serve() as url:
        yield Counter(network, url, tmp_path_factory.mktemp("bridge"))


def test_what_is_sent_arrives(counter: Counter) -> None:
    ended = counter.type("bridge", "alpha", "beta", "1.5", "--to", LUCKY, "--wait")
    assert ended.code == 0, ended.err
    message = counter.network.message(ended.out.strip())
    assert (message.status, message.source_eid) == ("delivered", counter.network["alpha"].eid)
    assert "paid in zone beta" in ended.err
    assert counter.network["beta"].balance(LUCKY) == 15 * 10**17


def test_what_is_refused_is_said(counter: Counter) -> None:
    beta = counter.network["beta"]
    beta.set_code(REFUSER, "60006000fd")
    ended = counter.type(
        *("bridge", "system", "beta", "5gwei", "--to", REFUSER, "--gas", "9000", "--from", "2"),
        *("--wait", "--json"),
    )
    assert ended.code == 0, ended.err
    answer = json.loads(ended.out)
    assert (answer["status"], answer["paid"]) == ("delivered", False)
    options = counter.network.message(answer["guid"]).options
    assert options.encoded == Options().lz_receive(250_000 + 9_000 + 9_000 // 20).encoded
    assert counter.network.supply().owed == 5 * 10**9


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nowhere", "beta", "1"), 2),
        (("alpha", "beta", "0"), 2),
        (("alpha", "beta", "much"), 2),
        (("alpha", "beta", "99999999"), 1),
        (("alpha", "beta", "1.0000000000000000001"), 2),
        (("alpha", "alpha", "1"), 2),
    ],
)
def test_what_cannot_be_sent_is_refused(counter: Counter, words: tuple[str, ...], code: int) -> None:
    ended = counter.type("bridge", *words)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("error [ZERO-")


def test_who_has_too_little_is_told_how_to_get_more(counter: Counter) -> None:
    ended = counter.type("bridge", "alpha", "beta", "99999999", "--from", "1")
    account = counter.network.accounts[1].address
    assert (ended.code, f"`zero fund {account} AMOUNT --zone alpha`" in ended.err) == (1, True), ended.err


def test_the_supply_is_shown_and_adds_up(counter: Counter) -> None:
    counter.network["alpha"].set_balance(LUCKY, 10**30)
    ended = counter.type("supply")
    assert ended.code == 0, ended.err
    assert "given by development calls  1,000,000,000,000.000000000000000000 ZRO\n" in ended.out
    assert ended.out.endswith("difference                  0.000000000000000000 ZRO\n")
    answer = json.loads(counter.type("supply", "--json").out)
    assert answer == counter.network.rpc("zero_getSupply")
