"""The set that signs comes from Staking: who has stake there when an epoch ends signs, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.blocks.environment import settlement_calls
from devnet.chain.types import Wei
from devnet.chain.validator_set import ValidatorSet
from devnet.config import NetworkConfig
from devnet.contracts import staking
from devnet.contracts.addresses import STAKING
from devnet.contracts.staking import set_root
from devnet.execution import SystemCall
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.settlement import showing
from devnet.settlement.block import SettlementBlock
from devnet.settlement.bls import uncompressed_signature
from devnet.settlement.chain import Settled
from devnet.settlement.consensus.judging import Opinion
from devnet.settlement.faults.kinds import StopProducer
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.settler import _candidate
from devnet.settlement.standstill import Undecided
from devnet.zone import producer
from devnet.zone.errors import HistoryGone
from devnet.zone.messages import Mining
from tests.parts import parts_under_test
from tests.settlement.networks import assert_valid, network, pay
from tests.settlement.system_contracts import (
    SCHEME,
    ask,
    balance_of,
    load,
    register,
    transact,
)

ZRO = 10**18
PARAMETERS = SettlementParameters(stake=Wei(1000 * ZRO), epoch=2)
NEW = SCHEME.make_secret(b"\x5a" * 32)
NEW_KEY = SCHEME.public_key(NEW)


def settle_to(net: Network, height: int) -> None:
    """Settles a payment in alpha after the other until that height."""
    while net.settlement.chain.height < height:
        pay(net, "alpha")
        net.settle()


def stakes(net: Network) -> list[int]:
    """Of those that sign the next block, in ZRO."""
    return [validator.stake // ZRO for validator in net.settlement.validators.validators]


def shown_block(block: SettlementBlock) -> tuple[Any, ...]:
    return (
        block.height,
        block.parent_root,
        block.slot,
        block.incarnation,
        block.proposer,
        block.zones_root,
        block.validators_root,
    )


def show(net: Network, settled: Settled) -> None:
    """Shows the light client a block: by the one before it, unless that is the newest it knows."""
    chain = net.settlement.chain
    parent = chain.at(settled.block.height - 1)
    assert parent is not None
    certificate = settled.certificate
    shown = (
        certificate.round,
        certificate.signers,
        uncompressed_signature(certificate.signature),
        showing.members_of(chain.signers_of(settled.block.height)),
    )
    if ask(net, "LightClient", "root") == parent.block.root:
        transact(net, 9, "LightClient", "advance", shown_block(settled.block), shown)
    else:
        transact(net, 9, "LightClient", "skip", shown_block(parent.block), shown_block(settled.block), shown)
    assert ask(net, "LightClient", "root") == settled.block.root
    assert ask(net, "LightClient", "validatorsRoot") == settled.block.validators_root


def test_three_epochs_with_a_validator_that_comes_is_needed_and_goes() -> None:
    net = network(settlement=PARAMETERS)
    chain = net.settlement.chain
    # Epoch 1: a second operator's validator with more than a third, and another delegation.
    number = register(net, 5, NEW, 3000 * ZRO)
    assert number == 5
    transact(net, 6, "Staking", "delegate", 2, value=500 * ZRO)
    settle_to(net, 2)
    assert stakes(net) == [1000] * 4
    # The system zone sealed the epoch by itself; its block had to be settled first.
    while stakes(net) == [1000] * 4:
        pay(net, "alpha")
        net.settle()
    assert stakes(net) == [1000, 1500, 1000, 1000, 3000]
    first = chain.newest
    assert first is not None
    assert first.elected == chain.validators
    assert first.block.validators_root == set_root(load(net, "Staking"))
    show(net, first)

    # Its vote is needed: nobody here has its key.
    pay(net, "alpha")
    height = chain.height
    with pytest.raises(Undecided, match=r"validator 4 of 40\.0 % of the stake silent") as undecided:
        net.settle()
    assert undecided.value.standstill.silent == (4,)
    assert chain.height == height
    assert net.settlement.hold(NEW) == NEW_KEY
    settled = net.settle()
    assert settled
    assert all(4 in each.certificate.members for each in settled)
    show(net, settled[-1])

    # Epoch 2: the operator takes it out; more for another one.
    transact(net, 5, "Staking", "retire", number)
    transact(net, 6, "Staking", "delegate", 3, value=250 * ZRO)
    while len(stakes(net)) == 5:
        pay(net, "alpha")
        net.settle()
    assert stakes(net) == [1000, 1500, 1250, 1000]
    newest = chain.newest
    assert newest is not None
    assert newest.certificate.members != ()
    show(net, newest)
    # Nobody asks for its vote any more.
    net.settlement.let_go(NEW_KEY)

    # Epoch 3: nothing changes, and the light client follows all the same.
    settle_to(net, chain.height + 3)
    newest = chain.newest
    assert newest is not None
    assert newest.elected is None
    show(net, newest)
    assert_valid(net)


def test_a_leader_cannot_keep_the_old_set_nor_show_other_members() -> None:
    net = network(settlement=PARAMETERS)
    settler, chain = net.settlement.settler, net.settlement.chain
    transact(net, 6, "Staking", "delegate", 2, value=500 * ZRO)
    while settler._system.show(chain.view(), {1: (0, 0)}).elected is None:
        pay(net, "alpha")
        net.settle()
    pay(net, "alpha")
    draft = settler.begin()
    assert draft is not None
    (section,) = [section for section in draft.sections if section.zone == 1]
    seating = settler._seatings.of(draft.base.validators_root, draft.base.validators)
    witnesses = [recorded.witness for recorded in section.recorded]
    previous = draft.base.previous_of(1)
    made = settler._maker.make(section.program, witnesses, draft.slot, previous, seating.parameters)
    settler._deliver(draft.base, seating, made, frozenset(), draft.conditions)
    shown = settler._system.show(draft.base, {1: (0, 0)})
    updates = [entry.update for entry in made]
    judge = next(iter(settler._judges.values()))
    right = _candidate(draft, updates, shown, 0)
    assert judge.belongs(right)
    assert judge.judge(right).opinion is Opinion.ACCEPTED

    old = _candidate(
        draft, updates, replace(shown, validators_root=chain.view().validators_root, elected=None), 0
    )
    assert judge.belongs(old)
    assert judge.judge(old).reason.startswith("validators: ")

    assert shown.elected is not None
    first, *rest = shown.elected.validators
    richer = ValidatorSet((replace(first, stake=first.stake + 1), *rest))
    for elected in (richer, ValidatorSet(shown.elected.validators[:-1]), None):
        assert not judge.belongs(_candidate(draft, updates, replace(shown, elected=elected), 0))
    own = replace(shown, elected=richer, validators_root=richer.root)
    assert judge.judge(_candidate(draft, updates, own, 0)).reason.startswith("validators: ")


def test_who_does_not_seal_an_epoch_that_is_over_cannot_prove_its_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = network(settlement=PARAMETERS)
    transact(net, 6, "Staking", "delegate", 2, value=500 * ZRO)
    net.zone("system").set_mining(Mining(automine=False))
    settle_to(net, 2)

    def only_record(*given: Any) -> tuple[SystemCall, ...]:
        return settlement_calls(*given)[:1]

    monkeypatch.setattr(producer, "settlement_calls", only_record)
    net.mine(net.zone("system"))
    monkeypatch.undo()
    assert staking.sealed_epoch(load(net, "Staking")) == 0
    pay(net, "alpha")
    net.settle()
    assert net.zone("system").finality().finalized == 1
    text = net.settlement.hindrance(net.zone("system"))
    assert text is not None
    assert "another root than its header says" in text


def test_the_settled_state_may_go_while_the_system_zone_waits() -> None:
    """What it says was read when it was settled: a zone that keeps little history hinders no other."""
    net = network(settlement=PARAMETERS, history=2)
    pay(net, "system")
    pay(net, "alpha")
    net.settle()
    net.faults.inject(StopProducer(0))
    for _ in range(6):
        pay(net, "system")
    with pytest.raises(HistoryGone):
        net.zone("system").committed_storage(STAKING, (0,), 1)
    for _ in range(2):
        pay(net, "alpha")
        assert [update.statement.zone for update in net.settle()[0].updates] == [1]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("delegate"), st.integers(1, 4), st.integers(1, 900)),
        st.tuples(st.just("undelegate"), st.integers(1, 4), st.integers(1, 1000)),
        st.tuples(st.just("retire"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("resume"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("settle"), st.integers(1, 3), st.just(0)),
    ),
    max_size=12,
)
"""(what, validator or times, ZRO). The fourth validator stays."""


def run_steps(steps: list[tuple[str, int, int]]) -> None:
    net = network(settlement=replace(PARAMETERS, epoch=1))
    stakes_of, retired = dict.fromkeys(range(1, 5), 1000), set[int]()
    for what, number, amount in steps:
        if what == "settle":
            for _ in range(number):
                pay(net, "alpha")
                net.settle()
        elif what == "delegate" and number not in retired:
            transact(net, 9, "Staking", "delegate", number, value=amount * ZRO)
            stakes_of[number] += amount
        elif what == "undelegate" and (number < 4 or amount < 1000):
            mine = ask(net, "Staking", "stakeOf", number, net.keys.addresses[number - 1]) // ZRO
            if amount <= mine:
                transact(net, number - 1, "Staking", "undelegate", number, amount * ZRO)
                stakes_of[number] -= amount
        elif what == "retire" and number not in retired:
            transact(net, number - 1, "Staking", "retire", number)
            retired.add(number)
        elif what == "resume" and number in retired:
            transact(net, number - 1, "Staking", "resume", number)
            retired.remove(number)
    for _ in range(6):
        # An epoch's end, its block, the block that names the set, and one that it signs.
        pay(net, "alpha")
        net.settle()
    expected = [stake for number, stake in stakes_of.items() if number not in retired and stake]
    assert sorted(stakes(net)) == sorted(expected)
    assert_valid(net)


@settings(max_examples=2, deadline=None)
@given(STEPS)
def test_whatever_stakers_do_the_set_follows(steps: list[tuple[str, int, int]]) -> None:
    run_steps(steps)


@pytest.mark.full
@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_whatever_stakers_do_the_set_follows_at_length(steps: list[tuple[str, int, int]]) -> None:
    run_steps(steps)


def test_columns_follow_the_set_that_is_in_force() -> None:
    net = network(settlement=PARAMETERS)
    register(net, 5, NEW, 3000 * ZRO)
    net.settlement.hold(NEW)
    while len(stakes(net)) == 4:
        pay(net, "alpha")
        (settled,) = net.settle()
    archive = net.settlement.archive
    before = archive.block(settled.block.height)
    pay(net, "alpha")
    (settled,) = net.settle()
    after = archive.block(settled.block.height)
    assert before is not None
    assert after is not None
    assert [len(columns) for columns in before.held].count(0) == 0
    assert len(before.held) == 4
    assert len(after.held) == 5
    assert len(after.held[4]) > sum(len(columns) for columns in after.held) // 3


def test_a_network_whose_stakes_stay_has_no_blocks_that_nobody_asked_for() -> None:
    net = network(settlement=PARAMETERS)
    settle_to(net, 5)
    assert net.zone("system").number() == 0
    assert {settled.elected for settled in net.settlement.chain} == {None}
    pay(net, "system")
    # Its next block seals, and the set is the same.
    assert staking.sealed_epoch(load(net, "Staking")) == 2
    settle_to(net, 7)
    assert {settled.elected for settled in net.settlement.chain} == {None}


@pytest.mark.parametrize("mining", [Mining(automine=False), Mining(interval=1000.0)])
def test_where_others_say_when_blocks_are_sealed_the_next_one_seals_the_epoch(mining: Mining) -> None:
    net = network(settlement=PARAMETERS)
    system = net.zone("system")
    transact(net, 6, "Staking", "delegate", 2, value=500 * ZRO)
    system.set_mining(mining)
    settle_to(net, 3)
    assert system.number() == 1
    assert ask(net, "Staking", "epoch") == 1, "calls see what the next block does"
    assert staking.sealed_epoch(load(net, "Staking")) == 0
    assert system.committed_storage(STAKING, (staking.MEMBERS_SLOT,), 1) == (4,)
    assert stakes(net) == [1000] * 4
    net.mine(system)
    settle_to(net, 5)
    assert stakes(net) == [1000, 1500, 1000, 1000]


def test_going_back_takes_the_set_back() -> None:
    net = network(settlement=PARAMETERS)
    settle_to(net, 2)
    snapshot = net.snapshot()
    transact(net, 6, "Staking", "delegate", 2, value=500 * ZRO)
    while stakes(net) == [1000] * 4:
        pay(net, "alpha")
        net.settle()
    net.revert(snapshot)
    assert stakes(net) == [1000] * 4
    settle_to(net, 5)
    assert_valid(net)


def test_a_folder_keeps_the_set_that_was_elected(tmp_path: Path) -> None:
    config = NetworkConfig(settlement=PARAMETERS)
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path / "data", config)) as net:
        transact(net, 6, "Staking", "delegate", 2, value=500 * ZRO)
        while stakes(net) == [1000] * 4:
            pay(net, "alpha")
            net.settle()
        roots = [settled.block.root for settled in net.settlement.chain]
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path / "data", config)) as again:
        assert stakes(again) == [1000, 1500, 1000, 1000]
        assert [settled.block.root for settled in again.settlement.chain] == roots
        pay(again, "alpha")
        assert len(again.settle()) == 1
        assert_valid(again)


def test_slots_pay_the_stakers_and_nothing_is_lost() -> None:
    net = network(settlement=PARAMETERS)
    before = balance_of(net, STAKING)
    delegated = 500 * ZRO
    transact(net, 6, "Staking", "delegate", 2, value=delegated)
    settle_to(net, 3)
    for _ in range(2):
        # Rewards are accounted for when the contract is touched.
        transact(net, 6, "Staking", "delegate", 2, value=delegated)
        settle_to(net, net.settlement.chain.height + 2)
    # The next block knows the newest slot.
    slot = net.settlement.chain.head.slot
    paid: dict[int, int] = {}
    for validator, account in ((1, 0), (2, 1), (3, 2), (4, 3), (2, 6)):
        receipt = transact(net, account, "Staking", "claim", validator)
        (log,) = [log for log in receipt.logs if len(log.topics) == 3]
        paid[account] = int.from_bytes(log.data, "big")
    issued = slot * staking.StakingParameters().issuance
    distributed = load(net, "Staking")(6)
    assert distributed == issued
    assert issued - 5 <= sum(paid.values()) <= issued
    assert paid[0] == paid[2] == paid[3]
    assert paid[6] > 0
    stake = 4 * 1000 * ZRO + 3 * delegated
    reserve = load(net, "Staking")(staking.RESERVE_SLOT) >> 128
    assert reserve == staking.StakingParameters().reserve - issued
    assert balance_of(net, STAKING) == before + 3 * delegated - sum(paid.values())
    assert balance_of(net, STAKING) == stake + reserve + issued - sum(paid.values())
