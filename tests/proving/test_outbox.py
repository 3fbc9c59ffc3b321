"""A statement tells the roots of its zone's outbox before and after the blocks; no verifier takes others."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from devnet.chain.hash_tree import sparse_root
from devnet.chain.outbox import ENDPOINT, OUTBOX, ROOT_SLOT, leaves_of
from devnet.chain.rlp import split_list
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.proving import Proof
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.outbox import NO_MESSAGES, OutboxRoots
from devnet.proving.program import Program
from devnet.proving.witness import FORMAT_BEFORE_MESSAGES, Witness
from devnet.zone.messages import GenesisAccount
from tests.execution.mixes import PROGRAMS
from tests.proving.updates import PARTS, Chain, Update, state_update, verifier_of

LIE = Hash32(b"\x77" * 32)


@cache
def chain() -> Chain:
    """Blocks 1 to 6: two messages in each of 2, 4 and 5. The endpoint of this zone sends what it likes."""
    chain = Chain(genesis_accounts={ENDPOINT: GenesisAccount(code=PROGRAMS["endpoint"], nonce=1)})
    for number in range(1, 7):
        if number in (2, 4, 5):
            chain.send(0, ENDPOINT, b"\x01")
        chain.mine()
    return chain


def root_at(number: int) -> Hash32:
    """The root after that block, from its logs and those before."""
    receipts = [chain().zone.receipts(block) or () for block in range(1, number + 1)]
    leaves = leaves_of(log for block in receipts for located in block for log in located.receipt.logs)
    assert len(leaves) == 2 * sum(sent <= number for sent in (2, 4, 5))
    return sparse_root(32, dict(enumerate(leaves))) if leaves else ZERO_HASH


def refusal(update: Update, opens: str) -> Flaw | None:
    try:
        verifier_of(PARTS[-1], opens).verify(update.statement, Proof("witness", update.witness.encode()))
    except Refused as refused:
        return refused.flaw
    return None


@pytest.mark.parametrize("opens", PARTS)
@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 2), (2, 2), (3, 3), (3, 4), (4, 6), (6, 6), (1, 6)])
def test_a_statement_has_the_outbox_s_roots_before_and_after_its_blocks(
    first: int, last: int, opens: str
) -> None:
    update = chain().update(first, last)
    statement = update.statement
    assert (statement.pre_outbox_root, statement.post_outbox_root) == (root_at(first - 1), root_at(last))
    word = chain().zone.storage(OUTBOX, ROOT_SLOT, last)
    assert statement.post_outbox_root == word.to_bytes(32, "big")
    assert refusal(update, opens) is None


@pytest.mark.parametrize("opens", PARTS)
@pytest.mark.parametrize(("first", "last"), [(1, 1), (3, 3), (4, 5)])
@pytest.mark.parametrize("field", ["before", "after"])
def test_other_roots_are_refused_though_proof_and_statement_agree(
    first: int, last: int, field: str, opens: str
) -> None:
    update = chain().update(first, last)
    for lie in (LIE, root_at(2)):
        changed = replace(update.witness.outbox, **{field: lie})
        if changed == update.witness.outbox:
            continue
        assert refusal(state_update(replace(update.witness, outbox=changed)), opens) is Flaw.OUTBOX
        statement = replace(
            update.statement, **{f"{'pre' if field == 'before' else 'post'}_outbox_root": lie}
        )
        assert refusal(replace(update, statement=statement), opens) is Flaw.STATEMENT


@pytest.mark.parametrize("opens", PARTS)
def test_updates_one_after_the_other_begin_where_the_one_before_ended(opens: str) -> None:
    updates = [chain().update(first, last) for first, last in ((1, 2), (3, 3), (4, 4), (5, 6))]
    assert [refusal(update, opens) for update in updates] == [None] * 4
    roots = [update.statement for update in updates]
    assert roots[0].pre_outbox_root == ZERO_HASH
    for before, after in pairwise(roots):
        assert after.pre_outbox_root == before.post_outbox_root


@pytest.mark.parametrize("opens", PARTS)
def test_what_development_calls_do_to_the_outbox_is_in_the_roots(opens: str) -> None:
    """They are told as overrides; the roots are the state's all the same."""
    other = Chain()
    other.mine()
    other.zone.set_storage(OUTBOX, ROOT_SLOT, 5)
    other.mine()
    update = other.update(2)
    assert update.statement.post_outbox_root == (5).to_bytes(32, "big")
    assert refusal(update, opens) is None


@pytest.mark.parametrize("opens", PARTS)
def test_a_program_from_before_messages_has_no_step_and_its_proofs_are_as_they_were(opens: str) -> None:
    old = Chain(
        eids=None,
        genesis_accounts={
            ENDPOINT: GenesisAccount(code=PROGRAMS["endpoint"], nonce=1),
            OUTBOX: GenesisAccount(code=chain().zone.account(OUTBOX).code, nonce=1),
        },
    )
    old.send(0, ENDPOINT, b"\x01")
    old.mine()
    assert old.zone.storage(OUTBOX, ROOT_SLOT) == 0
    update = old.update(1)
    assert (update.statement.pre_outbox_root, update.statement.post_outbox_root) == (ZERO_HASH, ZERO_HASH)
    assert refusal(update, opens) is None
    encoded = update.witness.encode()
    assert (split_list(encoded)[0], len(split_list(encoded))) == (FORMAT_BEFORE_MESSAGES, 7)
    assert Witness.decode(encoded) == update.witness
    assert not Program.decode(old.program.encode()).has_messages
    # It says nothing of an outbox, so it cannot lie about one either.
    assert replace(update.witness, outbox=OutboxRoots(LIE, LIE)).encode() == encoded


def test_a_program_s_id_says_whether_it_has_messages() -> None:
    program = chain().program
    assert program.has_messages
    assert replace(program, has_messages=False).id != program.id


def test_the_outbox_is_in_a_witness_exactly_where_the_program_has_messages() -> None:
    witness = chain().update(2, 2).witness
    assert Witness.decode(witness.encode()) == witness
    silent = replace(witness, outbox=NO_MESSAGES, program=replace(witness.program, has_messages=False))
    assert Witness.decode(silent.encode()) == silent
    assert len(witness.encode()) - len(silent.encode()) > 64
