"""Proofs over real RPC, asked for with web3.py and checked by this project's verifiers and by py-trie."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import rlp
from trie import HexaryTrie
from web3 import Web3
from web3.types import RPCEndpoint

from devnet.chain.keccak import keccak256
from devnet.rpc.server import RpcServer
from tests.rpc import contracts
from zero_sdk.proofs import (
    Flaw,
    InvalidProof,
    verify_header,
    verify_log,
    verify_receipt,
    verify_state,
    verify_transaction,
)

EMIT = "0x" + "e1" * 20
NOBODY = "0x" + "0b" * 20

Ask = Callable[..., Any]


class Refused(Exception):
    """The zone answered with an error."""

    def __init__(self, error: Any) -> None:
        super().__init__(error)
        self.error = error


@pytest.fixture
def ask(server: RpcServer) -> Ask:
    """web3.py's plain request: JSON comes back as it is."""
    provider = Web3.HTTPProvider(server.url("alpha"))

    def make(method: str, *params: Any) -> Any:
        answer = provider.make_request(RPCEndpoint(method), list(params))
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    return make


@pytest.fixture
def sender(ask: Ask) -> str:
    ask("anvil_setCode", EMIT, "0x" + contracts.EMIT.hex())
    account: str = ask("eth_accounts")[0]
    return account


def refusal(ask: Ask, method: str, *params: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        ask(method, *params)
    return caught.value.error["code"], caught.value.error["message"]


def send(ask: Ask, sender: str, to: str = EMIT, **fields: str) -> str:
    sent: str = ask("eth_sendTransaction", {"from": sender, "to": to, "gas": "0x186a0", **fields})
    return sent


def hash_of(ask: Ask, number: int) -> str:
    found: str = ask("eth_getBlockByNumber", hex(number), False)["hash"]
    return found


def newest(ask: Ask) -> int:
    return int(ask("eth_blockNumber"), 16)


# ---------------------------------------------------------------- state


def test_every_past_block_is_proven_with_what_it_held(ask: Ask, sender: str) -> None:
    """EMIT counts its calls in slot 0; block n is the n-th call."""
    ask("anvil_mine")
    first = newest(ask)
    for _ in range(6):
        send(ask, sender)
    for calls in (6, 0, 3, 5, 1):
        answer = ask("zero_getProof", EMIT, ["0x0", "0x1"], hex(first + calls))
        state = verify_state(answer, block_hash=hash_of(ask, first + calls))
        assert state.storage == {0: calls, 1: 0}
        assert state.account is not None
        assert state.account.code_hash == keccak256(contracts.EMIT)
        payer = ask("zero_getProof", sender, [], hash_of(ask, first + calls))
        proven = verify_state(payer, block_hash=hash_of(ask, first + calls)).account
        assert proven is not None
        assert proven.nonce == calls
        assert proven.balance == int(ask("eth_getBalance", sender, hex(first + calls)), 16)
    genesis = verify_state(ask("zero_getProof", EMIT, [], "0x0"), block_hash=hash_of(ask, 0))
    assert genesis.account is None


def test_what_is_not_there_is_proven_not_to_be(ask: Ask, sender: str) -> None:
    answer = ask("zero_getProof", NOBODY, ["0x0", "0x" + "ff" * 32])
    assert answer["account"] is None
    state = verify_state(answer, block_hash=hash_of(ask, newest(ask)))
    assert state.account is None
    assert state.storage == {0: 0, 2**256 - 1: 0}


def test_after_a_revert_the_same_number_proves_the_other_block(ask: Ask, sender: str) -> None:
    ask("anvil_mine")
    number = newest(ask)
    before = ask("zero_getProof", EMIT, ["0x0"])
    snapshot = ask("evm_snapshot")
    send(ask, sender)
    one = ask("zero_getProof", EMIT, ["0x0"], hex(number + 1))
    assert verify_state(one, block_hash=hash_of(ask, number + 1)).storage == {0: 1}
    ask("evm_revert", snapshot)
    assert ask("zero_getProof", EMIT, ["0x0"]) == before
    code, message = refusal(ask, "zero_getProof", EMIT, ["0x0"], hex(number + 1))
    assert (code, str(number + 1) in message) == (-32001, True)
    send(ask, sender, to=NOBODY, value="0x1")
    other = ask("zero_getProof", EMIT, ["0x0"], hex(number + 1))
    assert verify_state(other, block_hash=hash_of(ask, number + 1)).storage == {0: 0}
    assert other["stateRoot"] != one["stateRoot"]
    # What was proven then is still proven, of the block that was.
    assert verify_state(one, block_hash=one["blockHash"]).storage == {0: 1}
    assert refusal(ask, "zero_getProof", EMIT, [], one["blockHash"])[0] == -32001


def test_what_a_development_call_wrote_is_proven_once_a_block_carries_it(ask: Ask) -> None:
    ask("anvil_setBalance", NOBODY, "0x64")
    assert int(ask("eth_getBalance", NOBODY), 16) == 100
    assert ask("zero_getProof", NOBODY)["account"] is None
    ask("anvil_mine")
    account = ask("zero_getProof", NOBODY)["account"]
    assert int(account["balance"], 16) == 100


def test_pending_has_no_root_to_prove_under(ask: Ask) -> None:
    code, message = refusal(ask, "zero_getProof", NOBODY, [], "pending")
    assert code == -32602
    assert "pending" in message


def test_more_slots_than_allowed_are_refused(ask: Ask) -> None:
    slots = [hex(number) for number in range(1024)]
    answer = ask("zero_getProof", NOBODY, slots)
    assert len(verify_state(answer, state_root=answer["stateRoot"]).storage) == 1024
    code, message = refusal(ask, "zero_getProof", NOBODY, [*slots, "0x400"])
    assert (code, "at most 1024" in message) == (-32602, True)


@pytest.mark.parametrize(
    "params",
    [[], ["0x12"], [NOBODY, "0x0"], [NOBODY, [7]], [NOBODY, ["0x" + "0" * 65]], [NOBODY, [], "0xzz"]],
)
def test_bad_parameters_are_named(ask: Ask, params: list[Any]) -> None:
    code, message = refusal(ask, "zero_getProof", *params)
    assert code == -32602
    assert "argument" in message


def test_the_trie_proof_of_other_chains_points_to_this_one(ask: Ask) -> None:
    code, message = refusal(ask, "eth_getProof", NOBODY, [], "latest")
    assert (code, "zero_getProof" in message) == (-32004, True)


def test_blocks_of_a_reserved_range_have_a_root_and_no_hash_of_it(ask: Ask, sender: str) -> None:
    """Their hash names them instead of hashing their header, so it proves nothing; their state root does."""
    send(ask, sender)
    number = newest(ask)
    ask("anvil_mine", hex(100_000))
    answer = ask("zero_getProof", EMIT, ["0x0"], hex(number + 50_000))
    assert keccak256(bytes.fromhex(answer["header"][2:])).hex() != answer["blockHash"][2:]
    with pytest.raises(InvalidProof) as caught:
        verify_state(answer, block_hash=hash_of(ask, number + 50_000))
    assert caught.value.flaw is Flaw.HEADER
    assert verify_state(answer, state_root=answer["stateRoot"]).storage == {0: 1}
    # The first block after the range is an ordinary one again.
    send(ask, sender)
    last = ask("zero_getProof", EMIT, ["0x0"])
    assert verify_state(last, block_hash=hash_of(ask, newest(ask))).storage == {0: 2}


def test_proofs_asked_for_while_blocks_are_sealed_are_of_one_block(ask: Ask, sender: str) -> None:
    """Answers at latest and at past blocks, over other connections than the one that sends and reverts."""
    ask("anvil_mine")
    first = newest(ask)
    done = threading.Event()
    failures: list[BaseException] = []

    def prove(ref: Callable[[], str]) -> None:
        try:
            while not done.is_set():
                answer = ask("zero_getProof", EMIT, ["0x0"], ref())
                state = verify_state(answer, block_hash=answer["blockHash"])
                assert state.storage[0] == int(answer["blockNumber"], 16) - first
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=prove, args=[lambda: "latest"]),
        threading.Thread(target=prove, args=[lambda: hex(first)]),
    ]
    for thread in threads:
        thread.start()
    for _ in range(5):
        snapshot = ask("evm_snapshot")
        for _ in range(5):
            send(ask, sender)
        ask("evm_revert", snapshot)
        send(ask, sender)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []


# ---------------------------------------------------------------- transactions, receipts, logs


def filled_block(ask: Ask, sender: str) -> Any:
    """A block of 20 transactions of several types, most of them with a log."""
    ask("anvil_setAutomine", False)
    start = int(ask("eth_getTransactionCount", sender), 16)
    for number in range(20):
        price = {"gasPrice": "0x77359400"} if number % 3 < 2 else {}
        to = NOBODY if number % 5 == 4 else EMIT
        send(ask, sender, to=to, type=hex(number % 3), nonce=hex(start + number), **price)
    ask("anvil_mine")
    ask("anvil_setAutomine", True)
    return ask("eth_getBlockByNumber", "latest", False)


def by_py_trie(root: bytes, answer: Any) -> bytes:
    """The item as somebody else's code finds it."""
    nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in answer["nodes"]]
    item: bytes = HexaryTrie.get_from_proof(root, bytes.fromhex(answer["key"][2:]), nodes)
    return item


def test_transactions_and_receipts_are_proven_and_others_agree(ask: Ask, sender: str) -> None:
    block = filled_block(ask, sender)
    block_hash = block["hash"]
    receipts = ask("debug_getRawReceipts", block_hash)
    assert len(block["transactions"]) == 20
    for index, sent in enumerate(block["transactions"]):
        answer = ask("zero_getTransactionProof", sent)
        header = verify_header(block_hash, answer["header"])
        transaction = verify_transaction(block_hash, answer)
        assert Web3.to_hex(transaction.hash) == sent
        assert Web3.to_hex(header.transactions_root) == block["transactionsRoot"]
        assert by_py_trie(header.transactions_root, answer) == transaction.encoded
        assert rlp.encode(index) == bytes.fromhex(answer["key"][2:])

        answer = ask("zero_getReceiptProof", sent)
        receipt = verify_receipt(block_hash, answer)
        assert receipt.index == transaction.index == index
        assert Web3.to_hex(header.receipts_root) == block["receiptsRoot"]
        assert Web3.to_hex(by_py_trie(header.receipts_root, answer)) == receipts[index] == answer["value"]


def test_logs_are_proven_by_their_index_in_the_block(ask: Ask, sender: str) -> None:
    block = filled_block(ask, sender)
    block_hash = block["hash"]
    logs = ask("eth_getLogs", {"blockHash": block_hash})
    assert len(logs) == 16
    for log in logs:
        sent = log["transactionHash"]
        answer = ask("zero_getLogProof", sent, log["logIndex"])
        proven = verify_log(block_hash, answer)
        assert Web3.to_hex(proven.log.address) == log["address"]
        assert [Web3.to_hex(topic) for topic in proven.log.topics] == log["topics"]
        assert Web3.to_hex(proven.log.data) == log["data"]
        # The receipt's proof, and the transaction's of the same index, say whose log it is.
        owner = verify_transaction(block_hash, ask("zero_getTransactionProof", sent))
        assert (owner.index, Web3.to_hex(owner.hash)) == (proven.receipt.index, sent)


def test_what_is_in_no_block_cannot_be_proven(ask: Ask, sender: str) -> None:
    unknown = "0x" + "77" * 32
    methods = (("zero_getTransactionProof",), ("zero_getReceiptProof",), ("zero_getLogProof", "0x0"))
    for method, *rest in methods:
        code, message = refusal(ask, method, unknown, *rest)
        assert (code, unknown in message, "no block" in message) == (-32001, True, True)
    ask("anvil_setAutomine", False)
    waiting = send(ask, sender)
    for method, *rest in methods:
        code, message = refusal(ask, method, waiting, *rest)
        assert (code, "mempool" in message) == (-32001, True)
    ask("anvil_mine")
    snapshot = ask("evm_snapshot")
    again = send(ask, sender)
    ask("anvil_mine")
    assert ask("zero_getTransactionProof", again)["index"] == "0x0"
    ask("evm_revert", snapshot)
    assert refusal(ask, "zero_getTransactionProof", again)[0] == -32001


def test_a_log_that_the_transaction_did_not_emit_is_refused_with_those_that_it_did(
    ask: Ask, sender: str
) -> None:
    block = filled_block(ask, sender)
    second, silent = (block["transactions"][index] for index in (1, 4))
    for index in ("0x0", "0x2", "0xffffffffffffffff"):
        code, message = refusal(ask, "zero_getLogProof", second, index)
        assert (code, "its logs are 1 to 1" in message) == (-32001, True)
    code, message = refusal(ask, "zero_getLogProof", silent, "0x0")
    assert (code, "it has none" in message) == (-32001, True)
