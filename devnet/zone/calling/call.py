"""eth_call, and its traced form."""

from __future__ import annotations

from devnet.execution import Mode, Overrides, TraceSpec
from devnet.zone.calling.overrides import apply_block_overrides, nonce_of, validate_overrides
from devnet.zone.calling.request import build_transaction, checks_of, fees_of, free_blobs, sender_of
from devnet.zone.calling.running import Deadline, execute, only_result
from devnet.zone.calling.site import CallSite
from devnet.zone.messages import BlockOverrides, CallOutcome, CallRequest


def call(
    site: CallSite,
    request: CallRequest,
    overrides: Overrides | None = None,
    block: BlockOverrides | None = None,
    trace: TraceSpec | None = None,
) -> CallOutcome:
    """Runs the request as a transaction at the site and forgets what it changed.

    The gas is the request's, at most (and by default) `call_gas_cap`. Fees follow geth: a call that names
    none pays nothing and sees a base fee of zero; one that does must reach the base fee and be able to pay.
    The nonce is the sender's, whatever the request says.

    Raises InvalidTransaction where the call could not start, BadRequest and SimulationRefused where request
    or overrides contradict themselves, LimitExceeded past the time limit, ValueError for an unknown tracer.
    """
    overrides = overrides or {}
    validate_overrides(overrides, site.rules)
    fees = fees_of(request)
    env = apply_block_overrides(site.env, block)
    cap = site.config.call_gas_cap
    transaction = build_transaction(
        request,
        fees,
        env,
        site.rules,
        nonce=nonce_of(site.view, overrides, sender_of(request)),
        gas=cap if request.gas is None else min(request.gas, cap),
    )
    deadline = Deadline.after(site.config.call_time_limit)
    mode = Mode(
        checks=checks_of(fees),
        overrides=overrides,
        trace=trace,
        time_limit=deadline.remaining(),
    )
    execution = execute(
        site.engine, site.rules, free_blobs(env, transaction), (transaction,), site.view, mode, deadline
    )
    result, _ = only_result(execution)
    return CallOutcome(
        output=result.output,
        gas_used=result.gas_used,
        failure=result.failure,
        logs=result.logs,
        console=result.console,
        trace=result.trace,
    )
