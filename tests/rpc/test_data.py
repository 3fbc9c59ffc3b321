"""Dispersed data over JSON-RPC: who holds what, pieces, limits, and who hears of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from websockets.sync.client import connect

from devnet.availability.checking import ColumnCheck, verify_header
from devnet.availability.columns import Column
from devnet.availability.header import DataHeader
from devnet.availability.holdings import parameters_for
from devnet.availability.retrieval import reconstruct
from devnet.chain.keccak import keccak256
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.proving.batch import decode_batch
from devnet.rpc.server import RpcServer, ServerOptions
from tests.parts import parts_under_test
from tests.rpc.asking import Asker, Refused
from tests.rpc.http_client import result
from tests.rpc.test_websocket import ask as ask_socket


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(parts=parts_under_test())


@pytest.fixture(scope="module")
def ask(network: Network) -> Asker:
    return Asker(network)


@pytest.fixture(scope="module")
def update(ask: Asker) -> str:
    sender, other = ask.accounts[:2]
    ask("eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
    (settled,) = ask("zero_settle")
    return settled["updates"][0]["hash"]  # type: ignore[no-any-return]


def refused(ask: Asker, method: str, *params: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        ask(method, *params)
    return caught.value


def data(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def test_an_outsider_gets_the_batch_from_what_validators_serve(
    network: Network, ask: Asker, update: str
) -> None:
    shown = ask("zero_getDataHeader", update)
    header, combination = DataHeader.decode(data(shown["header"])), data(shown["combination"])
    told = ask("zero_getZoneUpdate", "0x1")
    validators = ask("zero_getValidators")["validators"]
    stakes = [int(validator["stake"], 16) for validator in validators]
    verify_header(header, parameters_for(stakes), data(told["statement"]["dataCommitment"]))  # type: ignore[arg-type]
    coder = parts_under_test().coder()
    given: list[Column] = []
    for holder, held in enumerate(shown["holders"]):
        answers = ask("zero_getColumns", update, {"holder": holder})
        assert [answer["index"] for answer in answers] == list(
            range(held["first"], held["first"] + held["count"])
        )
        assert {answer["holder"] for answer in answers} == {holder}
        given += [Column.decode(data(answer["column"]), header) for answer in answers]
    assert len(given) == shown["columns"]
    ColumnCheck(header, combination, coder).verify(given)
    batch = reconstruct(header, combination, given[40:80], coder)
    pieces = [ask("zero_getBatch", update, offset, 500) for offset in range(0, len(batch), 500)]
    assert b"".join(data(piece["data"]) for piece in pieces) == batch
    blocks, _ = decode_batch(batch)
    assert "0x" + blocks[0].hash.hex() == told["statement"]["lastBlockHash"]


def test_a_proof_comes_in_pieces(ask: Asker, update: str) -> None:
    size = int(ask("zero_getDataHeader", update)["proofSize"], 16)
    pieces = [ask("zero_getUpdateProof", update, offset, 1_000) for offset in range(0, size, 1_000)]
    proof = b"".join(data(piece["data"]) for piece in pieces)
    assert len(proof) == size
    assert "0x" + keccak256(proof).hex() == ask("zero_getZoneUpdate", "0x1")["proofHash"]
    assert ask("zero_getUpdateProof", update, size)["data"] == "0x"


@pytest.mark.parametrize(
    ("method", "parameters", "code", "words"),
    [
        ("zero_getColumns", [[128]], -32602, "there are 128 columns"),
        ("zero_getColumns", [{"holder": 4}], -32602, "there are 4 holders"),
        ("zero_getColumns", [[0] * 1025], -32602, "at most 1024"),
        ("zero_getColumns", [{"holder": 0, "more": 1}], -32602, "nothing but holder"),
        ("zero_getUpdateProof", [0, 1 << 23], -32602, "at most 4194304"),
        ("zero_sampleAvailability", [129], -32602, "more than the 128"),
        ("zero_sampleAvailability", [1, "0x" + "00" * 65], -32602, "at most 64"),
    ],
)
def test_what_is_too_much_is_refused(
    ask: Asker, update: str, method: str, parameters: list[Any], code: int, words: str
) -> None:
    error = refused(ask, method, update, *parameters)
    assert error.code == code
    assert words in error.message


def test_what_is_not_kept_is_said_with_what_is(ask: Asker, update: str) -> None:
    unknown = "0x" + "77" * 32
    assert ask("zero_getDataHeader", unknown) is None
    for method, more in (("zero_getColumns", [[0]]), ("zero_getBatch", []), ("zero_getUpdateProof", [])):
        error = refused(ask, method, unknown, *more)
        assert error.code == -32001
        assert "settlement blocks 1 to 1 is" in error.message


def test_withheld_columns_are_null_and_repaired(network: Network, ask: Asker, update: str) -> None:
    service = network.settlement.columns
    (true,) = ask("zero_getColumns", update, [5])
    before, service.hand_out = service.hand_out, lambda holder, column: None if holder == 0 else column
    try:
        assert ask("zero_getColumns", update, [5]) == [{"index": 5, "holder": 0, "column": None}]
        assert ask("zero_getColumns", update, [5], True) == [true]
        sampled = ask("zero_sampleAvailability", update, 128, "0x01")
        assert sorted(sampled["missing"]) == list(range(32))
        assert not sampled["available"]
        assert ask("zero_getBatch", update)["missing"] == list(range(32))
        service.hand_out = lambda holder, column: column if holder == 0 else None
        assert refused(ask, "zero_getBatch", update).code == -32002
    finally:
        service.hand_out = before


def test_a_mnemonic_of_one_s_own_is_not_told() -> None:
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    made = Network(NetworkConfig(mnemonic=words), parts_under_test())
    document = Asker(made)("zero_getConfiguration")
    assert document["mnemonic"] is None
    assert Asker(Network(parts=parts_under_test()))("zero_getConfiguration") == NetworkConfig().to_document()


def test_who_watches_hears_what_was_dispersed() -> None:
    with RpcServer(Network(parts=parts_under_test()), ServerOptions(port=0)) as server:
        sender, other = result(server, "eth_accounts")[:2]
        with connect(server.ws_url("alpha"), open_timeout=60) as socket:
            ask_socket(socket, "eth_subscribe", "availability")
            result(server, "eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
            (settled,) = result(server, "zero_settle")
            told = orjson.loads(socket.recv(timeout=60))["params"]["result"]
        assert told["settlementHeight"] == settled["height"]
        assert [entry["hash"] for entry in told["updates"]] == [entry["hash"] for entry in settled["updates"]]
