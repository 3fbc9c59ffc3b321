"""Torn, cut and bit-flipped files are refused or make no difference; nothing wrong is ever read."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.header import HEADER_SIZE
from devnet.persistence.home import Home
from devnet.persistence.records import FRAME, FRAME_SIZE, frame
from devnet.state.qmdb import Qmdb, QmdbConfig
from devnet.state.records import BLOCK
from devnet.state.store import Position
from tests.state.test_files import IDENTITY, assert_same, commit_files, home

CONFIG = QmdbConfig(1, 999, 1000)
PEOPLE = [Address(bytes([n]) * 20) for n in range(4)]
KEYS = [bytes(address) for address in PEOPLE[:2]]


def written(folder: Path, *, is_pruned: bool) -> tuple[Qmdb, bytes]:
    """A small state in files, and its position. Pruned, all that is below the newest two blocks is a base."""
    code_hash = Hash32(b"\5" * 32)
    state = Qmdb(CONFIG, home(folder), segment_size=700)
    for height in range(4):
        state.commit(
            height,
            ChangeSet(
                {PEOPLE[height]: Account(1, Wei(7), code_hash), PEOPLE[0]: Account(height, Wei(1))},
                {(PEOPLE[1], height): 5, (PEOPLE[1], height - 1 if height else 0): height % 2},
                {code_hash: b"\x60\x01"},
            ),
        )
        commit_files(state)
    state.rollback(2)
    state.commit(3, ChangeSet({PEOPLE[2]: Account(1, Wei(1)), PEOPLE[0]: None}))
    if is_pruned:
        state.forget(2)
        state.compact_files()
    return state, commit_files(state)


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.log")))


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "pruned"])
def sound(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, implementation: str
) -> tuple[Path, Qmdb, bytes]:
    folder = tmp_path_factory.mktemp("sound")
    state, position = written(folder, is_pruned=request.param)
    return folder, state, position


def assert_refused_or_harmless(folder: Path, position: bytes, expected: Qmdb, damaged: Path) -> bool:
    """Opens the folder; gives whether it was refused."""
    error = refusal(home(folder, position, is_read_only=True))
    if error is not None:
        assert error.flaw is not Flaw.IN_USE
        assert damaged.parent.name in str(error)
        return True
    state = Qmdb(CONFIG, home(folder, position, is_read_only=True))
    assert_same(state, expected, KEYS)
    state.close()
    return False


def refusal(of: Home) -> FolderError | None:
    """What opening and checking a folder says, None where it is sound."""
    try:
        Qmdb.check(CONFIG, of)
    except FolderError as error:
        return error
    return None


def flip_bytes(sound: tuple[Path, Qmdb, bytes], copy: Path, stride: int) -> None:
    folder, expected, position = sound
    random_ = random.Random(1)
    refused = tried = 0
    for original in files_in(folder):
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        path = copy / original.relative_to(folder)
        content = original.read_bytes()
        for at in range(random_.randrange(stride), len(content), stride):
            bad = bytearray(content)
            bad[at] ^= random_.choice((1, 2, 4, 8, 16, 32, 64, 128, 255))
            path.write_bytes(bad)
            tried += 1
            refused += assert_refused_or_harmless(copy, position, expected, path)
        shutil.rmtree(copy)
    # What is harmless is a segment's seal where nothing else depends on it.
    assert refused > 0.9 * tried


def test_flipped_bytes_are_found(sound: tuple[Path, Qmdb, bytes], tmp_path: Path) -> None:
    flip_bytes(sound, tmp_path / "copy", 23)


@pytest.mark.full
def test_every_flipped_byte_is_found(sound: tuple[Path, Qmdb, bytes], tmp_path: Path) -> None:
    flip_bytes(sound, tmp_path / "copy", 1)


def test_cut_and_missing_files_are_found(sound: tuple[Path, Qmdb, bytes], tmp_path: Path) -> None:
    folder, expected, position = sound
    copy = tmp_path / "copy"
    for original in files_in(folder):
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        path = copy / original.relative_to(folder)
        content = original.read_bytes()
        for length in (0, 1, HEADER_SIZE, HEADER_SIZE + 5, len(content) // 2):
            path.write_bytes(content[:length])
            assert assert_refused_or_harmless(copy, position, expected, path)
        # A segment that was cut into does without its seal.
        path.write_bytes(content[:-1])
        assert_refused_or_harmless(copy, position, expected, path)
        path.unlink()
        assert assert_refused_or_harmless(copy, position, expected, path)
        shutil.rmtree(copy)


def test_what_lies_beyond_the_commit_makes_no_difference(
    sound: tuple[Path, Qmdb, bytes], tmp_path: Path
) -> None:
    folder, expected, position = sound
    copy = tmp_path / "copy"
    random_ = random.Random(2)
    for name in ("entries", "codes", "base"):
        for tail in (b"\0", random_.randbytes(9), frame(b"\1 not a block"), random_.randbytes(5000)):
            shutil.copytree(folder, copy, dirs_exist_ok=True)
            paths = list(files_in(copy / name))
            if paths:
                paths[-1].write_bytes(paths[-1].read_bytes() + tail)
                assert not assert_refused_or_harmless(copy, position, expected, paths[-1])
                state = Qmdb(CONFIG, home(copy, position))
                assert_same(state, expected, KEYS)
                state.close()
            shutil.rmtree(copy)


def test_wrong_records_with_right_checksums_are_refused_or_fail_the_check(
    sound: tuple[Path, Qmdb, bytes], tmp_path: Path
) -> None:
    """Whatever a record says, it ends in FolderError, or it is what was written."""
    folder, expected, position = sound
    random_ = random.Random(3)
    refused = 0
    for original in files_in(folder):
        name = original.parent.name
        if name == "codes":
            continue  # Nothing in a state's root tells what the bytes of a code are; its checksum does.
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        path = copy / original.relative_to(folder)
        content = original.read_bytes()
        places = []
        at = HEADER_SIZE
        while at < len(content):
            length, _ = FRAME.unpack_from(content, at)
            if length == 0xFFFFFFFF:
                break
            places.append((at, length))
            at += FRAME_SIZE + length
        for _ in range(60):
            start, length = random_.choice(places)
            payload = bytearray(content[start + FRAME_SIZE : start + FRAME_SIZE + length])
            payload[random_.randrange(length)] ^= 1 << random_.randrange(8)
            path.write_bytes(content[:start] + frame(bytes(payload)) + content[start + FRAME_SIZE + length :])
            error = refusal(home(copy, position, is_read_only=True))
            if error is None:
                assert not assert_refused_or_harmless(copy, position, expected, path)
            else:
                assert error.flaw is Flaw.DAMAGED
                assert str(copy) in str(error)
                refused += 1
        shutil.rmtree(copy)
    assert refused > 50


def test_a_folder_of_another_network_is_refused(tmp_path: Path) -> None:
    state, position = written(tmp_path, is_pruned=False)
    state.close()
    for other in (Home(tmp_path, b"\xee" * 32, 3, position), Home(tmp_path, IDENTITY, 4, position)):
        with pytest.raises(FolderError) as caught:
            Qmdb(CONFIG, other)
        assert caught.value.flaw in (Flaw.OTHER_NETWORK, Flaw.DAMAGED)


def test_another_compaction_is_found_by_nobody_but_the_next_block(tmp_path: Path) -> None:
    """Which is why the network's identity covers it."""
    state, position = written(tmp_path, is_pruned=False)
    state.close()
    again = Qmdb(QmdbConfig(1, 0, 1), home(tmp_path, position, is_read_only=True))
    assert again.root == state.root
    again.close()


def test_a_position_that_is_none_is_refused(tmp_path: Path) -> None:
    state, position = written(tmp_path, is_pruned=False)
    state.close()
    other_root = Position.decode(position)
    for wrong in (
        b"",
        position[:-1],
        position + b"\0",
        position[:24] + bytes(32) + position[56:],
        (7).to_bytes(8, "little") + position[8:],
        position[:8] + (9).to_bytes(8, "little") + position[16:],
        position[:16] + (2).to_bytes(8, "little") + position[24:],
    ):
        with pytest.raises(FolderError) as caught:
            Qmdb(CONFIG, home(tmp_path, wrong, is_read_only=True))
        assert caught.value.flaw is Flaw.DAMAGED
    assert other_root.encode() == position


def test_records_of_a_dump_that_make_no_state_are_refused() -> None:
    state = Qmdb(CONFIG)
    for height in range(4):
        state.commit(height, ChangeSet({address: Account(height + 1, Wei(0)) for address in PEOPLE[:height]}))
    state.forget(1)
    records = list(state.export())
    assert_same(Qmdb.load(CONFIG, records), state, KEYS)
    blocks = [at for at, record in enumerate(records) if record[0] == BLOCK]
    random_ = random.Random(4)
    for at in [0, 5, *blocks]:
        left_out = [record for other, record in enumerate(records) if other != at]
        if at != blocks[-1]:
            with pytest.raises(ValueError, match=r"."):
                Qmdb.load(CONFIG, left_out)
    for wrong in (
        [*records[::-1]],
        [*records, b""],
        [*records, b"\x09"],
        [*records, records[0]],
        [*records, records[blocks[-1]]],
        [record[: random_.randrange(1, len(record))] for record in records],
    ):
        with pytest.raises(ValueError, match=r"."):
            Qmdb.load(CONFIG, wrong)
