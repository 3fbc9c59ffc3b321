"""Transactions: how they share blocks, what they are refused with, and what is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from devnet.chain.types import ZoneName
from devnet.network import Network, NetworkConfig
from devnet.rpc import dispatch
from devnet.rpc.context import Context
from devnet.rpc.registry import method_table
from devnet.rpc.requests import read_request
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.rpc.serving.network_thread import NetworkThread
from devnet.zone.messages import Mining
from tests.rpc import contracts
from tests.rpc.asking import Asker, Refused, request
from tests.rpc.http_client import call, fetch, result
from tests.rpc.world import NOBODY, signed, signed_blob


def transfer(ask: Asker, **changes: Any) -> dict[str, Any]:
    return {"from": ask.accounts[0], "to": NOBODY, "value": "0x1", "gas": "0x5208", **changes}


def test_the_answer_to_a_send_comes_after_its_block(ask: Asker) -> None:
    sent = ask("eth_sendTransaction", transfer(ask))
    assert ask("eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert ask("eth_getBalance", NOBODY) == "0x1"


def test_a_contiguous_run_of_sends_in_a_batch_makes_one_block(network: Network, ask: Asker) -> None:
    first = [request("eth_sendTransaction", transfer(ask), identifier=number) for number in range(5)]
    second = [request("eth_sendRawTransaction", signed(ask), identifier=9)]
    answers = dispatch(network, "alpha", [*first, request("eth_blockNumber", identifier=8), *second])
    assert answers[5]["result"] == "0x1"
    assert ask("eth_blockNumber") == "0x2"
    blocks = [ask("eth_getBlockByNumber", hex(number), False)["transactions"] for number in (1, 2)]
    assert blocks == [[answer["result"] for answer in answers[:5]], [answers[6]["result"]]]


def test_a_refused_send_does_not_hold_up_the_others_of_its_run(network: Network, ask: Asker) -> None:
    poor = transfer(ask, value=hex(10**30))
    batch = [request("eth_sendTransaction", fields) for fields in (transfer(ask), poor, transfer(ask))]
    answers = dispatch(network, "alpha", batch)
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, 809, None]
    assert ask("eth_getBlockTransactionCountByNumber", "latest") == "0x2"


def test_sends_that_wait_while_a_block_is_sealed_share_the_next_one(network: Network) -> None:
    ask = Asker(network)
    raws = [signed(ask, index) for index in range(10)]
    context = Context(network, ZoneName("alpha"))
    table = method_table()

    async def send_at_once() -> list[Any]:
        thread = NetworkThread(network, asyncio.get_running_loop(), lambda zones: None)
        requests = [read_request(request("eth_sendRawTransaction", raw), table) for raw in raws]
        futures = [thread.send([entry], context) for entry in requests]
        thread.start()
        answers = await asyncio.gather(*futures)
        await asyncio.to_thread(thread.stop, 60)
        return answers

    answers = asyncio.run(send_at_once())
    hashes = {orjson.loads(answer)["result"] for (answer,) in answers}
    assert set(ask("eth_getBlockByNumber", "0x1", False)["transactions"]) == hashes
    assert ask("eth_blockNumber") == "0x1"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"nonce": "0x5"}, None, ""),
        ({"value": hex(10**30)}, 809, "insufficient funds for gas * price + value"),
        ({"gas": "0x1"}, 800, "intrinsic gas too low"),
        ({"gas": hex(1 << 25)}, 803, "transaction gas limit too high"),
        ({"maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x2"}, -32602, "maxFeePerGas"),
        ({"chainId": "0x1"}, -32602, "chain id"),
        ({"from": NOBODY}, -32000, "anvil_impersonateAccount"),
    ],
)
def test_refusals_have_the_catalogues_codes_and_geths_words(
    ask: Asker, changes: dict[str, str], code: int | None, words: str
) -> None:
    if code is None:
        assert ask("eth_sendTransaction", transfer(ask, **changes)).startswith("0x")
        return
    with pytest.raises(Refused) as refused:
        ask("eth_sendTransaction", transfer(ask, **changes))
    assert refused.value.code == code
    assert words in refused.value.message


def test_a_nonce_that_was_used_is_too_low(ask: Asker) -> None:
    ask("eth_sendTransaction", transfer(ask))
    with pytest.raises(Refused, match="nonce too low") as refused:
        ask("eth_sendTransaction", transfer(ask, nonce="0x0"))
    assert refused.value.code == 1


def test_a_nonce_far_ahead_is_told_with_the_wallets_likely_fault(ask: Asker) -> None:
    with pytest.raises(Refused, match=r"nonce too high.*wallet") as refused:
        ask("eth_sendTransaction", transfer(ask, nonce="0xfffffff"))
    assert refused.value.code == 2


def test_the_same_transaction_twice_is_already_known_or_used(ask: Asker) -> None:
    raw = signed(ask)
    ask("anvil_setAutomine", False)
    ask("eth_sendRawTransaction", raw)
    with pytest.raises(Refused, match="already known") as refused:
        ask("eth_sendRawTransaction", raw)
    assert refused.value.code == 1000


def test_a_cheaper_replacement_is_underpriced(ask: Asker) -> None:
    ask("anvil_setAutomine", False)
    ask("eth_sendTransaction", transfer(ask, nonce="0x0"))
    with pytest.raises(Refused, match="replacement transaction underpriced") as refused:
        ask("eth_sendTransaction", transfer(ask, nonce="0x0", value="0x2"))
    assert refused.value.code == 802


@pytest.mark.parametrize("raw", ["0x", "0x00", "0x02", "0x02c0", "0xc0", "0xff" * 3, "0x7f" + "00" * 100])
def test_what_is_no_transaction_is_malformed(ask: Asker, raw: str) -> None:
    with pytest.raises(Refused) as refused:
        ask("eth_sendRawTransaction", raw)
    assert refused.value.code in (-32000, -32602)


def test_a_failing_transaction_with_its_own_gas_limit_is_mined_and_without_one_refused(ask: Asker) -> None:
    ask.place(NOBODY, contracts.FAIL)
    sent = ask("eth_sendTransaction", transfer(ask, gas="0x186a0", value="0x0"))
    assert ask("eth_getTransactionReceipt", sent)["status"] == "0x0"
    with pytest.raises(Refused, match="execution reverted: nope!") as refused:
        ask("eth_sendTransaction", {**transfer(ask, value="0x0"), "gas": None})
    assert refused.value.code == 3
    assert refused.value.data.startswith("0x08c379a0")


def test_an_unsigned_transaction_is_sent_for_anyone_and_only_once(ask: Asker) -> None:
    ask("anvil_setBalance", NOBODY, hex(10**18))
    fields = {"from": NOBODY, "to": ask.accounts[0], "gas": "0x5208"}
    sent = ask("eth_sendUnsignedTransaction", fields)
    assert ask("eth_getTransactionReceipt", sent)["from"] == NOBODY
    with pytest.raises(Refused):
        ask("eth_sendTransaction", fields)


def test_an_impersonated_sender_sends_until_it_is_stopped(ask: Asker) -> None:
    ask("anvil_setBalance", NOBODY, hex(10**18))
    fields = {"from": NOBODY, "to": ask.accounts[0], "gas": "0x5208"}
    ask("hardhat_impersonateAccount", NOBODY)
    assert NOBODY in ask("eth_accounts")
    ask("eth_sendTransaction", fields)
    ask("hardhat_stopImpersonatingAccount", NOBODY)
    with pytest.raises(Refused):
        ask("eth_sendTransaction", fields)


def test_a_blob_transaction_is_sent_with_its_sidecar_and_the_blob_is_served(ask: Asker) -> None:
    sent = ask("eth_sendRawTransaction", signed_blob(ask))
    receipt = ask("eth_getTransactionReceipt", sent)
    assert (receipt["status"], receipt["blobGasUsed"]) == ("0x1", hex(131_072))
    assert ask("anvil_getBlobsByTransactionHash", sent) == ["0x" + "00" * 131_072]


def test_sync_sends_answer_with_the_receipt(ask: Asker) -> None:
    receipt = ask("eth_sendRawTransactionSync", signed(ask))
    assert receipt == ask("eth_getTransactionReceipt", receipt["transactionHash"])
    assert ask("eth_sendTransactionSync", transfer(ask), 1000)["status"] == "0x1"


def test_a_receipt_that_does_not_come_in_time_is_error_4_with_the_hash(server: RpcServer) -> None:
    result(server, "evm_setAutomine", False)
    answer = call(server, "eth_sendTransactionSync", transfer(Asker(server._network)), 10)
    assert answer["error"]["code"] == 4
    assert result(server, "eth_getTransactionByHash", answer["error"]["data"])["blockHash"] is None


def test_a_sync_send_waits_for_a_block_that_is_mined_later(server: RpcServer) -> None:
    result(server, "evm_setAutomine", False)
    with ThreadPoolExecutor(1) as pool:
        fields = transfer(Asker(server._network))
        waiting = pool.submit(result, server, "eth_sendTransactionSync", fields, 60_000)
        while result(server, "txpool_status")["pending"] == "0x0":
            pass
        result(server, "evm_mine")
        assert waiting.result(60)["blockNumber"] == "0x1"


def test_blocks_come_by_themselves_at_an_interval() -> None:
    network = Network(NetworkConfig(mining=Mining(automine=False, interval=0.05)))
    with RpcServer(network, ServerOptions(port=0)) as server:
        sent = result(server, "eth_sendTransaction", transfer(Asker(network)))
        while result(server, "eth_getTransactionReceipt", sent) is None:
            pass
        result(server, "evm_setIntervalMining", 0)
        assert result(server, "anvil_getIntervalMining") is None
        ended = result(server, "eth_blockNumber")
        result(server, "evm_mine")
        assert int(result(server, "eth_blockNumber"), 16) == int(ended, 16) + 1


def test_an_interval_can_be_set_while_the_server_runs(server: RpcServer) -> None:
    result(server, "evm_setIntervalMining", 0.02)
    while result(server, "eth_blockNumber") in ("0x0", "0x1"):
        pass
    assert result(server, "eth_blockNumber", zone="beta") == "0x0"


def test_every_send_of_many_clients_is_in_a_block_once(server: RpcServer) -> None:
    ask = Asker(server._network)
    raws: Sequence[str] = [signed(ask, index, nonce=hex(nonce)) for index in range(5) for nonce in range(8)]

    def send_all(mine: Sequence[str]) -> list[str]:
        bodies = (orjson.dumps(request("eth_sendRawTransaction", raw)) for raw in mine)
        return [fetch(server, "/alpha", body).json["result"] for body in bodies]

    with ThreadPoolExecutor(5) as pool:
        shares = [raws[start : start + 8] for start in range(0, 40, 8)]
        sent = [item for group in pool.map(send_all, shares) for item in group]
    newest = int(result(server, "eth_blockNumber"), 16)
    mined = [
        transaction
        for number in range(newest + 1)
        for transaction in result(server, "eth_getBlockByNumber", hex(number), False)["transactions"]
    ]
    assert sorted(mined) == sorted(sent)
    assert len(set(sent)) == 40
