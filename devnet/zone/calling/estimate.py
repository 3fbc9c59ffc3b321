"""eth_estimateGas: the least gas limit with which a transaction succeeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import TRANSACTION_GAS, blob_gas, floor_gas, intrinsic_gas
from devnet.chain.transaction import Transaction
from devnet.execution import Failure, FailureKind, Mode, Overrides, TransactionResult
from devnet.zone.calling.overrides import (
    apply_block_overrides,
    balance_of,
    has_code,
    nonce_of,
    validate_overrides,
)
from devnet.zone.calling.request import build_transaction, checks_of, fees_of, free_blobs, sender_of
from devnet.zone.calling.running import Deadline, execute, only_result
from devnet.zone.calling.site import CallSite
from devnet.zone.messages import BlockOverrides, CallRequest, GasEstimate

CALL_STIPEND = 2_300
"""Gas that a call with value hands on beside its own: what a recipient may need to be offered."""


def estimate_gas(
    site: CallSite,
    request: CallRequest,
    overrides: Overrides | None = None,
    block: BlockOverrides | None = None,
) -> GasEstimate:
    """The least gas limit that lets the request succeed: one unit less fails (where success does not depend
    on the gas by one threshold, some such limit). What the estimate says was run.

    Bounded by the request's gas or else the block's limit, by the transaction gas cap, by what the sender can
    pay at the named fee, and by `call_gas_cap`; a transaction that needs more comes back with OUT_OF_GAS and
    the bound in its detail, any other failure as it happened.

    Raises as `call` does.
    """
    overrides = overrides or {}
    validate_overrides(overrides, site.rules)
    fees = fees_of(request)
    env = apply_block_overrides(site.env, block)
    transaction = build_transaction(
        request,
        fees,
        env,
        site.rules,
        nonce=nonce_of(site.view, overrides, sender_of(request)),
        gas=0,
    )
    env = free_blobs(env, transaction)
    upper = _upper_bound(site, request, transaction, overrides, env.gas_limit)
    lower = max(intrinsic_gas(transaction, site.rules), floor_gas(transaction, site.rules))
    if upper < lower:
        return GasEstimate(upper, _exceeds(upper), b"", ())
    deadline = Deadline.after(site.config.call_time_limit)
    checks = checks_of(fees)

    def run(gas: int) -> TransactionResult:
        mode = Mode(
            checks=checks,
            overrides=overrides,
            time_limit=deadline.remaining(),
        )
        attempt = replace(transaction, gas_limit=gas)
        return only_result(execute(site.engine, site.rules, env, (attempt,), site.view, mode, deadline))[0]

    if _is_plain_transfer(site, transaction, overrides):
        result = run(TRANSACTION_GAS)
        if result.failure is None:
            return GasEstimate(TRANSACTION_GAS, None, result.output, result.console)
    result = run(upper)
    if result.failure is not None:
        failure = result.failure
        if failure.kind is FailureKind.OUT_OF_GAS:
            failure = _exceeds(upper)
        return GasEstimate(upper, failure, result.output, result.console)
    gas = _least(run, result, lower, upper)
    return GasEstimate(gas, None, result.output, result.console)


def _least(run: Callable[[int], TransactionResult], result: TransactionResult, lower: int, upper: int) -> int:
    """The least gas between `lower`, below which the rules refuse the transaction, and `upper`, whose run
    gave `result`. The peak of that run is nearly always the answer, so it is tried first."""

    def succeeds(gas: int) -> bool:
        return run(gas).failure is None

    guess = min(max(result.gas_peak, lower), upper)
    tried = run(guess) if guess < upper else result
    if tried.failure is None:
        # All of it was used: less cannot be enough.
        if guess == lower or tried.gas_used + tried.gas_refunded >= guess:
            return guess
        failing, enough = lower - 1, guess
        if not succeeds(guess - 1):
            return guess
        enough = guess - 1
    else:
        failing, enough = guess, upper
        # A call keeps a 64th of the gas back from every call it makes (EIP-150).
        generous = (guess + CALL_STIPEND) * 64 // 63
        if generous < upper:
            if succeeds(generous):
                enough = generous
            else:
                failing = generous
    while failing + 1 < enough:
        middle = min((failing + enough) // 2, 2 * failing) if failing > 0 else (failing + enough) // 2
        if succeeds(middle):
            enough = middle
        else:
            failing = middle
    return enough


def _upper_bound(
    site: CallSite, request: CallRequest, transaction: Transaction, overrides: Overrides, block_limit: int
) -> int:
    bound = block_limit
    if request.gas is not None and request.gas >= TRANSACTION_GAS:
        bound = request.gas
    if site.rules.transaction_gas_cap is not None:
        bound = min(bound, site.rules.transaction_gas_cap)
    bound = min(bound, site.config.call_gas_cap)
    if transaction.max_fee_per_gas:
        available = balance_of(site.view, overrides, transaction.sender)
        needed = transaction.value + blob_gas(transaction) * transaction.max_fee_per_blob_gas
        if needed > available:
            raise InvalidTransaction(
                Invalid.INSUFFICIENT_FUNDS,
                f"address 0x{transaction.sender.hex()} have {available} want {needed}",
            )
        bound = min(bound, (available - needed) // transaction.max_fee_per_gas)
    return bound


def _is_plain_transfer(site: CallSite, transaction: Transaction, overrides: Overrides) -> bool:
    return (
        transaction.to is not None
        and not transaction.data
        and not transaction.access_list
        and not transaction.authorizations
        and not has_code(site.view, overrides, transaction.to)
    )


def _exceeds(bound: int) -> Failure:
    return Failure(FailureKind.OUT_OF_GAS, f": gas required exceeds allowance ({bound})")
