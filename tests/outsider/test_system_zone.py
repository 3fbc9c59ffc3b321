"""What an outsider sees of the system zone: who was elected, what was due, who contradicted himself."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.chain.types import Wei
from devnet.contracts.forced_inbox import InboxParameters
from devnet.network import Network
from devnet.settlement.faults.kinds import CorruptShares, Equivocate, WithholdShares
from devnet.settlement.parameters import SettlementParameters
from devnet.verifying import inbox
from devnet.verifying.asking import AskingHere
from devnet.verifying.report import Lie, Report
from devnet.verifying.verify import VerifySettings, verify
from tests.outsider.lying import Lying, LyingAsking, about
from tests.outsider.test_lies import flip
from tests.parts import parts_under_test
from tests.settlement.forcing import post, signed
from tests.settlement.networks import network, pay
from tests.settlement.system_contracts import SCHEME, register

ZRO = 10**18
QUICK = VerifySettings(samples=0, with_proofs=False, with_content=False)
NEW = SCHEME.make_secret(b"\x5b" * 32)


def told(network: Network, lie: Lying | None, settings: VerifySettings = QUICK) -> Report:
    ask = AskingHere(network)
    return verify(ask if lie is None else LyingAsking(ask, lie), settings, parts_under_test())


@pytest.fixture(scope="module")
def elected() -> Network:
    """A network whose set of validators was another one, and another one again. Nothing here changes it."""
    made = network(settlement=SettlementParameters(stake=Wei(1000 * ZRO), epoch=2))
    register(made, 5, NEW, 100 * ZRO)
    assert made.settlement.hold(NEW)
    while len(made.settlement.validators.validators) == 4:
        pay(made, "alpha")
        made.settle()
    for _ in range(3):
        pay(made, "alpha")
        made.settle()
    return made


def test_a_set_that_staking_elected_is_followed(elected: Network) -> None:
    report = told(elected, None)
    assert report.is_true, report.findings
    assert report.counts["elections"] == 1
    later = told(elected, None, VerifySettings(first=elected.settlement.chain.height, samples=3))
    assert later.is_true, later.findings
    assert later.counts["certificates"] == 1


def test_members_that_are_not_the_elected_ones_are_found(elected: Network) -> None:
    def change(answer: Any) -> None:
        answer["validators"][0]["stake"] = "0x1"

    report = told(elected, about("zero_getValidators", change))
    assert {each.lie for each in report.findings} == {Lie.VALIDATORS}


def test_a_proof_of_the_election_that_shows_nothing_is_found(elected: Network) -> None:
    def change(answer: Any) -> None:
        answer["storage"][0]["proof"] = flip(answer["storage"][0]["proof"], 60)

    report = told(elected, about("zero_getProof", change))
    assert {Lie.VALIDATORS, Lie.FORCED} == {each.lie for each in report.findings}


# ---------------------------------------------------------------- forced transactions


def test_what_was_due_is_in_and_nothing_else() -> None:
    made = network()
    alpha = made.zone("alpha")
    post(made, alpha, signed(made, alpha).encoded)
    for _ in range(12):
        pay(made, "beta")
        pay(made, "alpha")
        made.settle()
    assert alpha.inbox_index() == 1
    settings = VerifySettings(samples=0, with_content=False)
    report = told(made, None, settings)
    assert report.is_true, report.findings
    assert report.counts["forced transactions"] == 1
    assert report.counts["inboxes"] == report.counts["updates"]


def test_what_is_overdue_by_the_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network()
    alpha = made.zone("alpha")
    post(made, alpha, signed(made, alpha).encoded)
    for _ in range(5):
        pay(made, "alpha")
        made.settle()
    assert told(made, None).is_true
    # By a stricter rule than the network's the same blocks are late.
    monkeypatch.setattr(inbox, "InboxParameters", lambda: InboxParameters(due_heights=1))
    report = told(made, None)
    assert {(each.lie, each.zone) for each in report.findings} == {(Lie.FORCED, "alpha")}


# ---------------------------------------------------------------- faults


def test_a_validator_that_contradicted_itself_is_named_and_the_evidence_holds() -> None:
    made = network()
    made.faults.inject(Equivocate(2))
    for _ in range(3):
        pay(made, "alpha")
        made.settle()
    assert made.settlement.settler.evidence
    report = told(made, None)
    assert report.is_true, report.findings
    assert report.counts["evidence"] >= 1
    assert any("validator 2 contradicted itself" in note for note in report.notes)

    def change(answer: Any) -> None:
        answer[0]["encoded"] = flip(answer[0]["encoded"], -5)

    lied = told(made, about("zero_getEvidence", change))
    assert {each.lie for each in lied.findings} == {Lie.EVIDENCE}


def test_validators_that_withhold_or_corrupt_are_seen() -> None:
    made = network()
    pay(made, "alpha")
    made.settle()
    sampling = VerifySettings(samples=128, with_proofs=False, with_content=False)
    made.faults.inject(WithholdShares((1,)))
    report = told(made, None, sampling)
    assert report.is_true
    assert any("32 of 128 samples were not given" in note for note in report.notes)
    made.faults.inject(CorruptShares((2,)))
    report = told(made, None, sampling)
    assert {each.lie for each in report.findings} == {Lie.COLUMN}
