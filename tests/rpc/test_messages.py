"""Messages over JSON-RPC: what became of each, on both legs; trials and second tries."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from devnet.chain.types import Hash32, Wei
from devnet.config import NetworkConfig
from devnet.contracts.addresses import ENDPOINT, EXECUTOR
from devnet.network import Network
from devnet.packets.options import Compose, NativeDrop, Options, Receive
from devnet.parts import EngineChoice, choose_parts
from tests.rpc.asking import Asker, Refused
from tests.rpc.post import EIDS, GAS, OPTIONS, Post, mailbox, teach


def asking(network: Network) -> Any:
    return lambda zone, method, *params: Asker(network, zone)(method, *params)


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> Post:
    network = Network(NetworkConfig(call_time_limit=None), choose_parts(EngineChoice(request.param)))
    teach(network.artifacts)
    post = Post.build(asking(network))
    post.ask("alpha", "zero_setCourier", {"mode": "manual"})
    return post


@pytest.fixture
def post(whole: Post) -> Iterator[Post]:
    snapshot = whole.ask("alpha", "zero_snapshot")
    yield whole
    whole.ask("alpha", "zero_clearCourierFault")
    whole.ask("alpha", "zero_revert", snapshot)


def kinds(message: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["leg"], each["zone"]) for each in message["transactions"]]


# ------------------------------------------------------------ what there is


def test_a_sent_message_is_shown_with_what_was_sent(post: Post) -> None:
    transaction = post.send(b"\1\2\3")
    (found,) = post.ask("beta", "zero_getMessages", {"transactionHash": transaction})["messages"]
    receipt = post.ask("alpha", "eth_getTransactionReceipt", transaction)
    assert found["status"] == "sent"
    assert (found["srcZone"], found["srcEid"], found["dstZone"], found["dstEid"]) == (
        *("alpha", EIDS["alpha"]),
        *("beta", EIDS["beta"]),
    )
    assert (found["senderAddress"], found["receiverAddress"]) == (post.boxes["alpha"], post.boxes["beta"])
    assert (found["message"], found["nonce"]) == ("0x010203", "0x1")
    assert found["source"] == {
        "zone": "alpha",
        "blockNumber": receipt["blockNumber"],
        "blockHash": receipt["blockHash"],
        "blockTimestamp": receipt["logs"][0]["blockTimestamp"],
        "transactionHash": transaction,
        "transactionIndex": "0x0",
        "logIndex": receipt["logs"][-1]["logIndex"],
    }
    assert (found["finality"], found["settlementHeight"]) == ("latest", None)
    whole = post.message(found["guid"])
    assert {**whole, **found} == whole
    # The fee is what the sender has less.
    assert int(whole["fee"], 16) == (200_000 + GAS + 16 * 3) * 10**9
    assert kinds(whole) == [("sent", "source", "alpha")]
    assert "proof" not in whole
    assert post.message(found["guid"], proof=True)["proof"] is None


def test_options_are_shown_as_they_are_and_read(post: Post) -> None:
    lucky = Hash32(bytes(12) + b"\x77" * 20)
    options = Options((Receive(GAS, Wei(5)), NativeDrop(Wei(9), lucky), Compose(3, 70_000), Receive(1)))
    shown = post.message(post.sent(options=options))["options"]
    assert shown["raw"] == "0x" + options.encoded.hex()
    assert (shown["gas"], shown["value"], shown["isOrdered"]) == (hex(GAS + 1), "0x5", False)
    assert [item["kind"] for item in shown["items"]] == ["receive", "native-drop", "compose", "receive"]
    assert shown["items"][1]["receiverAddress"] == "0x" + "77" * 20
    assert shown["items"][2] == {"kind": "compose", "index": 3, "gas": hex(70_000), "value": "0x0"}


def test_what_nobody_sent_is_null_or_refused_by_name(post: Post) -> None:
    nobody = "0x" + "77" * 32
    assert post.ask("alpha", "zero_getMessage", nobody) is None
    for method in ("zero_getMessageProof", "zero_simulateDelivery", "zero_retryMessage"):
        with pytest.raises(Refused) as refused:
            post.ask("alpha", method, nobody)
        assert (refused.value.code, refused.value.data) == (-32001, {"name": "unknown-message"})


def test_networks_from_before_messages_say_so() -> None:
    ask = Asker(Network(NetworkConfig(eids=None)))
    for method, *params in (
        ("zero_getMessage", "0x" + "77" * 32),
        ("zero_getMessages",),
        ("zero_getMessageProof", "0x" + "77" * 32),
        ("zero_simulateDelivery", "0x" + "77" * 32),
        ("zero_retryMessage", "0x" + "77" * 32),
        ("zero_getCourier",),
        ("zero_courierStep",),
        ("zero_setCourier", {"mode": "manual"}),
        ("zero_pauseCourier",),
        ("zero_resumeCourier",),
        ("zero_injectCourierFault", {"kind": "drop"}),
        ("zero_clearCourierFault",),
    ):
        with pytest.raises(Refused) as refused:
            ask(method, *params)
        assert (refused.value.code, refused.value.data) == (-32004, {"name": "no-messaging"}), method


# ------------------------------------------------------------ lists


def test_filters_select_and_pages_follow_each_other(post: Post) -> None:
    there = [post.sent(bytes([number])) for number in range(5)]
    back = post.sent(b"back", source="beta", destination="alpha")
    ask = partial(post.ask, "alpha", "zero_getMessages")

    def guids(*params: Any) -> list[str]:
        return [message["guid"] for message in ask(*params)["messages"]]

    assert set(guids()) == {*there, back}
    assert guids({"source": "alpha"}) == there[::-1]
    assert guids({"destination": "alpha"}) == [back]
    assert guids({"sender": post.boxes["beta"], "source": "beta"}) == [back]
    assert (
        guids({"receiver": "0x" + "00" * 12 + post.boxes["beta"][2:], "destination": "beta"}) == there[::-1]
    )
    assert guids({"status": "delivered"}) == []
    assert guids({"status": ["sent", "failed"], "source": "beta"}) == [back]
    first = post.message(there[1])["source"]["blockNumber"]
    last = post.message(there[3])["source"]["blockNumber"]
    assert guids({"source": "alpha", "fromBlock": first, "toBlock": last}) == there[3:0:-1]
    assert guids({"source": "alpha", "toBlock": "finalized"}) == []
    # Page by page it is the same list, whatever comes meanwhile.
    found: list[str] = []
    cursor = None
    while True:
        page = ask({"source": "alpha"}, {"limit": 2, "cursor": cursor})
        found += [message["guid"] for message in page["messages"]]
        cursor = page["cursor"]
        if cursor is None:
            break
        assert len(page["messages"]) == 2
        post.send(b"meanwhile")
    assert found == there[::-1]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ([{"source": "gamma"}], "there is no zone 'gamma'"),
        ([{"status": "lost"}], "there is no status 'lost'"),
        ([{"fromBlock": "0x1"}], "which is missing"),
        ([{"sneder": "0x"}], "'sneder' is not known"),
        ([{"sender": "0x1234"}], "expected 20 or 32 bytes"),
        ([{}, {"limit": 501}], "from 1 to 500"),
        ([{}, {"limit": 0}], "from 1 to 500"),
        ([{}, {"cursor": "x"}], "expected a cursor"),
    ],
)
def test_wrong_filters_are_refused_with_what_is_wrong(whole: Post, params: list[Any], said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        whole.ask("alpha", "zero_getMessages", *params)
    assert refused.value.code == -32602


# ------------------------------------------------------------ a life


def test_a_message_is_followed_from_zone_to_zone(post: Post) -> None:
    guid = post.sent()
    found = post.deliver(guid)
    assert (found["status"], found["reason"], found["isRetried"]) == ("delivered", None, False)
    assert found["finality"] == "finalized"
    assert kinds(found) == [
        ("sent", "source", "alpha"),
        ("verified", "destination", "beta"),
        ("delivered", "destination", "beta"),
    ]
    (attempt,) = found["attempts"]
    assert (attempt["outcome"], attempt["reason"], attempt["executor"]) == ("delivered", None, None)
    whole = post.message(guid, traces=True)
    assert [trace["zone"] for trace in whole["traces"]][:2] == ["alpha", "beta"]
    assert whole["traces"][0]["kinds"] == ["sent"]
    sent, delivered = whole["traces"][0], whole["traces"][-1]
    assert "delivered" in delivered["kinds"]
    assert sent["trace"]["to"] == post.boxes["alpha"]
    for words in (".send(params: (dstEid: 50102", "Endpoint.send(", "emit Endpoint: PacketSent("):
        assert words in sent["text"]
    assert "ZeroSendLib.send(packet: (nonce: 1, srcEid: 50121" in sent["text"]
    for words in ("Executor.execute302(", "Endpoint.lzReceive(", "emit Endpoint: PacketDelivered("):
        assert words in delivered["text"]


def test_a_proof_commits_the_message(post: Post) -> None:
    guid = post.sent()
    with pytest.raises(Refused) as refused:
        post.ask("alpha", "zero_getMessageProof", guid)
    assert (refused.value.code, refused.value.data) == (-32002, {"name": "not-provable"})
    post.settle()
    proof = post.ask("alpha", "zero_getMessageProof", guid)
    assert post.message(guid, proof=True)["proof"] == proof
    height = post.message(guid)["settlementHeight"]
    assert (proof["number"], proof["height"]) == ("0x0", height)
    post.ask("alpha", "evm_mine")
    post.settle()
    assert post.ask("alpha", "zero_getMessageProof", guid, height) == proof
    later = post.ask("alpha", "zero_getMessageProof", guid)
    assert int(later["height"], 16) > int(height, 16)
    for wrong in ("0x0", "0xffff"):
        with pytest.raises(Refused) as refused:
            post.ask("alpha", "zero_getMessageProof", guid, wrong)
        assert refused.value.data == {"name": "not-provable"}
    # Anybody may commit it, under a settlement block that the destination records.
    library = "0x5a45524f00000000000000000000000000000008"
    stranger = post.ask("beta", "eth_accounts")[3]
    transaction = {"from": stranger, "to": library, "data": later["calldata"], "gas": hex(2_000_000)}
    sent = post.ask("beta", "eth_sendTransaction", transaction)
    assert post.ask("beta", "eth_getTransactionReceipt", sent)["status"] == "0x1"
    found = post.message(guid)
    assert found["status"] == "verified"
    assert kinds(found)[1:] == [("verified", "destination", "beta")]


def test_a_failure_is_told_with_its_reason_and_can_be_tried_again(post: Post) -> None:
    guid = post.sent()
    with pytest.raises(Refused) as early:
        post.ask("alpha", "zero_retryMessage", guid)
    assert (early.value.code, early.value.data) == (-32003, {"name": "not-deliverable"})
    post.tell("beta", "refuse(bool)", 1)
    found = post.deliver(guid)
    reason = {"text": "Refused(message: 0x68656c6c6f)", "error": "Refused"}
    assert found["status"] == "failed"
    assert {**found["reason"], **reason} == found["reason"]
    (attempt,) = found["attempts"]
    assert (attempt["outcome"], attempt["executor"], attempt["gas"]) == (
        "failed",
        "0x" + EXECUTOR.hex(),
        hex(GAS),
    )
    assert attempt["reason"] == found["reason"]
    simulated = post.ask("alpha", "zero_simulateDelivery", guid)
    assert (simulated["wouldSucceed"], simulated["reason"]) == (False, found["reason"])
    # Tried in vain, then not.
    again = post.ask("alpha", "zero_retryMessage", guid)
    assert (again["outcome"], again["reason"], again["zone"]) == ("failed", found["reason"], "beta")
    post.tell("beta", "refuse(bool)", 0)
    stranger = post.ask("beta", "eth_accounts")[4]
    done = post.ask("alpha", "zero_retryMessage", guid, {"gas": 300_000, "value": "0x5", "from": stranger})
    assert (done["outcome"], done["reason"]) == ("delivered", None)
    assert post.ask("beta", "eth_getTransactionByHash", done["transactionHash"])["from"] == stranger
    found = post.message(guid)
    assert (found["status"], found["isRetried"]) == ("delivered", True)
    assert [each["outcome"] for each in found["attempts"]] == ["failed", "failed", "delivered"]
    assert int(post.ask("beta", "eth_getBalance", post.boxes["beta"]), 16) == 5
    with pytest.raises(Refused) as late:
        post.ask("alpha", "zero_retryMessage", guid)
    assert late.value.data == {"name": "not-deliverable"}


def test_a_second_try_waits_for_a_block_where_nobody_makes_one(post: Post) -> None:
    post.tell("beta", "refuse(bool)", 1)
    guid = post.sent()
    assert post.deliver(guid)["status"] == "failed"
    post.tell("beta", "refuse(bool)", 0)
    post.ask("beta", "evm_setAutomine", False)
    waiting = post.ask("alpha", "zero_retryMessage", guid)
    assert (waiting["outcome"], waiting["blockNumber"], waiting["reason"]) == ("pending", None, None)
    post.ask("beta", "evm_mine")
    post.ask("beta", "evm_setAutomine", True)
    assert post.message(guid)["status"] == "delivered"


def test_a_trial_beyond_the_limits_of_calls_is_refused() -> None:
    network = Network(NetworkConfig(call_gas_cap=200_000))
    ask = Asker(network)
    receiver = "0x" + "77" * 20
    Asker(network, "beta").place(receiver, bytes.fromhex("600160005260206000f3"))
    subject = {"source": "alpha", "destination": "beta", "sender": ask.accounts[0], "receiver": receiver}
    with pytest.raises(Refused) as refused:
        ask("zero_simulateDelivery", {**subject, "options": "0x" + OPTIONS.encoded.hex()})
    assert refused.value.code == -32005


def test_second_steps_are_followed_and_tried_again(post: Post) -> None:
    post.tell("beta", "compose(uint16)", 2)
    guid = post.sent(options=Options((Receive(400_000), Compose(0, 150_000, Wei(3)))))
    post.deliver(guid)
    for _ in range(3):
        post.ask("alpha", "zero_courierStep")
    found = post.message(guid)
    first, second = found["composes"]
    assert (first["index"], first["status"], first["gas"], first["value"]) == (
        0,
        "delivered",
        hex(150_000),
        "0x3",
    )
    # The options pay for one of them only.
    assert (second["index"], second["status"], second["gas"], second["value"]) == (1, "sent", None, None)
    assert first["message"] == second["message"] == "0x68656c6c6f"
    assert [kind for kind, *_ in kinds(found)].count("compose-sent") == 2
    post.tell("beta", "refuse(bool)", 1)
    terms = {"compose": 1, "gas": 150_000}
    again = post.ask("alpha", "zero_retryMessage", guid, terms)
    assert (again["what"], again["index"], again["outcome"]) == ("compose", 1, "failed")
    assert again["reason"]["error"] == "Refused"
    post.tell("beta", "refuse(bool)", 0)
    assert post.ask("alpha", "zero_retryMessage", guid, terms)["outcome"] == "delivered"
    assert [each["status"] for each in post.message(guid)["composes"]] == ["delivered", "delivered"]


def test_a_blocked_message_says_what_it_waits_for(post: Post) -> None:
    post.tell("beta", "close(bool)", 1)
    guid = post.sent()
    found = post.deliver(guid, turns=3)
    assert found["status"] == "blocked"
    assert "allowInitializePath" in found["reason"]["text"]
    simulated = post.ask("alpha", "zero_simulateDelivery", guid)
    assert (simulated["wouldSucceed"], simulated["reason"]["error"]) == (False, "LZ_PathNotInitializable")
    post.tell("beta", "close(bool)", 0)
    assert post.deliver(guid)["status"] == "delivered"


def test_a_message_goes_with_its_block(post: Post) -> None:
    guid = post.sent()
    post.ask("alpha", "anvil_rollback", 1)
    assert post.ask("alpha", "zero_getMessage", guid) is None
    assert post.ask("alpha", "zero_getMessages")["messages"] == []


# ------------------------------------------------------------ before sending


def test_a_message_that_was_not_sent_is_tried(post: Post) -> None:
    subject = {
        "source": "alpha",
        "destination": "beta",
        "sender": post.boxes["alpha"],
        "receiver": post.boxes["beta"],
        "message": "0x68656c6c6f",
        "options": "0x" + Options((Receive(GAS),)).encoded.hex(),
    }
    found = post.ask("beta", "zero_simulateDelivery", subject)
    assert (found["wouldSucceed"], found["zone"], found["reason"]) == (True, "beta", None)
    assert found["sending"]["nonce"] == "0x1"
    assert [log["address"] for log in found["logs"]] == ["0x" + ENDPOINT.hex()]
    guid = post.sent()
    assert (guid, post.message(guid)["fee"]) == (found["guid"], found["sending"]["fee"])
    # As good as the real one.
    assert post.ask("alpha", "zero_simulateDelivery", guid)["gasNeeded"] == found["gasNeeded"]
    refused = post.ask("alpha", "zero_simulateDelivery", {**subject, "options": "0x0003"})
    assert refused["sending"]["reason"]["error"] == "Executor_ZeroLzReceiveGasProvided"
    assert refused["sending"]["fee"] is None
    delivered = post.deliver(guid)
    assert delivered["status"] == "delivered"
    with pytest.raises(Refused) as late:
        post.ask("alpha", "zero_simulateDelivery", guid)
    assert late.value.data == {"name": "not-deliverable"}


# ------------------------------------------------------------ tools that know nothing of Zero


def test_logs_of_messages_are_logs_as_any_other(post: Post) -> None:
    guid = post.sent()
    post.deliver(guid)
    topics = {
        event: post.ask("alpha", "web3_sha3", "0x" + signature.encode().hex())
        for event, signature in {
            "PacketSent": "PacketSent(bytes,bytes,address)",
            "PacketVerified": "PacketVerified((uint32,bytes32,uint64),address,bytes32)",
            "PacketDelivered": "PacketDelivered((uint32,bytes32,uint64),address)",
        }.items()
    }
    places = {each["kind"]: each for each in post.message(guid)["transactions"]}
    for zone, event, kind in (
        ("alpha", "PacketSent", "sent"),
        ("beta", "PacketVerified", "verified"),
        ("beta", "PacketDelivered", "delivered"),
    ):
        query = {"address": "0x" + ENDPOINT.hex(), "fromBlock": "0x0", "topics": [topics[event]]}
        (log,) = post.ask(zone, "eth_getLogs", query)
        assert (log["transactionHash"], log["logIndex"]) == (
            places[kind]["transactionHash"],
            places[kind]["logIndex"],
        )
    assert mailbox()["contractName"] == "Mailbox"
