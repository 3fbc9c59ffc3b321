"""Random blocks on this engine and on the executable specification: equal receipts and post state."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devnet.chain.rules import Fork
from devnet.execution import STRICT, Mode, TransactionResult
from tests.execution.eels import Outcome, Specification, accounts_of
from tests.execution.engines import REFERENCE
from tests.execution.memory_state import rules
from tests.execution.programs import random_block

MODE = Mode(checks=STRICT, system_calls=True, credit_fees=True)
SEEDS = st.integers(0, 2**64 - 1)


def compare(seed: int, fork: Fork) -> None:
    """Raises where the two disagree about the block of this seed."""
    block = random_block(seed, fork)
    specification = Specification(fork, block.state)
    # Before Osaka the specification has no cap on a transaction's gas; this network has it on every fork.
    limits = rules(fork) if fork >= Fork.OSAKA else rules(fork, transaction_gas_cap=None)
    execution = REFERENCE.execute(limits, block.env, block.transactions, block.state, MODE)
    expected = specification.run(block.env, block.transactions)
    actual = [
        Outcome(result.status, result.gas_used, result.logs)
        if isinstance(result, TransactionResult)
        else None
        for result in execution.results
    ]
    assert actual == expected
    block.state.apply(execution.changes)
    assert accounts_of(block.state) == specification.accounts()


@pytest.mark.parametrize("fork", list(Fork))
def test_fixed_sample_of_blocks_agrees_with_the_specification(fork: Fork) -> None:
    """The same blocks in every run."""
    for seed in range(80 if fork >= Fork.PRAGUE else 50):
        compare(seed, fork)


@pytest.mark.full
@pytest.mark.parametrize("fork", list(Fork))
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(seed=SEEDS)
def test_random_blocks_agree_with_the_specification(fork: Fork, seed: int) -> None:
    """New blocks in every run; a disagreement names its seed."""
    compare(seed, fork)
