"""Producers that do with a zone's inbox what they like: every update is refused, with the reason named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from devnet.availability.columns import Column
from devnet.chain.forced import NOTHING_DUE, DueSection, ForcedTransaction
from devnet.chain.types import Hash32
from devnet.network import Network
from devnet.settlement.acceptance import UpdateFlaw
from devnet.settlement.consensus.judging import Opinion
from devnet.settlement.draft import Draft
from devnet.settlement.due import Overdue
from devnet.settlement.faults.kinds import StopProducer
from devnet.settlement.inclusion import Inclusion
from devnet.settlement.judging import Delivery, Share
from devnet.settlement.payload import Payload, decode_payload
from devnet.settlement.producing import Made, cut
from devnet.settlement.proposal import Candidate
from devnet.settlement.settler import _candidate
from devnet.settlement.standstill import Undecided
from devnet.settlement.system_facts import spans_of
from devnet.settlement.system_proofs import prove_slots
from devnet.zone.port import ZonePort
from tests.settlement.forcing import GAS, post, settle, signed
from tests.settlement.networks import assert_valid, network, pay

ALPHA = 1
DUE = 9
"""The settlement height by which what settled at height 1 is due."""


class Censor(Inclusion):
    """What a producer runs that never includes anything, and proposes that."""

    def owed(self, zone: int, height: int | None = None) -> DueSection:
        return NOTHING_DUE

    def wants_block(self, zone: int) -> bool:
        return False

    def span(self, base, reader, zone, first, last):  # type: ignore[no-untyped-def]
        start = base.inbox_index(zone)
        return start, self._zones[zone].inbox_index(last)


def posted_network(height: int, *nonces: int) -> tuple[Network, list[ForcedTransaction]]:
    """At that settlement height, with what is posted for alpha settled at height 1."""
    net = network()
    alpha = net.zone("alpha")
    forced = [ForcedTransaction(signed(net, alpha, nonce).encoded, GAS) for nonce in nonces]
    for each in forced:
        post(net, alpha, each.encoded)
    settle(net, height)
    assert net.settlement.chain.height == height
    return net, forced


@pytest.fixture(scope="module")
def kept() -> dict[int, tuple[Network, list[ForcedTransaction], int]]:
    return {}


@pytest.fixture(params=[DUE])
def due(
    request: pytest.FixtureRequest, kept: dict[int, tuple[Network, list[ForcedTransaction], int]]
) -> Iterator[tuple[Network, list[ForcedTransaction]]]:
    """A network in which two transactions are due (or, by parameter, are not yet), as it was before."""
    height = request.param
    if height not in kept:
        net, forced = posted_network(height, 0, 1)
        kept[height] = net, forced, net.snapshot()
    net, forced, snapshot = kept[height]
    yield net, forced
    net.revert(snapshot)


def candidate_of(net: Network, last: int | None = None) -> tuple[Candidate, tuple[Made, ...]]:
    """What a producer proposes with alpha's blocks up to `last`, made rightly whatever they hold."""
    settler, zone = net.settlement.settler, net.zone("alpha")
    base, program = net.settlement.chain.view(), net.config.program(ALPHA)
    slot = base.head.slot + 1
    witnesses = []
    for span in cut(base.settled_number(ALPHA), last or zone.number(), 64):
        witness = zone.record_update(program, span.first, span.last)
        assert witness is not None
        witnesses.append(witness)
    seating = settler._seatings.of(base.validators_root, base.validators)
    made = settler._maker.make(
        program, witnesses, slot, base.previous_of(ALPHA), seating.parameters, base.inbox_index(ALPHA)
    )
    updates = [entry.update for entry in made]
    shown = settler._system.show(base, spans_of(updates))
    return _candidate(Draft(base, slot, (), shown), updates, shown, 0), made


def verdict(net: Network, candidate: Candidate, made: Sequence[Made]) -> str:
    """What the first validator says: nothing, or the name of the flaw."""
    settler, base = net.settlement.settler, net.settlement.chain.view()
    seating = settler._seatings.of(base.validators_root, base.validators)
    judge = next(iter(settler._judges.values()))
    mine = seating.held[0]
    packages = {entry.update.signed_hash: entry.package for entry in made}
    columns: dict[Hash32, Sequence[Column]] = {
        entry.update.signed_hash: entry.columns(mine) for entry in made
    }
    judge.turn_to(base, Share(seating.parameters, mine), Delivery(packages, columns))
    found = judge.judge(candidate)
    assert found.opinion is not Opinion.PENDING
    return found.reason.split(":")[0]


def make_block(net: Network, alpha: ZonePort, consumed: Sequence[ForcedTransaction]) -> None:
    """A block of alpha that consumes just these."""
    alpha.owe(DueSection(alpha.inbox_index(), tuple(consumed)))
    net.mine(alpha)
    assert alpha.inbox_index() == len(consumed)


def test_what_is_due_is_accepted(due: tuple[Network, list[ForcedTransaction]]) -> None:
    net, forced = due
    make_block(net, net.zone("alpha"), forced)
    assert verdict(net, *candidate_of(net)) == ""


def test_a_skipped_one_is_missed(due: tuple[Network, list[ForcedTransaction]]) -> None:
    net, forced = due
    alpha = net.zone("alpha")
    for consumed in ((), forced[:1]):
        snapshot = net.snapshot()
        make_block(net, alpha, consumed)
        assert verdict(net, *candidate_of(net)) == UpdateFlaw.FORCED
        net.revert(snapshot)


def test_what_was_not_posted_so_is_refused(due: tuple[Network, list[ForcedTransaction]]) -> None:
    """Reordered, invented, one in another's place, paid more or less than it was, one too many."""
    net, (first, second) = due
    alpha = net.zone("alpha")
    invented = ForcedTransaction(signed(net, alpha, 7).encoded, GAS)
    lies = (
        (second, first),
        (second,),
        (first, invented),
        (invented, second),
        (first, second, invented),
        (replace(first, gas=GAS - 1), second),
        (first, replace(second, gas=GAS + 1)),
        (ForcedTransaction(b"junk", GAS),),
    )
    for consumed in lies:
        snapshot = net.snapshot()
        make_block(net, alpha, consumed)
        assert verdict(net, *candidate_of(net)) == UpdateFlaw.INBOX, consumed
        net.revert(snapshot)


@pytest.mark.parametrize("due", [DUE - 1], indirect=True)
def test_nothing_is_consumed_before_its_time(due: tuple[Network, list[ForcedTransaction]]) -> None:
    net, forced = due
    alpha = net.zone("alpha")
    make_block(net, alpha, ())
    assert verdict(net, *candidate_of(net)) == ""
    net.revert(net.snapshots.listing()[0].taken.identifier)
    make_block(net, alpha, forced)
    assert verdict(net, *candidate_of(net)) == UpdateFlaw.INBOX


def test_what_is_not_settled_is_consumed_by_nobody(due: tuple[Network, list[ForcedTransaction]]) -> None:
    net, forced = due
    alpha = net.zone("alpha")
    third = ForcedTransaction(signed(net, alpha, 2).encoded, GAS)
    post(net, alpha, third.encoded)
    make_block(net, alpha, (*forced, third))
    assert verdict(net, *candidate_of(net)) == UpdateFlaw.INBOX


def test_a_place_that_jumps_is_refused(due: tuple[Network, list[ForcedTransaction]]) -> None:
    """The statement says that more, or less, was consumed than was."""
    net, forced = due
    make_block(net, net.zone("alpha"), forced)
    right, (made,) = candidate_of(net)
    settler, update = net.settlement.settler, made.update
    base = net.settlement.chain.view()
    for changes, flaw in (
        ({"pre_inbox_index": 1}, UpdateFlaw.CHAIN),
        ({"pre_inbox_index": 1, "post_inbox_index": 3}, UpdateFlaw.CHAIN),
        ({"post_inbox_index": 3}, UpdateFlaw.PROOF),
        ({"post_inbox_index": 1}, UpdateFlaw.PROOF),
        ({"inbox_root": Hash32(b"\x01" * 32)}, UpdateFlaw.PROOF),
    ):
        unsigned = replace(update, statement=replace(update.statement, **changes))
        turn = settler.producers.turn(ALPHA, update.slot)
        lie = replace(unsigned, signature=settler.producers.sign(turn, unsigned.signed_hash))
        shown = settler._system.show(base, spans_of((lie,)))
        candidate = _candidate(Draft(base, update.slot, (), shown), (lie,), shown, 0)
        assert verdict(net, candidate, (replace(made, update=lie),)) == flaw
    assert verdict(net, right, (made,)) == ""


def test_a_proof_of_another_height_shows_nothing(due: tuple[Network, list[ForcedTransaction]]) -> None:
    """The inbox as it was before anything was posted, or as it will be."""
    net, _ = due
    alpha, system = net.zone("alpha"), net.zone("system")
    make_block(net, alpha, ())
    right, made = candidate_of(net)
    payload = decode_payload(right.payload)
    keys = {slot.key for slot in payload.system.slots}
    post(net, alpha, b"another")
    for number in (0, system.number()):
        other = Payload(payload.updates, prove_slots(system, number, keys), payload.elected)
        lie = Candidate(right.block, other.encode())
        assert verdict(net, lie, made) == UpdateFlaw.SYSTEM
        assert not next(iter(net.settlement.settler._judges.values())).belongs(lie)


def test_who_lags_is_held_to_what_was_due_eight_heights_ago() -> None:
    """Late without anything due is well; with something due, only its absence is not."""
    net = network()
    alpha = net.zone("alpha")
    pay(net, alpha)
    net.faults.inject(StopProducer(ALPHA))
    post(net, alpha, signed(net, alpha).encoded)
    while net.settlement.chain.height < 16:
        pay(net, "beta")
        settle(net)
    assert verdict(net, *candidate_of(net, last=1)) == ""
    pay(net, "beta")
    settle(net)
    assert verdict(net, *candidate_of(net, last=1)) == UpdateFlaw.LAG
    assert verdict(net, *candidate_of(net)) == ""
    net.faults.clear()
    settle(net)
    assert alpha.inbox_index() == 1
    assert net.settlement.chain.settled_number(ALPHA) == alpha.number()
    assert_valid(net)


def test_a_zone_that_stood_still_makes_a_block_that_knows_the_newest() -> None:
    net = network()
    alpha = net.zone("alpha")
    pay(net, alpha)
    net.faults.inject(StopProducer(ALPHA))
    for _ in range(9):
        assert alpha.number() == 1
        pay(net, "beta")
        settle(net)
    net.settle()
    assert alpha.number() == 2
    newest = alpha.block("latest")
    assert newest is not None
    assert newest.transactions == ()
    assert newest.header.parent_beacon_block_root == net.settlement.chain.head.root


def test_a_censors_update_is_refused_and_the_next_producers_is_not() -> None:
    """Two producers take turns; the one that censors stands at its slot alone."""
    net, (forced,) = posted_network(DUE, 0)
    alpha, settlement = net.zone("alpha"), net.settlement
    settler, honest = settlement.settler, settlement.inclusion
    censor = Censor(settlement.chain, tuple(net.zones.values()), honest.parameters)
    snapshot = net.snapshot()
    settlement.inclusion = settler._inclusion = censor
    settlement.tell()
    pay(net, alpha)
    with pytest.raises(Undecided):
        net.settle()
    assert {trouble.flaw for trouble in settler.troubles} == {UpdateFlaw.FORCED}
    assert settlement.chain.height == DUE
    settlement.inclusion = settler._inclusion = honest
    # What the censor made is no block of the zone's: the next producer goes on from what is settled.
    net.revert_zone(alpha, snapshot)
    pay(net, alpha)
    settle(net)
    assert alpha.inbox_index() == 1
    newest = alpha.block("latest")
    assert newest is not None
    assert newest.transactions[0].encoded == forced.encoded
    assert settlement.chain.height == DUE + 1
    assert_valid(net)


def test_an_honest_producer_proposes_nothing_that_lacks_what_is_due() -> None:
    """It says why, and hinders nobody else."""
    net, _ = posted_network(DUE, 0)
    alpha = net.zone("alpha")
    alpha.owe(NOTHING_DUE)
    net.mine(alpha)
    pay(net, "beta")
    base = net.settlement.chain.view()
    with pytest.raises(Overdue):
        net.settlement.inclusion.span(
            base, net.settlement.settler._system, ALPHA, base.settled_number(1) + 1, alpha.number()
        )
    settle(net)
    # A block that consumes it was made in time, and both are in one update.
    assert alpha.inbox_index() == 1
    assert net.settlement.chain.settled_number(ALPHA) == alpha.number()
