"""Every field of everything that a validator is shown, changed one at a time, by producers and leaders who
sign their lies: the real validator refuses each, and names the reason. One table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability.columns import Column
from devnet.availability.header import DataHeader
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32
from devnet.proving import Proof
from devnet.proving.statement import Statement
from devnet.proving.witness import Witness
from devnet.settlement.acceptance import Package
from devnet.settlement.block import SettlementBlock, ZoneUpdate
from devnet.settlement.certificate import Certificate, certify
from devnet.settlement.consensus.core import Consensus
from devnet.settlement.consensus.effects import Broadcast, Decided, Effect, Ignored
from devnet.settlement.consensus.events import Received
from devnet.settlement.consensus.messages import Decision, Message
from devnet.settlement.consensus.setting import Height, Timing
from devnet.settlement.consensus.wire import decode_message, encode_message
from devnet.settlement.draft import Draft
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.genesis_keys import genesis_secret
from devnet.settlement.judging import Delivery, Share
from devnet.settlement.proposal import NO_ROUND, Candidate, Heading, Proposal
from devnet.settlement.rotation import leader_of
from devnet.settlement.settler import Settler, _candidate, _NothingKept
from devnet.settlement.votes import Choice, SigningDomain, Vote, VoteKind
from tests.settlement.networks import SCHEME, network, pay

OTHER = Hash32(b"\x77" * 32)
SLOT = 2
HEIGHT = 2
ALPHA, BETA = 1, 2
ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class World:
    """A network after one settlement block, and what stays the same in every row."""

    settler: Settler
    setting: Height
    draft: Draft
    leader: int
    me: int
    """The validator that is asked: not the leader."""
    share: Share
    secrets: tuple[bytes, ...]
    strange: Witness
    """Of another update: what fields are exchanged with."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What reaches the validator: one update of alpha with what belongs to it, and the block around it."""

    update: ZoneUpdate
    package: Package
    columns: tuple[Column, ...]
    block: Callable[[SettlementBlock], SettlementBlock] = lambda block: block

    def signed(self, **changes: Any) -> Scene:
        """The same with another update, signed by the producer whose turn its slot is."""
        update = replace(self.update, **changes)
        producers = world().settler.producers
        turn = producers.turn(update.statement.zone, update.slot)
        if "producer" not in changes:
            update = replace(update, producer=producers.address(turn))
        return replace(self, update=replace(update, signature=producers.sign(turn, update.signed_hash)))

    def stated(self, **changes: Any) -> Scene:
        return self.signed(statement=replace(self.update.statement, **changes))

    def packed(self, **changes: Any) -> Scene:
        return replace(self, package=replace(self.package, **changes))

    def witnessed(self, **changes: Any) -> Scene:
        """The same with another witness, which the producer signs."""
        witness = replace(Witness.decode(self.package.proof.data), **changes)
        proof = Proof("witness", witness.encode())
        return self.packed(proof=proof).signed(proof_hash=keccak256(proof.data))

    @property
    def candidate(self) -> Candidate:
        here = world()
        statement = self.update.statement
        consumed = (statement.pre_inbox_index, statement.post_inbox_index)
        shown = here.settler._system.show(here.draft.base, {statement.zone: consumed})
        made = _candidate(replace(here.draft, shown=shown), (self.update,), shown, here.leader)
        return Candidate(self.block(made.block), made.payload)

    def proposal(self) -> Proposal:
        here = world()
        candidate = self.candidate
        heading = Heading(HEIGHT, 0, NO_ROUND, candidate.choice, here.leader)
        signed = heading.signed(here.setting.domain, SCHEME, here.secrets[here.leader])
        return Proposal(signed, candidate)


@cache
def scenes() -> tuple[World, Scene]:
    net = network()
    pay(net, "alpha")
    net.settle()
    for amount in range(1, 4):
        pay(net, "alpha", amount)
    settler = net.settlement.settler
    alpha, program = net.zone("alpha"), net.config.program(ALPHA)
    witness, strange = alpha.record_update(program, 2, 3), alpha.record_update(program, 4, 4)
    assert witness is not None
    assert strange is not None
    base = net.settlement.chain.view()
    leader = leader_of(base.validators, HEIGHT, 0)
    me = (leader + 1) % 4
    seating = settler._seatings.of(base.validators_root, base.validators)
    share = Share(seating.parameters, seating.held[me])
    (made,) = settler._maker.make(program, [witness], SLOT, base.previous_of(ALPHA), share.parameters)
    domain = SigningDomain(net.config_hash, 0)
    setting = Height(domain, HEIGHT, base.head.root, base.head.slot, base.validators)
    draft = Draft(base, SLOT, (), settler._system.show(base, {ALPHA: (0, 0)}))
    secrets = tuple(genesis_secret(SCHEME, net.config_hash, index) for index in range(4))
    here = World(settler, setting, draft, leader, me, share, secrets, strange)
    return here, Scene(made.update, made.package, made.columns(share.mine))


def world() -> World:
    return scenes()[0]


def right() -> Scene:
    return scenes()[1]


def told(scene: Scene, message: Message) -> list[Effect]:
    """What the validator does about a message, in a life of its own."""
    here = world()
    key = here.setting.validators.validators[here.me].public_key
    judge = here.settler._judges[key]
    name = scene.update.signed_hash
    judge.turn_to(here.draft.base, here.share, Delivery({name: scene.package}, {name: scene.columns}))
    validator = Consensus(SCHEME, judge, _NothingKept(), Timing(idle=0), here.secrets[here.me])
    return validator.begin(here.setting) + validator.handle(Received(here.leader, message))


def verdict(scene: Scene) -> str:
    """Whether the validator votes for what its leader proposes; else the name of the reason."""
    proposal = scene.proposal()
    effects = told(scene, proposal)
    for effect in effects:
        if isinstance(effect, Ignored):
            return effect.detail.partition(":")[0] if effect.flaw is Flaw.JUDGED else effect.flaw.value
    votes = [effect.message for effect in effects if isinstance(effect, Broadcast)]
    assert [vote.choice for vote in votes if isinstance(vote, Vote)] == [proposal.heading.choice]
    return ACCEPTED


def certificate() -> Certificate:
    """Of the right block, by all four."""
    here, choice = world(), right().candidate.choice
    votes = [
        Vote(VoteKind.PRECOMMIT, HEIGHT, 0, choice, index).signed(here.setting.domain, SCHEME, secret)
        for index, secret in enumerate(here.secrets)
    ]
    return certify(votes, here.setting.validators, SCHEME)


def finality(changed: Certificate) -> str:
    """Whether the validator takes the block for decided; else the name of the reason."""
    effects = told(right(), Decision(right().candidate, changed))
    if any(isinstance(effect, Decided) for effect in effects):
        return ACCEPTED
    return next(effect.flaw.value for effect in effects if isinstance(effect, Ignored))


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


# ---------------------------------------------------------------- the table


Row = tuple[type, str, str, Callable[[], str]]


def rows() -> Iterator[Row]:
    """(record, field, expected reason, what the validator says)."""
    yield from _blocks()
    yield from _statements()
    yield from _updates()
    yield from _packages()
    yield from _certificates()


def _row(record: type, field: str, reason: str, make: Callable[[], Scene]) -> Row:
    return record, field, reason, lambda: verdict(make())


def _in_block(change: dict[str, Any]) -> Scene:
    return replace(right(), block=lambda block: replace(block, **change))


def _stated(change: dict[str, Any]) -> Scene:
    return right().stated(**change)


def _unsigned(change: dict[str, Any]) -> Scene:
    return replace(right(), update=replace(right().update, **change))


def _headed(changed: DataHeader) -> Scene:
    return right().packed(header=changed)


def _committed(changed: DataHeader) -> Scene:
    """The producer signs that header."""
    return right().packed(header=changed).stated(data_commitment=changed.commitment)


def _witnessed(change: dict[str, Any]) -> Scene:
    return right().witnessed(**change)


def _certified(good: Certificate, change: dict[str, Any]) -> str:
    return finality(replace(good, **change))


def _blocks() -> Iterator[Row]:
    for field, value, reason in (
        ("height", HEIGHT + 1, "height"),
        ("parent_root", OTHER, "parent"),
        ("slot", SLOT + 1, "slot"),
        ("slot", SLOT - 1, "parent"),
        ("incarnation", 1, "parent"),
        ("proposer", 4, "proposer"),
        ("proposer", (scenes()[0].leader + 1) % 4, "proposer"),
        ("zones_root", OTHER, "payload"),
        ("validators_root", OTHER, "payload"),
    ):
        yield _row(SettlementBlock, field, reason, partial(_in_block, {field: value}))


def _statements() -> Iterator[Row]:
    """The producer signs each of them."""
    reasons = {
        "config_hash": "network",
        "program_id": "program",
        "first_height": "chain",
        "parent_block_hash": "chain",
        "pre_state_root": "chain",
        "data_commitment": "data",
        "pre_outbox_root": "chain",
        "pre_inbox_index": "chain",
    }
    for field in fields(Statement):
        before = getattr(right().update.statement, field.name)
        change = {field.name: before + 1 if isinstance(before, int) else OTHER}
        reason = reasons.get(field.name, "proof")
        if field.name != "zone":
            yield _row(Statement, field.name, reason, partial(_stated, change))
    # Of another zone, after what is settled there, with its program or not.
    program, after = world().settler._programs.first_of(BETA).id, world().draft.base.previous_of(BETA)
    yield _row(Statement, "zone", "program", lambda: right().stated(zone=BETA).signed(previous=after))
    yield _row(
        Statement,
        "zone",
        "chain",
        lambda: right().stated(zone=BETA, program_id=program).signed(previous=after),
    )


def _updates() -> Iterator[Row]:
    yield _row(ZoneUpdate, "statement", "proof", lambda: right().stated(block_hashes_root=OTHER))
    yield _row(ZoneUpdate, "slot", "slot", lambda: right().signed(slot=SLOT + 1))
    yield _row(ZoneUpdate, "previous", "payload", lambda: right().signed(previous=OTHER))
    yield _row(ZoneUpdate, "proof_kind", "proof", lambda: right().signed(proof_kind="zkvm"))
    yield _row(ZoneUpdate, "proof_hash", "proof", lambda: right().signed(proof_hash=OTHER))
    yield _row(ZoneUpdate, "producer", "payload", lambda: right().signed(producer=Address(b"\x01" * 20)))
    yield _row(
        ZoneUpdate,
        "signature",
        "payload",
        lambda: _unsigned({"signature": flipped(right().update.signature)}),
    )
    changes: tuple[tuple[str, dict[str, Any]], ...]
    changes = (("slot", {"slot": SLOT + 1}), ("proof_hash", {"proof_hash": OTHER}))
    for name, change in changes:
        # Whoever carries it is not its producer.
        yield _row(ZoneUpdate, name, "payload", partial(_unsigned, change))


def _packages() -> Iterator[Row]:
    package = right().package
    header = package.header

    other = replace(header.parameters, holders=header.parameters.holders - 1)
    for field, changed in (
        ("parameters", replace(header, parameters=other)),
        ("length", replace(header, length=header.length + 1)),
        ("batch_hash", replace(header, batch_hash=OTHER)),
        ("columns_root", replace(header, columns_root=OTHER)),
    ):
        yield _row(DataHeader, field, "data", partial(_headed, changed))
        yield _row(DataHeader, field, "data", partial(_committed, changed))
    yield _row(Package, "header", "data", lambda: right().packed(header=replace(header, batch_hash=OTHER)))
    yield _row(
        Package, "combination", "data", lambda: right().packed(combination=flipped(package.combination))
    )
    yield _row(Package, "batch", "data", lambda: right().packed(batch=flipped(package.batch)))
    proof = package.proof
    yield _row(Package, "proof", "proof", lambda: right().packed(proof=Proof("witness", flipped(proof.data))))
    yield _row(Proof, "kind", "proof", lambda: right().packed(proof=Proof("zkvm", proof.data)))
    yield _row(Proof, "data", "proof", lambda: right().packed(proof=Proof("witness", proof.data + b"\0")))

    def column(**changes: Any) -> Scene:
        first, *rest = right().columns
        return replace(right(), columns=(replace(first, **changes), *rest))

    first = right().columns[0]
    yield _row(Column, "index", "missing", lambda: column(index=first.index + 100))
    yield _row(Column, "data", "data", lambda: column(data=flipped(first.data)))
    yield _row(Column, "path", "data", lambda: column(path=(OTHER, *first.path[1:])))
    yield _row(Column, "path", "data", lambda: column(path=first.path[:-1]))

    witness, strange = Witness.decode(proof.data), world().strange
    for field, value in (
        ("program", world().settler._programs.first_of(BETA)),
        ("batch", strange.batch),
        ("parent", strange.parent),
        ("ancestors", (*witness.ancestors, strange.parent)),
        ("state", strange.state),
        ("state", flipped(witness.state)),
        ("codes", (*witness.codes, b"\x5b")),
        ("codes", witness.codes[:-1]),
        ("outbox", replace(witness.outbox, before=OTHER)),
        ("outbox", replace(witness.outbox, after=OTHER)),
    ):
        yield _row(Witness, field, "proof", partial(_witnessed, {field: value}))


def _certificates() -> Iterator[Row]:
    good = certificate()
    for field, value, reason in (
        ("kind", VoteKind.PREVOTE, "kind"),
        ("height", HEIGHT + 1, "height"),
        ("round", 1, "signature"),
        ("choice", Choice(SLOT + 1, good.choice.root), "slot"),
        ("choice", Choice(SLOT, OTHER), "root"),
        ("signers", b"\x03", "stake"),
        ("signers", b"\x07", "signature"),
        ("signers", b"\x1f", "bitmap"),
        ("signers", b"\x0f\x00", "bitmap"),
        ("signature", certificate_signature(), "signature"),
    ):
        yield Certificate, field, reason, partial(_certified, good, {field: value})


def certificate_signature() -> bytes:
    """Of one validator alone."""
    here, choice = world(), right().candidate.choice
    vote = Vote(VoteKind.PRECOMMIT, HEIGHT, 0, choice, 0)
    return vote.signed(here.setting.domain, SCHEME, here.secrets[0]).signature


RECORDS = (SettlementBlock, Statement, ZoneUpdate, Certificate, Column, DataHeader, Package, Proof, Witness)


def test_what_is_right_is_voted_for_and_what_is_decided_is_final() -> None:
    assert verdict(right()) == ACCEPTED
    assert finality(certificate()) == ACCEPTED


def test_every_field_of_every_record_that_is_changed_is_refused_by_name() -> None:
    found = [(record.__name__, field, reason, ask()) for record, field, reason, ask in rows()]
    assert [row for row in found if row[2] != row[3]] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_the_table_has_every_field(record: type) -> None:
    assert {field for of, field, _, _ in rows() if of is record} == {entry.name for entry in fields(record)}


# ---------------------------------------------------------------- whatever is changed


@settings(max_examples=40, deadline=None)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_bit_of_a_proposal_can_be_changed_on_its_way(place: int, bit: int) -> None:
    """A validator then votes for nothing else than the right block, or not at all."""
    proposal = right().proposal()
    data = bytearray(encode_message(proposal))
    data[place % len(data)] ^= 1 << bit
    try:
        message = decode_message(bytes(data))
    except Refused:
        return
    effects = told(right(), message)
    votes = [e.message for e in effects if isinstance(e, Broadcast) and isinstance(e.message, Vote)]
    assert votes == []
    # A message of a later height waits; all else is named.
    assert any(isinstance(effect, Ignored) for effect in effects) or _is_of_another_time(message)


def _is_of_another_time(message: Message) -> bool:
    if isinstance(message, Proposal):
        return message.heading.height != HEIGHT or message.heading.round != 0
    return True


@settings(max_examples=25, deadline=None)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_bit_of_a_certificate_can_be_changed(place: int, bit: int) -> None:
    data = bytearray(encode_message(Decision(right().candidate, certificate())))
    data[place % len(data)] ^= 1 << bit
    try:
        message = decode_message(bytes(data))
    except Refused:
        return
    assert not any(isinstance(effect, Decided) for effect in told(right(), message))


@settings(max_examples=25, deadline=None)
@given(which=st.sampled_from(["batch", "combination", "proof"]), place=st.integers(min_value=0))
def test_no_bit_of_a_package_can_be_changed(which: str, place: int) -> None:
    package = right().package
    before = package.proof.data if which == "proof" else getattr(package, which)
    data = bytearray(before)
    data[place // 8 % len(data)] ^= 1 << place % 8
    value: Any = Proof("witness", bytes(data)) if which == "proof" else bytes(data)
    assert verdict(right().packed(**{which: value})) == ("proof" if which == "proof" else "data")
