"""eth: calls, estimates, access lists and simulations; they change nothing."""

from __future__ import annotations

from typing import Any

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.types import BlockRef
from devnet.execution import FailureKind, Overrides, TransactionResult
from devnet.rpc.codec.blocks import BLOCK_REF
from devnet.rpc.codec.calls import CALL
from devnet.rpc.codec.encode_blocks import encode_block
from devnet.rpc.codec.encode_receipts import encode_log
from devnet.rpc.codec.encode_transactions import encode_access_list, hex_data
from devnet.rpc.codec.overrides import BLOCK_OVERRIDES, STATE_OVERRIDES, read_simulated_blocks
from devnet.rpc.codec.shapes import Schema, Shape, optional_field, read_boolean, read_object, ref
from devnet.rpc.context import Context
from devnet.rpc.errors import OUT_OF_GAS, REVERTED, RpcError
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.messages import BlockOverrides, CallRequest, SimulatedBlock, SimulatedOutcome

_VM_ERROR = -32015
"""eth_simulateV1's code of a call that failed other than by reverting."""

_SIMULATION_CODES = {
    Invalid.NONCE_TOO_LOW: -38010,
    Invalid.NONCE_TOO_HIGH: -38011,
    Invalid.FEE_CAP_TOO_LOW: -38012,
    Invalid.INTRINSIC_GAS: -38013,
    Invalid.FLOOR_DATA_GAS: -38013,
    Invalid.INSUFFICIENT_FUNDS: -38014,
    Invalid.ABOVE_BLOCK_LIMIT: -38015,
    Invalid.BLOCK_FULL: -38015,
    Invalid.SENDER_HAS_CODE: -38024,
    Invalid.INITCODE_TOO_LARGE: -38025,
}
"""eth_simulateV1's own codes of calls that validation refuses."""


def call(
    context: Context,
    request: CallRequest,
    block: BlockRef,
    overrides: Overrides | None,
    block_overrides: BlockOverrides | None,
) -> str:
    outcome = context.zone.call(request, block, overrides, block_overrides, reading=context.reading)
    context.console("eth_call", outcome.console)
    if outcome.failure is not None:
        raise context.failure(outcome.failure, outcome.output)
    return hex_data(outcome.output)


def call_briefly(
    context: Context,
    request: CallRequest,
    block: BlockRef,
    overrides: Overrides | None,
    block_overrides: BlockOverrides | None,
) -> str | None:
    """As `call`, where that is soon done. To say why a call failed may take longer than the call."""
    if block != "latest" or overrides is not None or block_overrides is not None:
        return None
    result = context.zone.call_briefly(request)
    if result is None or result.failure is not None:
        return None
    context.console("eth_call", result.console)
    return hex_data(result.output)


def estimate_gas(
    context: Context,
    request: CallRequest,
    block: BlockRef,
    overrides: Overrides | None,
    block_overrides: BlockOverrides | None,
) -> str:
    estimate = context.zone.estimate_gas(request, block, overrides, block_overrides, context.reading)
    context.console("eth_estimateGas", estimate.console)
    if estimate.failure is not None:
        if estimate.failure.kind is FailureKind.OUT_OF_GAS:
            raise RpcError(OUT_OF_GAS, f"out of gas: gas required exceeds allowance ({estimate.gas})")
        raise context.failure(estimate.failure, estimate.output)
    return hex(estimate.gas)


def create_access_list(
    context: Context, request: CallRequest, block: BlockRef, overrides: Overrides | None
) -> dict[str, Any]:
    outcome = context.zone.create_access_list(request, block, overrides, context.reading)
    result: dict[str, Any] = {
        "accessList": encode_access_list(outcome.access_list),
        "gasUsed": hex(outcome.gas_used),
    }
    if outcome.failure is not None:
        result["error"] = outcome.failure.message
    return result


# ---------------------------------------------------------------- eth_simulateV1


def _read_payload(value: Any) -> tuple[tuple[SimulatedBlock, ...], bool, bool, bool]:
    source = read_object(value)
    blocks = optional_field(source, "blockStateCalls", read_simulated_blocks)
    if blocks is None:
        raise ValueError("blockStateCalls is missing")
    flags = (
        optional_field(source, name, read_boolean) or False
        for name in ("validation", "traceTransfers", "returnFullTransactions")
    )
    return (blocks, *flags)  # type: ignore[return-value]


def simulate(
    context: Context, payload: tuple[tuple[SimulatedBlock, ...], bool, bool, bool], block: BlockRef
) -> list[dict[str, Any]]:
    blocks, validation, trace_transfers, full = payload
    try:
        outcomes = context.zone.simulate(
            blocks, block, validation=validation, trace_transfers=trace_transfers
        )
    except InvalidTransaction as error:
        raise RpcError(_SIMULATION_CODES.get(error.kind, error.kind.code), str(error)) from error
    return [_encode_simulated(context, outcome, full) for outcome in outcomes]


def _encode_simulated(context: Context, outcome: SimulatedOutcome, full: bool) -> dict[str, Any]:
    block = outcome.block
    result = encode_block(block, full)
    calls: list[dict[str, Any]] = []
    next_log = 0
    for index, executed in enumerate(outcome.results):
        transaction_hash = hex_data(block.transactions[index].hash)
        logs = []
        for log in executed.logs if executed.status else ():
            logs.append(encode_log(log, block.header, block.hash, transaction_hash, index, next_log))
            next_log += 1
        calls.append(_encode_simulated_call(context, executed, logs))
    result["calls"] = calls
    return result


def _encode_simulated_call(
    context: Context, executed: TransactionResult, logs: list[dict[str, Any]]
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "status": "0x1" if executed.status else "0x0",
        "returnData": hex_data(executed.output),
        "gasUsed": hex(executed.gas_used),
        "maxUsedGas": hex(executed.gas_peak),
        "logs": logs,
    }
    failure = executed.failure
    if failure is not None:
        error = context.failure(failure, executed.output)
        if error.code == REVERTED:
            result["error"] = {**error.to_json()}
        else:
            result["error"] = {"code": _VM_ERROR, "message": f"vm execution error: {failure.message}"}
    return result


_REQUEST = Param("call", CALL)
_OVERRIDES = Param("stateOverrides", STATE_OVERRIDES, None)
_BLOCK_OVERRIDES = Param("blockOverrides", BLOCK_OVERRIDES, None)
_LATEST = Param("block", BLOCK_REF, "latest")
_PENDING = Param("block", BLOCK_REF, "pending")

_ACCESS_LIST: Schema = {
    "type": "object",
    "required": ["accessList", "gasUsed"],
    "additionalProperties": False,
    "properties": {"accessList": ref("AccessList"), "gasUsed": ref("uint"), "error": {"type": "string"}},
}

METHODS = (
    Method(
        "eth_call",
        call,
        (_REQUEST, _LATEST, _OVERRIDES, _BLOCK_OVERRIDES),
        Kind.CALL,
        ref("bytes"),
        "Runs a call and gives what it returns.",
        briefly=call_briefly,
    ),
    Method(
        "eth_estimateGas",
        estimate_gas,
        (_REQUEST, _PENDING, _OVERRIDES, _BLOCK_OVERRIDES),
        Kind.CALL,
        ref("uint"),
        "The least gas limit with which the transaction succeeds.",
    ),
    Method(
        "eth_createAccessList",
        create_access_list,
        (_REQUEST, _PENDING, _OVERRIDES),
        Kind.CALL,
        _ACCESS_LIST,
        "The access list of a transaction, and the gas it uses with it.",
    ),
    Method(
        "eth_simulateV1",
        simulate,
        (Param("payload", Shape(_read_payload, ref("EthSimulatePayload"))), _LATEST),
        Kind.CALL,
        ref("EthSimulateResult"),
        "Runs calls in blocks that are made up.",
    ),
)
