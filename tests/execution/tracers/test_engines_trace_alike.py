"""Native traces are the reference's, byte for byte: random blocks, real contracts, with all options."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devnet.chain.rules import Fork
from devnet.chain.types import Wei
from devnet.execution import LENIENT, STRICT, Mode, TraceSpec, TransactionResult
from devnet.rpc.deep_json import encode_json
from tests.execution.comparing import ComparingEngine
from tests.execution.engines import REFERENCE, engine, needs_kernel
from tests.execution.memory_state import TARGET, environment, funded, rules, transaction
from tests.execution.programs import random_block
from tests.execution.tracers.ledger import Chain
from tests.execution.tracers.random_traces import random_traces

pytestmark = needs_kernel


def compare_block(seed: int, fork: Fork) -> int:
    """Compares all tracers on the block of this seed; the number of frames and steps that were told."""
    rng = random.Random(seed ^ 0x7ACE)
    block = random_block(seed, fork)
    limits = rules(fork)
    both = ComparingEngine(engine("native"), REFERENCE)
    told_events = 0
    for trace in random_traces(rng):
        checks = STRICT if rng.random() < 0.7 else LENIENT
        mode = Mode(
            checks=checks,
            system_calls=rng.random() < 0.5,
            credit_fees=True,
            trace=trace,
            trace_only=rng.choice((None, None, 0, 1)),
            transfer_logs=rng.random() < 0.3,
            # What steps cost may read more than what runs.
            record_reads=trace.tracer not in ("", "coverageTracer", "muxTracer") and rng.random() < 0.3,
        )
        execution = both.execute(limits, block.env, block.transactions, block.state, mode)
        told_events += sum(
            len(encode_json(result.trace)) > 50
            for result in execution.results
            if isinstance(result, TransactionResult)
        )
    return told_events


@pytest.mark.parametrize("fork", list(Fork))
def test_a_fixed_sample_of_blocks_is_traced_alike(fork: Fork) -> None:
    assert sum(compare_block(seed, fork) for seed in range(12)) > 30


@pytest.mark.full
@pytest.mark.parametrize("fork", list(Fork))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(seed=st.integers(0, 2**64 - 1))
def test_random_blocks_are_traced_alike(fork: Fork, seed: int) -> None:
    """New blocks in every run; a disagreement names its seed."""
    compare_block(seed, fork)


@pytest.mark.parametrize("fork", list(Fork))
@pytest.mark.parametrize("items", [0, 1, 20])
def test_every_byte_is_traced_alike_as_the_last_of_a_program(fork: Fork, items: int) -> None:
    """Those as well that a fork does not know yet, with and without what they would take from the stack."""
    both = ComparingEngine(engine("native"), REFERENCE)
    for opcode in range(256):
        state = funded().put(TARGET, code=b"\x60\x21" * items + bytes([opcode]))
        mode = Mode(checks=LENIENT, trace=TraceSpec("", {"enableReturnData": True}))
        call = transaction(gas_limit=100_000)
        (result,) = both.execute(rules(fork), environment(), [call], state, mode).results
        assert isinstance(result, TransactionResult)
        assert len(result.trace["structLogs"]) >= items


def compare_gas(seed: int) -> int:
    """Compares transactions whose gas runs out somewhere, with what they reached; how many did run out."""
    rng = random.Random(seed)
    fork = rng.choice(list(Fork))
    block = random_block(seed, fork)
    both = ComparingEngine(engine("native"), REFERENCE)
    ran_out = 0
    for single in block.transactions:
        (plain,) = both.execute(
            rules(fork), block.env, [single], block.state, Mode(checks=LENIENT, record_reads=True)
        ).results
        if not isinstance(plain, TransactionResult):
            continue
        limit = rng.randint(21_000, max(22_000, plain.gas_peak))
        short = replace(single, gas_limit=limit)
        for trace in random_traces(rng):
            mode = Mode(
                checks=LENIENT, trace=trace, record_reads=trace.tracer in ("callTracer", "noopTracer")
            )
            (result,) = both.execute(rules(fork), block.env, [short], block.state, mode).results
        ran_out += isinstance(result, TransactionResult) and result.failure is not None
    return ran_out


def test_gas_runs_out_alike() -> None:
    """A fixed sample. What fails first, what was reached and what is told depend on the order of charges."""
    assert sum(compare_gas(seed) for seed in range(30)) > 10


@pytest.mark.full
@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(seed=st.integers(0, 2**64 - 1))
def test_gas_runs_out_alike_in_random_blocks(seed: int) -> None:
    """New blocks in every run; a disagreement names its seed."""
    compare_gas(seed)


SCENARIO_TRACES = (
    TraceSpec("", {"enableMemory": True, "enableReturnData": True}),
    TraceSpec("callTracer", {"withLog": True}),
    TraceSpec("flatCallTracer", {"includePrecompiles": True}),
    TraceSpec("flatCallTracer", {"convertParityErrors": True}),
    TraceSpec("prestateTracer", {}),
    TraceSpec("prestateTracer", {"diffMode": True, "includeEmpty": True}),
    TraceSpec("4byteTracer", {}),
    TraceSpec("coverageTracer", {}),
    TraceSpec("muxTracer", {"callTracer": {"withLog": True}, "prestateTracer": {"diffMode": True}}),
    TraceSpec("muxTracer", {"coverageTracer": {}, "callTracer": {}}),
)


@pytest.mark.clients
def test_real_contracts_are_traced_alike() -> None:
    """Scenario.sol, compiled: every kind of call, revert, creation and destruction that Solidity makes."""
    from tests.execution.tracers.scenario import STEPS, creation_code

    chain = Chain(ComparingEngine(engine("native"), REFERENCE))
    first, second = chain.deploy(creation_code()), chain.deploy(creation_code())
    for step in STEPS:
        to, data = step.to(first, second), step.data(first, second)
        built = chain.build(to, data, value=Wei(step.value), gas_limit=step.gas)
        for trace in SCENARIO_TRACES:
            chain.execute(built, trace)
        chain.send(built)
