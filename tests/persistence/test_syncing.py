"""What is said to survive a power cut was given to the disk, whatever happened to it meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devnet.persistence.platform import sync_tree
from devnet.persistence.segmented_log import SegmentedLog
from tests.persistence.kept import SEGMENT_SIZE, header


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The inodes that were synced."""
    inodes: set[int] = set()
    fsync = os.fsync

    def note(file: int) -> None:
        fsync(file)
        inodes.add(os.fstat(file).st_ino)

    monkeypatch.setattr(os, "fsync", note)
    return inodes


def test_what_is_cut_and_not_committed_yet_is_synced_because_the_last_commit_names_it(
    tmp_path: Path, synced: set[int]
) -> None:
    log = SegmentedLog.create(tmp_path / "log", header(), SEGMENT_SIZE)
    offsets = []
    for _ in range(4):
        offsets.append(log.append(bytes([7]) * SEGMENT_SIZE))
        log.write()
        log.committed()
    log.cut(offsets[1])
    log.sync()
    files = {path.stat().st_ino for path in (tmp_path / "log").iterdir()}
    assert len(files) == 4
    assert files <= synced
    log.write()
    log.committed()
    log.sync()
    log.close()


def test_a_tree_is_synced_with_its_folders(tmp_path: Path, synced: set[int]) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "file").write_bytes(b"x")
    (tmp_path / "other").write_bytes(b"y")
    sync_tree(tmp_path)
    assert {path.stat().st_ino for path in (tmp_path, *tmp_path.rglob("*"))} <= synced


def test_a_tree_that_is_gone_has_nothing_to_sync(tmp_path: Path, synced: set[int]) -> None:
    sync_tree(tmp_path / "nothing")
    assert not synced
