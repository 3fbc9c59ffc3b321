"""Traces of the same transactions here and in Anvil, field by field.

Where Anvil differs from geth, geth wins; every such difference is undone below by name, and docs/tracing.md
lists them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from devnet.chain.keccak import keccak256
from devnet.chain.signature import address_of
from devnet.chain.transaction import SET_CODE, AccessListEntry, Transaction
from devnet.chain.transaction_codec import sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import TransactionResult
from tests.execution.tracers.anvil import Anvil, start_anvil
from tests.execution.tracers.ledger import CHAIN_ID, Chain
from tests.execution.tracers.scenario import STEPS, call, creation_code

pytestmark = pytest.mark.clients

AUTHORITY_KEY = keccak256(b"authority")
NAMES = [
    *(step.name for step in STEPS),
    "delegation",
    "call of a delegated account",
    "inner calls of a delegated account",
    "access list",
]

Trace = Any


@dataclass(frozen=True)
class Pair:
    """What both made of one transaction: traces by our own key."""

    ours: dict[str, Trace]
    theirs: dict[str, Trace]
    result: TransactionResult
    receipt: dict[str, Any]
    intrinsic: int
    """Gas taken before the first opcode."""


TRACES: dict[str, tuple[str, dict[str, Any]]] = {
    "steps": ("", {"enableMemory": True, "enableReturnData": True}),
    "calls": ("callTracer", {"withLog": True}),
    "top call": ("callTracer", {"onlyTopCall": True}),
    "prestate": ("prestateTracer", {}),
    "prestate without": ("prestateTracer", {"disableCode": True, "disableStorage": True}),
    "diff": ("prestateTracer", {"diffMode": True}),
    "4byte": ("4byteTracer", {}),
}


def walk(anvil: Anvil) -> Iterator[tuple[str, Pair]]:
    chain = Chain()
    first, second = (
        send(anvil, chain, chain.build(None, creation_code()))[0].contract_address for _ in range(2)
    )
    assert first is not None
    assert second is not None
    for step in STEPS:
        transaction = chain.build(
            step.to(first, second), step.data(first, second), value=Wei(step.value), gas_limit=step.gas
        )
        yield step.name, compare(anvil, chain, transaction)
    authorization = sign_authorization(CHAIN_ID, first, 0, AUTHORITY_KEY)
    authority = address_of(AUTHORITY_KEY)
    # Anvil refunds a delegation as if an account that it never saw existed; so it shall exist.
    send(anvil, chain, chain.build(authority, value=Wei(1)))
    delegating = chain.build(
        authority, call("store(uint256)", 8), type=SET_CODE, authorizations=(authorization,)
    )
    yield "delegation", compare(anvil, chain, delegating)
    yield (
        "call of a delegated account",
        compare(anvil, chain, chain.build(authority, call("nest(uint256)", 1))),
    )
    inner = chain.build(first, call("kinds(address)", authority), value=Wei(10))
    yield "inner calls of a delegated account", compare(anvil, chain, inner)
    listed = (AccessListEntry(second, (0, 1)),)
    yield (
        "access list",
        compare(anvil, chain, chain.build(second, call("store(uint256)", 1), access_list=listed)),
    )


def compare(anvil: Anvil, chain: Chain, transaction: Transaction) -> Pair:
    _, receipt = mine(anvil, chain, transaction)
    ours = {key: chain.trace(transaction, tracer, **config) for key, (tracer, config) in TRACES.items()}
    # Anvil tells accounts that were not there, which geth only does when asked.
    for key in ("prestate", "prestate without"):
        ours[key] = chain.trace(transaction, "prestateTracer", includeEmpty=True, **TRACES[key][1])
    ours["flat"] = chain.trace(
        transaction, "flatCallTracer", convertParityErrors=True, includePrecompiles=True
    )
    theirs = {
        key: anvil_trace(anvil, transaction, tracer, config) for key, (tracer, config) in TRACES.items()
    }
    theirs["flat"] = anvil.ask("trace_transaction", "0x" + transaction.hash.hex())
    steps = theirs["steps"]["structLogs"]
    frame_gas = int(theirs["calls"]["gas"], 16)
    assert not steps or steps[0]["gas"] == frame_gas
    return Pair(ours, theirs, chain.send(transaction), receipt, transaction.gas_limit - frame_gas)


def anvil_trace(anvil: Anvil, transaction: Transaction, tracer: str, config: dict[str, Any]) -> Any:
    options = {"tracer": tracer, "tracerConfig": config} if tracer else config
    return anvil.ask("debug_traceTransaction", "0x" + transaction.hash.hex(), options)


def send(anvil: Anvil, chain: Chain, transaction: Transaction) -> tuple[TransactionResult, dict[str, Any]]:
    _, receipt = mine(anvil, chain, transaction)
    return chain.send(transaction), receipt


def mine(anvil: Anvil, chain: Chain, transaction: Transaction) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lets Anvil mine the transaction, and takes over the block that it made."""
    name = anvil.ask("eth_sendRawTransaction", "0x" + transaction.encoded.hex())
    deadline = time.monotonic() + 30
    while (receipt := anvil.ask("eth_getTransactionReceipt", name)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    block = anvil.ask("eth_getBlockByHash", receipt["blockHash"], False)
    number = int(block["number"], 16)
    hashes = [anvil.ask("eth_getBlockByNumber", hex(back), False)["hash"] for back in range(number)]
    recent = tuple(Hash32(bytes.fromhex(name[2:])) for name in hashes)
    chain.env = replace(
        chain.env,
        number=number,
        timestamp=int(block["timestamp"], 16),
        coinbase=Address(bytes.fromhex(block["miner"][2:])),
        gas_limit=int(block["gasLimit"], 16),
        base_fee=Wei(int(block["baseFeePerGas"], 16)),
        prev_randao=Hash32(bytes.fromhex(block["mixHash"][2:])),
        parent_hash=recent[-1],
        recent_hashes=recent[-256:],
    )
    return block, receipt


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    with start_anvil() as anvil:
        return dict(walk(anvil))


every_step = pytest.mark.parametrize("name", NAMES)


@every_step
def test_gas_and_status_agree(pairs: dict[str, Pair], name: str) -> None:
    pair = pairs[name]
    assert pair.result.gas_used == int(pair.receipt["gasUsed"], 16)
    assert pair.result.status == (pair.receipt["status"] == "0x1")


WORDS = {
    "StackUnderflow": "stack underflow (1 <=> 2)",
    "OutOfOffset": "return data out of bounds",
    "CreateContractStartingWithEF": "invalid code: must not begin with 0xef",
    "invalid opcode": "invalid opcode: opcode 0xc not defined",
    "StateChangeDuringStaticCall": "write protection",
    "CreateCollision": "contract address collision",
}
"""Anvil's names of failures that geth words differently, for the failures of these steps."""


def in_geths_words(error: str) -> str:
    return WORDS.get(error, error)


@every_step
def test_steps_agree(pairs: dict[str, Pair], name: str) -> None:
    ours, theirs = (side["steps"] for side in (pairs[name].ours, pairs[name].theirs))
    assert [ours[key] for key in ("gas", "failed", "returnValue")] == [
        theirs[key] for key in ("gas", "failed", "returnValue")
    ]
    if name == "creation of nothing":
        # Anvil runs a STOP that is not there.
        theirs["structLogs"] = []
    assert len(ours["structLogs"]) == len(theirs["structLogs"])
    for mine_, other in zip(ours["structLogs"], theirs["structLogs"], strict=True):
        assert mine_ == as_geth_step(other, mine_)


def as_geth_step(other: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Anvil tells refund 0, empty memory and return data, and failures in revm's words at steps where geth
    tells none; of a step that fails it tells another cost."""
    step = dict(other)
    if step["refund"] == 0:
        del step["refund"]
    if step.get("returnData") == "0x":
        del step["returnData"]
    if step.get("memory") == []:
        del step["memory"]
    if step["op"] in ("CREATE", "CREATE2"):
        # Anvil adds the gas that the creation is given, which geth does for calls only.
        step["gasCost"] = ours["gasCost"]
    if "storage" in step:
        # Anvil forgets what other frames of the contract read and wrote before.
        assert step["storage"].items() <= ours["storage"].items()
        step["storage"] = ours["storage"]
    if step["op"] == "Unknown":
        step["op"] = "opcode 0xc not defined"
    if step.pop("error", None) is not None or "error" in ours:
        step["gasCost"] = ours["gasCost"]
        if "error" in ours:
            step["error"] = ours["error"]
    return step


@every_step
@pytest.mark.parametrize("key", ["calls", "top call"])
def test_calls_agree(pairs: dict[str, Pair], name: str, key: str) -> None:
    pair = pairs[name]
    theirs = pair.theirs[key]
    # Anvil's outermost frame shows what was left of the gas limit after the intrinsic gas.
    theirs["gas"] = hex(int(theirs["gas"], 16) + pair.intrinsic)
    compare_call(pair.ours[key], theirs)


def compare_call(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    theirs = dict(theirs)
    if theirs.get("error") == "precompiled failed":
        # The rest of the words is each implementation's own.
        assert ours["error"].startswith("precompile failed")
        theirs["error"] = ours["error"]
    elif "error" in theirs:
        theirs["error"] = in_geths_words(theirs["error"])
    own_calls, other_calls = ours.get("calls", []), theirs.pop("calls", [])
    # Anvil counts the logs that were undone.
    own_logs = [{**log, "index": ""} for log in ours.get("logs", [])]
    other_logs = [{**log, "index": ""} for log in theirs.pop("logs", [])]
    assert {key: value for key, value in ours.items() if key not in ("calls", "logs")} == theirs
    assert own_logs == other_logs
    assert len(own_calls) == len(other_calls)
    for own, other in zip(own_calls, other_calls, strict=True):
        compare_call(own, other)


@every_step
@pytest.mark.parametrize("key", ["prestate", "prestate without", "diff"])
def test_prestates_agree(pairs: dict[str, Pair], name: str, key: str) -> None:
    ours, theirs = pairs[name].ours[key], pairs[name].theirs[key]
    if key == "diff":
        # Anvil shows before what was not there before.
        theirs["pre"] = {address: account for address, account in theirs["pre"].items() if account != NOTHING}
    elif name == "creation out of gas" and key == "prestate":
        # Anvil counts the slot of the SSTORE that could not be paid.
        (slot,) = [account.pop("storage") for account in theirs.values() if "storage" in account]
        assert set(slot.values()) == {"0x" + "00" * 32}
    assert ours == theirs


NOTHING = {"balance": "0x0"}
TO_PRECOMPILES = {"call of a precompile": 1, "precompiles": 3}
"""How many selectors Anvil counts that geth does not: what precompiles are called with."""


@every_step
def test_selectors_agree(pairs: dict[str, Pair], name: str) -> None:
    ours, theirs = pairs[name].ours["4byte"], pairs[name].theirs["4byte"]
    assert ours.items() <= theirs.items()
    assert len(theirs) - len(ours) == TO_PRECOMPILES.get(name, 0)


@every_step
def test_flat_calls_agree(pairs: dict[str, Pair], name: str) -> None:
    pair = pairs[name]
    ours, theirs = pair.ours["flat"], pair.theirs["flat"]
    assert len(ours) == len(theirs)
    for mine_, other in zip(ours, theirs, strict=True):
        assert mine_ == as_geth_frame(other, pair)


PARITY_WORDS = {
    "Insufficient balance for transfer": "insufficient balance for transfer",
    "StateChangeDuringStaticCall": "write protection",
    "CreateCollision": "contract address collision",
    "CreateContractStartingWithEF": "invalid code: must not begin with 0xef",
    "StackUnderflow": "Stack underflow",
    "OutOfOffset": "Out of bounds",
}
"""Anvil's words for failures that geth's mapping words differently or not at all."""


def as_geth_frame(other: dict[str, Any], pair: Pair) -> dict[str, Any]:
    """Anvil's trace_transaction tells `creationMethod`, an address for creations that failed, and the gas of
    the outermost frame without the intrinsic gas and before the refund."""
    frame = {**other, "action": dict(other["action"]), "blockHash": None}
    frame["action"].pop("creationMethod", None)
    if "error" in frame:
        frame["error"] = PARITY_WORDS.get(frame["error"], frame["error"])
    if frame.get("result") is None:
        frame.pop("result", None)
    else:
        frame["result"] = dict(frame["result"])
        if frame["type"] == "create" and "error" in frame:
            frame["result"].pop("address", None)
    if not frame["traceAddress"]:
        frame["action"]["gas"] = hex(int(frame["action"]["gas"], 16) + pair.intrinsic)
        if "result" in frame:
            frame["result"]["gasUsed"] = pair.receipt["gasUsed"]
    return frame
