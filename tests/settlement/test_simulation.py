"""Many networks with faults, each drawn from a seed: the promises of consensus hold in all of them.

`python -m devnet.settlement.simulation SEED` replays one and prints what happened.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from devnet.settlement.remembering import RememberingSignatures
from devnet.settlement.simulation.run import Outcome, Size, simulate
from tests.parts import parts_under_test

SMALL = Size(most=4, bad_weather=2500)
"""For real signatures, which take their time."""

SAMPLE = (*range(8), 15, 20, 27, 33, 34, 53, 191, 408, 1002, 1003, 1011, 1029, 1381, 1761)
"""Some of the first, and such as broke a promise while consensus was made or when a rule was left out."""


def _run(seed: int) -> Outcome:
    return simulate(seed)


def _run_on_bls(seed: int) -> Outcome:
    return simulate(seed, RememberingSignatures(parts_under_test().signatures()), SMALL)


def test_networks_with_faults_agree_and_go_on() -> None:
    outcomes = [_run(seed) for seed in SAMPLE]
    # The sample is worth something only if what can go wrong did.
    assert any(outcome.crashes for outcome in outcomes)
    assert any(outcome.evidence for outcome in outcomes)
    assert any(outcome.rounds > 2 for outcome in outcomes)
    assert any(outcome.is_tight for outcome in outcomes)
    assert {name for outcome in outcomes for name in outcome.byzantine} >= {
        "TwoFaced",
        "Selective",
        "Liar",
        "Whisperer",
    }
    assert all(outcome.heights >= 3 for outcome in outcomes if not outcome.is_tight)


def test_networks_on_real_signatures_agree_and_go_on() -> None:
    outcomes = [_run_on_bls(seed) for seed in (3, 4)]
    assert all(outcome.heights >= 3 for outcome in outcomes if not outcome.is_tight)


@pytest.mark.parametrize("seed", [5, 7])
def test_a_seed_gives_the_same_run_again(seed: int) -> None:
    first: list[str] = []
    second: list[str] = []
    assert simulate(seed, trace=first.append) == simulate(seed, trace=second.append)
    assert first == second
    assert any("decides" in line for line in first)


def test_real_signatures_change_nothing_but_the_bytes() -> None:
    """The two schemes draw the same run: the keyed hashes stand for the real ones."""
    real, keyed = _run_on_bls(11), simulate(11, size=SMALL)
    assert (real.heights, real.rounds, real.evidence) == (keyed.heights, keyed.rounds, keyed.evidence)


@pytest.mark.full
def test_ten_thousand_networks_with_faults_agree_and_go_on() -> None:
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        outcomes = list(pool.map(_run, range(100, 10_100), chunksize=50))
    assert len(outcomes) == 10_000


@pytest.mark.full
def test_a_hundred_networks_on_real_signatures_agree_and_go_on() -> None:
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        outcomes = list(pool.map(_run_on_bls, range(100, 200), chunksize=5))
    assert len(outcomes) == 100
