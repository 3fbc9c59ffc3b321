"""Whatever is changed in a statement or in a proof, the verifier refuses it and says why; it raises nothing
else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.block import Header
from devnet.chain.block_codec import header_hash
from devnet.chain.keccak import keccak256
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Address, Hash32, Wei
from devnet.proving import NotCovered, Proof
from devnet.proving.batch import BatchBlock, encode_batch
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.prover import WitnessProver
from devnet.proving.statement import Statement
from devnet.proving.witness import Witness
from devnet.state.state_witness import open_state
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw
from tests.proving.updates import GWEI, PARTS, Chain, Update, state_update, verifier_of, verify

STORE = bytes.fromhex("6020355f3555")
BLOCKHASH = bytes.fromhex("5f35405f55")
LOOP = bytes.fromhex("5b5f56")
STRANGER = Address(b"\x55" * 20)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@cache
def rich_chain() -> tuple[Chain, int]:
    """A chain, and where in it an update begins that has some of everything."""
    chain = Chain(compaction_threshold=4096, compaction_ratio=999, compaction_divisor=1000)
    store, asking = chain.deploy(STORE), chain.deploy(BLOCKHASH, sender=1)
    chain.mine(5)
    chain.send(0, store, word(3) + word(4))
    chain.mine()
    first = chain.number + 1
    chain.zone.learn(SettlementHead(2, Hash32(b"\x02" * 32), 5, 2))
    chain.send(0, store, word(3) + word(0))
    chain.send(1, asking, word(chain.number - 3))
    chain.send(2, STRANGER, value=GWEI)
    chain.mine()
    chain.zone.set_account(STRANGER, balance=Wei(7), nonce=1)
    chain.mine()
    chain.send(3, store, word(9) + word(1))
    chain.mine()
    return chain, first


@cache
def rich_update() -> Update:
    chain, first = rich_chain()
    return chain.update(first)


def refusal(statement: Statement, data: bytes, engine: str = PARTS[-1]) -> Flaw | None:
    """Why the verifier refuses, None where it does not: the same on every partial state, at the same place.
    What follows a colon are the words of whoever read a value there."""
    said: set[tuple[Flaw, str] | None] = set()
    for opens in PARTS:
        try:
            verifier_of(engine, opens).verify(statement, Proof("witness", data))
        except Refused as refused:
            said.add((refused.flaw, refused.detail.partition(": ")[0]))
        else:
            said.add(None)
    assert len(said) == 1, said
    found = said.pop()
    return None if found is None else found[0]


def refusal_of(witness: Witness) -> Flaw | None:
    """Of a proof whose statement says what its blocks say."""
    update = state_update(witness)
    return refusal(update.statement, update.witness.encode())


# ------------------------------------------------------------ statements


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Statement)])
def test_every_field_of_the_statement_is_checked_but_for_the_data_commitment(field: str) -> None:
    update = rich_update()
    value = getattr(update.statement, field)
    other = value + 1 if isinstance(value, int) else keccak256(value)
    changed = replace(update.statement, **{field: other})
    flaw = refusal(changed, update.witness.encode())
    if field == "data_commitment":
        # Somebody else's: whoever has the columns compares the hash of the batch.
        checked = verify(Update(update.witness, changed))
        assert flaw is None
        assert NotCovered.AVAILABILITY in checked.not_covered
        assert checked.batch_hash == keccak256(update.witness.batch)
        return
    expected = {"program_id": Flaw.PROGRAM, "parent_block_hash": Flaw.PARENT}
    assert flaw is expected.get(field, Flaw.STATEMENT)


def test_the_prover_refuses_what_the_verifier_would() -> None:
    update = rich_update()
    with pytest.raises(Refused) as refused:
        WitnessProver().prove(replace(update.statement, zone=2), update.witness)
    assert refused.value.flaw is Flaw.STATEMENT


# ------------------------------------------------------------ bytes


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_changed_byte_of_a_proof_is_refused(data: st.DataObject) -> None:
    update = rich_update()
    encoded = bytearray(update.witness.encode())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    assert refusal(update.statement, bytes(encoded)) is not None


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_bytes_left_out_put_in_or_exchanged_are_refused(data: st.DataObject) -> None:
    update = rich_update()
    encoded = update.witness.encode()
    start = data.draw(st.integers(0, len(encoded)))
    end = data.draw(st.integers(start, min(len(encoded), start + 300)))
    changed = encoded[:start] + data.draw(st.binary(max_size=100)) + encoded[end:]
    assert changed == encoded or refusal(update.statement, changed) is not None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_state_under_a_right_frame_is_refused(data: st.DataObject) -> None:
    """As above, but what is around the state's witness stays well-formed."""
    update = rich_update()
    state = bytearray(update.witness.state)
    at = data.draw(st.integers(0, len(state) - 1))
    state[at] ^= data.draw(st.integers(1, 255))
    changed = replace(update.witness, state=bytes(state))
    assert refusal(update.statement, changed.encode(), data.draw(st.sampled_from(PARTS))) is not None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_bytes_that_are_no_proof_are_refused(data: bytes) -> None:
    assert refusal(rich_update().statement, data) is Flaw.FORMAT


@pytest.mark.full
def test_every_changed_byte_of_a_proof_is_refused() -> None:
    update = rich_update()
    encoded = update.witness.encode()
    for at in range(len(encoded)):
        changed = bytearray(encoded)
        changed[at] ^= 1 << at % 8
        assert refusal(update.statement, bytes(changed)) is not None, at


# ------------------------------------------------------------ lies with a statement to match


def rebuilt(change: Callable[[list[BatchBlock]], None]) -> Witness:
    """The witness with other blocks, whose hashes follow one another again."""
    update = rich_update()
    blocks = list(update.blocks)
    change(blocks)
    before = blocks[0].header.parent_hash
    for index, block in enumerate(blocks):
        blocks[index] = replace(block, header=replace(block.header, parent_hash=before))
        before = blocks[index].hash
    return replace(update.witness, batch=encode_batch(blocks))


def set_header(field: str, value: Any) -> Callable[[list[BatchBlock]], None]:
    def change(blocks: list[BatchBlock]) -> None:
        blocks[1] = replace(blocks[1], header=replace(blocks[1].header, **{field: value}))

    return change


CHOSEN = {"coinbase", "timestamp", "gas_limit"}
"""What a producer chooses: no lie, but another block, whose results are other ones."""


@pytest.mark.parametrize(
    "field", [field.name for field in dataclasses.fields(Header) if field.name != "parent_hash"]
)
def test_a_header_that_says_something_else_than_its_block_is_refused(field: str) -> None:
    value = getattr(rich_update().blocks[1].header, field)
    other: Any = value + 1 if isinstance(value, int) else bytes(len(value) - 1) + b"\x09"
    flaw = refusal_of(rebuilt(set_header(field, other)))
    if field == "number":
        assert flaw is Flaw.CHAIN
    elif field in CHOSEN:
        assert flaw in (Flaw.HEADER, Flaw.STATE_ROOT, Flaw.STATE_KEY)
    elif field == "state_root":
        assert flaw is Flaw.STATE_ROOT
    else:
        assert flaw is Flaw.HEADER


def test_a_batch_that_differs_from_what_was_executed_is_refused() -> None:
    chain, _ = rich_chain()
    other = chain.transaction(4, STRANGER, value=1).encoded

    def transactions(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Flaw | None:
        def apply(blocks: list[BatchBlock]) -> None:
            blocks[0] = replace(blocks[0], transactions=change(blocks[0].transactions))

        return refusal_of(rebuilt(apply))

    executed = rich_update().blocks[0].transactions
    assert transactions(lambda items: items[1:]) in (Flaw.HEADER, Flaw.UNUSED, Flaw.STATE_ROOT)
    assert transactions(lambda items: (*items[1:], items[0])) is Flaw.HEADER
    assert transactions(lambda items: (*items, items[0])) is Flaw.TRANSACTION
    assert transactions(lambda items: (*items, other)) in (Flaw.STATE_KEY, Flaw.HEADER)
    assert transactions(lambda items: (other, *items)) in (Flaw.STATE_KEY, Flaw.HEADER)
    assert transactions(lambda items: (b"\x02" + items[0][:0:-1], *items[1:])) is Flaw.TRANSACTION
    assert transactions(lambda items: items) is None
    assert len(executed) == 3


def test_blocks_left_out_repeated_or_exchanged_are_refused() -> None:
    def drop(blocks: list[BatchBlock]) -> None:
        del blocks[1]

    def repeat(blocks: list[BatchBlock]) -> None:
        blocks.insert(1, blocks[0])

    def exchange(blocks: list[BatchBlock]) -> None:
        blocks[0], blocks[1] = blocks[1], blocks[0]

    assert [refusal_of(rebuilt(change)) for change in (drop, repeat)] == [Flaw.CHAIN] * 2
    assert refusal_of(rebuilt(exchange)) in (Flaw.CHAIN, Flaw.PARENT)
    update = rich_update()
    broken = list(update.blocks)
    broken[2] = replace(broken[2], header=replace(broken[2].header, parent_hash=Hash32(bytes(32))))
    assert refusal_of(replace(update.witness, batch=encode_batch(broken))) is Flaw.CHAIN


def test_overrides_are_bound_to_their_block_and_to_the_program() -> None:
    update = rich_update()
    assert [bool(block.overrides) for block in update.blocks] == [False, True, False]

    def strip(blocks: list[BatchBlock]) -> None:
        blocks[1] = replace(blocks[1], overrides=b"")

    def move(blocks: list[BatchBlock]) -> None:
        blocks[2] = replace(blocks[2], overrides=blocks[1].overrides)

    assert refusal_of(rebuilt(strip)) in (Flaw.HEADER, Flaw.STATE_KEY)
    assert refusal_of(rebuilt(move)) in (Flaw.HEADER, Flaw.STATE_KEY)
    strict = replace(update.witness, program=replace(update.witness.program, name="evm"))
    assert refusal_of(strict) is Flaw.OVERRIDES


def test_a_program_that_is_another_one_gives_other_blocks() -> None:
    witness = rich_update().witness
    program = witness.program
    for changed, flaws in (
        (replace(program, zone=2), {Flaw.HEADER, Flaw.STATE_ROOT}),
        (replace(program, is_base_fee_fixed=True), {Flaw.HEADER, Flaw.STATE_ROOT}),
        (replace(program, name="evm", gas_limit=program.gas_limit + 1), {Flaw.HEADER}),
        (replace(program, is_timestamp_strict=True), {None}),
        (replace(program, genesis_number=1), {Flaw.STATE_ROOT, Flaw.HEADER}),
        (replace(program, genesis_number=1 << 40), {Flaw.PARENT}),
        (replace(program, rules=replace(program.rules, chain_id=5)), {Flaw.TRANSACTION}),
        (replace(program, rules=replace(program.rules, block_size_limit=700)), {Flaw.BLOCK_SIZE}),
        (
            replace(program, state=replace(program.state, compaction_divisor=100_000)),
            {Flaw.UNUSED, Flaw.STATE_ROOT},
        ),
    ):
        assert refusal_of(replace(witness, program=changed)) in flaws


def test_settlement_blocks_only_rise() -> None:
    def fall(blocks: list[BatchBlock]) -> None:
        blocks[2] = replace(blocks[2], settlement=blocks[0].settlement)

    def forge(blocks: list[BatchBlock]) -> None:
        blocks[0] = replace(blocks[0], settlement=SettlementHead(2, Hash32(b"\x02" * 32), 5, 9))

    def hide(blocks: list[BatchBlock]) -> None:
        blocks[0] = replace(blocks[0], settlement=None)

    assert refusal_of(rebuilt(fall)) is Flaw.SETTLEMENT
    assert refusal_of(rebuilt(forge)) is Flaw.STATE_ROOT
    assert refusal_of(rebuilt(hide)) in (Flaw.HEADER, Flaw.UNUSED)


def test_headers_of_ancestors_are_exactly_those_that_are_needed() -> None:
    chain, _ = rich_chain()
    witness = rich_update().witness
    assert witness.ancestors
    assert refusal_of(replace(witness, ancestors=())) is Flaw.ANCESTORS
    assert refusal_of(replace(witness, ancestors=witness.ancestors[1:])) is Flaw.ANCESTORS
    assert refusal_of(replace(witness, ancestors=witness.ancestors[:-1])) is Flaw.ANCESTORS
    older = chain.zone.block(witness.ancestors[0].number - 1)
    assert older is not None
    assert refusal_of(replace(witness, ancestors=(older.header, *witness.ancestors))) is Flaw.UNUSED


def test_code_is_exactly_what_is_needed() -> None:
    witness = rich_update().witness
    assert len(witness.codes) >= 2
    assert refusal_of(replace(witness, codes=witness.codes[1:])) is Flaw.CODE
    assert refusal_of(replace(witness, codes=witness.codes[::-1])) is Flaw.FORMAT
    more = sorted((*witness.codes, b"\x60\x00"), key=keccak256)
    assert refusal_of(replace(witness, codes=tuple(more))) is Flaw.UNUSED
    forged = sorted((witness.codes[0] + b"\x00", *witness.codes[1:]), key=keccak256)
    assert refusal_of(replace(witness, codes=tuple(forged))) is Flaw.CODE


def test_the_witness_of_another_state_is_refused() -> None:
    chain, first = rich_chain()
    other = chain.update(first + 1)
    witness = rich_update().witness
    assert refusal_of(replace(witness, state=other.witness.state)) is Flaw.STATE_OTHER
    assert refusal_of(replace(witness, parent=other.witness.parent)) is Flaw.PARENT
    lying = replace(witness.parent, state_root=other.witness.parent.state_root)
    assert refusal_of(replace(witness, parent=lying)) is not None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_states_that_no_zone_ever_had_raise_nothing_else(data: st.DataObject) -> None:
    """Who invents the parent can invent any state: counters, entries and bits that contradict one another."""
    update = rich_update()
    state = bytearray(update.witness.state)
    for _ in range(data.draw(st.integers(1, 3))):
        # Most of what is not a hash stands at the beginning of the shards.
        at = data.draw(st.integers(0, len(state) - 1))
        state[at] ^= data.draw(st.sampled_from((1, 2, 16, 128, 255)))
    try:
        open_state(bytes(state), update.statement.pre_state_root, 0, update.witness.program.state, {})
    except BadStateWitness as bad:
        if bad.flaw is not WitnessFlaw.ROOT:
            return
        root = Hash32(bytes.fromhex(bad.detail.split()[-1]))
    else:
        return
    parent = replace(update.witness.parent, state_root=root)
    blocks = list(update.blocks)
    before = header_hash(parent)
    for index, block in enumerate(blocks):
        blocks[index] = replace(block, header=replace(block.header, parent_hash=before))
        before = blocks[index].hash
    forged = replace(update.witness, parent=parent, batch=encode_batch(blocks), state=bytes(state))
    stated = state_update(forged)
    assert refusal(stated.statement, forged.encode(), data.draw(st.sampled_from(PARTS))) is not None


# ------------------------------------------------------------ limits


def test_other_kinds_and_proofs_that_are_too_large_are_refused() -> None:
    update = rich_update()
    verifier = verifier_of(size_limit=len(update.proof.data) - 1)
    for proof, flaw in ((update.proof, Flaw.SIZE), (Proof("zkvm", update.proof.data), Flaw.KIND)):
        with pytest.raises(Refused) as refused:
            verifier.verify(update.statement, proof)
        assert refused.value.flaw is flaw


@pytest.mark.parametrize("engine", PARTS)
def test_a_block_that_takes_too_long_is_refused(engine: str) -> None:
    chain = Chain()
    loop = chain.deploy(LOOP)
    chain.mine()
    for sender in range(5):
        chain.send(sender, loop, gas=16_000_000)
    chain.mine()
    update = chain.update(2)
    with pytest.raises(Refused) as refused:
        verifier_of(engine, block_seconds=1e-4).verify(update.statement, update.proof)
    assert refused.value.flaw is Flaw.TIME
