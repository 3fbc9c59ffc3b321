"""Every corruption of a header, combination, column or path is refused, and the flaw is named."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.availability import Coder, Flaw, Refused
from devnet.availability.checking import ColumnCheck, verify_batch, verify_column, verify_header
from devnet.availability.columns import Column
from devnet.availability.dispersal import Dispersal, encode
from devnet.availability.header import HEADER_BYTES, DataHeader
from devnet.availability.parameters import MOST_BATCH_BYTES, Parameters
from devnet.availability.retrieval import reconstruct, repair
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from tests.availability.batches import any_parameters, batches
from tests.availability.coders import coder_named, for_both

PARAMETERS = Parameters(32, 1)
BATCH = random.Random(3).randbytes(1_001)


def dispersed(coder: Coder) -> Dispersal:
    return encode(BATCH, PARAMETERS, coder)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def flaw_of(action: object, *arguments: object) -> Flaw:
    assert callable(action)
    with pytest.raises(Refused) as refused:
        action(*arguments)
    assert str(refused.value) == f"{refused.value.flaw.value}: {refused.value.detail}"
    # It may have to leave the process it was raised in.
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)
    return refused.value.flaw


def read_back(data: bytes, decode: Callable[[bytes], DataHeader | Column]) -> bytes | Flaw:
    """What was read, encoded again, or why it was refused."""
    try:
        return decode(data).encode()
    except Refused as refused:
        return refused.flaw


def refused_headers(header: DataHeader, parameters: Parameters, commitment: Hash32, encoded: bytes) -> Flaw:
    """Why an encoded header is refused by who knows the parameters and the commitment."""

    def receive() -> None:
        verify_header(DataHeader.decode(encoded), parameters, commitment)

    return flaw_of(receive)


def test_every_bit_of_a_header_counts() -> None:
    header = dispersed(coder_named("native")).header
    encoded = header.encode()
    DataHeader.decode(encoded)
    verify_header(DataHeader.decode(encoded), PARAMETERS, header.commitment)
    expected = {
        range(1): {Flaw.HEADER_VERSION},
        range(1, 6): {Flaw.PARAMETERS},
        range(6, 10): {Flaw.BATCH_LENGTH, Flaw.COMMITMENT},
        range(10, HEADER_BYTES): {Flaw.COMMITMENT},
    }
    for places, flaws in expected.items():
        for bit in range(8 * places.start, 8 * places.stop):
            found = refused_headers(header, PARAMETERS, header.commitment, flipped(encoded, bit))
            assert found in flaws, bit


@pytest.mark.parametrize(
    ("parameters", "length"),
    [
        (Parameters(31, 1), 1_001),
        (Parameters(32, 0), 1_001),
        (Parameters(32, 1, 127), 1_001),
        (PARAMETERS, 1_000),
    ],
)
def test_every_number_of_a_header_is_committed_to(parameters: Parameters, length: int) -> None:
    header = dispersed(coder_named("native")).header
    other = replace(header, parameters=parameters, length=length)
    assert other.commitment != header.commitment
    assert flaw_of(verify_header, other, parameters, header.commitment) is Flaw.COMMITMENT


def test_headers_of_other_lengths_are_refused() -> None:
    encoded = dispersed(coder_named("native")).header.encode()
    for wrong in (b"", encoded[:-1], encoded + b"\0"):
        assert flaw_of(DataHeader.decode, wrong) is Flaw.HEADER_LENGTH


def test_numbers_that_cannot_be_are_refused() -> None:
    encoded = dispersed(coder_named("native")).header.encode()

    def at(start: int, number: int, size: int) -> bytes:
        return encoded[:start] + number.to_bytes(size, "big") + encoded[start + size :]

    for wrong in (at(1, 0, 2), at(1, 2, 2), at(1, 32_769, 2), at(3, 5, 2), at(3, 65_535, 2)):
        assert flaw_of(DataHeader.decode, wrong) is Flaw.PARAMETERS
    for bits in (0, 129):
        assert flaw_of(DataHeader.decode, at(5, bits, 1)) is Flaw.PARAMETERS
    for length in (0, MOST_BATCH_BYTES + 1, 2**32 - 1):
        assert flaw_of(DataHeader.decode, at(6, length, 4)) is Flaw.BATCH_LENGTH


@given(
    st.binary(max_size=200)
    | st.binary(min_size=HEADER_BYTES - 1, max_size=HEADER_BYTES - 1).map(b"\1".__add__)
)
def test_no_bytes_but_a_header_are_read(data: bytes) -> None:
    assert read_back(data, DataHeader.decode) in {
        *(data, Flaw.HEADER_LENGTH, Flaw.HEADER_VERSION, Flaw.PARAMETERS, Flaw.BATCH_LENGTH),
    }


@given(any_parameters(), batches, st.binary(max_size=3_000))
@settings(max_examples=40)
def test_no_bytes_but_a_column_of_the_dispersal_are_read(
    parameters: Parameters, batch: bytes, data: bytes
) -> None:
    header = encode(batch, parameters, coder_named("native")).header
    found = read_back(data, lambda encoded: Column.decode(encoded, header))
    assert found in {data, Flaw.COLUMN_LENGTH, Flaw.COLUMN_INDEX}


@for_both
@given(st.integers(0, 31), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_a_changed_column_does_not_lead_to_the_root(name: str, index: int, chance: random.Random) -> None:
    coder = coder_named(name)
    dispersal = dispersed(coder)
    column = dispersal.column(index)
    header, combination = dispersal.header, dispersal.combination
    verify_column(header, combination, column, coder)

    def flaw(changed: Column) -> Flaw:
        return flaw_of(verify_column, header, combination, changed, coder)

    bit = chance.randrange(8 * len(column.data))
    assert flaw(replace(column, data=flipped(column.data, bit))) is Flaw.PATH
    place = chance.randrange(len(column.path))
    peer = Hash32(flipped(column.path[place], chance.randrange(256)))
    path = (*column.path[:place], peer, *column.path[place + 1 :])
    assert flaw(replace(column, path=path)) is Flaw.PATH
    other = (index + chance.randrange(1, 32)) % 32
    assert flaw(replace(column, index=other)) is Flaw.PATH
    for wrong in (column.data[:-2], column.data + b"\0\0", column.data[:-1], b""):
        assert flaw(replace(column, data=wrong)) is Flaw.COLUMN_LENGTH
    for wrong_path in (column.path[:-1], (*column.path, peer), ()):
        assert flaw(replace(column, path=wrong_path)) is Flaw.PATH_LENGTH
    for outside in (-1, 32, 2**40):
        assert flaw(replace(column, index=outside)) is Flaw.COLUMN_INDEX


def test_every_bit_of_an_encoded_column_counts() -> None:
    coder = coder_named("native")
    dispersal = encode(BATCH[:90], Parameters(16, 1), coder)
    check = ColumnCheck(dispersal.header, dispersal.combination, coder)
    encoded = dispersal.column(9).encode()

    def receive(data: bytes) -> None:
        check.verify((Column.decode(data, dispersal.header),))

    receive(encoded)
    for bit in range(8 * len(encoded)):
        expected = {Flaw.COLUMN_INDEX, Flaw.PATH} if bit < 16 else {Flaw.PATH}
        assert flaw_of(receive, flipped(encoded, bit)) in expected, bit
    for wrong in (b"", encoded[:-1], encoded + b"\0"):
        assert flaw_of(receive, wrong) is Flaw.COLUMN_LENGTH


@for_both
def test_every_bit_of_a_combination_counts(name: str) -> None:
    coder = coder_named(name)
    dispersal = encode(BATCH[:50], Parameters(16, 1), coder)
    header, combination = dispersal.header, dispersal.combination
    columns = list(dispersal.columns(range(16)))
    for bit in range(8 * len(combination)):
        wrong = flipped(combination, bit)
        assert flaw_of(verify_batch, header, wrong, BATCH[:50], coder) is Flaw.COMBINATION
        refusals = ColumnCheck(header, wrong, coder).refusals(columns)
        # The other data columns are as they were; every parity column depends on the changed sum.
        assert [refusal is None for refusal in refusals[:3]] == [bit // 128 != index for index in range(3)]
        assert {refusal.flaw for refusal in refusals if refusal} == {Flaw.ENCODING}
        assert all(refusals[3:])
    for length in (combination[:-1], combination + b"\0", b""):
        for action in (ColumnCheck, lambda *given: verify_batch(given[0], given[1], BATCH[:50], given[2])):
            assert flaw_of(action, header, length, coder) is Flaw.COMBINATION_LENGTH


@for_both
def test_a_header_of_something_else_makes_columns_fail(name: str) -> None:
    coder = coder_named(name)
    dispersal = dispersed(coder)
    header, column = dispersal.header, dispersal.column(20)
    others = {
        replace(header, batch_hash=keccak256(b"")): Flaw.ENCODING,
        replace(header, length=header.length - 1): Flaw.ENCODING,
        replace(header, columns_root=keccak256(b"")): Flaw.PATH,
        replace(header, length=2 * header.length): Flaw.COLUMN_LENGTH,
        replace(header, parameters=Parameters(16, 0)): Flaw.COMBINATION_LENGTH,
        replace(header, parameters=Parameters(32, 1, 64)): Flaw.ENCODING,
    }
    for other, flaw in others.items():
        assert flaw_of(verify_column, other, dispersal.combination, column, coder) is flaw


def test_another_batch_is_refused() -> None:
    coder = coder_named("native")
    dispersal = dispersed(coder)
    header, combination = dispersal.header, dispersal.combination
    verify_batch(header, combination, BATCH, coder)
    for wrong, flaw in ((BATCH[:-1], Flaw.BATCH_LENGTH), (flipped(BATCH, 77), Flaw.BATCH_HASH)):
        assert flaw_of(verify_batch, header, combination, wrong, coder) is flaw


@for_both
@given(st.randoms(use_true_random=False), st.integers(0, 24))
@settings(max_examples=30)
def test_retrieval_drops_what_fails(name: str, chance: random.Random, bad: int) -> None:
    coder = coder_named(name)
    dispersal = dispersed(coder)
    columns = [dispersal.column(index) for index in chance.sample(range(32), 32)]
    for place in chance.sample(range(32), bad):
        column = columns[place]
        columns[place] = chance.choice(
            (
                replace(column, data=flipped(column.data, chance.randrange(8 * len(column.data)))),
                replace(column, index=(column.index + 1) % 32),
                replace(column, path=()),
                replace(column, data=b""),
            )
        )
    columns += chance.choices(columns, k=5)
    assert reconstruct(dispersal.header, dispersal.combination, columns, coder) == BATCH


@for_both
def test_fewer_columns_than_needed_are_refused(name: str) -> None:
    coder = coder_named(name)
    dispersal = dispersed(coder)
    header, combination = dispersal.header, dispersal.combination
    seven = [dispersal.column(index) for index in range(7)]
    for columns in ([], seven, seven * 3, [*seven, replace(dispersal.column(8), path=())]):
        assert flaw_of(reconstruct, header, combination, columns, coder) is Flaw.TOO_FEW_COLUMNS
        assert flaw_of(repair, header, combination, columns, [9], coder) is Flaw.TOO_FEW_COLUMNS
    for outside in (-1, 32):
        assert flaw_of(repair, header, combination, seven, [outside], coder) is Flaw.COLUMN_INDEX
