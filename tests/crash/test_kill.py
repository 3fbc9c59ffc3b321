"""kill -9 under load over real RPC: what a reply reported is there afterwards, and nothing half-written.

A test's seed is in its name; it decides the load and what happens when, not how the system's threads fall.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from devnet.kernel import absence
from tests.crash.node import Zygote
from tests.crash.rounds import Lives

MODES = ((), ("--block-time", "0.05"), ("--no-mining",), ("--block-time", "0.05", "--mixed-mining"))
SYNCING = (("--fsync", "slot"), ("--fsync", "never"), ("--fsync", "block"))


def options_of(seed: int) -> tuple[str, ...]:
    """Every combination comes up as the seeds count up."""
    return (*MODES[seed % len(MODES)], *SYNCING[seed % len(SYNCING)])


def killed_at_moments(zygote: Zygote, folder: Path, seed: int, lives: int) -> None:
    folder_lives = Lives(zygote, folder, seed, options_of(seed))
    for _ in range(lives):
        folder_lives.kill_at_a_random_moment()
    folder_lives.end()
    print(f"seed {seed}: {folder_lives.counts}")


def killed_at_calls(zygote: Zygote, folder: Path, seed: int, lives: int) -> None:
    folder_lives = Lives(zygote, folder, seed, options_of(seed))
    for _ in range(lives):
        folder_lives.kill_at_a_random_call(3_000)
    folder_lives.end()
    print(f"seed {seed}: {folder_lives.counts}")


ENGINES = ("native", "pyevm")

both_engines = pytest.mark.skipif(absence() is not None, reason="there is no kernel")


def killed_between_engines(zygote: Zygote, folder: Path, seed: int, lives: int) -> None:
    """Each life goes on, with the other engine, with what the one before left."""
    folder_lives = Lives(zygote, folder, seed, options_of(seed), ENGINES)
    for life in range(lives):
        if life % 2:
            folder_lives.kill_at_a_random_call(1_000)
        else:
            folder_lives.kill_at_a_random_moment()
    folder_lives.end()
    print(f"seed {seed}: {folder_lives.counts}")


@both_engines
@pytest.mark.parametrize("seed", [300, pytest.param(301, marks=pytest.mark.full)])
def test_killed_with_another_engine_in_each_life(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    killed_between_engines(zygote, tmp_path, seed, 5)


@both_engines
@pytest.mark.full
@pytest.mark.parametrize("seed", range(310, 334))
def test_killed_with_another_engine_in_each_of_many_lives(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    killed_between_engines(zygote, tmp_path, seed, 12)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.full)])
def test_killed_at_random_moments(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    killed_at_moments(zygote, tmp_path, seed, 4)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.full)])
def test_killed_at_random_file_calls(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    killed_at_calls(zygote, tmp_path, seed, 5)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 124))
def test_killed_at_random_moments_hundreds_of_times(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    killed_at_moments(zygote, tmp_path, seed, 12)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(200, 236))
def test_killed_at_random_file_calls_hundreds_of_times(zygote: Zygote, tmp_path: Path, seed: int) -> None:
    killed_at_calls(zygote, tmp_path, seed, 12)
