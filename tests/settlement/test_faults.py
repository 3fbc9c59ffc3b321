"""Faults on purpose: the network keeps its promises or stops safely, says why, and goes on afterwards."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devnet.availability import Flaw as DataFlaw
from devnet.availability import Refused as DataRefused
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.settlement.acceptance import UpdateFlaw
from devnet.settlement.evidence import decode_evidence
from devnet.settlement.faults.kinds import (
    BadFault,
    CorruptColumns,
    CorruptMessages,
    CorruptShares,
    DelayMessages,
    Equivocate,
    Kind,
    Lie,
    LoseMessages,
    LyingProducer,
    Partition,
    SlowProducer,
    SlowValidator,
    StopProducer,
    StopValidator,
    Until,
    WithholdColumns,
    WithholdShares,
    check_kind,
    describe,
)
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.standstill import Undecided
from devnet.settlement.troubles import Trouble
from devnet.settlement.votes import SigningDomain, VoteKind
from devnet.zone.messages import Finality
from tests.parts import parts_under_test
from tests.settlement.networks import SCHEME, assert_valid, network, pay

ALPHA, BETA = 1, 2


def troubles(net: Network) -> list[Trouble]:
    return list(net.settlement.settler.troubles)


def first_turn(net: Network) -> int:
    """The producer of alpha whose turn the next slot is."""
    return net.settlement.settler.producers.turn(ALPHA, net.settlement.chain.head.slot + 1).index


# ---------------------------------------------------------------- producers


@pytest.mark.parametrize("make", [StopProducer, lambda zone, index: SlowProducer(zone, 1_000, index)])
def test_a_producer_that_does_not_come_is_replaced_in_the_next_slot(make: Callable[..., Kind]) -> None:
    net = network()
    turn = first_turn(net)
    fault = net.faults.inject(make(ALPHA, turn))
    pay(net, "alpha")
    pay(net, "beta")
    first, second = net.settle()
    assert [update.statement.zone for update in first.updates] == [BETA]
    assert [update.statement.zone for update in second.updates] == [ALPHA]
    assert (first.block.slot, second.block.slot) == (1, 2)
    (trouble,) = troubles(net)
    assert (trouble.slot, trouble.zone, trouble.producer) == (1, ALPHA, turn)
    assert trouble.flaw == UpdateFlaw.LATE
    assert f"fault {fault.id}" in trouble.detail
    assert_valid(net)


def test_a_producer_that_is_a_little_slow_is_in_time() -> None:
    net = network()
    net.faults.inject(SlowProducer(ALPHA, 900))
    pay(net, "alpha")
    (settled,) = net.settle()
    assert settled.block.slot == 1
    assert not troubles(net)
    assert_valid(net)


def test_where_all_producers_of_a_zone_are_stopped_the_others_settle_and_it_catches_up() -> None:
    net = network()
    fault = net.faults.inject(StopProducer(ALPHA))
    pay(net, "alpha")
    pay(net, "beta")
    (settled,) = net.settle()
    assert [update.statement.zone for update in settled.updates] == [BETA]
    assert net.zone("alpha").finality() == Finality(0, 0)
    assert net.settle() == ()
    assert net.faults.clear(fault.id) == (fault,)
    assert len(net.settle()) == 1
    assert net.zone("alpha").finality() == Finality(1, 1)
    assert_valid(net)


LIES = {
    Lie.BLOCK: UpdateFlaw.PROOF,
    Lie.BATCH: UpdateFlaw.BATCH,
    Lie.PROOF: UpdateFlaw.PROOF,
    Lie.SIGNATURE: UpdateFlaw.TURN,
    Lie.CHAIN: UpdateFlaw.CHAIN,
    Lie.OMISSION: UpdateFlaw.MISSING,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_by_name_and_the_other_producer_goes_on(lie: Lie) -> None:
    net = network()
    turn = first_turn(net)
    net.faults.inject(LyingProducer(ALPHA, lie, turn))
    pay(net, "beta")
    sent = net.send(net.zone("alpha"), _payment(net))
    first, second = net.settle()
    assert [update.statement.zone for update in first.updates] == [BETA]
    assert [update.statement.zone for update in second.updates] == [ALPHA]
    (trouble,) = troubles(net)
    assert (trouble.slot, trouble.zone, trouble.producer, trouble.flaw) == (1, ALPHA, turn, LIES[lie])
    located = net.zone("alpha").transaction(sent)
    assert located is not None
    assert located.header is not None
    assert located.header.number <= net.zone("alpha").finality().finalized
    assert_valid(net)


def test_where_both_producers_lie_nothing_of_the_zone_is_final_and_nothing_is_lost() -> None:
    net = network()
    net.faults.inject(LyingProducer(ALPHA, Lie.PROOF))
    pay(net, "alpha")
    with pytest.raises(Undecided, match="no validator accepts") as undecided:
        net.settle()
    assert undecided.value.standstill.is_empty
    assert "every producer of alpha lies about the proof (1)" in str(undecided.value)
    assert {trouble.producer for trouble in troubles(net)} == {0, 1}
    assert net.zone("alpha").finality() == Finality(0, 0)
    net.faults.clear()
    (settled,) = net.settle()
    assert settled.block.slot == 3
    assert net.zone("alpha").finality() == Finality(1, 1)
    assert_valid(net)


def test_one_wrong_column_is_refused_by_its_holder_alone() -> None:
    """Less than a third of the columns: the data is available, and retrieval drops the bad one."""
    net = network()
    net.faults.inject(LyingProducer(ALPHA, Lie.ENCODING))
    pay(net, "alpha")
    (settled,) = net.settle()
    # Its holder may have been the leader first, and then did not even propose it.
    *_, trouble = troubles(net)
    assert all("encoding" in each.detail for each in troubles(net))
    assert len(trouble.validators) == 1
    assert "encoding" in trouble.detail
    assert set(trouble.validators).isdisjoint(settled.certificate.members)
    assert_valid(net)


# ---------------------------------------------------------------- data


@pytest.mark.parametrize(
    ("kind", "flaw"), [(WithholdColumns, "missing"), (CorruptColumns, "data")], ids=["withheld", "corrupt"]
)
def test_with_a_third_of_the_columns_gone_nothing_is_decided_until_they_come(kind: Any, flaw: str) -> None:
    net = network()
    net.faults.inject(kind((0, 3)))
    pay(net, "alpha")
    with pytest.raises(Undecided) as undecided:
        net.settle()
    assert set(undecided.value.standstill.refused) == {0, 3}
    assert all(reason.startswith(flaw) for reason in undecided.value.standstill.refused.values())
    assert "50.0 % of the stake refused" in str(undecided.value)
    assert net.settlement.chain.height == 0
    net.faults.clear()
    assert len(net.settle()) == 1
    assert_valid(net)


def test_one_validator_without_columns_is_not_missed() -> None:
    net = network()
    net.faults.inject(WithholdColumns((2,), zone=ALPHA))
    pay(net, "alpha")
    pay(net, "beta")
    settled = net.settle()
    assert 2 not in settled[0].certificate.members or len(settled) > 1
    assert net.zone("alpha").finality().finalized == net.zone("beta").finality().finalized == 1
    assert_valid(net)


# ---------------------------------------------------------------- validators


def test_with_one_of_four_validators_stopped_it_goes_on() -> None:
    net = network()
    net.faults.inject(StopValidator(1))
    for _ in range(3):
        pay(net, "alpha")
        (settled,) = net.settle()
        assert settled.certificate.members == (0, 2, 3)
    assert_valid(net)


def test_with_a_third_of_the_stake_silent_nothing_is_decided_and_it_is_said_whose() -> None:
    net = network()
    faults = [net.faults.inject(StopValidator(index)) for index in (1, 3)]
    pay(net, "alpha")
    with pytest.raises(Undecided) as undecided:
        net.settle()
    standstill = undecided.value.standstill
    assert standstill.silent == (1, 3)
    assert standstill.silent_stake * 2 == net.settlement.validators.total_stake
    assert "validators 1, 3 of 50.0 % of the stake silent" in str(undecided.value)
    for fault in faults:
        assert f"{describe(fault.kind)} ({fault.id})" in str(undecided.value)
    assert net.settlement.chain.height == 0
    settler = net.settlement.settler
    assert str(settler.standstill) == str(undecided.value)
    net.faults.clear(faults[0].id)
    assert len(net.settle()) == 1
    assert settler.standstill is None
    assert_valid(net)


def test_exactly_two_thirds_of_the_stake_are_not_enough() -> None:
    net = network(settlement=SettlementParameters(validators=3))
    net.faults.inject(StopValidator(2))
    pay(net, "alpha")
    with pytest.raises(Undecided, match=r"33\.3 % of the stake silent; without them nobody has more"):
        net.settle()
    net.faults.clear()
    assert len(net.settle()) == 1
    assert_valid(net)


def test_after_many_vain_slots_it_goes_on_by_itself() -> None:
    """Rounds grow longer with every try; the patience grows with them."""
    net = network()
    net.faults.inject(Partition(((0, 1), (2, 3))))
    net.faults.inject(CorruptColumns((1, 2)))
    pay(net, "alpha")
    for _ in range(6):
        with pytest.raises(Undecided):
            net.settle()
    net.faults.clear()
    pay(net, "alpha")
    net.settle()
    assert net.zone("alpha").finality().finalized == 2
    assert_valid(net)


@pytest.mark.parametrize(
    "kind",
    [
        SlowValidator(0, 5_000),
        Partition(((0, 1), (2, 3)), heals=4_000),
        Partition(((0, 1, 2), (3,))),
        LoseMessages(0.2),
        DelayMessages(1_500),
        CorruptMessages(0.2),
    ],
    ids=lambda kind: type(kind).__name__,
)
def test_what_happens_to_messages_costs_rounds_and_no_promise(kind: Kind) -> None:
    net = network()
    net.faults.inject(kind, seed=5)
    for _ in range(3):
        pay(net, "alpha")
        assert len(net.settle()) == 1
    assert not net.settlement.settler.evidence
    assert_valid(net)


def test_a_partition_stops_both_sides_and_says_so() -> None:
    net = network()
    net.faults.inject(Partition(((0, 1), (2, 3))))
    pay(net, "alpha")
    with pytest.raises(Undecided, match=r"validators are parted: 0, 1 \| 2, 3 \(1\)"):
        net.settle()
    net.faults.clear()
    assert len(net.settle()) == 1
    assert_valid(net)


def test_who_signs_two_things_is_accused_and_anybody_can_check_it() -> None:
    net = network()
    net.faults.inject(Equivocate(2))
    for _ in range(2):
        pay(net, "alpha")
        net.settle()
    found = net.settlement.settler.evidence
    assert [(piece.height, piece.validator) for piece in found] == [(1, 2), (2, 2)]
    for piece in found:
        outside = decode_evidence(piece.encode())
        outside.verify(SigningDomain(net.config_hash, 0), net.settlement.validators, SCHEME)
        with pytest.raises(Refused) as refused:
            outside.verify(SigningDomain(net.config_hash, 1), net.settlement.validators, SCHEME)
        assert refused.value.flaw is Flaw.PARENT
    assert_valid(net)


def test_a_folder_keeps_evidence_whatever_becomes_of_its_end(tmp_path: Path) -> None:
    config = NetworkConfig()

    def reopened() -> Network:
        return Network(config, parts_under_test(), folder=DataFolder.open(tmp_path / "data", config))

    with reopened() as net:
        net.faults.inject(Equivocate(2))
        for _ in range(2):
            pay(net, "alpha")
            net.settle()
        found = list(net.settlement.evidence)
        dump = io.BytesIO()
        net.dump(dump)
        dump.seek(0)
        net.load(dump)
        assert list(net.settlement.evidence) == found
    (path,) = (tmp_path / "data").rglob("evidence")
    path.write_bytes(path.read_bytes()[:-1])
    with reopened() as net:
        assert list(net.settlement.evidence) == found[:1]
        validators = net.settlement.evidence.validators_of(found[0])
        assert validators == net.settlement.chain.signers_of(1)
        assert net.faults.faults == ()
        net.faults.inject(Equivocate(1))
        pay(net, "alpha")
        net.settle()
        more = list(net.settlement.evidence)
        assert [piece.validator for piece in more] == [2, 1]
    with reopened() as net:
        assert list(net.settlement.evidence) == more


def test_all_of_a_validator_may_lie_and_the_others_go_on() -> None:
    """Whoever the leader is: proposals are contradicted as votes are."""
    net = network()
    net.faults.inject(Equivocate(0))
    for _ in range(4):
        pay(net, "alpha")
        net.settle()
    kinds = {getattr(piece.first, "kind", None) for piece in net.settlement.settler.evidence}
    assert kinds <= {VoteKind.PREVOTE, VoteKind.PRECOMMIT, None}
    assert len(net.settlement.settler.evidence) == 4
    assert_valid(net)


# ---------------------------------------------------------------- the plan


def test_faults_end_after_slots_or_heights_or_when_they_are_cleared() -> None:
    net = network()
    slots = net.faults.inject(LoseMessages(0.01), until=Until(slots=2))
    heights = net.faults.inject(DelayMessages(5), until=Until(heights=3))
    for_ever = net.faults.inject(SlowValidator(1, 5))
    left = []
    for _ in range(3):
        pay(net, "alpha")
        net.settle()
        left.append(net.faults.faults)
    assert left == [(slots, heights, for_ever), (heights, for_ever), (for_ever,)]
    assert net.faults.clear() == (for_ever,)
    assert net.faults.clear() == ()


def test_the_same_faults_give_the_same_run() -> None:
    runs = []
    for _ in range(2):
        net = network()
        net.faults.inject(LoseMessages(0.6), seed=11)
        net.faults.inject(DelayMessages(700), seed=3)
        net.faults.inject(Equivocate(1))
        for _ in range(3):
            pay(net, "alpha")
            net.settle()
        runs.append(
            (
                [(settled.block.root, settled.certificate) for settled in net.settlement.chain],
                [piece.encode() for piece in net.settlement.settler.evidence],
            )
        )
    assert runs[0] == runs[1]
    assert {settled[1].round for settled in runs[0][0]} != {0}


def test_faults_belong_to_a_network_and_travel_with_nothing() -> None:
    net, other = network(), network()
    snapshot = net.snapshot()
    fault = net.faults.inject(StopValidator(0))
    net.revert(snapshot)
    assert net.faults.faults == (fault,)
    assert other.faults.faults == ()
    dump = io.BytesIO()
    net.dump(dump)
    dump.seek(0)
    other.load(dump)
    assert other.faults.faults == ()
    dump.seek(0)
    net.load(dump)
    assert net.faults.faults == (fault,)
    pay(net, "alpha")
    (settled,) = net.settle()
    assert 0 not in settled.certificate.members


def test_faults_that_cannot_be_are_refused() -> None:
    for kind in (
        StopProducer(7),
        StopProducer(ALPHA, 2),
        StopValidator(4),
        SlowValidator(0, 0),
        DelayMessages(60_001),
        LoseMessages(1.5),
        Partition(((0, 1), (1, 2))),
        Partition(()),
        Partition(((0,), ())),
        Partition(((0,),), heals=0),
        WithholdColumns(()),
        WithholdColumns((0, 0)),
    ):
        with pytest.raises(BadFault):
            check_kind(kind, 4, 3, 2)
    net = network()
    with pytest.raises(BadFault):
        net.faults.inject(StopValidator(0), until=Until(slots=0))
    with pytest.raises(BadFault):
        net.faults.inject(StopValidator(0), seed=-1)


KINDS = st.one_of(
    st.builds(StopProducer, st.integers(0, 2), st.none() | st.integers(0, 1)),
    st.builds(LyingProducer, st.integers(0, 2), st.sampled_from(Lie), st.none() | st.integers(0, 1)),
    st.builds(StopValidator, st.integers(0, 3)),
    st.builds(SlowValidator, st.integers(0, 3), st.integers(1, 3_000)),
    st.builds(Equivocate, st.integers(0, 0)),
    st.builds(LoseMessages, st.floats(0.01, 0.9)),
    st.builds(DelayMessages, st.integers(1, 3_000)),
    st.builds(CorruptMessages, st.floats(0.01, 0.9)),
    st.builds(WithholdColumns, st.sets(st.integers(0, 3), min_size=1).map(tuple)),
    st.builds(CorruptColumns, st.sets(st.integers(0, 3), min_size=1).map(tuple)),
    st.just(Partition(((0, 1), (2, 3)))),
    st.just(Partition(((0, 1, 2), (3,)), heals=2_000)),
)


@settings(max_examples=4, deadline=None)
@example([(WithholdColumns((0, 3)), 2_239_139_588), (CorruptColumns((0,)), 14_685)])
@given(st.lists(st.tuples(KINDS, st.integers(0, 1 << 32)), min_size=1, max_size=4))
def test_whatever_goes_wrong_what_is_final_holds_and_it_goes_on_afterwards(
    faults: list[tuple[Kind, int]],
) -> None:
    net = network()
    for kind, seed in faults:
        net.faults.inject(kind, seed)
    for zone in ("alpha", "beta"):
        before = list(net.settlement.chain)
        pay(net, zone)
        with suppress(Undecided):
            net.settle()
        assert list(net.settlement.chain)[: len(before)] == before
        assert_valid(net)
    net.faults.clear()
    net.settle()
    for port in net.zones.values():
        assert port.finality().finalized == port.number()
    assert all(piece.validator == 0 for piece in net.settlement.settler.evidence)
    assert_valid(net)


def _payment(net: Network) -> Any:
    from devnet.chain.types import Wei
    from devnet.zone.messages import CallRequest
    from tests.settlement.networks import BOB

    return CallRequest(sender=net.keys.addresses[0], to=BOB, value=Wei(1))


# ---------------------------------------------------------------- what is asked for later


def test_with_a_third_of_the_stake_withholding_retrieval_works() -> None:
    """Of an update that was settled. Beyond a third no more columns are left than the code needs."""
    net = network(settlement=SettlementParameters(validators=6))
    pay(net, "alpha")
    (settled,) = net.settle()
    name = settled.updates[0].signed_hash
    whole = net.settlement.columns.batch(name)
    assert not whole.missing
    fault = net.faults.inject(WithholdShares((1, 4)))
    parted = net.settlement.columns.batch(name)
    assert parted.batch == whole.batch
    _, dispersed = net.settlement.columns.find(name)
    columns = dispersed.header.parameters.columns
    assert abs(3 * len(parted.missing) - columns) < 6
    sampled = net.settlement.columns.sample(name, 20, b"seed")
    assert sampled.missing == tuple(index for index in sampled.asked if index in parted.missing)
    repaired = net.settlement.columns.columns(name, parted.missing, is_repaired=True)
    net.faults.clear(fault.id)
    assert repaired == net.settlement.columns.columns(name, parted.missing)
    net.faults.inject(WithholdShares((0, 1, 2, 3, 4)))
    with pytest.raises(DataRefused):
        net.settlement.columns.batch(name)


def test_columns_of_colluders_are_dropped_and_named() -> None:
    net = network()
    net.faults.inject(LyingProducer(ALPHA, Lie.ENCODING))
    pay(net, "alpha")
    (settled,) = net.settle()
    name = settled.updates[0].signed_hash
    committed_wrongly = net.settlement.columns.batch(name)
    assert [flaw for _, flaw in committed_wrongly.refused] == [DataFlaw.ENCODING]
    net.faults.inject(CorruptShares((2,)))
    found = net.settlement.columns.batch(name)
    assert found.batch == committed_wrongly.batch
    block, _ = net.settlement.columns.find(name)
    bad = {index for index, _ in found.refused} - {index for index, _ in committed_wrongly.refused}
    assert {block.holder_of(index) for index in bad} == {2}
    assert not found.missing
