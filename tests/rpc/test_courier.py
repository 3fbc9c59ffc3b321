"""The courier over JSON-RPC: modes, steps, pauses, faults; nothing that it does wrong is believed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from devnet.config import NetworkConfig
from devnet.network import Network
from tests.parts import parts_under_test
from tests.rpc.asking import Asker, Refused
from tests.rpc.post import Post


@pytest.fixture(scope="module")
def whole() -> Post:
    network = Network(NetworkConfig(call_time_limit=None), parts_under_test())
    return Post.build(lambda zone, method, *params: Asker(network, zone)(method, *params))


@pytest.fixture
def post(whole: Post) -> Iterator[Post]:
    snapshot = whole.ask("alpha", "zero_snapshot")
    yield whole
    whole.ask("alpha", "zero_clearCourierFault")
    whole.ask("alpha", "zero_resumeCourier")
    whole.ask("alpha", "zero_setCourier", {"mode": "automatic"})
    whole.ask("alpha", "zero_revert", snapshot)


def courier(post: Post) -> dict[str, Any]:
    status: dict[str, Any] = post.ask("alpha", "zero_getCourier")
    return status


def settle(post: Post, times: int = 3) -> None:
    for _ in range(times):
        post.ask("beta", "evm_mine")
        post.settle()


def test_it_says_how_it_does(post: Post) -> None:
    status = courier(post)
    assert (status["mode"], status["delay"], status["isPaused"], status["faults"]) == (
        *("automatic", 0),
        *(False, []),
    )
    assert (status["waiting"], status["failed"], status["trouble"]) == (0, 0, None)
    zones = {account["zone"] for account in status["accounts"]}
    assert zones == {"system", "alpha", "beta"}
    assert all(int(account["balance"], 16) > 0 for account in status["accounts"])


def test_it_carries_by_itself(post: Post) -> None:
    guid = post.sent()
    settle(post)
    assert post.message(guid)["status"] == "delivered"


def test_told_to_wait_it_waits_and_told_to_step_it_says_what_it_did(post: Post) -> None:
    assert post.ask("alpha", "zero_setCourier", {"mode": "manual"})["mode"] == "manual"
    guid = post.sent()
    settle(post)
    assert post.message(guid)["status"] in ("settled", "verified")
    assert courier(post)["waiting"] == 1
    actions: list[dict[str, Any]] = []
    for _ in range(4):
        turn = post.ask("alpha", "zero_courierStep")
        actions += turn["actions"]
    assert post.message(guid)["status"] == "delivered"
    done = [action for action in actions if action["transactionHash"] is not None]
    assert [action["kind"] for action in done] == ["commit", "deliver"]
    transactions = {each["transactionHash"] for each in post.message(guid)["transactions"]}
    assert {action["transactionHash"] for action in done} <= transactions
    assert {(action["guid"], action["zone"]) for action in done} == {(guid, "beta")}
    assert turn == {"actions": [], "isDone": True}
    assert courier(post)["waiting"] == 0


def test_paused_it_does_nothing_until_it_is_resumed(post: Post) -> None:
    assert post.ask("alpha", "zero_pauseCourier")["isPaused"] is True
    guid = post.sent()
    settle(post)
    assert post.message(guid)["status"] in ("settled", "verified")
    assert post.ask("alpha", "zero_resumeCourier")["isPaused"] is False
    settle(post)
    assert post.message(guid)["status"] == "delivered"


def test_what_it_drops_it_carries_when_the_fault_is_cleared(post: Post) -> None:
    fault = post.ask("alpha", "zero_injectCourierFault", {"kind": "drop", "destination": "beta"})
    assert {**fault, "kind": "drop", "source": None, "destination": "beta", "rate": 1.0} == fault
    assert courier(post)["faults"] == [fault]
    guid = post.sent()
    settle(post)
    assert post.message(guid)["status"] == "settled"
    assert post.ask("alpha", "zero_clearCourierFault", fault["id"]) == [fault]
    assert post.ask("alpha", "zero_clearCourierFault", fault["id"]) == []
    settle(post)
    assert post.message(guid)["status"] == "delivered"


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "duplicate"},
        {"kind": "reorder"},
        {"kind": "corrupt", "part": "proof"},
        {"kind": "corrupt", "part": "message"},
    ],
)
def test_whatever_it_does_wrong_every_message_is_delivered_once(post: Post, fault: dict[str, Any]) -> None:
    post.ask("alpha", "zero_injectCourierFault", fault)
    guids = [post.sent(bytes([number])) for number in range(3)]
    settle(post, 5)
    for guid in guids:
        found = post.message(guid)
        assert found["status"] == "delivered"
        assert [each["kind"] for each in found["transactions"]].count("delivered") == 1


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("zero_setCourier", [{"mode": "eager"}], "expected one of automatic"),
        ("zero_setCourier", [{"mode": "manual", "delay": 3}], "delay"),
        ("zero_setCourier", [{"mode": "delayed", "delay": 1 << 40}], "delay"),
        ("zero_setCourier", [{}], "expected one of automatic"),
        ("zero_courierStep", [0], "from 1 to"),
        ("zero_injectCourierFault", [{"kind": "explode"}], "there is no fault 'explode'"),
        ("zero_injectCourierFault", [{}], "kind is missing"),
        ("zero_injectCourierFault", [{"kind": "drop", "slots": 3}], "has no such field"),
        ("zero_injectCourierFault", [{"kind": "delay"}], "slots: a fault delay needs it"),
        ("zero_injectCourierFault", [{"kind": "drop", "rate": 2}], "rate"),
        ("zero_injectCourierFault", [{"kind": "drop", "source": "gamma"}], "there is no zone 'gamma'"),
        ("zero_injectCourierFault", [{"kind": "corrupt", "part": "soul"}], "expected one of proof"),
    ],
)
def test_what_makes_no_sense_is_refused(whole: Post, method: str, params: list[Any], said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        whole.ask("alpha", method, *params)
    assert refused.value.code == -32602
