"""A dispersed batch: what is committed to, what the columns are, and the batch from any k of them."""

from __future__ import annotations

import random
import re
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability.checking import ColumnCheck, verify_batch, verify_column
from devnet.availability.columns import Column
from devnet.availability.dispersal import encode
from devnet.availability.header import HEADER_BYTES, DataHeader
from devnet.availability.parameters import MOST_BATCH_BYTES, Parameters
from devnet.availability.retrieval import reconstruct, repair
from devnet.chain.hash_tree import fields_root
from devnet.chain.keccak import keccak256
from tests.availability.batches import any_parameters, batches
from tests.availability.coders import coder_named, for_both
from tests.availability.definition import combined
from tests.packaging.source_copy import ROOT


@for_both
@given(any_parameters(), batches, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_any_k_columns_give_the_batch(
    name: str, parameters: Parameters, batch: bytes, chance: random.Random
) -> None:
    coder = coder_named(name)
    dispersal = encode(batch, parameters, coder)
    chosen = chance.sample(range(parameters.columns), parameters.data_columns)
    columns = [dispersal.column(index) for index in chosen]
    assert reconstruct(dispersal.header, dispersal.combination, columns, coder) == batch


@for_both
@given(any_parameters(), batches)
@settings(max_examples=30)
def test_every_column_passes_and_is_read_back(name: str, parameters: Parameters, batch: bytes) -> None:
    coder = coder_named(name)
    dispersal = encode(batch, parameters, coder)
    header = DataHeader.decode(dispersal.header.encode())
    assert header == dispersal.header
    columns = list(dispersal.columns(range(parameters.columns)))
    assert [Column.decode(column.encode(), header) for column in columns] == columns
    assert ColumnCheck(header, dispersal.combination, coder).refusals(columns) == [None] * len(columns)
    verify_column(header, dispersal.combination, columns[-1], coder)
    verify_batch(header, dispersal.combination, batch, coder)


@given(any_parameters(), batches)
@settings(max_examples=30)
def test_both_coders_disperse_alike(parameters: Parameters, batch: bytes) -> None:
    assert encode(batch, parameters, coder_named("native")) == encode(
        batch, parameters, coder_named("reference")
    )


@for_both
@given(any_parameters(), batches, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_missing_columns_are_repaired_from_the_others(
    name: str, parameters: Parameters, batch: bytes, chance: random.Random
) -> None:
    coder = coder_named(name)
    dispersal = encode(batch, parameters, coder)
    order = chance.sample(range(parameters.columns), parameters.columns)
    here = [dispersal.column(index) for index in order[: parameters.data_columns]]
    missing = order[parameters.data_columns :]
    repaired = repair(dispersal.header, dispersal.combination, here, missing, coder)
    assert repaired == tuple(map(dispersal.column, missing))


def test_the_first_columns_are_the_batch_itself() -> None:
    parameters = Parameters(32, 1)
    dispersal = encode(bytes(range(250)) + b"end", parameters, coder_named("reference"))
    assert (parameters.data_columns, dispersal.header.column_bytes, dispersal.header.rows) == (8, 32, 16)
    data = b"".join(dispersal.column(index).data for index in range(8))
    assert data == (bytes(range(250)) + b"end").ljust(256, b"\0")


def test_the_commitment_is_made_of_parameters_batch_and_columns() -> None:
    batch = random.Random(1).randbytes(100)
    dispersal = encode(batch, Parameters(16, 1), coder_named("reference"))
    level = [sha256(b"\0" + dispersal.column(index).data).digest() for index in range(16)]
    while len(level) > 1:
        level = [
            sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)
        ]
    assert dispersal.header.columns_root == level[0]
    assert dispersal.header.batch_hash == keccak256(batch)
    assert dispersal.commitment == fields_root((1, 16, 1, 128, 100, keccak256(batch), level[0]))
    assert len(dispersal.header.encode()) == HEADER_BYTES


def test_the_combination_is_the_sum_of_rows_with_coefficients_of_the_commitment() -> None:
    from hashlib import shake_256

    dispersal = encode(random.Random(2).randbytes(90), Parameters(18, 1), coder_named("native"))
    drawn = shake_256(b"zero/availability/coefficients/1" + dispersal.commitment).digest(16 * 12)
    sums = [combined(dispersal.column(index).data, drawn) for index in range(4)]
    assert dispersal.header.rows == 12
    assert dispersal.combination == b"".join(sums)


def test_a_wide_element_of_fewer_bits_has_only_those() -> None:
    from devnet.availability.coefficients import draw

    dispersal = encode(bytes(1_000), Parameters(16, 1, coefficient_bits=11), coder_named("reference"))
    drawn = draw(dispersal.header)
    wide = [int.from_bytes(drawn[start : start + 16], "little") for start in range(0, len(drawn), 16)]
    assert max(wide) < 2**11
    assert max(wide) >= 2**10


@for_both
def test_the_documents_example_is_what_comes_out(name: str) -> None:
    made = encode(b"availability", Parameters(15, 1), coder_named(name))
    text = (ROOT / "docs" / "availability.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^    ([a-z ]+[a-z])   +([0-9a-f ]{60,})$", text, re.MULTILINE))
    assert {label: bytes.fromhex(digits) for label, digits in found.items()} == {
        "parity columns": made.parity,
        "columns root": made.header.columns_root,
        "data commitment": made.commitment,
        "combination": made.combination,
    }


def test_what_is_no_batch_is_not_dispersed() -> None:
    coder = coder_named("native")
    with pytest.raises(ValueError, match="a batch of 0 bytes"):
        encode(b"", Parameters(16, 1), coder)
    with pytest.raises(ValueError, match="a batch of 134217729 bytes"):
        encode(bytes(MOST_BATCH_BYTES + 1), Parameters(16, 1), coder)


def test_there_are_no_columns_beyond_the_last() -> None:
    dispersal = encode(b"batch", Parameters(16, 1), coder_named("reference"))
    for index in (-1, 16):
        with pytest.raises(IndexError):
            dispersal.column(index)
