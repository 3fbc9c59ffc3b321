"""Estimates are exact: the limit they give is enough, and one unit less is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import floor_gas, intrinsic_gas
from devnet.chain.types import Address, Wei
from devnet.execution import AccountOverride, FailureKind
from devnet.zone.calling.call import call
from devnet.zone.calling.estimate import estimate_gas
from devnet.zone.calling.site import CallSite
from devnet.zone.errors import LimitExceeded
from devnet.zone.messages import CallRequest
from tests.chain.transactions import transfer
from tests.zone.calling.setting import (
    CONTRACT,
    ONE,
    OTHER,
    POOR,
    RICH,
    assemble,
    calling,
    deploying,
    rules_at,
    site,
)

IDENTITY = Address(bytes(19) + b"\x04")


def succeeds(at: CallSite, request: CallRequest, gas: int) -> bool:
    limited = CallRequest(request.sender, request.to, gas, value=request.value, data=request.data)
    try:
        return call(at, limited).failure is None
    except InvalidTransaction as error:
        if error.kind in (Invalid.INTRINSIC_GAS, Invalid.FLOOR_DATA_GAS):
            return False
        raise


def exact(at: CallSite, request: CallRequest) -> int:
    estimate = estimate_gas(at, request)
    assert estimate.failure is None
    assert succeeds(at, request, estimate.gas)
    assert not succeeds(at, request, estimate.gas - 1)
    return estimate.gas


def test_a_plain_transfer_takes_21000_whoever_receives() -> None:
    for recipient in (POOR, RICH, IDENTITY):
        gas = exact(site(), CallRequest(sender=RICH, to=recipient, value=Wei(1)))
        assert gas in (21_000, 21_015)  # the identity precompile costs 15


STORE = assemble("PUSH1 01 PUSH0 SSTORE")
CLEAR = assemble("PUSH0 PUSH1 07 SSTORE")


def demanding_success(offset: int) -> bytes:
    """Code at this offset that stores if its call of the other contract succeeds, and reverts otherwise."""
    target = offset + len(assemble(calling(OTHER))) + 7
    return assemble(
        f"{calling(OTHER)} PUSH2 {target:04x} JUMPI PUSH0 PUSH0 REVERT JUMPDEST PUSH1 01 PUSH0 SSTORE"
    )


NESTED = demanding_success(0)


def burning(loops: int) -> bytes:
    """Counts down from `loops`."""
    return assemble(f"PUSH2 {loops:04x} JUMPDEST PUSH1 01 SWAP1 SUB DUP1 PUSH1 03 JUMPI")


@pytest.mark.parametrize(
    ("code", "other"),
    [
        (STORE, b""),
        (CLEAR, b""),
        (NESTED, burning(5)),
        (NESTED, burning(3000)),
        (NESTED, NESTED.replace(OTHER, IDENTITY)),
        (burning(1000), b""),
    ],
    ids=["store", "clear", "short nested", "long nested", "nested twice", "loop"],
)
def test_the_estimate_is_enough_and_one_less_is_not(code: bytes, other: bytes) -> None:
    at = site({CONTRACT: code, OTHER: other}, {(CONTRACT, 7): 1})
    gas = exact(at, CallRequest(sender=RICH, to=CONTRACT))
    assert gas > 21_000


SNIPPETS = st.sampled_from(
    [
        "PUSH1 01 PUSH1 05 SSTORE",
        "PUSH0 PUSH1 07 SSTORE",
        "PUSH1 02 PUSH1 07 SSTORE",
        "PUSH1 06 SLOAD POP",
        f"PUSH20 {POOR.hex()} BALANCE POP",
        f"{calling(OTHER)} POP",
        f"{calling(OTHER, gas='PUSH2 6000')} POP",
        f"{calling(POOR, value='PUSH1 01')} POP",
        "PUSH2 0400 MLOAD POP",
        "PUSH0 PUSH0 PUSH0 CREATE POP",
    ]
)


@settings(max_examples=40)
@given(st.lists(SNIPPETS, max_size=6), st.lists(SNIPPETS, max_size=4))
def test_estimates_of_random_contracts_are_exact(outer: list[str], inner: list[str]) -> None:
    start = assemble(" ".join(outer))
    contract = start + demanding_success(len(start))
    other = assemble(" ".join(part for part in inner if OTHER.hex() not in part))
    at = site({CONTRACT: contract, OTHER: other}, {(CONTRACT, 7): 1, (OTHER, 7): 1})
    exact(at, CallRequest(sender=RICH, to=CONTRACT, value=Wei(50)))


def test_a_call_that_keeps_a_64th_back_needs_more_than_it_uses() -> None:
    # After the inner contract there is nothing left to do that could use what was kept back.
    code = NESTED.removesuffix(STORE)
    at = site({CONTRACT: code, OTHER: burning(3000)})
    request = CallRequest(sender=RICH, to=CONTRACT)
    used = call(at, request).gas_used
    assert exact(at, request) > used


def test_refunds_do_not_lower_the_estimate() -> None:
    at = site({CONTRACT: CLEAR}, {(CONTRACT, 7): 1})
    request = CallRequest(sender=RICH, to=CONTRACT)
    assert exact(at, request) > call(at, request).gas_used


def test_code_that_demands_gas_gets_it() -> None:
    # Reverts with less than 100 000 gas left.
    code = assemble("GAS PUSH4 000186a0 LT PUSH1 0d JUMPI PUSH0 PUSH0 REVERT JUMPDEST STOP")
    assert exact(site({CONTRACT: code}), CallRequest(sender=RICH, to=CONTRACT)) > 121_000


@settings(max_examples=25)
@given(st.binary(max_size=300), st.booleans())
def test_data_cost_their_floor_or_more(data: bytes, creates: bool) -> None:
    init = deploying(b"\x00") + data
    request = (
        CallRequest(sender=RICH, to=None, data=init) if creates else CallRequest(RICH, CONTRACT, data=data)
    )
    gas = exact(site({CONTRACT: STORE}), request)
    same = transfer(data=request.data, to=request.to)
    assert gas >= max(intrinsic_gas(same, rules_at()), floor_gas(same, rules_at()))


def test_a_revert_comes_back_with_its_data() -> None:
    code = assemble("PUSH1 2a PUSH0 MSTORE PUSH1 20 PUSH0 REVERT")
    estimate = estimate_gas(site({CONTRACT: code}), CallRequest(to=CONTRACT))
    assert estimate.failure is not None
    assert estimate.failure.kind is FailureKind.REVERT
    assert estimate.output == bytes(31) + b"\x2a"


def test_more_than_the_caller_allows_is_out_of_gas_and_says_the_bound() -> None:
    estimate = estimate_gas(site({CONTRACT: STORE}), CallRequest(to=CONTRACT, gas=30_000))
    assert estimate.failure is not None
    assert estimate.failure.kind is FailureKind.OUT_OF_GAS
    assert "gas required exceeds allowance (30000)" in estimate.failure.message


def test_an_endless_loop_meets_the_transaction_gas_cap() -> None:
    loop = assemble("JUMPDEST PUSH0 PUSH2 ffff MSTORE PUSH0 JUMP")
    at = site({CONTRACT: loop}, call_gas_cap=1_000_000)
    estimate = estimate_gas(at, CallRequest(to=CONTRACT))
    assert estimate.failure is not None
    assert "(1000000)" in estimate.failure.message


def test_what_the_sender_can_pay_bounds_the_gas() -> None:
    at = site({CONTRACT: STORE})
    afford = {POOR: AccountOverride(balance=Wei(10 * 50_000 + 5))}
    request = CallRequest(sender=POOR, to=CONTRACT, gas_price=Wei(10))
    estimate = estimate_gas(at, request, afford)
    assert estimate.failure is None
    assert estimate.gas < 50_000
    for balance, bound in ((10 * 30_000, 30_000), (9, 0)):
        poorer = {POOR: AccountOverride(balance=Wei(balance))}
        refused = estimate_gas(at, request, poorer)
        assert refused.failure is not None
        assert f"exceeds allowance ({bound})" in refused.failure.message


def test_a_value_beyond_the_balance_is_refused() -> None:
    for price in (None, Wei(10)):
        request = CallRequest(sender=POOR, to=OTHER, value=ONE, gas_price=price)
        with pytest.raises(InvalidTransaction, match="insufficient funds"):
            estimate_gas(site(), request)


def test_estimates_see_overridden_code() -> None:
    at = site()
    plain = estimate_gas(at, CallRequest(sender=RICH, to=OTHER))
    coded = estimate_gas(at, CallRequest(sender=RICH, to=OTHER), {OTHER: AccountOverride(code=STORE)})
    assert plain.gas == 21_000 < 40_000 < coded.gas


def test_all_runs_of_an_estimate_share_the_time_limit() -> None:
    loop = assemble("JUMPDEST PUSH0 JUMP")
    at = site({CONTRACT: loop}, call_time_limit=0.003)
    with pytest.raises(LimitExceeded):
        estimate_gas(at, CallRequest(to=CONTRACT))
