"""Runs the same block on both engines and compares everything that they say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import (
    LENIENT,
    STRICT,
    AccountOverride,
    BlockEnv,
    Checks,
    Engine,
    EngineFault,
    Execution,
    ExecutionTimeout,
    Mode,
)
from devnet.state import StateView
from tests.execution.comparing import told
from tests.execution.engines import REFERENCE, engine
from tests.execution.memory_state import rules
from tests.execution.programs import CONTRACTS, SENDERS, STRANGER, random_block
from tests.execution.tracers.random_traces import random_traces


@dataclass(frozen=True)
class Case:
    """What an engine is given."""

    rules: Rules
    env: BlockEnv
    transactions: Sequence[Transaction]
    state: StateView
    mode: Mode


Refusal: TypeAlias = tuple[str, str]
"""What was raised instead: the kind of an error that callers tell apart, and its words."""


def compare(case: Case) -> Execution | None:
    """What both engines give; None where both raise the same. Raises AssertionError where they disagree."""
    expected, actual = attempt(REFERENCE, case, case.state), attempt(engine("native"), case, case.state)
    if not isinstance(expected, Execution) or not isinstance(actual, Execution):
        assert actual == expected
        return None
    for index, (ours, theirs) in enumerate(zip(actual.results, expected.results, strict=True)):
        assert told(ours) == told(theirs), f"transaction {index}"
    # The native change set is not a dataclass; it says itself what it equals.
    assert actual.changes == expected.changes
    assert dict(actual.changes.accounts) == dict(expected.changes.accounts)
    assert (actual.gas_used, actual.blob_gas_used) == (expected.gas_used, expected.blob_gas_used)
    assert actual.reads == expected.reads
    return expected


def compare_traces(case: Case, rng: random.Random) -> None:
    """Compares what every tracer tells of the block, each with options of its own, byte for byte."""
    for trace in random_traces(rng):
        # What a tracer itself looks up is counted among the reads on one engine; nothing asks for both.
        compare(replace(case, mode=replace(case.mode, trace=trace, record_reads=False)))


def attempt(chosen: Engine, case: Case, view: StateView) -> Execution | Refusal:
    """What the engine makes of the case over this view."""
    try:
        return chosen.execute(case.rules, case.env, case.transactions, view, case.mode)
    except (ExecutionTimeout, EngineFault) as error:
        return type(error).__name__, str(error)
    except ValueError as error:
        return "ValueError", str(error)


def random_case(seed: int, fork: Fork) -> Case:
    """A block of `programs.random_block`, under rules, an environment and a mode that vary; the same seed
    gives the same case."""
    rng = random.Random(f"case {seed}")
    block = random_block(seed, fork)
    limits = rules(
        fork,
        transaction_gas_cap=rng.choice((1 << 24, 1 << 24, None)),
        code_size_limit=rng.choice((24_576, 24_576, 40, None)),
    )
    if rng.random() < 0.3:
        _disturb(rng, block.state)
    env = replace(
        block.env,
        coinbase=rng.choice((block.env.coinbase, *CONTRACTS[:2], SENDERS[0], STRANGER)),
        recent_hashes=block.env.recent_hashes[: rng.choice((256, 256, 3, 0))],
        blob_base_fee=rng.choice((None, None, None, Wei(3))),
    )
    return Case(limits, env, block.transactions, block.state, _random_mode(rng, fork))


def _disturb(rng: random.Random, state: Any) -> None:
    """Changes single bytes of programs: opcodes that no generator puts there, the coinbase's among them."""
    for address in CONTRACTS:
        account = state.accounts[address]
        code = bytearray(state.codes[account.code_hash])
        for _ in range(rng.randrange(3)):
            code[rng.randrange(len(code))] = rng.choice((0x41, 0x31, 0xFF, 0xF0, 0x5E, rng.randrange(256)))
        slots = state.slots_of.get(address)
        state.put(address, account.balance, account.nonce, bytes(code), slots)


def _random_mode(rng: random.Random, fork: Fork) -> Mode:
    checks = rng.choice((STRICT, STRICT, STRICT, LENIENT, _random_checks(rng)))
    return Mode(
        checks=checks,
        system_calls=rng.random() < 0.7,
        credit_fees=rng.random() < 0.7,
        overrides=_random_overrides(rng) if rng.random() < 0.3 else {},
        transfer_logs=rng.random() < 0.2,
        record_reads=rng.random() < 0.8,
        gas_budget=rng.choice((None,) * 8 + (100_000, 1_000_000)),
    )


def _random_checks(rng: random.Random) -> Checks:
    return Checks(*(rng.random() < 0.5 for _ in range(6)))


def _random_overrides(rng: random.Random) -> dict[Address, AccountOverride]:
    made = {}
    # A sender's nonce grows, and no account has one of more than 64 bits.
    largest = dict.fromkeys(SENDERS, 2**64 - 20)
    for address in rng.sample((*CONTRACTS, *SENDERS, STRANGER), rng.randint(1, 3)):
        made[address] = AccountOverride(
            balance=rng.choice((None, Wei(0), Wei(10**20))),
            nonce=rng.choice((None, None, 0, 7, largest.get(address, 2**64 - 1))),
            code=rng.choice(
                (None, None, b"", b"\x5f\x54\x5f\x52\x60\x20\x5f\xf3", b"\xef\x01\x00" + address)
            ),
            storage=rng.choice((None, None, {}, {0: 5, 1: 0})),
            storage_changes=rng.choice(({}, {2: 9}, {0: 0})),
        )
    if rng.random() < 0.3:
        precompile = Address(rng.choice((1, 2, 4, 5, 99)).to_bytes(20, "big"))
        target = rng.choice((Address(b"\x99" * 20), CONTRACTS[0]))
        made[precompile] = AccountOverride(move_precompile_to=target)
    return made


def with_gas(case: Case, index: int, gas: int) -> Case:
    """The case with one transaction alone, at another gas limit, and nobody who checks the signature."""
    alone = replace(case.transactions[index], gas_limit=gas, hash=Hash32(bytes(32)))
    checks = replace(LENIENT, balance=case.mode.checks.balance)
    mode = replace(case.mode, checks=checks, overrides={}, gas_budget=None)
    return replace(case, transactions=(alone,), mode=mode)
