"""What was dispersed stays to be asked for, within limits, and across a killed process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.availability import Flaw, Refused
from devnet.availability.checking import ColumnCheck
from devnet.availability.columns import Column
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.maintenance.checking import check
from devnet.maintenance.repairing import repair
from devnet.network import Network
from devnet.persistence.errors import FolderError
from devnet.proving.batch import decode_batch
from devnet.settlement.archive import Archive
from devnet.settlement.archive_files import ArchiveFiles
from devnet.settlement.column_service import NotKept
from devnet.settlement.dispersed import DispersedBlock, decode_block, encode_block
from devnet.settlement.parameters import ArchiveLimits
from tests.parts import parts_under_test
from tests.settlement.networks import network, pay


@pytest.fixture(scope="module")
def settled() -> Network:
    """A network with three settlement blocks; nothing in this module changes it."""
    made = network()
    for zone in ("alpha", "beta", "alpha"):
        pay(made, zone)
        made.settle()
    return made


def newest(network: Network, zone: int = 1) -> Hash32:
    update = network.settlement.chain.update_of(zone)
    assert update is not None
    return update.signed_hash


def kept(network: Network, height: int) -> DispersedBlock:
    block = network.settlement.archive.block(height)
    assert block is not None
    return block


def write(files: ArchiveFiles, block: DispersedBlock) -> int:
    size = files.prepare(block)
    files.accept(block.height, block.root)
    return size


# ---------------------------------------------------------------- what is kept


def test_what_was_dispersed_is_there_under_the_hash_of_its_update(settled: Network) -> None:
    block, found = settled.settlement.columns.find(newest(settled))
    update = settled.settlement.chain.update_of(1)
    assert update is not None
    assert (block.height, found.update) == (3, update.signed_hash)
    assert found.header.commitment == update.statement.data_commitment
    assert keccak256(found.proof.data) == update.proof_hash
    assert sum(len(held) for held in block.held) == found.header.parameters.columns
    blocks, _ = decode_batch(settled.settlement.columns.batch(newest(settled)).batch)
    assert [entry.header.number for entry in blocks] == [2]


def test_a_block_is_the_same_after_it_was_bytes(settled: Network) -> None:
    block = kept(settled, 1)
    assert decode_block(encode_block(block)) == block


@given(place=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_no_changed_byte_of_a_file_goes_unseen(
    settled: Network, tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    files = ArchiveFiles(tmp_path_factory.mktemp("archive"), settled.config_hash)
    size = write(files, kept(settled, 1))
    (path,) = files.folder.iterdir()
    content = bytearray(path.read_bytes())
    content[place % size] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(FolderError):
        files.read(1)


def test_the_oldest_go_beyond_the_limits(settled: Network) -> None:
    blocks = [kept(settled, height) for height in (1, 2, 3)]
    by_count = Archive(ArchiveLimits(blocks=2))
    by_size = Archive(ArchiveLimits(size=blocks[2].size + blocks[1].size))
    for archive in (by_count, by_size):
        for block in blocks:
            archive.keep(block)
        assert archive.status().heights == (2, 3)
        assert archive.find(blocks[0].updates[0].update) is None
        assert archive.status().size == blocks[1].size + blocks[2].size
    nothing = Archive(ArchiveLimits(blocks=0))
    nothing.keep(blocks[0])
    too_large = Archive(ArchiveLimits(size=blocks[0].size - 1))
    too_large.keep(blocks[0])
    assert nothing.status().heights == too_large.status().heights == ()


def test_what_settlement_takes_back_goes() -> None:
    made = network()
    pay(made, "alpha")
    made.settle()
    snapshot = made.snapshot()
    pay(made, "alpha")
    made.settle()
    gone = newest(made)
    made.revert(snapshot)
    assert made.settlement.archive.status().heights == (1,)
    with pytest.raises(NotKept):
        made.settlement.columns.batch(gone)
    pay(made, "alpha", 2)
    made.settle()
    assert made.settlement.archive.status().heights == (1, 2)
    assert newest(made) != gone
    assert made.settlement.columns.batch(newest(made)).missing == ()


# ---------------------------------------------------------------- in a data folder

KILLED = """
import os, signal, sys
from pathlib import Path
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from tests.parts import parts_under_test
from tests.settlement.networks import pay
config = NetworkConfig()
network = Network(config, parts_under_test(), folder=DataFolder.open(Path(sys.argv[1]), config))
pay(network, "alpha")
network.settle()
network.commit()
print(network.settlement.chain.update_of(1).signed_hash.hex(), flush=True)
pay(network, "alpha")
network.settle()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def opened(folder: Path, **changes: object) -> Network:
    config = NetworkConfig(**changes)  # type: ignore[arg-type]
    return Network(config, parts_under_test(), folder=DataFolder.open(folder, config))


@pytest.mark.skipif(sys.platform == "win32", reason="no process is killed by a signal there")
def test_a_killed_process_loses_nothing_of_it_that_was_committed(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], env=environment, capture_output=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()
    update = Hash32(bytes.fromhex(ran.stdout.decode()))
    with opened(folder) as again:
        # The second settlement block was written, and no commit names it.
        assert again.settlement.chain.height == 1
        assert again.settlement.archive.status().heights == (1,)
        blocks, _ = decode_batch(again.settlement.columns.batch(update).batch)
        assert [block.header.number for block in blocks] == [1]
        assert [path.name for path in (folder / "archive").iterdir()] == [f"{1:020d}.data"]


def test_a_damaged_file_is_not_served_and_found_by_the_check(folder: Path) -> None:
    with opened(folder) as made:
        pay(made, "alpha")
        made.settle()
        update = newest(made)
    path = folder / "archive" / f"{1:020d}.data"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    (finding,) = check(folder).findings
    assert finding.path == path
    with opened(folder) as again:
        with pytest.raises(NotKept):
            again.settlement.columns.batch(update)
        assert again.settlement.chain.height == 1
    repaired = repair(folder)
    assert (repaired.lost, repaired.went_back_to is None) == ((), False)
    assert check(folder).is_whole


def test_a_dump_of_the_same_chain_keeps_what_was_dispersed(folder: Path) -> None:
    with opened(folder) as made:
        pay(made, "alpha")
        made.settle()
        update = newest(made)
        dump = folder.with_suffix(".dump")
        with dump.open("wb") as sink:
            made.dump(sink)
        pay(made, "alpha")
        made.settle()
        with dump.open("rb") as source:
            made.load(source)
        assert made.settlement.archive.status().heights == (1,)
        assert made.settlement.columns.batch(update).missing == ()
    with opened(folder) as again:
        assert again.settlement.archive.status().heights == (1,)


# ---------------------------------------------------------------- what holders serve


def withholding(*holders: int) -> object:
    return lambda holder, column: None if holder in holders else column


@pytest.fixture
def dispersed() -> tuple[Network, Hash32]:
    made = network()
    pay(made, "alpha")
    made.settle()
    return made, newest(made)


def test_with_a_third_of_the_stake_withholding_the_batch_is_there(
    dispersed: tuple[Network, Hash32],
) -> None:
    network, update = dispersed
    service = network.settlement.columns
    whole = service.batch(update).batch
    service.hand_out = withholding(1)  # type: ignore[assignment]
    retrieved = service.batch(update)
    assert retrieved.batch == whole
    assert len(retrieved.missing) == 32
    service.hand_out = withholding(0, 1, 2)  # type: ignore[assignment]
    with pytest.raises(Refused) as refused:
        service.batch(update)
    assert refused.value.flaw is Flaw.TOO_FEW_COLUMNS


def test_a_false_column_is_dropped_and_named_and_repaired(dispersed: tuple[Network, Hash32]) -> None:
    network, update = dispersed
    service = network.settlement.columns
    (true,) = service.columns(update, [40])
    whole = service.batch(update).batch

    def corrupted(holder: int, column: Column) -> Column | None:
        if holder == 2:
            return None
        return replace(column, data=bytes(len(column.data))) if column.index == 40 else column

    service.hand_out = corrupted
    retrieved = service.batch(update)
    assert retrieved.batch == whole
    assert retrieved.refused == ((40, Flaw.PATH),)
    (false,) = service.columns(update, [40])
    assert false != true
    repaired = service.columns(update, [40, 64, 0], is_repaired=True)
    assert repaired[0] == true
    _, found = service.find(update)
    check_columns = ColumnCheck(found.header, found.combination, network._parts.coder())
    assert check_columns.refusals([column for column in repaired if column is not None]) == [None] * 3


def test_a_sample_says_what_it_did_not_get(dispersed: tuple[Network, Hash32]) -> None:
    network, update = dispersed
    service = network.settlement.columns
    sampled = service.sample(update, 128, b"seed")
    assert sampled.is_available
    assert sorted(sampled.asked) == list(range(128))
    service.hand_out = withholding(3)  # type: ignore[assignment]
    sampled = service.sample(update, 128, b"seed")
    assert sorted(sampled.missing) == list(range(96, 128))
    assert not sampled.is_available
    with pytest.raises(ValueError, match="129 samples"):
        service.sample(update, 129)
