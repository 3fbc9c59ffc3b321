"""The SDK's verifiers accept what a network proves, give what it proves, and nothing else passes."""

from __future__ import annotations

import copy
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import decode, encode, encode_bytes, encode_int, encode_list, wrap_list
from devnet.chain.trie import ordered_proof, ordered_root
from devnet.chain.types import EMPTY_CODE_HASH
from devnet.network import Network
from tests.rpc import contracts
from tests.rpc.asking import Asker
from zero_sdk.proofs import (
    Flaw,
    InvalidProof,
    ProvenAccount,
    verify_account,
    verify_header,
    verify_log,
    verify_receipt,
    verify_slot,
    verify_state,
    verify_transaction,
)

EMIT = "0x" + "e1" * 20
NOBODY = "0x" + "0b" * 20


class Chain:
    """A zone with a few blocks, one of them with many transactions."""

    def __init__(self) -> None:
        self.ask = Asker(Network())
        self.ask.place(EMIT, contracts.EMIT)
        self.sender, other = self.ask.accounts[:2]
        self.ask("anvil_setAutomine", False)
        self.sent = [
            self._send(to=EMIT if n % 3 else other, nonce=hex(n), gas="0x186a0", type=hex(n % 3))
            for n in range(140)
        ]
        self.ask("anvil_mine")
        self.block = self.ask("eth_getBlockByNumber", "latest", False)
        assert len(self.block["transactions"]) == 140
        self.ask("anvil_mine", 3)

    def _send(self, **fields: str) -> str:
        price = {"gasPrice": "0x77359400"} if fields["type"] != "0x2" else {}
        sent: str = self.ask("eth_sendTransaction", {"from": self.sender, **fields, **price})
        return sent


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain()


def hex_of(data: bytes) -> str:
    return "0x" + data.hex()


# ---------------------------------------------------------------- state


def test_a_state_answer_gives_what_it_proves(chain: Chain) -> None:
    answer = chain.ask("zero_getProof", EMIT, ["0x0", "0x1"], chain.block["number"])
    state = verify_state(answer, block_hash=chain.block["hash"])
    assert state.block is not None
    assert hex_of(state.block.state_root) == chain.block["stateRoot"]
    assert state.block.number == int(chain.block["number"], 16)
    assert state.block.timestamp == int(chain.block["timestamp"], 16)
    assert state.address == bytes.fromhex(EMIT[2:])
    assert state.account == ProvenAccount(0, 0, keccak256(contracts.EMIT))
    calls = sum(n % 3 > 0 for n in range(140))
    assert state.storage == {0: calls, 1: 0}
    root = bytes.fromhex(chain.block["stateRoot"][2:])
    by_root = verify_state(answer, state_root=root)
    assert by_root.block is None
    assert (by_root.account, by_root.storage) == (state.account, state.storage)


def test_single_proofs_need_the_root_alone(chain: Chain) -> None:
    answer = chain.ask("zero_getProof", chain.sender, ["0x7"])
    root = answer["stateRoot"]
    account = verify_account(root, chain.sender, answer["accountProof"])
    assert account is not None
    assert account.nonce == 140
    assert account.balance == int(chain.ask("eth_getBalance", chain.sender), 16)
    assert account.code_hash == EMPTY_CODE_HASH
    assert verify_slot(root, chain.sender, 7, answer["storage"][0]["proof"]) == 0
    absent = chain.ask("zero_getProof", NOBODY)
    assert absent["account"] is None
    assert verify_account(root, NOBODY, absent["accountProof"]) is None


def test_a_proof_of_another_address_slot_or_root_proves_nothing(chain: Chain) -> None:
    answer = chain.ask("zero_getProof", EMIT, ["0x0"])
    root, proof, slot_proof = answer["stateRoot"], answer["accountProof"], answer["storage"][0]["proof"]
    for wrong in (
        lambda: verify_account(root, chain.sender, proof),
        lambda: verify_account(bytes(32), EMIT, proof),
        lambda: verify_account(root, EMIT, slot_proof),
        lambda: verify_slot(root, EMIT, 1, slot_proof),
        lambda: verify_slot(root, chain.sender, 0, slot_proof),
        lambda: verify_slot(root, EMIT, 0, proof),
    ):
        with pytest.raises(InvalidProof) as caught:
            wrong()
        assert caught.value.flaw is Flaw.STATE


def test_a_state_is_held_against_a_root_or_a_hash_and_not_both_or_neither(chain: Chain) -> None:
    answer = chain.ask("zero_getProof", EMIT)
    with pytest.raises(ValueError, match="either"):
        verify_state(answer)
    with pytest.raises(ValueError, match="either"):
        verify_state(answer, state_root=bytes(32), block_hash=bytes(32))


# ---------------------------------------------------------------- transactions, receipts, logs


def test_every_transaction_and_receipt_of_a_large_block_is_proven(chain: Chain) -> None:
    """140 of them: indices from one byte of key to two, branches in branches."""
    receipts = chain.ask("eth_getBlockReceipts", chain.block["number"])
    for index, sent in enumerate(chain.block["transactions"]):
        transaction = verify_transaction(chain.block["hash"], chain.ask("zero_getTransactionProof", sent))
        assert (hex_of(transaction.hash), transaction.index) == (sent, index)
        assert hex_of(transaction.encoded) == chain.ask("eth_getRawTransactionByHash", sent)
        receipt = verify_receipt(chain.block["hash"], chain.ask("zero_getReceiptProof", sent))
        expected = receipts[index]
        assert receipt.index == index
        assert receipt.block.hash == transaction.block.hash
        assert receipt.is_success == (expected["status"] == "0x1")
        assert receipt.type == int(expected["type"], 16)
        assert receipt.cumulative_gas_used == int(expected["cumulativeGasUsed"], 16)
        assert len(receipt.logs) == len(expected["logs"])


def test_a_log_is_proven_by_its_index_in_the_block(chain: Chain) -> None:
    found = chain.ask("eth_getLogs", {"blockHash": chain.block["hash"]})
    for expected in (found[0], found[50], found[-1]):
        answer = chain.ask("zero_getLogProof", expected["transactionHash"], expected["logIndex"])
        assert answer["logIndex"] == expected["logIndex"]
        proven = verify_log(chain.block["hash"], answer)
        assert hex_of(proven.log.address) == expected["address"]
        assert [hex_of(topic) for topic in proven.log.topics] == expected["topics"]
        assert hex_of(proven.log.data) == expected["data"]
        assert proven.receipt.index == int(expected["transactionIndex"], 16)
        assert proven.index_in_receipt == 0


# ---------------------------------------------------------------- what is refused

Check = Callable[[Any], object]


def answers(chain: Chain) -> Iterator[tuple[str, Any, Check]]:
    """Every kind of answer with its check against the right block."""
    block_hash, sent = chain.block["hash"], chain.block["transactions"][131]
    [log] = chain.ask("eth_getTransactionReceipt", sent)["logs"]
    state = chain.ask("zero_getProof", EMIT, ["0x0", "0x5"], chain.block["number"])
    yield "state", state, lambda answer: verify_state(answer, block_hash=block_hash)
    transaction = chain.ask("zero_getTransactionProof", sent)
    yield "transaction", transaction, lambda answer: verify_transaction(block_hash, answer)
    receipt = chain.ask("zero_getReceiptProof", sent)
    yield "receipt", receipt, lambda answer: verify_receipt(block_hash, answer)
    one = chain.ask("zero_getLogProof", sent, log["logIndex"])
    # The index in the block is not proven, and documented so.
    del one["logIndex"]
    yield "log", one, lambda answer: verify_log(block_hash, answer)


def strings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every string in an answer and the way to it."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, dict | list):
            yield from strings(member, (*path, key))
        elif isinstance(member, str):
            yield (*path, key), member


def replaced(answer: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(answer)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def refuses(check: Check, answer: Any) -> bool:
    try:
        check(answer)
    except InvalidProof:
        return True
    return False


def test_no_byte_of_an_answer_can_be_changed(chain: Chain) -> None:
    """One bit of every byte of every field, proofs, header and values alike."""
    random_ = random.Random(3)
    for name, answer, check in answers(chain):
        check(answer)
        for path, text in strings(answer):
            if not text.startswith("0x"):
                continue
            for place in range(2, len(text), 2 if len(text) > 40 else 1):
                digit = f"{int(text[place], 16) ^ 1 << random_.randrange(4):x}"
                changed = replaced(answer, path, text[:place] + digit + text[place + 1 :])
                assert refuses(check, changed), f"{name}: {path}, digit {place}"


@pytest.mark.parametrize("junk", [None, 7, [], {}, "", "0x", "0xzz", "0x1", "1234", "0x12 4"])
def test_junk_in_any_place_is_an_invalid_proof_and_nothing_else(chain: Chain, junk: Any) -> None:
    for name, answer, check in answers(chain):
        for key in answer:
            # No slots is a true answer about none.
            if answer[key] != junk and not (key == "storage" and junk == []):
                assert refuses(check, {**answer, key: junk}), f"{name}: {key}"
            with pytest.raises(InvalidProof) as caught:
                check({other: value for other, value in answer.items() if other != key})
            assert caught.value.flaw is Flaw.ANSWER
        with pytest.raises(InvalidProof):
            check(junk)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.binary(max_size=600).map(hex_of)
    | st.integers(0, 2**70).map(hex),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_in_any_place_is_an_invalid_proof_or_none_of_its_business(
    chain: Chain, data: st.DataObject
) -> None:
    """What is accepted proves what the untouched answer proves."""
    _, answer, check = data.draw(st.sampled_from(list(answers(chain))))
    path, _ = data.draw(st.sampled_from(list(strings(answer))))
    # A whole object or list now and then.
    path = path[: data.draw(st.integers(1, len(path)))]
    changed = replaced(answer, path, data.draw(JSON))
    assert refuses(check, changed) or changed == {**answer, "storage": []} or check(changed) == check(answer)


def test_nodes_left_out_repeated_or_added_are_refused(chain: Chain) -> None:
    for _, answer, check in list(answers(chain))[1:]:
        nodes = answer["nodes"]
        assert len(nodes) >= 3
        for wrong in ([], nodes[:-1], nodes[1:], [*nodes, nodes[-1]], [nodes[0], *nodes], nodes[::-1]):
            with pytest.raises(InvalidProof) as caught:
                check({**answer, "nodes": wrong})
            assert caught.value.flaw is Flaw.TRIE


def test_an_answer_of_one_kind_is_none_of_another(chain: Chain) -> None:
    everything = list(answers(chain))
    for name, answer, _ in everything:
        for other, _, check in everything:
            if other != name and not (name == "log" and other == "receipt"):
                with pytest.raises(InvalidProof):
                    check(answer)


def test_the_hash_of_another_block_opens_no_header(chain: Chain) -> None:
    answer = chain.ask("zero_getProof", EMIT)
    for block_hash in (chain.block["hash"], bytes(32)):
        with pytest.raises(InvalidProof) as caught:
            verify_state(answer, block_hash=block_hash)
        assert caught.value.flaw is Flaw.HEADER


def test_a_log_beyond_the_receipt_is_refused(chain: Chain) -> None:
    *_, (_, answer, check) = answers(chain)
    with pytest.raises(InvalidProof) as caught:
        check({**answer, "indexInReceipt": "0x1"})
    assert caught.value.flaw is Flaw.CONTRADICTION


@pytest.mark.parametrize(
    "header",
    [
        encode_bytes(b"header"),
        b"",
        b"\xf8",
        encode_list([encode_bytes(bytes(32))] * 15),
        encode_list([encode_bytes(bytes(31))] * 16),
        encode_list([encode_bytes(bytes(32))] * 16),
        wrap_list(encode([]) * 16),
    ],
)
def test_what_hashes_rightly_and_is_no_header_is_refused(header: bytes) -> None:
    with pytest.raises(InvalidProof) as caught:
        verify_header(keccak256(header), header)
    assert caught.value.flaw is Flaw.HEADER


@pytest.mark.parametrize(
    "item",
    [
        b"",
        b"\x02",
        encode_bytes(b"receipt"),
        encode_list([encode_int(1)] * 3),
        encode_list([encode_int(1)] * 4),
        encode_list([encode_int(1), encode_int(1), encode_int(1), encode_list([encode_int(1)])]),
        encode([b"\1", b"\1", b"", [[b"a", b"t", b"d"]]]),
        encode([b"\1", b"\1", b"", [[b"a", [[b"t"]], b"d"]]]),
        encode([b"\0\1", b"\1", b"", []]),
    ],
)
def test_what_is_proven_and_is_no_receipt_is_refused(chain: Chain, item: bytes) -> None:
    """Under a header made to fit it."""
    members = decode(bytes.fromhex(chain.ask("debug_getRawHeader", chain.block["number"])[2:]))
    assert isinstance(members, list)
    members[5] = ordered_root([item])
    header = encode(members)
    answer = {
        "blockNumber": chain.block["number"],
        "blockHash": hex_of(keccak256(header)),
        "header": hex_of(header),
        "trie": "receipts",
        "index": "0x0",
        "key": "0x80",
        "value": hex_of(item),
        "nodes": [hex_of(node) for node in ordered_proof([item], 0)],
    }
    with pytest.raises(InvalidProof) as caught:
        verify_receipt(keccak256(header), answer)
    assert caught.value.flaw is Flaw.TRIE


def test_the_callers_own_mistakes_are_value_errors(chain: Chain) -> None:
    answer = chain.ask("zero_getProof", EMIT)
    for wrong in (
        lambda: verify_account(b"short", EMIT, answer["accountProof"]),
        lambda: verify_account(answer["stateRoot"], "0x12", answer["accountProof"]),
        lambda: verify_slot(answer["stateRoot"], EMIT, -1, answer["accountProof"]),
        lambda: verify_slot(answer["stateRoot"], EMIT, 1 << 256, answer["accountProof"]),
        lambda: verify_state(answer, block_hash="12"),
    ):
        with pytest.raises(ValueError, match=r"must be|256 bits") as caught:
            wrong()
        assert not isinstance(caught.value, InvalidProof)


def test_the_verifiers_import_nothing_heavy() -> None:
    code = (
        "import sys, zero_sdk.proofs\n"
        "heavy = {'web3', 'eth', 'eth_account', 'eth_abi', 'eth_utils', 'rich', 'typer', 'coincurve'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "parts = {name.split('.')[1] for name in sys.modules if name.startswith('devnet.')}\n"
        "assert parts <= {'chain', 'state', 'persistence'}, parts"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
