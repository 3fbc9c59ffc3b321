"""A producer who colludes with some validators: columns that were committed to and are not of the batch."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability import Flaw, Refused
from devnet.availability.checking import ColumnCheck
from devnet.availability.column_tree import ColumnTree
from devnet.availability.dispersal import combination_of, encode
from devnet.availability.header import DataHeader
from devnet.availability.parameters import Parameters
from devnet.availability.retrieval import reconstruct, repair
from devnet.availability.sampling import escape_bound
from devnet.chain.keccak import keccak256
from tests.availability.batches import colluding
from tests.availability.coders import coder_named, for_both

PARAMETERS = Parameters(64, 4)
BATCH = random.Random(4).randbytes(2_000)


@for_both
@given(st.integers(0, 63), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_one_bad_column_is_caught_and_the_others_pass(name: str, index: int, chance: random.Random) -> None:
    coder = coder_named(name)
    data = bytearray(encode(BATCH, PARAMETERS, coder).column(index).data)
    data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    dispersal, bad = colluding(BATCH, PARAMETERS, coder, {index: bytes(data)})
    columns = [bad.get(place) or dispersal.column(place) for place in range(64)]
    refusals = ColumnCheck(dispersal.header, dispersal.combination, coder).refusals(columns)
    assert [place for place, refusal in enumerate(refusals) if refusal] == [index]
    assert refusals[index] is not None
    assert refusals[index].flaw is Flaw.ENCODING
    chance.shuffle(columns)
    assert reconstruct(dispersal.header, dispersal.combination, columns, coder) == BATCH


@for_both
def test_what_was_committed_to_wrongly_cannot_be_repaired_and_all_else_can(name: str) -> None:
    coder = coder_named(name)
    dispersal, bad = colluding(
        BATCH, PARAMETERS, coder, {5: bytes(encode(BATCH, PARAMETERS, coder).header.column_bytes)}
    )
    # The neighbour is among those that are there, so that its path names the leaf of the bad column.
    here = [dispersal.column(place) for place in (*range(20, 33), 4)]
    header, combination = dispersal.header, dispersal.combination
    missing = [place for place in range(64) if place != 5]
    assert repair(header, combination, here, missing, coder) == tuple(map(dispersal.column, missing))
    with pytest.raises(Refused) as refused:
        repair(header, combination, here, [5], coder)
    assert refused.value.flaw is Flaw.PATH
    assert ColumnCheck(header, combination, coder).refusals([bad[5]])[0].flaw is Flaw.ENCODING


@for_both
@pytest.mark.parametrize("where", ["padding", "batch hash"])
def test_columns_of_another_batch_are_not_taken_for_this_one(name: str, where: str) -> None:
    """All columns are consistent, and their combination with them: what only the batch's hash can tell."""
    coder = coder_named(name)
    batch = BATCH[:1_001]
    other = batch + b"\1" if where == "padding" else b"\0" + batch[1:]
    made = encode(other, PARAMETERS, coder)
    header = DataHeader(PARAMETERS, len(batch), keccak256(batch), made.header.columns_root)
    assert header.column_bytes == made.header.column_bytes
    combination = combination_of(header, other, coder)
    columns = list(made.columns(range(64)))
    assert ColumnCheck(header, combination, coder).refusals(columns) == [None] * 64
    with pytest.raises(Refused) as refused:
        reconstruct(header, combination, columns, coder)
    assert refused.value.flaw.value == where


def test_a_wrong_column_passes_as_rarely_as_the_formula_says() -> None:
    """With coefficients of 8 bits, and each of 32 columns wrong in a row of its own: one try of the producer
    has 32 chances of 2^-8."""
    parameters, tries = Parameters(32, 1, coefficient_bits=8), 800
    coder, escaped, passed = coder_named("native"), 0, 0
    for number in range(tries):
        made = encode(random.Random(number).randbytes(8 * 64), parameters, coder)
        bad = []
        for place, column in enumerate(made.columns(range(32))):
            data = bytearray(column.data)
            data[2 * place] ^= 1 + number % 255
            bad.append(bytes(data))
        dispersal, columns = colluding(made.batch, parameters, coder, dict(enumerate(bad)))
        check = ColumnCheck(dispersal.header, dispersal.combination, coder)
        through = sum(refusal is None for refusal in check.refusals(list(columns.values())))
        passed += through
        escaped += through > 0
    bound = escape_bound(parameters)
    exact = 1 - (1 - 2**-8) ** 32
    print(f"\nescaped in {escaped} of {tries} tries: {escaped / tries:.4f}; n / 2^bits = {bound:.4f}")
    spread = math.sqrt(exact * (1 - exact) / tries)
    assert abs(escaped / tries - exact) < 4 * spread
    assert abs(passed / tries - bound) < 4 * math.sqrt(bound / tries)
    assert escaped / tries < bound + 4 * spread


def test_the_formula_of_real_coefficients() -> None:
    assert escape_bound(Parameters(32_768, 1_200)) == 2.0**15 / 2.0**128
    assert escape_bound(Parameters(32_768, 1_200), tries=2**64) == 2.0**-49
    assert escape_bound(Parameters(16, 1, coefficient_bits=2)) == 1.0


def test_the_tree_takes_nodes_that_are_known() -> None:
    leaves = b"".join(keccak256(bytes((place,))) for place in range(5))
    tree = ColumnTree.over(leaves)
    assert ColumnTree.over(leaves, {(1, 1): tree.levels[1][1]}) == tree
    assert ColumnTree.over(leaves, {(1, 1): keccak256(b"")}).root != tree.root
    assert [len(level) for level in tree.levels] == [8, 4, 2, 1]
