"""A network that says one thing which is not so is found out, and the lie is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from devnet.availability.columns import Column
from devnet.chain.types import Address, Hash32, Wei
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.verifying.asking import AskingHere, Denied
from devnet.verifying.report import Lie, Report
from devnet.verifying.verify import VerifySettings, WentBackMeanwhile, verify
from devnet.zone.messages import CallRequest
from tests.outsider.lying import Lying, LyingAsking, about
from tests.parts import parts_under_test

# Puts 1 into its first slot, and logs.
LOGGING = bytes.fromhex("600160005560006000a0")
CONFIG = NetworkConfig(accounts=2, zones=("alpha", "beta"))


def settle_some(network: Network) -> None:
    """Three settlement blocks over two zones, with a transfer, a creation that logs, and overrides."""
    sender = network.keys.addresses[0]
    alpha, beta = network.zone("alpha"), network.zone("beta")
    network.send(alpha, CallRequest(sender=sender, to=Address(b"\x0b" * 20), value=Wei(5)))
    network.send(beta, CallRequest(sender=sender, data=LOGGING))
    network.settle()
    alpha.set_account(Address(b"\x0c" * 20), balance=Wei(7))
    network.send(alpha, CallRequest(sender=sender, data=LOGGING))
    network.settle()
    network.send(alpha, CallRequest(sender=sender, to=Address(b"\x0b" * 20), value=Wei(6)))
    network.send(beta, CallRequest(sender=sender, data=LOGGING))
    network.settle()


@pytest.fixture(scope="module")
def network() -> Network:
    """Nothing in this module changes it."""
    made = Network(CONFIG, parts_under_test())
    settle_some(made)
    return made


QUICK = VerifySettings(samples=4, with_proofs=False, with_content=False, seed=b"1")


def told(network: Network, lie: Lying, settings: VerifySettings = QUICK) -> Report:
    """What comes of asking a network that lies like this, which it did."""
    ask = LyingAsking(AskingHere(network), lie)
    report = verify(ask, settings, parts_under_test())
    assert ask.told, "nothing was changed"
    return report


# ---------------------------------------------------------------- no lie


def test_an_honest_network_passes_and_what_was_not_checked_is_said(network: Network) -> None:
    settings = VerifySettings(config_hash=network.config_hash, seed=b"1")
    report = verify(AskingHere(network), settings, parts_under_test())
    assert report.findings == []
    assert report.is_true
    assert (report.first, report.last) == (1, 3)
    counts = report.counts
    assert counts["certificates"] == counts["settlement blocks"] == 3
    assert counts["updates"] == counts["proofs"] == counts["headers"] == 5
    assert counts["transactions"] == counts["receipts"] == 5
    assert counts["samples"] == 5 * 16
    assert counts["blocks with overrides (evm-dev)"] == 1
    assert "all columns of the data" in {gap.what for gap in report.gaps.values()}


def test_from_a_later_height_on_the_block_before_is_believed(network: Network) -> None:
    report = verify(AskingHere(network), VerifySettings(first=3, seed=b"1"), parts_under_test())
    assert report.is_true, report.findings
    assert (report.counts["settlement blocks"], report.counts["updates"]) == (1, 2)
    assert "settlement block 2 is taken as true" in {gap.why for gap in report.gaps.values()}
    with pytest.raises(ValueError, match="there are 1 to 3"):
        verify(AskingHere(network), VerifySettings(first=5), parts_under_test())


def test_what_was_not_asked_for_is_said(network: Network) -> None:
    settings = VerifySettings(samples=0, with_proofs=False, with_content=False)
    report = verify(AskingHere(network), settings, parts_under_test())
    assert report.is_true
    unasked = {gap.what for gap in report.gaps.values() if "it was not asked for" in gap.why}
    assert unasked == {"proofs of updates", "transactions and receipts", "that data is available"}


@pytest.mark.parametrize(
    ("samples", "words"), [(33, "a probability of at most"), (34, "as many as it takes")]
)
def test_as_many_samples_as_the_batch_needs_leave_nothing_to_chance(
    network: Network, samples: int, words: str
) -> None:
    report = verify(AskingHere(network), replace(QUICK, samples=samples), parts_under_test())
    (why,) = (gap.why for gap in report.gaps.values() if gap.what == "all columns of the data")
    assert words in why


def test_what_the_network_let_go_is_said(network: Network) -> None:
    lost = NetworkConfig(accounts=2, zones=("alpha", "beta"), archive_blocks=1)
    made = Network(lost, parts_under_test())
    settle_some(made)
    report = verify(AskingHere(made), QUICK, parts_under_test())
    assert report.is_true
    (gap,) = (gap for gap in report.gaps.values() if "--archive" in gap.why)
    assert gap.count == 3


def test_blocks_that_history_let_go_are_a_gap() -> None:
    made = Network(NetworkConfig(accounts=2, zones=("alpha", "beta"), history=1), parts_under_test())
    settle_some(made)
    report = verify(AskingHere(made), QUICK, parts_under_test())
    assert report.is_true, report.findings
    assert report.counts["certificates"] == 3
    assert "blocks of zone alpha" in {gap.what for gap in report.gaps.values() if "--history" in gap.why}


def test_settlement_blocks_that_history_let_go_are_a_gap() -> None:
    made = Network(NetworkConfig(accounts=2, zones=("alpha", "beta")), parts_under_test())
    settle_some(made)
    for _ in range(4):
        made.send(made.zone("alpha"), CallRequest(sender=made.keys.addresses[0], to=Address(bytes(20))))
        made.settle()
    # Height 3 settled beta's newest block, and is below.
    made.settlement.chain.forget_below(5)
    report = verify(AskingHere(made), QUICK, parts_under_test())
    assert report.is_true, report.findings
    assert (report.first, report.last) == (6, 7)
    assert report.counts["certificates"] == 2
    gaps = {gap.what: gap for gap in report.gaps.values() if "no longer told" in gap.why}
    assert gaps["settlement blocks"].count == 4


def test_a_configuration_that_is_not_told_in_full_is_a_gap() -> None:
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    made = Network(NetworkConfig(accounts=1, mnemonic=words), parts_under_test())
    made.send(made.default_zone, CallRequest(sender=made.keys.addresses[0], to=Address(bytes(20))))
    made.settle()
    report = verify(AskingHere(made), VerifySettings(seed=b"1"), parts_under_test())
    assert report.is_true, report.findings
    assert "the configuration's mnemonic is not told" in {gap.why for gap in report.gaps.values()}


# ---------------------------------------------------------------- lies


def flip(text: str, place: int = -1) -> str:
    """The hex with another digit at that place."""
    digits = list(text)
    digits[place] = "1" if digits[place] != "1" else "2"
    return "".join(digits)


def flipped(*names: str | int) -> Callable[[Any], None]:
    """Changes the last digit of what is under these names."""

    def change(answer: Any) -> None:
        for name in names[:-1]:
            answer = answer[name]
        answer[names[-1]] = flip(answer[names[-1]])

    return change


def replaced(name: str, value: Any) -> Callable[[Any], None]:
    def change(answer: Any) -> None:
        answer[name] = value

    return change


BLOCK_FIELDS = ["height", "parentRoot", "slot", "incarnation", "zonesRoot", "validatorsRoot", "root"]


@pytest.mark.parametrize("field", BLOCK_FIELDS)
def test_every_field_of_a_settlement_block_is_held_against_its_root(network: Network, field: str) -> None:
    report = told(network, about("zero_getSettlementBlock", flipped(field), "0x2"))
    assert [(each.lie, each.height) for each in report.findings] == [(Lie.BLOCK, 2)]
    assert not report.is_true


def test_the_proposer_is_under_the_root_too(network: Network) -> None:
    def change(answer: Any) -> None:
        answer["proposer"] = (answer["proposer"] + 1) % 4

    report = told(network, about("zero_getSettlementBlock", change, "0x2"))
    assert [(each.lie, each.height) for each in report.findings] == [(Lie.BLOCK, 2)]


CERTIFICATE_FIELDS = ["height", "round", "slot", "root", "signature"]


@pytest.mark.parametrize("field", CERTIFICATE_FIELDS)
def test_every_field_of_a_certificate_counts(network: Network, field: str) -> None:
    report = told(network, about("zero_getCertificate", flipped(field), "0x1"))
    assert [(each.lie, each.height) for each in report.findings] == [(Lie.CERTIFICATE, 1)]


@pytest.mark.parametrize(
    "change",
    [
        replaced("kind", "prevote"),
        replaced("signers", "0x01"),
        replaced("members", [0]),
        replaced("signature", "0x00"),
    ],
)
def test_a_certificate_of_other_signers_is_none(network: Network, change: Callable[[Any], None]) -> None:
    report = told(network, about("zero_getCertificate", change, "0x1"))
    assert [(each.lie, each.height) for each in report.findings] == [(Lie.CERTIFICATE, 1)]


def test_a_certificate_that_is_denied_makes_nothing_final(network: Network) -> None:
    def lie(method: str, parameters: Any, answer: Any) -> Any:
        return Denied(-32000, "no") if method == "zero_getCertificate" else answer

    report = told(network, lie)
    assert [(each.lie, each.height) for each in report.findings] == [(Lie.CERTIFICATE, 1)]
    (gap,) = (gap for gap in report.gaps.values() if gap.what == "settlement blocks")
    assert gap.count == 3


UPDATE_FIELDS = [
    ("hash",),
    ("slot",),
    ("previous",),
    ("producer",),
    ("proofHash",),
    ("statementHash",),
    ("settlementHeight",),
    ("statement", "configHash"),
    ("statement", "programId"),
    ("statement", "firstHeight"),
    ("statement", "lastHeight"),
    ("statement", "parentBlockHash"),
    ("statement", "lastBlockHash"),
    ("statement", "blockHashesRoot"),
    ("statement", "preStateRoot"),
    ("statement", "postStateRoot"),
    ("statement", "dataCommitment"),
    ("statement", "preOutboxRoot"),
    ("statement", "postOutboxRoot"),
    ("statement", "inboxRoot"),
    ("statement", "preInboxIndex"),
    ("statement", "postInboxIndex"),
    ("statement", "settlementHeights"),
    ("statement", "overridesRoot"),
]


@pytest.mark.parametrize("path", UPDATE_FIELDS, ids=".".join)
def test_every_field_of_an_update_is_held_against_what_was_settled(
    network: Network, path: tuple[str, ...]
) -> None:
    report = told(network, about("zero_getZoneUpdate", flipped(*path), "0x2"))
    lies = {(each.lie, each.height) for each in report.findings}
    assert lies & {(Lie.UPDATE, 2), (Lie.UPDATE, 3)}, report.findings


def test_a_signature_that_is_not_the_producer_s_is_found(network: Network) -> None:
    report = told(network, about("zero_getZoneUpdate", flipped("signature"), "0x2"))
    assert {each.lie for each in report.findings} == {Lie.PRODUCER}


HEADER_FIELDS = [
    "hash",
    "parentHash",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "mixHash",
    "baseFeePerGas",
    "parentBeaconBlockRoot",
    "requestsHash",
]


@pytest.mark.parametrize("field", HEADER_FIELDS)
def test_every_field_of_a_header_is_held_against_what_was_settled(network: Network, field: str) -> None:
    report = told(network, about("eth_getBlockByNumber", flipped(field), "0x2"))
    assert {(each.lie, each.number) for each in report.findings} == {(Lie.HEADER, 2)}


def test_a_whole_header_of_another_block_is_none(network: Network) -> None:
    (first,) = AskingHere(network)("alpha", [("eth_getBlockByNumber", ["0x1", False])])

    def lie(method: str, parameters: Any, answer: Any) -> Any:
        is_second = method == "eth_getBlockByNumber" and parameters[0] == "0x2"
        return {**first, "number": "0x2"} if is_second else answer

    report = told(network, lie)
    assert {(each.lie, each.number) for each in report.findings} == {(Lie.HEADER, 2)}


WITH_CONTENT = VerifySettings(samples=0, with_proofs=False, with_content=True)


@pytest.mark.parametrize(
    "field", ["hash", "nonce", "value", "gas", "from", "input", "r", "blockNumber", "transactionIndex"]
)
def test_every_field_of_a_transaction_follows_from_what_was_signed(network: Network, field: str) -> None:
    report = told(
        network, about("eth_getBlockByNumber", flipped("transactions", 0, field), "0x2"), WITH_CONTENT
    )
    assert {(each.lie, each.number) for each in report.findings} == {(Lie.TRANSACTIONS, 2)}


def test_transactions_are_those_of_the_block(network: Network) -> None:
    def drop(answer: Any) -> None:
        answer.clear()

    report = told(network, about("debug_getRawTransactions", drop, "0x1"), WITH_CONTENT)
    assert {each.lie for each in report.findings} == {Lie.TRANSACTIONS}


@pytest.mark.parametrize(
    "path",
    [
        (0, "status"),
        (0, "gasUsed"),
        (0, "cumulativeGasUsed"),
        (0, "effectiveGasPrice"),
        (0, "contractAddress"),
        (0, "transactionHash"),
        (0, "from"),
        (0, "logs", 0, "address"),
        (0, "logs", 0, "logIndex"),
        (0, "logsBloom"),
    ],
    ids=str,
)
def test_every_field_of_a_receipt_follows_from_the_block(network: Network, path: tuple[Any, ...]) -> None:
    report = told(network, about("eth_getBlockReceipts", flipped(*path), "0x2"), WITH_CONTENT)
    assert (Lie.RECEIPTS, 2) in {(each.lie, each.number) for each in report.findings}, report.findings


@pytest.mark.parametrize("tag", ["finalized", "safe"])
def test_what_is_called_final_has_to_be_settled(network: Network, tag: str) -> None:
    made = Network(CONFIG, parts_under_test())
    settle_some(made)
    made.send(made.zone("alpha"), CallRequest(sender=made.keys.addresses[0], to=Address(bytes(20))))
    (latest,) = AskingHere(made)("alpha", [("eth_getBlockByNumber", ["latest", False])])

    def lie(method: str, parameters: Any, answer: Any) -> Any:
        return latest if method == "eth_getBlockByNumber" and parameters[0] == tag else answer

    report = told(made, lie)
    assert {(each.lie, each.number) for each in report.findings} == {(Lie.FINALITY, 4)}


@pytest.mark.parametrize("field", ["balance", "gas_limit", "chain_id", "genesis_time"])
def test_a_configuration_of_another_hash_is_found(network: Network, field: str) -> None:
    def change(answer: Any) -> None:
        value = answer[field]
        answer[field] = value + 1 if isinstance(value, int) else str(int(value) + 1)

    report = told(network, about("zero_getConfiguration", change))
    assert {each.lie for each in report.findings} == {Lie.CONFIGURATION}


def test_another_network_than_was_meant_is_found(network: Network) -> None:
    settings = VerifySettings(config_hash=Hash32(bytes(32)))
    report = verify(AskingHere(network), settings, parts_under_test())
    assert {each.lie for each in report.findings} == {Lie.CONFIGURATION}


def test_another_genesis_than_the_configuration_s_is_found(network: Network) -> None:
    report = told(network, about("eth_getBlockByNumber", flipped("stateRoot"), "0x0"))
    assert {each.lie for each in report.findings} == {Lie.GENESIS}


# ---------------------------------------------------------------- data

SAMPLING = VerifySettings(samples=128, with_proofs=False, with_content=False, seed=b"1")


@pytest.mark.parametrize(
    "change",
    [
        flipped("header"),
        replaced("holders", []),
        replaced("combination", "0x"),
    ],
)
def test_a_data_header_that_is_not_the_update_s_is_found(
    network: Network, change: Callable[[Any], None]
) -> None:
    report = told(network, about("zero_getDataHeader", change))
    assert {each.lie for each in report.findings} == {Lie.DATA}


@pytest.mark.parametrize("place", [-1, 8])
def test_a_column_that_is_not_of_the_batch_is_found(network: Network, place: int) -> None:
    def change(answer: Any) -> None:
        answer[3]["column"] = flip(answer[3]["column"], place)

    report = told(network, about("zero_getColumns", change), SAMPLING)
    assert {each.lie for each in report.findings} == {Lie.COLUMN}
    assert len(report.findings) == 5


def test_a_combination_that_is_not_the_batch_s_is_found_by_the_columns(network: Network) -> None:
    report = told(network, about("zero_getDataHeader", flipped("combination")), SAMPLING)
    assert {each.lie for each in report.findings} == {Lie.COLUMN}


def test_withheld_samples_are_noted_where_the_batch_can_be_had(network: Network) -> None:
    def withhold(holders: frozenset[int]) -> Callable[[Any], None]:
        def change(answer: Any) -> None:
            for entry in answer:
                entry["column"] = None if entry["holder"] in holders else entry["column"]

        return change

    some = told(network, about("zero_getColumns", withhold(frozenset({2}))), SAMPLING)
    assert some.is_true
    assert len(some.notes) == 5
    most = told(network, about("zero_getColumns", withhold(frozenset({0, 1, 2}))), SAMPLING)
    assert {each.lie for each in most.findings} == {Lie.AVAILABILITY}


def test_holders_that_withhold_are_seen_through_the_network_itself() -> None:
    made = Network(CONFIG, parts_under_test())
    settle_some(made)

    def hand_out(holder: int, column: Column) -> Column | None:
        return column if holder == 1 else None

    made.settlement.columns.hand_out = hand_out
    report = verify(AskingHere(made), SAMPLING, parts_under_test())
    assert {each.lie for each in report.findings} == {Lie.AVAILABILITY}


# ---------------------------------------------------------------- proofs

PROOFS = VerifySettings(first=3, samples=0, with_content=False)


@pytest.mark.parametrize("place", [-1, 400, 4000])
def test_a_proof_that_was_changed_is_not_the_one_that_was_signed(network: Network, place: int) -> None:
    def change(answer: Any) -> None:
        answer["data"] = flip(answer["data"], place)

    report = told(network, about("zero_getUpdateProof", change), PROOFS)
    assert {each.lie for each in report.findings} == {Lie.PROOF}


def test_a_combination_that_is_not_the_batch_s_is_found_by_the_proof(network: Network) -> None:
    report = told(network, about("zero_getDataHeader", flipped("combination")), PROOFS)
    assert {each.lie for each in report.findings} == {Lie.DATA}


# ---------------------------------------------------------------- a network that moves


def test_a_network_that_goes_back_meanwhile_is_to_be_asked_again() -> None:
    made = Network(CONFIG, parts_under_test())
    settle_some(made)
    snapshot = made.snapshot()
    made.send(made.zone("alpha"), CallRequest(sender=made.keys.addresses[0], to=Address(bytes(20))))
    made.settle()
    steps = iter(range(100))

    def lie(method: str, parameters: Any, answer: Any) -> Any:
        if method == "zero_getCertificate" and next(steps) == 2:
            made.revert(snapshot)
        return answer

    with pytest.raises(WentBackMeanwhile):
        verify(LyingAsking(AskingHere(made), lie), QUICK, parts_under_test())


@pytest.mark.parametrize("nonsense", [None, 7, "", [], {}, {"height": "0x1"}, Denied(-32000, "no")])
@pytest.mark.parametrize(
    "method",
    [
        "zero_network",
        "zero_getConfiguration",
        "zero_getSettlementBlock",
        "zero_getCertificate",
        "zero_getZoneUpdate",
        "zero_getDataHeader",
        "eth_getBlockByNumber",
        "debug_getRawTransactions",
        "eth_getBlockReceipts",
        "zero_getUpdateProof",
        "zero_getColumns",
    ],
)
@pytest.mark.full
def test_no_answer_makes_it_fall(network: Network, method: str, nonsense: Any) -> None:
    def lie(asked: str, parameters: Any, answer: Any) -> Any:
        return nonsense if asked == method else answer

    report = told(network, lie, VerifySettings(samples=4))
    assert report.findings or report.gaps
