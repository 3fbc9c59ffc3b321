"""Real `zero validator` processes at a real `zero devnet`."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE, zero
from tests.cli.validator_process import Validator

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="stopped with SIGSTOP and killed with SIGKILL"
)


class Network:
    """A devnet whose slots are short, and what tests do with it."""

    def __init__(self, devnet: Devnet) -> None:
        self.devnet = devnet
        self.url: str = devnet.description["url"]
        self._sender = devnet.description["accounts"][0]["address"]

    @property
    def height(self) -> int:
        return int(self.devnet.call("zero_settlementStatus")["height"], 16)

    def pay(self) -> None:
        """Makes a block, so that there is something to settle."""
        payment = {"from": self._sender, "to": "0x" + "0b" * 20, "value": "0x1"}
        self.devnet.call("eth_sendTransaction", payment)

    def settle_one(self) -> int:
        """Makes a block and waits until one more height is final; gives that height."""
        before = self.height
        self.pay()
        self.wait(before + 1)
        return before + 1

    def wait(self, height: int) -> None:
        until = time.monotonic() + PATIENCE
        while self.height < height:
            assert time.monotonic() < until, f"height {height} is not final; {self.devnet.log[-5:]}"
            time.sleep(0.05)

    def certificate(self, height: int) -> dict[str, Any]:
        found: dict[str, Any] = self.devnet.call("zero_getCertificate", hex(height))
        return found

    def settle_until_signed(self, validator: Validator) -> int:
        """Settles until the validator is among the signers: a busy machine may leave it behind at some
        heights. Gives the height."""
        for _ in range(16):
            height = self.settle_one()
            if validator.final(height)["signed"]:
                return height
        raise AssertionError(f"it signs nothing: {validator.events[-8:]}")

    def wait_for_log(self, words: str, since: int) -> str:
        until = time.monotonic() + PATIENCE
        while True:
            for line in self.devnet.log[since:]:
                if words in line:
                    return line
            assert time.monotonic() < until, f"{words!r} was not said; {self.devnet.log[-5:]}"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with Devnet("--slot-time", "0.3", folder=tmp_path_factory.mktemp("devnet")) as devnet:
        yield Network(devnet)


def test_a_validator_votes_is_killed_and_comes_back_without_contradicting_itself(
    network: Network, tmp_path: Path
) -> None:
    network.settle_one()
    keep = ("--seat", "1", "--data-dir", str(tmp_path / "votes"))
    with Validator(network.url, *keep, folder=tmp_path) as first:
        attached = first.attached()
        # It built its chain from certificates before.
        assert attached == {**attached, "index": 1, "validators": 4, "height": network.height}
        height = network.settle_until_signed(first)
        assert 1 in network.certificate(height)["members"]
        assert first.events[-1]["fetchedBytes"] > 0
        seats = network.devnet.call("zero_getValidatorSeats")
        assert [seat["isElsewhere"] for seat in seats] == [False, True, False, False]
        # One column of it with a wrong bit: it refuses what everybody else accepts.
        network.devnet.call("zero_injectFault", {"kind": "corrupt-columns", "validators": [1]})
        height = network.settle_one()
        refused = first.wait_for(lambda event: event["event"] == "refused", "a refusal")
        assert refused["reason"].startswith("data: ")
        assert 1 not in network.certificate(height)["members"]
        network.devnet.call("zero_clearFault")
        first.final(height)
        first.kill()
        earlier = first.votes()
    # Three of four are more than two thirds.
    missed = network.settle_one()
    with Validator(network.url, *keep, folder=tmp_path) as second:
        assert second.attached()["height"] == missed
        assert [event["height"] for event in second.events if event["event"] == "final"][-1] == missed
        assert not second.votes(), "it votes at no height that it follows"
        network.settle_until_signed(second)
        for place, roots in second.votes().items():
            assert earlier.get(place, roots) == roots


def test_with_half_of_the_stake_silent_nothing_is_final_until_it_is_back(
    network: Network, tmp_path: Path
) -> None:
    def keep(seat: int) -> tuple[str, ...]:
        return "--seat", str(seat), "--data-dir", str(tmp_path / str(seat))

    two = Validator(network.url, *keep(2), folder=tmp_path)
    three = Validator(network.url, *keep(3), folder=tmp_path)
    with two, three:
        two.attached()
        three.attached()
        network.settle_until_signed(two)
        height = network.settle_until_signed(three)
        # Both are needed now, and say nothing in the middle of a height.
        said = len(network.devnet.log)
        for validator in (two, three):
            validator.signal(signal.SIGSTOP)
        network.pay()
        line = network.wait_for_log(f"height {height + 1} is not decided", said)
        assert "validators 2, 3 of 50.0 % of the stake silent" in line
        assert network.devnet.call("zero_settlementStatus")["standstill"]["silent"] == [2, 3]
        assert network.height == height
        # Killed, they are still the only ones who may vote at this height.
        for validator in (two, three):
            validator.kill()
        votes = two.votes()
        with Validator(network.url, *keep(2), folder=tmp_path) as back:
            network.wait(height + 1)
            assert back.final(height + 1)["signed"]
            assert set(network.certificate(height + 1)["members"]) == {0, 1, 2}
            for place, roots in back.votes().items():
                assert votes.get(place, roots) == roots


def test_a_validator_whose_votes_are_damaged_does_not_start(network: Network, tmp_path: Path) -> None:
    folder = tmp_path / "votes"
    with Validator(network.url, "--seat", "1", "--data-dir", str(folder), folder=tmp_path) as validator:
        validator.attached()
        validator.final(network.settle_one())
    kept = (folder / "vote").read_bytes()
    (folder / "vote").write_bytes(kept[:-1])
    ended = zero(
        "validator", "--network", network.url, "--seat", "1", "--data-dir", str(folder), folder=tmp_path
    )
    assert ended.code == 1
    assert "ZERO-1404" in ended.err
    assert "vote" in ended.err
    (folder / "vote").write_bytes(kept)
    ended = zero(
        "validator", "--network", network.url, "--seat", "0", "--data-dir", str(folder), folder=tmp_path
    )
    assert ended.code == 2
    assert "ZERO-1403" in ended.err


# ---------------------------------------------------------------- keys of one's own


PASSWORD = {"ZERO_VALIDATOR_PASSWORD": "correct horse"}


def test_a_key_is_made_once_and_shown_without_its_password(tmp_path: Path) -> None:
    made = zero("validator", "key", "new", "key.json", folder=tmp_path, variables=PASSWORD)
    assert made.code == 0, made.err
    key = made.out.strip()
    assert len(bytes.fromhex(key.removeprefix("0x"))) == 48
    assert (tmp_path / "key.json").stat().st_mode & 0o077 == 0
    keystore = json.loads((tmp_path / "key.json").read_text(encoding="utf-8"))
    assert (keystore["version"], keystore["pubkey"]) == (4, key.removeprefix("0x"))
    assert zero("validator", "key", "show", "key.json", folder=tmp_path).out.strip() == key
    again = zero("validator", "key", "new", "key.json", folder=tmp_path, variables=PASSWORD)
    assert "ZERO-2303" in again.err
    wrong = zero(
        *("validator", "--network", "http://127.0.0.1:1", "--key", "key.json"),
        folder=tmp_path,
        variables={"ZERO_VALIDATOR_PASSWORD": "wrong"},
    )
    assert wrong.code == 2
    assert "ZERO-2008" in wrong.err


@pytest.mark.full
def test_a_key_of_ones_own_is_registered_and_signs_from_the_next_epoch_on(
    network: Network, tmp_path: Path
) -> None:
    zero("validator", "key", "new", "key.json", folder=tmp_path, variables=PASSWORD)
    registered = zero(
        *("validator", "register", "--key", "key.json", "--stake", "3200", "--from", "0"),
        *("--url", network.url),
        folder=tmp_path,
        variables=PASSWORD,
    )
    assert registered.code == 0, registered.err
    assert registered.out.strip() == "5"
    own = ("--key", "key.json", "--data-dir", str(tmp_path / "votes"))
    with Validator(network.url, *own, folder=tmp_path, variables=PASSWORD) as validator:
        assert validator.attached()["index"] is None
        # The epoch is over at a multiple of 32 heights.
        while network.settle_one() % 32:
            pass
        network.settle_until_signed(validator)
        seats = network.devnet.call("zero_getValidatorSeats")
        assert [seat["isElsewhere"] for seat in seats] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--seat", "9"), "ZERO-1101"),
        (("--seat", "0", "--genesis", "0x" + "00" * 32), "ZERO-1305"),
        (("--seat", "0", "--key", "key.json"), "ZERO-1002"),
        (("--seat", "0", "--genesis", "0x12"), "ZERO-1101"),
    ],
)
def test_what_cannot_be_is_refused_with_a_code(
    network: Network, tmp_path: Path, options: tuple[str, ...], code: str
) -> None:
    ended = zero("validator", "--network", network.url, *options, folder=tmp_path)
    assert ended.code != 0
    assert code in ended.err


@pytest.mark.full
def test_a_validator_follows_a_devnet_that_was_killed_and_started_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    own = ("--slot-time", "0.3", "--data-dir", "network")
    votes = ("--seat", "2", "--data-dir", str(tmp_path / "votes"))
    with Devnet(*own, folder=tmp_path, port=port) as devnet:
        before = Network(devnet)
        url = before.url
        validator = Validator(url, *votes, folder=tmp_path)
        validator.attached()
        height = before.settle_one()
        validator.final(height)
        devnet.stop(signal.SIGKILL)
    with validator:
        validator.wait_for(lambda event: event["event"] == "lost", "word that the network is away")
        with Devnet(*own, folder=tmp_path, port=port) as devnet:
            after = Network(devnet)
            assert validator.attached(2)["height"] == after.height
            height = after.settle_until_signed(validator)
            final = validator.final(height)
            # What its process's own validators signed before, it does not know any more.
            assert final["incarnation"] == 1
            assert {len(roots) for roots in validator.votes().values()} == {1}


@pytest.mark.full
def test_a_devnet_that_began_anew_is_another_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    with Devnet("--slot-time", "0.3", folder=tmp_path, port=port) as devnet:
        network = Network(devnet)
        validator = Validator(network.url, "--seat", "2", folder=tmp_path)
        validator.attached()
        validator.final(network.settle_one())
    with validator, Devnet("--slot-time", "0.3", folder=tmp_path, port=port):
        code, errors = validator.end()
    assert (code, "ZERO-1305" in errors) == (1, True), (errors, validator.events)
    assert "started anew" in errors


def test_a_validator_follows_what_development_takes_back(network: Network, tmp_path: Path) -> None:
    with Validator(network.url, "--seat", "3", folder=tmp_path) as validator:
        validator.attached()
        validator.final(network.settle_one())
        snapshot = network.devnet.call("evm_snapshot")
        validator.final(network.settle_one())
        before = list(validator.events)
        assert network.devnet.call("evm_revert", snapshot) is True
        network.settle_one()
        taken_back = validator.wait_for(
            lambda event: event["event"] == "final" and event["incarnation"] > 0, "a height of another life"
        )
        assert taken_back["height"] == max(event["height"] for event in before if event["event"] == "final")
        for _ in range(16):
            if validator.final_of(network.settle_one(), taken_back["incarnation"])["signed"]:
                break
        else:
            raise AssertionError(f"it signs nothing: {validator.events[-8:]}")
