"""Programs, batches and witnesses come back from their bytes, and each has one form."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.forced import ForcedTransaction
from devnet.chain.rules import BlobSchedule, Fork, Rules
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32
from devnet.network import NetworkConfig
from devnet.proving.batch import BatchBlock, decode_batch, encode_batch
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.program import EVM, EVM_DEV, Program
from devnet.proving.recording import record
from devnet.proving.witness import Witness
from devnet.state.config import QmdbConfig
from tests.proving.updates import Chain, engine_of

numbers = st.integers(0, 2**63 - 1)
forced = st.builds(ForcedTransaction, st.binary(max_size=40), st.integers(0, 2**64 - 1))
limits = st.none() | numbers
hashes = st.binary(min_size=32, max_size=32).map(Hash32)
programs = st.builds(
    Program,
    st.sampled_from((EVM, EVM_DEV)),
    hashes,
    numbers,
    st.builds(
        Rules,
        st.sampled_from((Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA)),
        numbers,
        limits,
        limits,
        limits,
        st.none() | st.builds(BlobSchedule, st.integers(1, 9), st.integers(9, 99), st.integers(2**20, 2**40)),
    ),
    numbers,
    numbers,
    st.booleans(),
    st.booleans(),
    st.builds(QmdbConfig, st.integers(1, 2**40), st.integers(0, 9), st.integers(10, 99)),
    st.booleans(),
)
heads = st.builds(SettlementHead, numbers, hashes, numbers, st.integers(0, 2**32 - 1))
bodies = st.lists(
    st.binary(max_size=50).map(lambda fields: b"\x02" + fields) | st.just(b"\xc2\x01\x02"), max_size=3
)


@given(programs)
def test_programs_come_back(program: Program) -> None:
    assert Program.decode(program.encode()) == program


@given(programs, st.data())
def test_a_program_has_one_encoding(program: Program, data: st.DataObject) -> None:
    encoded = bytearray(program.encode())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        read = Program.decode(bytes(encoded))
    except ValueError:
        return
    assert read.encode() == bytes(encoded)


def test_forks_that_cannot_be_proven_have_no_program_and_no_witness() -> None:
    chain = Chain(fork=Fork.SHANGHAI)
    chain.mine()
    with pytest.raises(ValueError, match="before Cancun"):
        Program.decode(chain.program.encode())
    with pytest.raises(Refused) as refused:
        chain.update(1)
    assert refused.value.flaw is Flaw.PROGRAM


def test_each_zone_and_each_configuration_has_a_program_of_its_own() -> None:
    configs = [NetworkConfig(), NetworkConfig(compaction_threshold=9), NetworkConfig(gas_limit=10**8)]
    ids = {config.program(zone).id for config in configs for zone in range(3)}
    assert len(ids) == 9


HEADER = Chain().zone.block(0).header  # type: ignore[union-attr]


@given(
    st.lists(
        st.builds(
            BatchBlock,
            st.just(HEADER),
            bodies.map(tuple),
            st.none() | heads,
            st.sampled_from((b"", b"\xc4\xc0\xc0\xc0\xc0")),
            st.lists(forced, max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.binary(max_size=40), max_size=2),
)
def test_batches_come_back(blocks: list[BatchBlock], blobs: list[bytes]) -> None:
    encoded = encode_batch(blocks, blobs)
    assert decode_batch(encoded) == (tuple(blocks), tuple(blobs))
    assert encode_batch(*decode_batch(encoded)) == encoded


def test_a_batch_without_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to"):
        decode_batch(encode_batch([]))


def test_witnesses_come_back() -> None:
    chain = Chain()
    chain.mine(3)
    witness = chain.update(2).witness
    assert Witness.decode(witness.encode()) == witness


def test_what_does_not_follow_cannot_be_recorded() -> None:
    chain = Chain()
    chain.mine(3)
    ledger = chain.zone._ledger
    records = [ledger.get(number) for number in range(4)]
    blocks = [BatchBlock.of(one.block, one.overrides, one.settlement) for one in records]

    def flaw_of(parent: int, taken: list[BatchBlock]) -> Flaw:
        with pytest.raises(Refused) as refused:
            record(
                chain.program,
                records[parent].block.header,
                taken,
                ledger.state,
                ledger.chain.recent_hashes(parent + 1),
                lambda number: ledger.get(number).block.header,
                engine_of(chain.parts),
            )
        return refused.value.flaw

    assert flaw_of(1, [blocks[3]]) is Flaw.CHAIN
    lying = replace(blocks[2], header=replace(blocks[2].header, gas_used=1))
    assert flaw_of(1, [lying]) is Flaw.HEADER
    chain.zone.set_chain_id(99)
    chain.send(0, chain.accounts[1], value=1, chain_id=99)
    chain.mine()
    with pytest.raises(Refused) as refused:
        chain.update(4)
    assert refused.value.flaw is Flaw.TRANSACTION
