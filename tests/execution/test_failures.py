"""Every way in which an execution can fail has its own kind, with geth's words."""

from __future__ import annotations

import pytest

from devnet.chain.rules import Fork
from devnet.chain.types import Address, Wei
from devnet.execution import LENIENT, Failure, FailureKind, Mode
from tests.execution.memory_state import TARGET, execute_one, funded, rules, transaction

pytestmark = pytest.mark.usefixtures("each_engine")

PROGRAMS = {
    "60005ffd": (FailureKind.REVERT, "execution reverted"),
    "5b5f56": (FailureKind.OUT_OF_GAS, "out of gas"),
    "fe": (FailureKind.INVALID_OPCODE, "invalid opcode: INVALID"),
    "0c": (FailureKind.INVALID_OPCODE, "invalid opcode: opcode 0xc not defined"),
    "600101": (FailureKind.STACK_UNDERFLOW, "stack underflow (1 <=> 2)"),
    "5f5f5ff1": (FailureKind.STACK_UNDERFLOW, "stack underflow (3 <=> 7)"),
    "60019f": (FailureKind.STACK_UNDERFLOW, "stack underflow (1 <=> 17)"),
    "5f60010b0b": (FailureKind.STACK_UNDERFLOW, "stack underflow (1 <=> 2)"),
    "5b5f5f56": (FailureKind.STACK_OVERFLOW, "stack limit reached 1024 (1023)"),
    "5b305f56": (FailureKind.STACK_OVERFLOW, "stack limit reached 1024 (1023)"),
    "600456": (FailureKind.INVALID_JUMP, "invalid jump destination"),
    "6001600357": (FailureKind.INVALID_JUMP, "invalid jump destination"),
    "60015f5f3e": (FailureKind.RETURN_DATA_OUT_OF_BOUNDS, "return data out of bounds"),
}


@pytest.mark.parametrize("code", PROGRAMS)
def test_failure_of_a_program_has_geths_words(code: str) -> None:
    kind, words = PROGRAMS[code]
    result = execute_one(funded().put(TARGET, code=bytes.fromhex(code)), transaction(gas_limit=100_000))
    assert result.failure is not None
    assert (result.failure.kind, result.failure.message) == (kind, words)


@pytest.mark.parametrize(
    ("init_code", "kind"),
    [
        ("60ef5f5360015ff3", FailureKind.INVALID_CODE_PREFIX),
        ("6160015ff3", FailureKind.CODE_SIZE),
        ("6160005ff3", FailureKind.CODE_STORE_OUT_OF_GAS),
    ],
)
def test_contract_that_may_not_be_stored_fails(init_code: str, kind: FailureKind) -> None:
    result = execute_one(funded(), transaction(to=None, data=bytes.fromhex(init_code), gas_limit=1_000_000))
    assert result.failure == Failure(kind)
    assert result.gas_used == 1_000_000


@pytest.mark.parametrize(
    "write", ["5f5f55", "5f5fa0", "5f5f5ff0", "5f5f5f5ff5", "5fff", "5f5f5d", "5f5f5f5f60015f5af1"]
)
def test_static_call_may_not_write(write: str) -> None:
    writer = Address(b"\xdd" * 20)
    forwarder = "60015f525f5f5f5f73" + writer.hex() + "5afa5f5260205ff3"
    state = (
        funded().put(writer, balance=5, code=bytes.fromhex(write)).put(TARGET, code=bytes.fromhex(forwarder))
    )
    result = execute_one(state, transaction())
    assert result.output == bytes(32), "the static call gives 0"
    assert result.gas_used > 9_000_000, "and its gas is gone"


def test_init_code_beyond_the_limit_fails_as_gas_does() -> None:
    state = funded().put(TARGET, code=bytes.fromhex("61c0015f5ff0"))
    failure = execute_one(state, transaction()).failure
    assert failure is not None
    assert failure.message == "out of gas: max initcode size exceeded: size 49153"


def test_code_size_limit_can_be_lifted() -> None:
    result = execute_one(
        funded(),
        transaction(to=None, data=bytes.fromhex("6160015ff3")),
        rules_=rules(code_size_limit=None),
    )
    assert result.failure is None
    assert len(result.output) == 0x6001


def test_creation_onto_a_contract_collides_and_burns_all_gas() -> None:
    state = funded()
    created = execute_one(state, transaction(to=None)).contract_address
    assert created is not None
    state.put(created, nonce=1, code=b"\x00")
    state.accounts[transaction().sender] = type(state.accounts[created])(0, Wei(10**20))
    result = execute_one(state, transaction(to=None, gas_limit=100_000))
    assert result.failure == Failure(FailureKind.ADDRESS_COLLISION)
    assert result.gas_used == 100_000


def test_precompile_with_bad_input_fails() -> None:
    result = execute_one(funded(), transaction(to=Address(bytes(19) + b"\x0a"), gas_limit=100_000))
    assert result.failure is not None
    assert result.failure.message == "precompile failed: invalid input length"


def test_value_beyond_the_balance_fails_inside_a_lenient_call() -> None:
    result = execute_one(funded(), transaction(value=Wei(10**30)), mode=Mode(checks=LENIENT))
    assert result.failure == Failure(FailureKind.INSUFFICIENT_BALANCE)
    assert result.gas_used == 21_000


def test_little_gas_for_a_store_is_refused() -> None:
    state = funded().put(TARGET, code=bytes.fromhex("60015f55"))
    failure = execute_one(state, transaction(gas_limit=23_304)).failure
    assert failure is not None
    assert failure.message == "out of gas: not enough gas for reentrancy sentry"


def test_clz_is_undefined_before_osaka_and_counts_zeros_from_it() -> None:
    code = bytes.fromhex("60011e5f5260205ff3")
    before = execute_one(funded().put(TARGET, code=code), transaction(), fork=Fork.PRAGUE)
    assert before.failure == Failure(FailureKind.INVALID_OPCODE, ": CLZ")
    after = execute_one(funded().put(TARGET, code=code), transaction(), fork=Fork.OSAKA)
    assert int.from_bytes(after.output, "big") == 255
