"""The envelope: what JSON-RPC 2.0 says about requests, batches, notifications and errors."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from devnet.network import Network, UnknownZone
from devnet.rpc import dispatch
from devnet.rpc.context import RpcSettings
from tests.rpc.asking import Asker, Refused, request


def code_of(answer: Any) -> int:
    return answer["error"]["code"]


def test_bytes_are_answered_with_bytes_and_objects_with_objects(network: Network) -> None:
    asked = request("eth_chainId", identifier="x")
    expected = {"jsonrpc": "2.0", "id": "x", "result": "0x757e21"}
    assert dispatch(network, "alpha", asked) == expected
    answer = dispatch(network, "alpha", orjson.dumps(asked))
    assert isinstance(answer, bytes)
    assert orjson.loads(answer) == expected


def test_each_zone_answers_for_itself(network: Network) -> None:
    answers = [dispatch(network, zone, request("eth_chainId"))["result"] for zone in network.zones]
    assert answers == ["0x757e20", "0x757e21", "0x757e22"]


def test_an_unknown_zone_is_the_callers_error(network: Network) -> None:
    with pytest.raises(UnknownZone):
        dispatch(network, "nowhere", request("eth_chainId"))


@pytest.mark.parametrize("identifier", [0, 7, -1, 1.5, "", "abc", None])
def test_the_id_comes_back_as_it_was(network: Network, identifier: Any) -> None:
    assert dispatch(network, "alpha", request("eth_chainId", identifier=identifier))["id"] == identifier


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 5000, -32700),
        (b'{"a":' * 5000, -32700),
        (b"NaN", -32700),
        (b"1", -32600),
        (b'"eth_chainId"', -32600),
        (b"null", -32600),
        (b"[]", -32600),
        (b"{}", -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":1}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":5}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}', -32602),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}', -32602),
    ],
)
def test_what_is_no_request_is_refused_with_the_right_code(network: Network, body: bytes, code: int) -> None:
    answer = dispatch(network, "alpha", body)
    assert answer is not None
    assert code_of(orjson.loads(answer)) == code


@pytest.mark.parametrize("method", ["eth_getUncle", "anvil_setRpcUrl", "hardhat_", "", "_"])
def test_a_method_that_is_not_built_does_not_exist(ask: Asker, method: str) -> None:
    with pytest.raises(Refused) as refused:
        ask(method)
    assert refused.value.code == -32601


def test_notifications_get_no_answer_but_are_done(network: Network, ask: Asker) -> None:
    notification = {"jsonrpc": "2.0", "method": "evm_mine"}
    assert dispatch(network, "alpha", notification) is None
    assert dispatch(network, "alpha", [notification, notification]) is None
    assert ask("eth_blockNumber") == "0x3"
    assert dispatch(network, "alpha", {"jsonrpc": "2.0", "method": "eth_nothing"}) is None


def test_a_batch_is_answered_in_order_without_its_notifications(network: Network) -> None:
    batch = [
        request("eth_chainId", identifier=1),
        {"jsonrpc": "2.0", "method": "eth_chainId"},
        5,
        request("eth_nothing", identifier=2),
        request("net_version", identifier=3),
    ]
    answers = dispatch(network, "alpha", batch)
    assert [answer["id"] for answer in answers] == [1, None, 2, 3]
    assert answers[3]["result"] == "7700001"


def test_a_batch_that_is_too_long_is_refused_as_a_whole(network: Network) -> None:
    answer = dispatch(network, "alpha", [request("eth_chainId")] * 4, settings=RpcSettings(batch_items=3))
    assert code_of(answer) == -32600


def test_a_batch_whose_answer_grows_too_large_ends_with_errors(network: Network) -> None:
    settings = RpcSettings(batch_response_bytes=100)
    answers = dispatch(network, "alpha", [request("eth_chainId")] * 9, settings=settings)
    kinds = ["error" if "error" in answer else "result" for answer in answers]
    assert kinds == ["result"] * kinds.count("result") + ["error"] * kinds.count("error")
    assert {code_of(answer) for answer in answers if "error" in answer} == {-32003}


def test_a_batch_that_takes_too_long_ends_with_errors(network: Network) -> None:
    answers = dispatch(
        network, "alpha", [request("eth_chainId")] * 2, settings=RpcSettings(batch_seconds=-1.0)
    )
    assert [code_of(answer) for answer in answers] == [-32005, -32005]


def test_parameters_may_be_given_by_name(network: Network, ask: Asker) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": {"address": ask.accounts[0]}}
    assert dispatch(network, "alpha", asked)["result"] == hex(10_000 * 10**18)
    asked["params"] = {"adress": ask.accounts[0]}
    answer = dispatch(network, "alpha", asked)
    assert code_of(answer) == -32602
    assert "adress" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ([], "missing value for required argument 0 (address)"),
        (["0x12"], "invalid argument 0 (address): expected an address"),
        (["0x" + "zz" * 20], "invalid argument 0 (address)"),
        (["0x" + "11" * 20, "lastest"], "invalid argument 1 (block): expected a block number, tag or hash"),
        (["0x" + "11" * 20, "latest", 1], "too many arguments, want at most 2"),
        (["0x" + "11" * 20, {"blockNumber": "0x0", "blockHash": "0x" + "00" * 32}], "EIP-1898"),
    ],
)
def test_refused_parameters_are_named_with_what_was_expected(
    ask: Asker, params: list[Any], words: str
) -> None:
    with pytest.raises(Refused) as refused:
        ask("eth_getBalance", *params)
    assert refused.value.code == -32602
    assert words in refused.value.message


def test_null_stands_for_a_parameter_that_is_left_out(ask: Asker) -> None:
    assert ask("eth_getBalance", ask.accounts[0], None) == ask("eth_getBalance", ask.accounts[0], "latest")
    assert ask("eth_chainId", None) == "0x757e21"
