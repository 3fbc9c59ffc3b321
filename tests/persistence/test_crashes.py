"""Whenever the process ends, what is there afterwards is exactly one commit: the last, or the one on its
way."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from tests.persistence.kept import Crash, Kept, disk, step


@pytest.mark.parametrize("seed", range(60))
def test_what_is_committed_is_what_is_read_however_logs_are_cut_dropped_and_reopened(
    seed: int, tmp_path: Path
) -> None:
    random = Random(seed)
    kept = Kept(tmp_path)
    for _ in range(120):
        step(kept, random)
        if random.randrange(10) == 0:
            kept.reopen()
    kept.commit()
    for log in kept.logs:
        log.validate()
    kept.reopen()
    kept.close()


def crash_everywhere(folder: Path, seed: int, steps: int, torn: int) -> int:
    """Runs the same steps again and again, and ends the process at each of their system calls in turn, and
    once while it opens the files again; gives how many there are."""
    calls = 0
    while True:
        calls += 1
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        random = Random(seed)
        kept = Kept(folder)
        with disk() as system:
            system.crash_at, system.torn = calls, torn
            try:
                for _ in range(steps):
                    step(kept, random)
            except Crash:
                pass
            else:
                kept.close()
                return calls
        with disk() as system:
            system.crash_at = 1 + random.randrange(4)
            try:
                kept.reopen()
            except Crash:
                system.crash_at = -1
                kept.reopen()
            system.crash_at = -1
            # It goes on from there as if nothing had been.
            for _ in range(15):
                step(kept, random)
            kept.commit()
            kept.reopen()
            kept.close()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("torn", [0, 50])
def test_a_process_that_ends_at_any_system_call_leaves_one_commit(
    seed: int, torn: int, tmp_path: Path
) -> None:
    assert crash_everywhere(tmp_path / "kept", seed, 30, torn) > 20


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 40))
def test_a_process_that_ends_at_any_system_call_leaves_one_commit_long(seed: int, tmp_path: Path) -> None:
    for torn in (0, 1, 8, 20, 70):
        crash_everywhere(tmp_path / "kept", seed, 60, torn)


@pytest.mark.parametrize("seed", range(40))
def test_a_full_disk_leaves_everything_as_it_was_and_the_next_write_works(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    kept = Kept(tmp_path)
    failed = 0
    with disk() as system:
        for _ in range(150):
            system.is_full = random.randrange(3) == 0
            system.torn = random.randrange(30)
            try:
                step(kept, random)
            except OSError:
                failed += 1
                before, kept.committing = kept.committing, None
                if random.randrange(3) == 0:
                    system.is_full = False
                    kept.committing = before
                    kept.reopen()
        system.is_full = False
        kept.commit()
        for log in kept.logs:
            log.validate()
        kept.reopen()
        kept.close()
    assert failed
