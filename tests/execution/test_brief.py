"""Calls that are tried at once: they give what `execute` gives, and what could take long is given up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devnet.chain.account import EMPTY_ACCOUNT
from devnet.chain.rules import Fork
from devnet.chain.transaction import DYNAMIC_FEE
from devnet.chain.types import Address, Wei
from devnet.execution import BriefCalls, FailureKind, Mode, TransactionResult
from devnet.zone.calling.request import CallFees, checks_of
from tests.execution.differential import random_case
from tests.execution.engines import REFERENCE, engine, needs_kernel
from tests.execution.memory_state import SENDER, TARGET, MemoryState, environment, funded, rules
from tests.execution.test_native_views import native_state

pytestmark = needs_kernel

FREE = checks_of(CallFees(Wei(0), Wei(0), False))
GAS = 50_000_000


def at(state: MemoryState, fork: Fork = Fork.OSAKA, unknown: frozenset[Address] = frozenset()) -> BriefCalls:
    calls = engine("native").brief_calls(rules(fork), environment(), native_state(state).view(), unknown)
    assert calls is not None
    return calls


def ask(code: str, data: bytes = b"", fork: Fork = Fork.OSAKA) -> TransactionResult | None:
    state = funded().put(TARGET, code=bytes.fromhex(code.replace(" ", "")))
    return at(state, fork).run(SENDER, TARGET, GAS, Wei(0), data)


@pytest.mark.parametrize("fork", list(Fork))
def test_a_call_that_is_tried_gives_what_any_engine_gives(fork: Fork) -> None:
    tried = 0
    for seed in range(40):
        case = random_case(seed, fork)
        assert isinstance(case.state, MemoryState)
        view = native_state(case.state).view()
        calls = engine("native").brief_calls(case.rules, case.env, view, frozenset())
        assert calls is not None
        for given in case.transactions:
            if given.to is None:
                continue
            found = calls.run(given.sender, given.to, given.gas_limit, given.value, given.data)
            call = replace(
                given,
                type=DYNAMIC_FEE,
                chain_id=case.rules.chain_id,
                nonce=(view.account(given.sender) or EMPTY_ACCOUNT).nonce,
                max_fee_per_gas=Wei(0),
                max_priority_fee_per_gas=Wei(0),
                max_fee_per_blob_gas=Wei(0),
                access_list=(),
                blob_hashes=(),
                authorizations=(),
                is_impersonated=True,
            )
            expected = REFERENCE.execute(case.rules, case.env, (call,), view, Mode(checks=FREE)).results[0]
            if found is not None:
                tried += 1
                assert found == expected
    assert tried > 20


def test_a_failure_is_a_result() -> None:
    for code, kind in (("5f 5f fd", FailureKind.REVERT), ("fe", FailureKind.INVALID_OPCODE)):
        found = ask(code)
        assert found is not None
        assert found.failure is not None
        assert found.failure.kind is kind


def test_nothing_is_kept_of_a_call() -> None:
    # Adds one to slot 0 and returns it.
    state = funded().put(TARGET, code=bytes.fromhex("5f54600101805f555f5260205ff3"))
    calls = at(state)
    for _ in range(3):
        found = calls.run(SENDER, TARGET, GAS, Wei(0), b"")
        assert found is not None
        assert int.from_bytes(found.output, "big") == 1


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("5b 5f 56", id="jumps for ever"),
        pytest.param("5b 5a 50 5f 56", id="jumps for ever and looks at its gas"),
        pytest.param("5b 5f5f5f5f5f 30 5a f1 50 5f 56", id="calls itself without end"),
        pytest.param("5b 5f5f5f5f5f 6001 5a f1 50 5f 56", id="recovers without end"),
        pytest.param("5b 61100051 50 5f 56", id="reads memory for ever"),
        pytest.param("5f 62100000 52 00", id="one large expansion"),
        pytest.param("62100000 5f 20 00", id="one large hash"),
        pytest.param("62100000 5f 5f 37 00", id="one large copy of data"),
        pytest.param("62100000 5f 5f 39 00", id="one large copy of code"),
        pytest.param("62100000 5f 5f 5e 00", id="one large copy of memory"),
        pytest.param("62100000 5f 5f 30 3c 00", id="one large copy of other code"),
        pytest.param("62100000 5f f3", id="one large return"),
        pytest.param("62100000 5f a0 00", id="one large log"),
        pytest.param("62100000 5f 5f f0 00", id="one large creation"),
        pytest.param("5f 5f 62100000 5f 5f 6004 5a f1 00", id="identity of much"),
        pytest.param("5f 5f 5f 5f 5f 6008 5a f1 00", id="a pairing"),
        pytest.param("5f 5f 5f 5f 5f 6005 5a f1 00", id="a power"),
        pytest.param("5f 5f 5f 5f 5f 600a 5a f1 00", id="a blob's point"),
        pytest.param("63ffffffff 60e0 1b 5f 52 5f 5f 60d5 5f 5f 6009 5a f1 00", id="many rounds"),
    ],
)
def test_what_could_take_long_is_given_up_and_the_next_call_is_run(code: str) -> None:
    assert ask(code) is None
    assert ask("602a 5f 52 6020 5f f3") is not None


def test_the_limit_counts_work_and_not_time() -> None:
    def counts_to(number: int) -> str:
        return f"62{number:06x} 5b 6001 90 03 80 6004 57 00"

    # A round takes 26 gas; the limit is 100 000.
    for _ in range(3):
        assert ask(counts_to(3_800)) is not None
        assert ask(counts_to(3_900)) is None


def test_the_gas_that_a_call_sees_is_its_own() -> None:
    found = ask("5a 5f 52 6020 5f f3")
    assert found is not None
    assert int.from_bytes(found.output, "big") == GAS - 21_000 - 2


def test_a_long_input_is_given_up() -> None:
    assert ask("00", bytes(32 * 1024)) is not None
    assert ask("00", bytes(32 * 1024 + 1)) is None


def test_storage_that_the_view_does_not_tell_is_given_up() -> None:
    state = funded().put(TARGET, code=bytes.fromhex("5f5400"))
    assert at(state).run(SENDER, TARGET, GAS, Wei(0), b"") is not None
    assert at(state, unknown=frozenset({TARGET})).run(SENDER, TARGET, GAS, Wei(0), b"") is None


def test_only_the_kernels_own_views_are_read() -> None:
    assert engine("native").brief_calls(rules(), environment(), funded(), frozenset()) is None
    assert REFERENCE.brief_calls(rules(), environment(), funded(), frozenset()) is None
