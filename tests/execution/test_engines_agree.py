"""The native engine gives what the reference gives: results, changes, reads, refusals, errors."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.rules import Fork
from devnet.execution import TransactionResult
from tests.execution.differential import compare, compare_traces, random_case, with_gas
from tests.execution.engines import needs_kernel
from tests.execution.whole_blocks import BothBlocks

pytestmark = needs_kernel

FORKS = list(Fork)
SEEDS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize("fork", FORKS)
def test_fixed_sample_of_blocks_agrees(fork: Fork) -> None:
    """The same blocks in every run."""
    for seed in range(120):
        compare(random_case(seed, fork))


@given(seed=SEEDS, fork=st.sampled_from(FORKS))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_random_blocks_agree(seed: int, fork: Fork) -> None:
    """New blocks in every run."""
    compare(random_case(seed, fork))


@given(seed=SEEDS, fork=st.sampled_from(FORKS))
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_running_out_of_gas_at_any_point_agrees(seed: int, fork: Fork) -> None:
    exhaust(seed, fork, 12)


def compare_everything(seed: int, fork: Fork, blocks: BothBlocks) -> int:
    """Compares results, changes and reads of the block of this seed, its roots and receipts, its traces; how
    many transactions it has."""
    case = random_case(seed, fork)
    compare(case)
    blocks.compare(case)
    compare_traces(case, random.Random(f"traces {seed}"))
    return len(case.transactions)


@pytest.fixture(scope="module")
def blocks() -> BothBlocks:
    return BothBlocks()


@pytest.mark.parametrize("fork", FORKS)
def test_fixed_sample_of_blocks_has_the_same_roots_receipts_and_traces(
    fork: Fork, blocks: BothBlocks
) -> None:
    assert sum(compare_everything(seed, fork, blocks) for seed in range(1_000, 1_040)) > 100


@pytest.mark.full
@pytest.mark.parametrize("part", range(10))
@pytest.mark.parametrize("fork", FORKS)
def test_hundred_thousand_transactions_agree(fork: Fork, part: int, blocks: BothBlocks) -> None:
    """New ones in every run: 50 parts of 2 000 transactions and more, each with everything that there is to
    compare."""
    rng = random.SystemRandom()
    count = 0
    while count < 2_000:
        seed = rng.getrandbits(64)
        try:
            count += compare_everything(seed, fork, blocks)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.full
@pytest.mark.parametrize("fork", FORKS)
def test_thousands_of_gas_limits_agree(fork: Fork) -> None:
    """Each transaction at many gas limits, from what it needs to begin to what it needs to end."""
    for seed in range(150):
        exhaust(seed, fork, 40)


def exhaust(seed: int, fork: Fork, limits: int) -> None:
    """Runs each transaction of the block alone, at so many gas limits below what it uses."""
    rng = random.Random(seed)
    case = random_case(seed, fork)
    for index, transaction in enumerate(case.transactions):
        execution = compare(with_gas(case, index, 1_000_000))
        result = None if execution is None else execution.results[0]
        if not isinstance(result, TransactionResult):
            continue
        least = min(21_000, transaction.gas_limit)
        for _ in range(limits):
            compare(with_gas(case, index, rng.randint(least, max(least, result.gas_peak))))
