"""A settled field's way up is one branch, which leads to the settlement block's root and nowhere else."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.hash_tree import climb, sparse_branch, sparse_root
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Address, Hash32
from devnet.proving.statement import Statement
from devnet.settlement.block import SettlementBlock, ZoneUpdate, zones_root
from devnet.settlement.settled_tree import OUTBOX_LEVELS, Branch, settled_branch

WORD = st.binary(min_size=32, max_size=32).map(Hash32)
NUMBER = st.integers(0, 2**64 - 1)
NAMES = [field.name for field in fields(Statement)]
LEVELS = 59


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    kinds = {field.name: NUMBER if field.type == "int" else WORD for field in fields(Statement)}
    statement = Statement(**{name: draw(kind) for name, kind in kinds.items()})
    return replace(statement, zone=draw(st.integers(0, 2**16 - 1)))


@st.composite
def settled(draw: st.DrawFn) -> tuple[SettlementBlock, dict[int, Hash32], ZoneUpdate]:
    statement = draw(statements())
    update = ZoneUpdate(
        statement, draw(NUMBER), draw(WORD), "witness", draw(WORD), Address(draw(WORD)[:20]), b""
    )
    newest = draw(st.dictionaries(st.integers(0, 2**16 - 1), WORD, max_size=4))
    newest[statement.zone] = update.signed_hash
    block = SettlementBlock(
        draw(NUMBER), draw(WORD), draw(NUMBER), 0, draw(st.integers(0, 9)), zones_root(newest), draw(WORD)
    )
    return block, newest, update


def whole(branch: Branch, start: int) -> list[Hash32]:
    """The peers of all levels, with the trees of zeros put back by hand."""
    peers, rest, zero = [], list(branch.peers), ZERO_HASH
    for level in range(LEVELS):
        zero = ZERO_HASH if level in (0, 32, 37, 40, 56) else keccak256(zero + zero)
        if level >= start:
            peers.append(zero if branch.zeros >> level & 1 else rest.pop(0))
    assert not rest
    return peers


@given(settled(), st.sampled_from(NAMES))
def test_a_field_leads_to_the_root(
    made: tuple[SettlementBlock, dict[int, Hash32], ZoneUpdate], name: str
) -> None:
    block, newest, update = made
    value = getattr(update.statement, name)
    leaf = Hash32(value if isinstance(value, bytes) else value.to_bytes(32, "big"))
    index = NAMES.index(name) | update.statement.zone << 8 | 5 << 24
    branch = settled_branch(block, newest, update, name)
    assert climb(leaf, whole(branch, OUTBOX_LEVELS), index) == block.root
    another = keccak256(leaf)
    assert climb(another, whole(branch, OUTBOX_LEVELS), index) != block.root


@given(settled(), st.lists(WORD, min_size=1, max_size=9), st.data())
def test_a_message_leads_to_the_root(
    made: tuple[SettlementBlock, dict[int, Hash32], ZoneUpdate], messages: list[Hash32], data: st.DataObject
) -> None:
    block, newest, update = made
    leaves = dict(enumerate(messages))
    statement = replace(update.statement, post_outbox_root=sparse_root(OUTBOX_LEVELS, leaves))
    update = replace(update, statement=statement)
    newest[statement.zone] = update.signed_hash
    block = replace(block, zones_root=zones_root(newest))
    number = data.draw(st.integers(0, len(messages) - 1))
    peers = sparse_branch(OUTBOX_LEVELS, leaves, number)
    branch = settled_branch(block, newest, update, "post_outbox_root", peers)
    index = number | NAMES.index("post_outbox_root") << 32 | statement.zone << 40 | 5 << 56
    assert climb(messages[number], whole(branch, 0), index) == block.root
    # Most of the outbox and of the zones are zeros, and need not be carried.
    assert len(branch.peers) < LEVELS - 20
