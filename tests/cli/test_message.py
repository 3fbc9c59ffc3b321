"""`zero message`, typed at a running devnet: stdout is the result, exit codes say how it went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.cli.process import Ended, zero, zero_here
from tests.messages.contracts import artifacts, coins, postcards
from zero_sdk import Message
from zero_sdk.client.addresses import to_address
from zero_sdk.messages import Oft, Options, wire

GAS = Options().lz_receive(200_000)
TOML = '[networks.devnet]\nurl = "{url}"\n'


class Desk:
    """Types commands at a devnet that holds applications and tokens in two zones, all wired."""

    def __init__(self, devnet: Devnet, folder: Path) -> None:
        self.url = devnet.description["url"]
        self.folder = folder
        self.network = zero_sdk.connect(self.url)
        self.network.courier.mode = "manual"
        self.cards = postcards(self.network)
        wire(self.cards, enforced={1: GAS})
        self.tokens = coins(self.network, {"alpha": 18, "beta": 6})
        wire(self.tokens, enforced={1: GAS, 2: GAS.lz_compose(0, 100_000)})

    def type(self, *words: str) -> Ended:
        """Runs `zero message ...`."""
        return zero_here("message", *words, folder=self.folder, variables={"ZERO_RPC_URL": self.url})

    def result(self, *words: str) -> str:
        """What a command that succeeds prints."""
        ended = self.type(*words)
        assert ended.code == 0, ended.err
        return ended.out.rstrip("\n")

    def write(self, text: bytes) -> Message:
        """A message from alpha to beta."""
        alpha, eid = self.cards["alpha"], self.network["beta"].eid
        sent: Message = alpha.write(eid, text, b"", value=alpha.quote(eid, text, b"")).message
        return sent


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("messages")
    with Devnet(folder=folder) as devnet:
        desk = Desk(devnet, folder)
        yield desk
        desk.network.close()


@pytest.fixture
def desk(running: Desk) -> Iterator[Desk]:
    with running.network.isolated():
        yield running


def test_a_message_is_listed_shown_and_watched_to_its_end(desk: Desk) -> None:
    assert desk.type("list") == Ended(0, "", "no messages\n")
    message = desk.write(b"hello")
    assert message.delivered()
    head, row = (line.split("\t") for line in desk.result("list", "--source", "alpha").splitlines())
    assert dict(zip(head, row, strict=True)) == {
        "guid": message.guid,
        "from": "alpha",
        "to": "beta",
        "nonce": "1",
        "status": "delivered",
        "sender": desk.cards["alpha"].address,
        "receiver": desk.cards["beta"].address,
    }
    shown = desk.result("show", message.guid)
    assert f"message     {message.guid}\nstatus      delivered\n" in shown
    assert "options     200,000 gas" in shown
    assert [line.split()[0] for line in shown.splitlines()][-3:] == ["sent", "verified", "delivered"]
    assert "Endpoint.send(" in desk.result("show", message.guid, "--trace")
    whole = json.loads(desk.result("show", message.guid, "--proof", "--json"))
    assert whole["proof"]["payloadHash"] == "0x" + message.packet.payload_hash.hex()
    watched = f"{message.guid}  alpha -> beta  nonce 1  delivered\n"
    assert desk.type("watch", message.guid) == Ended(0, watched, "")
    # In a process of its own it is the same.
    words = ("message", "watch", message.guid, "--url", desk.url)
    assert zero(*words, folder=desk.folder) == Ended(0, watched, "")
    assert json.loads(desk.result("list", "--status", "failed,sent", "--json")) == []


def test_a_message_that_failed_says_why_and_is_tried_again(desk: Desk) -> None:
    desk.cards["beta"].setMood("angry")
    message = desk.write(b"hello")
    assert not message.delivered()
    watched = desk.type("watch", message.guid)
    assert (watched.code, watched.err) == (1, "")
    assert "  failed  " in watched.out
    assert "reason      " in desk.result("show", message.guid)
    simulated = desk.type("simulate", message.guid)
    assert (simulated.code, simulated.out.startswith("lzReceive in beta would revert: ")) == (1, True)
    again = desk.type("retry", message.guid)
    assert (again.code, len(again.out)) == (1, 67)
    assert again.err.startswith("failed: ")
    desk.cards["beta"].setMood("fine")
    done = desk.type("retry", message.guid, "--from", "3", "--gas", "300000")
    assert (done.code, done.err) == (0, "delivered\n")
    sender = desk.network["beta"].rpc("eth_getTransactionByHash", done.out.strip())["from"]
    assert sender == desk.network.accounts[3].address.lower()
    assert "delivered, after it had failed" in desk.result("show", message.guid)
    assert desk.type("retry", message.guid).code == 1


def test_whatever_happens_is_watched_as_long_as_one_likes(desk: Desk) -> None:
    delivered, sent = desk.write(b"before"), desk.write(b"now")
    assert delivered.wait("settled")
    desk.network.courier.step(1)
    assert (delivered.status, sent.status) == ("delivered", "settled")
    # What was delivered before is no news.
    line = f"{sent.guid}  alpha -> beta  nonce 2  settled\n"
    assert desk.type("watch", "--timeout", "0.3") == Ended(0, line, "")
    assert desk.type("watch", "--source", "beta", "--timeout", "0.1") == Ended(0, "", "")
    seen = json.loads(desk.result("watch", "--timeout", "0.1", "--json"))
    assert (seen["guid"], seen["status"]) == (sent.guid, "settled")
    late = desk.type("watch", sent.guid, "--timeout", "0.3")
    assert (late.code, late.out) == (1, line)
    assert "[ZERO-2005]" in late.err


def test_tokens_are_sent_and_arrive(desk: Desk) -> None:
    alpha, beta = (Oft(token) for token in desk.tokens.values())
    bob = desk.network.accounts[1]
    words = ("send", "alpha", "beta", "1", "--token", alpha.address, "--amount", "2.5", "--wait")
    with desk.network.courier.paused():
        desk.network.courier.mode = "automatic"
    try:
        ended = desk.type(*words)
    finally:
        desk.network.courier.mode = "manual"
    assert (ended.code, len(ended.out)) == (0, 67), ended.err
    assert ended.err.endswith("delivered in zone beta\n")
    assert beta.balance(bob) == 2_500_000
    fine = desk.type("send", "alpha", "beta", "1", "--token", alpha.address, "--amount", "0.0000001")
    assert (fine.code, "ZERO-2007" in fine.err) == (2, True)


def test_an_account_sends_what_it_likes_to_who_takes_it(desk: Desk) -> None:
    beta = desk.cards["beta"]
    eid, alice = desk.network["alpha"].eid, desk.network.accounts[0]
    beta.setPeer(eid, bytes(12) + bytes.fromhex(alice.address[2:]))
    drop = f"1gwei@{'0x' + '77' * 20}"
    words = ("send", "alpha", "beta", beta.address, "hello there", "--receive-gas", "150000", "--drop", drop)
    message = desk.network.message(desk.result(*words))
    assert message.data == b"hello there"
    assert message.delivered()
    assert desk.network["beta"].balance("0x" + "77" * 20) == 10**9
    shown = desk.result("show", message.guid)
    assert "0.000000001 ZRO for 0x" in shown
    without = desk.type("send", "alpha", "beta", beta.address, "0x01")
    assert (without.code, "--receive-gas" in without.err) == (2, True)
    other = desk.type("send", "alpha", "beta", "1", "--token", desk.cards["alpha"].address, "--amount", "1")
    assert (other.code, "is no OFT: it does not answer token()" in other.err) == (2, True)
    both = desk.type("send", "alpha", "beta", beta.address, "0x01", "--token", beta.address)
    assert (both.code, "ZERO-1102" in both.err) == (2, True)


def test_the_guid_is_told_before_it_is_waited_for(desk: Desk) -> None:
    words = ("send", "alpha", "beta", "0x" + "77" * 20, "hi", "--receive-gas", "50000", "--wait", "--timeout")
    ended = desk.type(*words, "0.5")
    assert ended.code == 1
    message = desk.network.message(ended.out.strip())
    # Nobody is at that address: it waits for a receiver that takes it, and the error says so.
    assert message.receiver == to_address("0x" + "77" * 20)
    assert "[ZERO-2005]" in ended.err


def test_what_might_be_sent_is_simulated(desk: Desk) -> None:
    alpha, beta = desk.cards["alpha"].address, desk.cards["beta"].address
    words = ("simulate", "alpha", "beta", alpha, beta, "0x6869")
    ended = desk.type(*words, "--receive-gas", "150000")
    assert ended.code == 0
    assert ended.out.startswith("lzReceive in beta would succeed, needs ")
    assert ended.err.startswith("sending it costs 0.000")
    little = desk.type(*words, "--receive-gas", "30000", "--json")
    assert little.code == 1
    answer = json.loads(little.out)
    assert int(answer["gasNeeded"], 16) > int(answer["gasGiven"], 16) == 30_000
    assert desk.type("simulate", "alpha", "beta").code == 2


def test_a_mesh_is_checked(desk: Desk) -> None:
    alpha, beta = (f"{zone}={contract.address}" for zone, contract in desk.cards.items())
    assert desk.type("check", alpha, beta, "--message", "hello") == Ended(
        0, "", "alpha, beta: nothing is wrong\n"
    )
    desk.cards["beta"].setPeer(desk.network["alpha"].eid, bytes(32))
    ended = desk.type("check", alpha, beta)
    assert ended.code == 1
    assert ended.out.startswith("wrong   peer-one-sided: beta -> alpha: ")
    assert ended.err == "alpha, beta: 1 wrong, 0 warnings\n"
    (found,) = json.loads(desk.type("check", alpha, beta, "--json").out)
    assert (found["code"], found["severity"], found["zone"]) == ("peer-one-sided", "wrong", "beta")
    wire(desk.cards)
    desk.cards["alpha"].setEnforcedOptions([(desk.network["beta"].eid, 1, b"")])
    assert desk.type("check", alpha, beta).code == 0
    assert desk.type("check", alpha, beta, "--strict").code == 1
    assert desk.type("check", "Postcards").code == 2


def test_a_mesh_is_named_by_what_was_deployed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "zero.toml").write_text(TOML.format(url=desk.url) + '\n[paths]\ncontracts = "contracts"\n')
    (tmp_path / "contracts").mkdir()
    (tmp_path / "scripts").mkdir()
    (tmp_path / "Postcards.json").write_text(json.dumps(artifacts()["Postcards"]))
    (tmp_path / "contracts" / "Empty.sol").write_text(
        "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.0;\ncontract Empty {}\n"
    )
    (tmp_path / "scripts" / "deploy.py").write_text(
        "import json\n"
        "from pathlib import Path\n"
        "from zero_sdk.messages import Options, wire\n"
        "def main(network):\n"
        "    artifact = json.loads((Path(__file__).parent.parent / 'Postcards.json').read_text())\n"
        "    endpoint = '0x1a44076050125825900e736c501f859c50fE728c'\n"
        "    cards = [zone.deploy(artifact, endpoint) for zone in network]\n"
        "    wire(cards, enforced={1: Options().lz_receive(200_000)})\n"
    )

    def run(*words: str) -> Ended:
        return zero_here(*words, folder=tmp_path)

    deployed = run("deploy", "--network", "devnet")
    assert deployed.code == 0, deployed.err
    assert "alpha: Postcards.setPeer beta in block" in deployed.err
    again = run("deploy", "--network", "devnet")
    assert "in block" not in again.err
    checked = run("message", "check", "Postcards", "--network", "devnet", "--message", "hi")
    assert (checked.code, checked.err) == (0, "alpha, beta: nothing is wrong\n"), checked.out
    assert "there is no Other in any zone" in run("message", "check", "Other", "--network", "devnet").err


def test_what_leaves_by_zero_send_is_told(desk: Desk) -> None:
    alpha, eid = desk.cards["alpha"], desk.network["beta"].eid
    fee = str(alpha.quote(eid, b"hi", b""))
    words = (alpha.address, "write(uint32,bytes,bytes)", str(eid), "0x6869", "0x", "--value", fee)
    ended = zero_here("send", *words, folder=desk.folder, variables={"ZERO_RPC_URL": desk.url})
    (message,) = desk.network.messages(sender=alpha)
    assert ended.err.splitlines()[-1] == f"  message {message.guid} to eid {eid}"


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("show", f"0x{7:064x}"), 1, "ZERO-2101"),
        (("list", "--status", "lost"), 1, "ZERO-2003"),
        (("show", f"0x{7:064x}", "--proof"), 2, "ZERO-1102"),
        (("show", "0x07"), 2, "ZERO-2007"),
        (("retry", f"0x{7:064x}"), 1, "ZERO-2101"),
        (("retry", "it"), 2, "ZERO-2007"),
        (("simulate", f"0x{7:064x}"), 1, "ZERO-2101"),
        (("send", "alpha", "alpha", "0", "hi", "--receive-gas", "1"), 2, "ZERO-2007"),
        (("send", "alpha", "gamma", "0", "hi"), 2, "ZERO-2007"),
        (("check", "alpha"), 2, "ZERO-1701"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_done_says_so(desk: Desk, words: Any, code: int, problem: str) -> None:
    ended = desk.type(*words)
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert f"[{problem}]" in ended.err
