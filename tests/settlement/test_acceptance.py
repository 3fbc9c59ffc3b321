"""What a validator refuses, and the name of the reason (protocol section 7, "Acceptance")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability.columns import Column
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.proving import Checked, Proof, Verifier
from devnet.proving.statement import Statement
from devnet.settlement.acceptance import Acceptance, NotAccepted, Package, UpdateFlaw
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import ChainView
from devnet.settlement.consensus.judging import Opinion
from devnet.settlement.draft import Draft
from devnet.settlement.judging import Share, ValidatorJudge
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.payload import Payload, decode_payload
from devnet.settlement.producers import Turn
from devnet.settlement.proposal import Candidate
from devnet.settlement.settler import Settler, _candidate
from devnet.settlement.standstill import Undecided
from devnet.settlement.system_facts import SystemFacts
from devnet.settlement.system_proofs import SystemProof
from tests.settlement.networks import assert_valid, network, pay

OTHER = Hash32(b"\x77" * 32)
SLOT = 2


@dataclass(frozen=True, slots=True)
class Case:
    """A slot's updates as one validator receives them."""

    settler: Settler
    chain: ChainView
    updates: tuple[ZoneUpdate, ...]
    packages: tuple[Package, ...]
    columns: tuple[tuple[Column, ...], ...]

    @property
    def acceptance(self) -> Acceptance:
        """That of all validators of the process."""
        return next(iter(self.settler._judges.values()))._acceptance

    def facts(self) -> SystemFacts:
        """Of the system zone."""
        return self.settler._system.show(self.chain, dict.fromkeys(range(3), (0, 0))).facts

    def check(self, facts: SystemFacts | None = None) -> None:
        """Asks the validator. Raises NotAccepted."""
        keys = [update.signed_hash for update in self.updates]
        share = share_of(self.settler, self.chain)
        self.acceptance.check(
            self.chain,
            SLOT,
            self.updates,
            dict(zip(keys, self.packages, strict=True)),
            dict(zip(keys, self.columns, strict=True)),
            share.parameters,
            share.mine,
            self.facts() if facts is None else facts,
        )

    def signed(self, *updates: ZoneUpdate) -> Case:
        """The same with these updates, each signed by the producer whose turn its slot is."""
        return replace(self, updates=tuple(self.sign(update) for update in updates))

    def sign(self, update: ZoneUpdate) -> ZoneUpdate:
        producers = self.settler.producers
        turn = producers.turn(update.statement.zone, update.slot)
        return replace(update, signature=producers.sign(turn, update.signed_hash))

    def stated(self, **changes: Any) -> Case:
        """The same with another first statement."""
        first, *rest = self.updates
        statement = replace(first.statement, **changes)
        producers = self.settler.producers
        producer = producers.address(producers.turn(statement.zone, first.slot))
        return self.signed(replace(first, statement=statement, producer=producer), *rest)

    def packed(self, **changes: Any) -> Case:
        """The same with something else beside the first update."""
        first, *rest = self.packages
        return replace(self, packages=(replace(first, **changes), *rest))


def share_of(settler: Settler, chain: ChainView) -> Share:
    """The first validator's."""
    seating = settler._seatings.of(chain.validators_root, chain.validators)
    return Share(seating.parameters, seating.held[0])


@cache
def case() -> Case:
    """Two updates of alpha, after one that is settled."""
    net = network()
    pay(net, "alpha")
    net.settle()
    for amount in range(1, 4):
        pay(net, "alpha", amount)
    settler = net.settlement.settler
    alpha, program = net.zone("alpha"), net.config.program(1)
    recorded = (alpha.record_update(program, first, last) for first, last in ((2, 3), (4, 4)))
    witnesses = [witness for witness in recorded if witness is not None]
    chain = net.settlement.chain.view()
    share = share_of(settler, chain)
    made = settler._maker.make(program, witnesses, SLOT, chain.previous_of(1), share.parameters)
    mine = share.mine
    return Case(
        settler,
        chain,
        tuple(entry.update for entry in made),
        tuple(entry.package for entry in made),
        tuple(entry.columns(mine) for entry in made),
    )


def refusal(of: Case) -> UpdateFlaw:
    with pytest.raises(NotAccepted) as refused:
        of.check()
    return refused.value.flaw


def test_what_is_right_is_accepted() -> None:
    case().check()


@pytest.mark.parametrize(
    ("field", "flaw"),
    [
        ("config_hash", UpdateFlaw.NETWORK),
        ("program_id", UpdateFlaw.PROGRAM),
        ("zone", UpdateFlaw.CHAIN),
        ("first_height", UpdateFlaw.CHAIN),
        ("last_height", UpdateFlaw.CHAIN),
        ("parent_block_hash", UpdateFlaw.CHAIN),
        ("last_block_hash", UpdateFlaw.CHAIN),
        ("block_hashes_root", UpdateFlaw.PROOF),
        ("pre_state_root", UpdateFlaw.CHAIN),
        ("post_state_root", UpdateFlaw.CHAIN),
        ("data_commitment", UpdateFlaw.DATA),
        ("pre_outbox_root", UpdateFlaw.CHAIN),
        ("post_outbox_root", UpdateFlaw.CHAIN),
        ("inbox_root", UpdateFlaw.PROOF),
        ("pre_inbox_index", UpdateFlaw.CHAIN),
        ("post_inbox_index", UpdateFlaw.PROOF),
        ("settlement_heights", UpdateFlaw.PROOF),
        ("overrides_root", UpdateFlaw.PROOF),
    ],
)
def test_every_field_of_a_statement_is_looked_at(field: str, flaw: UpdateFlaw) -> None:
    """Its producer may have signed the lie: then something else gives it away."""
    assert {entry.name for entry in fields(Statement)} >= {field}
    before = getattr(case().updates[0].statement, field)
    changed = before + 1 if isinstance(before, int) else OTHER
    program = {"program_id": case().settler._programs.first_of(2).id} if field == "zone" else {}
    lie = case().stated(**{field: changed}, **program)
    # A lie of the first about its end is one of the second about its beginning, unless that goes along.
    if field in ("last_height", "last_block_hash", "post_state_root", "post_outbox_root", "post_inbox_index"):
        alone = replace(lie, updates=lie.updates[:1], packages=lie.packages[:1], columns=lie.columns[:1])
        assert refusal(alone) is UpdateFlaw.PROOF
    else:
        assert refusal(lie) is flaw


def test_every_field_of_a_statement_is_in_the_test_above() -> None:
    marks = test_every_field_of_a_statement_is_looked_at.pytestmark  # type: ignore[attr-defined]
    assert {entry[0] for entry in marks[0].args[1]} == {entry.name for entry in fields(Statement)}


def changed_updates() -> Iterator[tuple[str, ZoneUpdate, UpdateFlaw]]:
    first = case().updates[0]
    producers = case().settler.producers
    other = Turn(1, 1 - producers.turn(1, SLOT).index)
    yield "slot", case().sign(replace(first, slot=SLOT + 1)), UpdateFlaw.SLOT
    yield "previous", case().sign(replace(first, previous=OTHER)), UpdateFlaw.CHAIN
    yield "kind", case().sign(replace(first, proof_kind="zkvm")), UpdateFlaw.PROOF
    yield "proof", case().sign(replace(first, proof_hash=OTHER)), UpdateFlaw.PROOF
    yield "producer", case().sign(replace(first, producer=Address(b"\x01" * 20))), UpdateFlaw.TURN
    yield "signature", replace(first, signature=bytes(65)), UpdateFlaw.TURN
    flipped = bytes((first.signature[0] ^ 1,)) + first.signature[1:]
    yield "a bit of the signature", replace(first, signature=flipped), UpdateFlaw.TURN
    stolen = replace(first, producer=producers.address(other))
    yield "turn", replace(stolen, signature=producers.sign(other, stolen.signed_hash)), UpdateFlaw.TURN


@pytest.mark.parametrize("place", range(8))
def test_every_field_of_an_update_is_looked_at(place: int) -> None:
    _, update, flaw = list(changed_updates())[place]
    lie = replace(case(), updates=(update,), packages=case().packages[:1], columns=case().columns[:1])
    assert refusal(lie) is flaw


def test_the_order_of_updates_is_that_of_the_chain() -> None:
    mine = case()
    turned = Case(mine.settler, mine.chain, mine.updates[::-1], mine.packages[::-1], mine.columns[::-1])
    assert refusal(turned) is UpdateFlaw.CHAIN
    second = Case(mine.settler, mine.chain, mine.updates[1:], mine.packages[1:], mine.columns[1:])
    assert refusal(second) is UpdateFlaw.CHAIN


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        (lambda p: {"proof": Proof("zkvm", p.proof.data)}, UpdateFlaw.PROOF),
        (lambda p: {"proof": Proof(p.proof.kind, p.proof.data + b"\0")}, UpdateFlaw.PROOF),
        (lambda p: {"batch": p.batch + b"\0"}, UpdateFlaw.DATA),
        (lambda p: {"batch": p.batch[:-1] + bytes((p.batch[-1] ^ 1,))}, UpdateFlaw.DATA),
        (lambda p: {"combination": bytes(len(p.combination))}, UpdateFlaw.DATA),
        (lambda p: {"combination": p.combination[:-1]}, UpdateFlaw.DATA),
        (lambda p: {"header": replace(p.header, length=p.header.length + 1)}, UpdateFlaw.DATA),
        (lambda p: {"header": replace(p.header, batch_hash=OTHER)}, UpdateFlaw.DATA),
        (lambda p: {"header": replace(p.header, columns_root=OTHER)}, UpdateFlaw.DATA),
    ],
)
def test_everything_that_comes_beside_an_update_is_looked_at(
    change: Callable[[Package], dict[str, Any]], flaw: UpdateFlaw
) -> None:
    assert refusal(case().packed(**change(case().packages[0]))) is flaw


def test_a_validator_asks_for_its_own_columns_all_of_them() -> None:
    mine = case()
    first, second = mine.columns
    assert refusal(replace(mine, columns=(first[:-1], second))) is UpdateFlaw.MISSING
    assert refusal(replace(mine, columns=((), second))) is UpdateFlaw.MISSING
    assert refusal(replace(mine, columns=(second, second))) is UpdateFlaw.DATA


def test_what_is_the_same_for_all_validators_is_looked_at_once_and_columns_by_each() -> None:
    mine, facts = case(), case().facts()
    before = mine.acceptance.examined
    for _ in range(3):
        mine.check(facts)
    assert mine.acceptance.examined == before + 1
    # Columns are each validator's own: known or not, they are looked at.
    (first, *others), second = mine.columns
    wrong = replace(first, data=bytes(len(first.data) - 1) + b"\1")
    for columns, flaw in (
        ((tuple(others), second), UpdateFlaw.MISSING),
        (((wrong, *others), second), UpdateFlaw.DATA),
        ((second, second), UpdateFlaw.DATA),
    ):
        with pytest.raises(NotAccepted) as refused:
            replace(mine, columns=columns).check(facts)
        assert refused.value.flaw is flaw
    assert mine.acceptance.examined == before + 1
    # Anything else than the very same is looked at whole: equal facts, another package, another chain.
    mine.check(mine.facts())
    assert mine.acceptance.examined == before + 2
    with pytest.raises(NotAccepted) as refused:
        mine.packed(proof=Proof("witness", mine.packages[0].proof.data + b"\0")).check(facts)
    assert refused.value.flaw is UpdateFlaw.PROOF
    replace(mine, chain=replace(mine.chain)).check(facts)
    assert mine.acceptance.examined == before + 4


def test_a_slot_is_looked_at_once_however_many_validators_there_are() -> None:
    net = network(settlement=SettlementParameters(validators=7))
    pay(net, "alpha")
    net.settle()
    (judge, *others) = net.settlement.settler._judges.values()
    assert len(others) == 6
    assert all(other._acceptance is judge._acceptance for other in others)
    assert judge._acceptance.examined == 1


@settings(max_examples=40, deadline=None)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7), data=st.data())
def test_one_bit_of_one_column_is_enough(place: int, bit: int, data: st.DataObject) -> None:
    mine = case()
    columns = list(mine.columns[0])
    index = data.draw(st.integers(0, len(columns) - 1))
    column = columns[index]
    content = bytearray(column.data)
    content[place % len(content)] ^= 1 << bit
    columns[index] = replace(column, data=bytes(content))
    assert refusal(replace(mine, columns=(tuple(columns), mine.columns[1]))) is UpdateFlaw.DATA


@settings(max_examples=40, deadline=None)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_bit_of_a_proof_is_enough_whoever_signed_it(place: int, bit: int) -> None:
    """The producer signs the altered proof: what it shows gives it away."""
    mine = case()
    data = bytearray(mine.packages[0].proof.data)
    data[place % len(data)] ^= 1 << bit
    proof = Proof(mine.packages[0].proof.kind, bytes(data))
    first, second = mine.updates
    update = mine.sign(replace(first, proof_hash=keccak256(proof.data)))
    lie = replace(mine.packed(proof=proof), updates=(update, second))
    assert refusal(lie) in (UpdateFlaw.PROOF, UpdateFlaw.BATCH, UpdateFlaw.HEIGHTS)


def test_a_batch_that_differs_from_what_was_executed_is_refused() -> None:
    """Dispersed rightly, proven rightly, and not the same."""
    mine = case()
    other = mine.packages[1]
    first = mine.updates[0]
    commitment = other.header.commitment
    update = mine.sign(replace(first, statement=replace(first.statement, data_commitment=commitment)))
    swapped = replace(mine.packages[0], header=other.header, combination=other.combination, batch=other.batch)
    lie = Case(mine.settler, mine.chain, (update,), (swapped,), mine.columns[1:])
    assert refusal(lie) is UpdateFlaw.BATCH


def payload() -> Payload:
    mine = case()
    return Payload(mine.updates, mine.settler._system.show(mine.chain, {1: (0, 0)}).proof)


def proposal() -> tuple[ValidatorJudge, Candidate]:
    """A validator and the right candidate."""
    mine = case()
    judge = next(iter(mine.settler._judges.values()))
    judge.chain = mine.chain
    draft = Draft(mine.chain, SLOT, (), mine.settler._system.show(mine.chain, {1: (0, 0)}))
    return judge, _candidate(draft, mine.updates, draft.shown, 0)


def test_a_payload_goes_through_bytes_and_back() -> None:
    for elected in (None, ValidatorSet((Validator(b"\x01" * 48, 5), Validator(b"\x02" * 48, 0)))):
        given = replace(payload(), elected=elected)
        encoded = given.encode()
        assert decode_payload(encoded) == given
        for broken in (encoded[:-1], encoded + b"\0", b"", b"\xc1\xc0"):
            with pytest.raises(ValueError, match=r"\S"):
                decode_payload(broken)


def test_a_set_that_cannot_be_is_none() -> None:
    given = payload()
    for members in ((), (Validator(b"\x01" * 48, 0),), (Validator(b"\x01" * 47, 1),)):
        with pytest.raises(ValueError, match=r"\S"):
            decode_payload(replace(given, elected=ValidatorSet(members)).encode())


def test_the_updates_of_a_proposal_are_those_that_its_block_commits_to() -> None:
    judge, right = proposal()
    given = payload()
    assert judge.belongs(right)
    for lie in (
        replace(given, updates=given.updates[:1]),
        replace(given, updates=given.updates[::-1]),
        replace(given, elected=judge.chain.validators),
    ):
        assert not judge.belongs(Candidate(right.block, lie.encode()))
    assert not judge.belongs(Candidate(right.block, b"\xc0"))
    assert not judge.belongs(Candidate(replace(right.block, zones_root=OTHER), right.payload))


def test_what_a_proposal_shows_of_the_system_zone_is_true_complete_and_nothing_else() -> None:
    """Else whoever carries it could make others refuse a block that is right."""
    judge, right = proposal()
    given = payload()
    slots = given.system.slots
    more = case().settler._system.show(judge.chain, {1: (0, 0), 2: (0, 0)}).proof
    bent = replace(slots[0], proof=slots[0].proof[:-1] + bytes((slots[0].proof[-1] ^ 1,)))
    for shown in (SystemProof(slots[1:]), SystemProof(slots[:-1]), more, SystemProof((bent, *slots[1:]))):
        assert shown != given.system
        assert not judge.belongs(Candidate(right.block, replace(given, system=shown).encode()))


@pytest.mark.parametrize("carried", ["its members", "others", "nobody"])
def test_a_validator_set_that_nobody_elected_is_refused_by_name(carried: str) -> None:
    judge, right = proposal()
    own = ValidatorSet(judge.chain.validators.validators[:1])
    block = replace(right.block, validators_root=own.root)
    elected = {"its members": own, "others": judge.chain.validators, "nobody": None}[carried]
    lie = Candidate(block, replace(payload(), elected=elected).encode())
    assert judge.belongs(lie) is (carried == "its members")
    verdict = judge.judge(lie)
    assert verdict.opinion is Opinion.REFUSED
    assert verdict.reason.startswith("validators: ")


def test_validators_decide_nothing_on_a_bad_update_and_go_on_with_the_next_good_one() -> None:
    net = network()
    pay(net, "alpha")
    settler = net.settlement.settler
    right = settler._maker._prover
    settler._maker._prover = _Liar(right)
    with pytest.raises(Undecided):
        net.settle()
    assert net.settlement.chain.height == 0
    assert net.zone("alpha").finality().finalized == 0
    settler._maker._prover = right
    (settled,) = net.settle()
    # The slots of both producers were in vain.
    assert settled.block.slot == 3
    assert not settler.evidence
    assert_valid(net)


@dataclass(frozen=True, slots=True)
class _Liar:
    """A prover whose proofs are cut short."""

    honest: Any
    kind: str = "witness"

    def prove(self, statement: Statement, witness: Any) -> Proof:
        proof = self.honest.prove(statement, witness)
        return Proof(proof.kind, proof.data[:-1])


@dataclass(frozen=True, slots=True)
class _Succinct:
    """A verifier whose proofs show the combination as well, as a succinct one's have to."""

    honest: Verifier
    combination_hash: Hash32

    @property
    def kind(self) -> str:
        return self.honest.kind

    def verify(self, statement: Statement, proof: Proof) -> Checked:
        return replace(self.honest.verify(statement, proof), combination_hash=self.combination_hash)


def test_the_combination_that_a_proof_shows_is_the_one_that_was_published() -> None:
    mine = case()
    alone = replace(mine, updates=mine.updates[:1], packages=mine.packages[:1], columns=mine.columns[:1])
    acceptance = next(iter(mine.settler._judges.values()))._acceptance
    before = acceptance._verifiers
    try:
        for shown, flaw in ((keccak256(mine.packages[0].combination), None), (OTHER, UpdateFlaw.BATCH)):
            acceptance._verifiers = {kind: _Succinct(each, shown) for kind, each in before.items()}
            if flaw is None:
                alone.check()
            else:
                assert refusal(alone) is flaw
    finally:
        acceptance._verifiers = before
