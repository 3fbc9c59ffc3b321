"""Whatever interrupts a deployment, and wherever: gone on with, every step has happened once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.deploy.contracts import build_in
from tests.deploy.interruptions import Countdown, Interrupted, InterruptedJournal, InterruptedTransport
from zero_sdk import Account, Network, ZeroError, ether, local
from zero_sdk.compile import Build
from zero_sdk.deploy.journal import FileJournal, MemoryJournal
from zero_sdk.deploy.recorder import Recorder
from zero_sdk.deploy.recording import recorded
from zero_sdk.errors import Problem

FRIEND = "0x00000000000000000000000000000000000000f1"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_in(tmp_path_factory.mktemp("project"))


@pytest.fixture
def chain(build: Build) -> Any:
    with local(("alpha",)) as network:
        network.artifacts.add(build)
        yield network


def script(network: Network) -> None:
    for zone in network:
        token = zone.deploy("Token", 1_000)
        vault = zone.deploy("Vault", token)
        token.give(vault, 10)
        token.give(FRIEND, 5)
        zone.deploy("Token", 7, salt=1)
        vault.open()


def deploy(
    network: Network,
    journal: Any,
    account: Account | None,
    countdown: Countdown | None = None,
    **options: Any,
) -> Network:
    places = countdown or Countdown(None)

    def recorder_of(zone: Any) -> Recorder:
        zone.transport = InterruptedTransport(zone.transport, places)
        return Recorder(zone, InterruptedJournal(journal, places), "default", **options)

    own = {zone: zone.transport for zone in network.all_zones}
    try:
        target = recorded(network, recorder_of, lambda zone: account)
        script(target)
        return target
    finally:
        for zone, transport in own.items():
            zone.transport = transport


def happened(network: Network) -> list[tuple[str | None, str]]:
    """Receiver and input of every transaction of the chain, but those that fund."""
    zone = network.default_zone
    found = []
    for number in range(1, zone.block_number + 1):
        for entry in zone.rpc("eth_getBlockByNumber", hex(number), True)["transactions"]:
            if entry["value"] == "0x0":
                found.append((entry["to"], entry["input"]))
    return found


@pytest.fixture(params=["held by the node", "signed here"])
def account(request: pytest.FixtureRequest, chain: Network) -> Account | None:
    if request.param == "held by the node":
        return None
    stranger = Account.random()
    chain.default_zone.send(stranger, value=ether(1))
    return stranger


def test_every_place_of_interruption(chain: Network, account: Account | None) -> None:
    began = chain.snapshot()
    counting = Countdown(None)
    deploy(chain, MemoryJournal(), account, counting)
    expected = happened(chain)
    assert len(expected) == 6
    assert counting.passed > 60
    for place in range(1, counting.passed + 1):
        chain.revert(began)
        journal = MemoryJournal()
        with pytest.raises(Interrupted):
            deploy(chain, journal, account, Countdown(place))
        deploy(chain, journal, account)
        assert happened(chain) == expected, f"interrupted at place {place}"


def test_interrupted_again_and_again(chain: Network, account: Account | None) -> None:
    began = chain.snapshot()
    deploy(chain, MemoryJournal(), account)
    expected = happened(chain)
    for stride in range(3, 30, 4):
        chain.revert(began)
        journal = MemoryJournal()
        for _ in range(100):
            try:
                deploy(chain, journal, account, Countdown(stride + len(list(journal.records())) * 8))
            except Interrupted:
                continue
            break
        assert happened(chain) == expected


def test_others_use_the_account_meanwhile(chain: Network, account: Account | None) -> None:
    counting = Countdown(None)
    began = chain.snapshot()
    deploy(chain, MemoryJournal(), account, counting)
    expected = [data[:10] for _, data in happened(chain)]
    for place in range(1, counting.passed + 1, 3):
        chain.revert(began)
        journal = MemoryJournal()
        with pytest.raises(Interrupted):
            deploy(chain, journal, account, Countdown(place))
        sender = account or chain.accounts[0]
        chain.default_zone.send(FRIEND, value=1, sender=sender)
        deploy(chain, journal, account)
        assert [data[:10] for _, data in happened(chain)] == expected


def test_a_second_run_sends_nothing(chain: Network, tmp_path: Path) -> None:
    with FileJournal(tmp_path / "alpha.jsonl") as journal:
        deploy(chain, journal, None)
    before = happened(chain)
    with FileJournal(tmp_path / "alpha.jsonl") as journal:
        again = deploy(chain, journal, None)
    assert happened(chain) == before
    assert list(again.default_zone.recorder.steps) == [
        "Token",
        "Vault",
        "Token.give",
        "Token.give#2",
        "Token#2",
        "Vault.open",
    ]


def test_a_torn_line_is_taken_away(chain: Network, tmp_path: Path) -> None:
    path = tmp_path / "alpha.jsonl"
    with FileJournal(path) as journal:
        deploy(chain, journal, None)
    before, content = happened(chain), path.read_bytes()
    path.write_bytes(content[:-7])
    with FileJournal(path) as journal:
        deploy(chain, journal, None)
    assert happened(chain) == before
    assert path.read_bytes().endswith(b"\n")


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with FileJournal(tmp_path / "alpha.jsonl"), pytest.raises(ZeroError) as caught:
        FileJournal(tmp_path / "alpha.jsonl")
    assert caught.value.problem is Problem.DEPLOYMENT_RUNS


def test_another_start_of_the_devnet_is_another_deployment(build: Build, tmp_path: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        with local(("alpha",)) as network, FileJournal(tmp_path / "alpha.jsonl") as journal:
            network.artifacts.add(build)
            deploy(network, journal, None, tell=told.append)
            assert len(happened(network)) == 6
    assert told == ["zone alpha: the devnet was started again, so a new deployment begins"]


def test_a_devnet_that_went_back_gets_what_it_lacks(chain: Network) -> None:
    began, journal, told = chain.snapshot(), MemoryJournal(), list[str]()
    deploy(chain, journal, None)
    expected = happened(chain)
    chain.revert(began)
    deploy(chain, journal, None, tell=told.append)
    assert happened(chain) == expected
    assert "Token is done again" in told[0]


def test_other_contents_of_a_step_are_refused(chain: Network, build: Build) -> None:
    journal = MemoryJournal()
    zone = chain.default_zone

    def run(supply: int, **options: Any) -> Any:
        target = recorded(
            chain, lambda zone: Recorder(zone, journal, "default", **options), lambda zone: None
        )
        return target.default_zone.deploy("Token", supply)

    first = run(5)
    with pytest.raises(ZeroError) as caught:
        run(6)
    assert caught.value.problem is Problem.STEP_CHANGED
    assert "--redo Token" in str(caught.value.hint)
    second = run(6, redo=frozenset({"Token"}))
    assert first.address != second.address
    assert zone.contract(second.address, "Token").balanceOf(chain.accounts[0]) == 6
