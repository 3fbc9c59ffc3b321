"""web3.py against a zone: a contract over HTTP and WebSocket, and every newer kind of transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import AsyncWeb3, HTTPProvider, Web3, WebSocketProvider
from web3.exceptions import ContractCustomError, ContractLogicError, ContractPanicError, Web3RPCError
from web3.types import RPCEndpoint
from web3.utils.subscriptions import LogsSubscription, LogsSubscriptionContext

from tests.clients.endpoint import Endpoint
from tests.clients.node_suite import compile_ledger
from tests.clients.web3py.chain import MNEMONIC


@pytest.fixture(scope="module")
def w3(endpoint: Endpoint) -> Iterator[Web3]:
    provider = HTTPProvider(endpoint.http, request_kwargs={"timeout": 60})
    yield Web3(provider)
    provider._request_session_manager.session_cache.clear()


@pytest.fixture(scope="module")
def account() -> LocalAccount:
    Account.enable_unaudited_hdwallet_features()
    made: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path="m/44'/60'/0'/0/3")
    return made


@pytest.fixture(scope="module")
def ledger(w3: Web3, account: LocalAccount) -> Any:
    compiled = compile_ledger()
    factory = w3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
    sent = factory.constructor("web3.py").transact({"from": account.address, "value": 5})
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    return w3.eth.contract(address=receipt["contractAddress"], abi=compiled["abi"])


def send_signed(w3: Web3, account: LocalAccount, transaction: dict[str, Any], **options: Any) -> Any:
    """Completes, signs and sends; gives the receipt of a success."""
    block = w3.eth.get_block("latest")
    filled = {
        "chainId": w3.eth.chain_id,
        "nonce": w3.eth.get_transaction_count(account.address),
        "gas": 300_000,
        "maxFeePerGas": 2 * block["baseFeePerGas"] + 10**9,
        "maxPriorityFeePerGas": 10**9,
        **transaction,
    }
    raw = account.sign_transaction(filled, **options).raw_transaction
    receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(raw))
    assert receipt["status"] == 1
    return receipt


def test_contract_is_read_and_written(w3: Web3, ledger: Any, account: LocalAccount) -> None:
    assert ledger.functions.title().call() == "web3.py"
    before = ledger.functions.total().call()
    sent = ledger.functions.deposit("more").transact({"from": account.address, "value": 2})
    assert w3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    assert ledger.functions.total().call() == before + 2


def test_errors_are_told_apart(ledger: Any, account: LocalAccount) -> None:
    with pytest.raises(ContractLogicError, match="because"):
        ledger.functions.fail("because").call()
    with pytest.raises(ContractPanicError, match="0x12"):
        ledger.functions.divide(1, 0).call()
    with pytest.raises(ContractCustomError) as error:
        ledger.functions.withdraw(10**30).call({"from": account.address})
    assert str(error.value.data).startswith(Web3.keccak(text="TooMuch(uint256,uint256)")[:4].to_0x_hex())


def test_events_come_from_receipt_logs_and_filter(w3: Web3, ledger: Any, account: LocalAccount) -> None:
    watched = ledger.events.Deposited.create_filter(from_block="latest")
    sent = ledger.functions.deposit("seen").transact({"from": account.address, "value": 1})
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    (of_receipt,) = ledger.events.Deposited().process_receipt(receipt)
    (of_logs,) = ledger.events.Deposited().get_logs(from_block=receipt["blockNumber"])
    of_filter = watched.get_new_entries()[-1]
    assert of_receipt["args"] == of_logs["args"] == of_filter["args"]
    assert of_receipt["args"] == {"from": account.address, "amount": 1, "memo": "seen"}
    assert w3.eth.uninstall_filter(watched.filter_id)


def test_typed_data_is_signed_by_the_node_as_by_the_key(w3: Web3, account: LocalAccount) -> None:
    typed = {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
            "Person": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
            "Mail": [{"name": "from", "type": "Person"}, {"name": "contents", "type": "bytes"}],
        },
        "primaryType": "Mail",
        "domain": {"name": "Zone", "chainId": w3.eth.chain_id},
        "message": {"from": {"name": "Ann", "wallets": [account.address]}, "contents": "0x1234"},
    }
    reply = w3.provider.make_request(RPCEndpoint("eth_signTypedData_v4"), [account.address, typed])
    expected = account.sign_message(encode_typed_data(full_message=typed)).signature
    assert bytes.fromhex(reply["result"][2:]) == bytes(expected)


def test_typed_data_that_do_not_fit_their_types_are_not_signed(w3: Web3, account: LocalAccount) -> None:
    typed = {
        "types": {"Vote": [{"name": "choices", "type": "uint8[2]"}]},
        "primaryType": "Vote",
        "domain": {"name": "Zone", "chainId": w3.eth.chain_id},
        "message": {"choices": [1]},
    }
    with pytest.raises(
        Web3RPCError, match=r"Expected 2 items for array type uint8\[2\], got 1 items"
    ) as refused:
        w3.eth.sign_typed_data(account.address, typed)
    assert refused.value.rpc_response is not None
    assert refused.value.rpc_response["error"]["code"] == -32602


def test_blob_transaction_is_mined_and_its_gas_counted(w3: Web3, account: LocalAccount) -> None:
    blob = b"\x00" + b"zone" * 1000
    blob = blob.ljust(4096 * 32, b"\x00")
    transaction = {
        "type": 3,
        "to": account.address,
        "value": 0,
        "maxFeePerBlobGas": 10 * w3.eth.blob_base_fee,
    }
    receipt = send_signed(w3, account, transaction, blobs=[blob])
    assert receipt["type"] == 3
    assert receipt["blobGasUsed"] == 1 << 17
    mined = w3.eth.get_transaction(receipt["transactionHash"])
    assert len(mined["blobVersionedHashes"]) == 1
    assert w3.eth.get_block(receipt["blockNumber"])["blobGasUsed"] == 1 << 17


def test_set_code_transaction_delegates_and_clears(w3: Web3, ledger: Any, account: LocalAccount) -> None:
    authority: LocalAccount = Account.create()
    delegation = b"\xef\x01\x00" + bytes.fromhex(ledger.address[2:])
    for target, code in ((ledger.address, delegation), ("0x" + "00" * 20, b"")):
        authorization = authority.sign_authorization(
            {
                "chainId": w3.eth.chain_id,
                "address": target,
                "nonce": w3.eth.get_transaction_count(authority.address),
            }
        )
        transaction = {"to": account.address, "value": 0, "authorizationList": [authorization]}
        receipt = send_signed(w3, account, transaction)
        assert receipt["type"] == 4
        assert bytes(w3.eth.get_code(authority.address)) == code


@pytest.mark.asyncio
async def test_events_come_over_a_websocket(endpoint: Endpoint, ledger: Any, account: LocalAccount) -> None:
    seen: list[Any] = []
    done = asyncio.Event()

    async def on_log(context: LogsSubscriptionContext) -> None:
        seen.append(context.result)
        done.set()

    async with AsyncWeb3(WebSocketProvider(endpoint.websocket)) as client:
        contract = client.eth.contract(address=ledger.address, abi=ledger.abi)
        subscription = LogsSubscription(
            address=ledger.address, topics=[contract.events.Deposited().topic], handler=on_log
        )
        await client.subscription_manager.subscribe(subscription)
        following = asyncio.create_task(client.subscription_manager.handle_subscriptions(run_forever=True))
        try:
            sent = await contract.functions.deposit("announced").transact(
                {"from": account.address, "value": 1}
            )
            await asyncio.wait_for(done.wait(), 20)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await client.subscription_manager.unsubscribe_all()
        (log,) = seen
        assert log["transactionHash"] == sent
        assert contract.events.Deposited().process_log(log)["args"]["memo"] == "announced"


def test_two_zones_of_one_port_do_not_mix(endpoint: Endpoint, w3: Web3, account: LocalAccount) -> None:
    other = Web3(HTTPProvider(endpoint.http.replace("/alpha", "/beta")))
    assert other.eth.chain_id == w3.eth.chain_id + 1
    before = other.eth.block_number, other.eth.get_balance(account.address)
    w3.eth.wait_for_transaction_receipt(
        w3.eth.send_transaction({"from": account.address, "to": account.address, "value": 1})
    )
    assert (other.eth.block_number, other.eth.get_balance(account.address)) == before
