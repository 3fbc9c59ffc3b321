"""Faults over JSON-RPC: injected, listed, cleared; what they do is said, and evidence is served."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.chain.types import Hash32
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.settlement.bls import BlsSignatures
from devnet.settlement.evidence import decode_evidence
from devnet.settlement.votes import SigningDomain
from tests.parts import parts_under_test
from tests.rpc.asking import Asker, Refused
from tests.rpc.http_client import result


@pytest.fixture
def ask() -> Asker:
    return Asker(Network(NetworkConfig(), parts_under_test()))


def pay(ask: Asker) -> str:
    sender, other = ask.accounts[:2]
    sent: str = ask("eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
    return sent


def test_a_fault_is_injected_listed_and_cleared(ask: Asker) -> None:
    given = {"kind": "stop-producer", "zone": "alpha", "producer": 1, "seed": 9, "until": {"slots": 4}}
    fault = ask("zero_injectFault", given)
    assert fault == {
        "id": 1,
        "kind": "stop-producer",
        "zone": "alpha",
        "producer": 1,
        "seed": "0x9",
        "until": {"slots": 4, "heights": None},
        "text": "producer 1 of alpha is stopped",
    }
    other = ask("zero_injectFault", {"kind": "lose-messages", "rate": 0.5})
    assert (other["id"], other["seed"]) == (2, "0x2")
    assert ask("zero_listFaults") == [fault, other]
    assert ask("zero_clearFault", 1) == [fault]
    assert ask("zero_clearFault", 1) == []
    assert ask("zero_clearFault") == [other]
    assert ask("zero_listFaults") == []


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"kind": "flood"}, "there is no fault 'flood'"),
        ({"kind": "stop-producer"}, "zone: a stop-producer needs it"),
        ({"kind": "stop-producer", "zone": "gamma"}, "there is no zone 'gamma'"),
        ({"kind": "stop-producer", "zone": "alpha", "producer": 2}, "producer 2: the network has 2, from 0"),
        ({"kind": "stop-validator", "validator": 4}, "validator 4: the network has 4"),
        ({"kind": "stop-validator", "validator": 0, "rate": 1}, "rate: a stop-validator has no such field"),
        ({"kind": "lose-messages", "rate": 2}, "a rate of 2.0"),
        ({}, "kind: a fault needs it; there are stop-producer"),
        ({"kind": 5}, "kind: expected a string"),
        (
            {"kind": "lying-producer", "zone": "alpha", "lie": "x"},
            "lie: there is no lie 'x'; there are block,",
        ),
        ({"kind": "partition", "groups": [[0], [0]]}, "named twice"),
        ({"kind": "equivocate", "validator": 0, "until": {"days": 1}}, "it has slots and heights"),
        ({"kind": "equivocate", "validator": 0, "until": {"slots": 0}}, "a fault of 0 slots"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_name(ask: Asker, given: dict[str, Any], part: str) -> None:
    with pytest.raises(Refused) as failure:
        ask("zero_injectFault", given)
    assert failure.value.code == -32602
    assert part in str(failure.value)
    assert ask("zero_listFaults") == []


def test_the_status_says_what_was_refused_and_whose_stake_is_missing(ask: Asker) -> None:
    ask("zero_injectFault", {"kind": "lying-producer", "zone": "alpha", "lie": "proof", "producer": 0})
    pay(ask)
    assert len(ask("zero_settle")) == 1
    (trouble,) = ask("zero_settlementStatus")["troubles"]
    assert (trouble["zone"], trouble["producer"], trouble["flaw"]) == ("alpha", 0, "proof")
    for index in (0, 2):
        ask("zero_injectFault", {"kind": "stop-validator", "validator": index})
    sent = pay(ask)
    with pytest.raises(Refused) as failure:
        ask("zero_settle")
    assert "validators 0, 2 of 50.0 % of the stake silent" in str(failure.value)
    standstill = ask("zero_settlementStatus")["standstill"]
    assert standstill["silent"] == [0, 2]
    assert 2 * int(standstill["silentStake"], 16) == int(standstill["totalStake"], 16)
    assert "validator 2 is stopped" in standstill["reason"]
    assert ask("zero_getTransactionFinality", sent)["finality"] == "latest"
    ask("zero_clearFault")
    ask("zero_settle")
    assert ask("zero_settlementStatus")["standstill"] is None
    assert ask("zero_getTransactionFinality", sent)["finality"] == "finalized"


def test_evidence_is_served_with_everything_to_check_it(ask: Asker) -> None:
    """By somebody who knows nothing of this network but what the answer says."""
    assert ask("zero_getEvidence") == []
    ask("zero_injectFault", {"kind": "equivocate", "validator": 3})
    pay(ask)
    ask("zero_settle")
    (found,) = ask("zero_getEvidence")
    assert ask("zero_getEvidence", 1) == [found]
    assert ask("zero_getEvidence", 2) == []
    piece = decode_evidence(bytes.fromhex(found["encoded"][2:]))
    validators = ValidatorSet(
        tuple(
            Validator(bytes.fromhex(each["publicKey"][2:]), int(each["stake"], 16))
            for each in found["validators"]["validators"]
        )
    )
    domain = SigningDomain(Hash32(bytes.fromhex(found["network"][2:])), int(found["incarnation"], 16))
    piece.verify(domain, validators, BlsSignatures())
    assert (piece.validator, piece.height) == (3, 1)
    assert found["statements"][0]["signedHash"] == "0x" + piece.first.signed_hash(domain).hex()
    assert validators.root.hex() == found["validators"]["root"][2:]


def test_a_served_network_stops_says_why_and_goes_on_by_itself() -> None:
    network = Network(NetworkConfig(slot_time=0.05), parts_under_test())
    with RpcServer(network, ServerOptions(port=0)) as server:
        result(server, "zero_injectFault", {"kind": "partition", "groups": [[0, 1], [2, 3]]})
        sender, other = result(server, "eth_accounts")[:2]
        sent = result(server, "eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
        while result(server, "zero_settlementStatus")["standstill"] is None:
            pass
        assert result(server, "zero_getTransactionFinality", sent)["finality"] == "latest"
        result(server, "zero_clearFault")
        while result(server, "zero_getTransactionFinality", sent)["finality"] != "finalized":
            pass
        lie = {"kind": "lying-producer", "zone": "alpha", "lie": "block", "producer": 0}
        result(server, "zero_injectFault", lie)
        result(server, "zero_injectFault", {"kind": "stop-producer", "zone": "beta", "until": {"slots": 3}})
        sent = result(server, "eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
        result(server, "zero_settle")
        assert result(server, "zero_getTransactionFinality", sent)["finality"] == "finalized"
