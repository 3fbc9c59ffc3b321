"""Waiting: for a receipt, for a block to be safe or finalized; and asking why a transaction failed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from zero_sdk.client.errors import Refused, Timeout, WrongArguments
from zero_sdk.client.facts import NodeKind, ZoneFacts
from zero_sdk.client.flows.failing import build, reverted_from
from zero_sdk.client.flows.steps import Ask, Flow, Pause
from zero_sdk.client.transaction import Receipt, Sent

DEFAULT_TIMEOUT = 120.0
"""Seconds to wait for a receipt."""

_FIRST_PAUSE, _LONGEST_DEVNET, _LONGEST = 0.005, 0.1, 2.0


def receipt(facts: ZoneFacts, sent: Sent, timeout: float | None = None) -> Flow[Receipt]:
    """The receipt, which is also put into `sent`. Raises Timeout."""
    if sent.receipt is not None:
        return sent.receipt
    patience = DEFAULT_TIMEOUT if timeout is None else timeout
    deadline = time.monotonic() + patience
    for pause in pauses(facts):
        found = yield from _look(sent.hash)
        if found is not None:
            sent.receipt = found
            return found
        can_change = yield Pause(min(pause, max(deadline - time.monotonic(), 0)))
        if not can_change or time.monotonic() >= deadline:
            break
    raise Timeout(
        f"transaction {sent.hash} is in no block of zone {facts.name}"
        + (f" after {patience:g} s" if can_change else " yet"),
        "zone.mine() seals a block where the zone does not do so by itself"
        if facts.network.is_devnet
        else "it may still come: zone.transaction(hash).wait()",
    )


def _look(transaction_hash: str) -> Flow[Receipt | None]:
    try:
        answer = yield Ask("eth_getTransactionReceipt", [transaction_hash])
    except Refused as refused:
        # geth answers so while it indexes.
        if "indexing" not in refused.reply:
            raise
        return None
    return None if answer is None or answer.get("blockNumber") is None else Receipt.from_json(answer)


def settled(facts: ZoneFacts, transaction_hash: str, tag: str, timeout: float | None = None) -> Flow[Receipt]:
    """The receipt, once the block named by `tag` (latest, safe, finalized) is its block or a later one. A
    Zero devnet is asked to settle what it has, once. Raises Timeout, which says where the tag stands."""
    if tag not in ("latest", "safe", "finalized"):
        raise WrongArguments(f"{tag!r} is nothing to wait for", "it is latest, safe or finalized")
    sent = Sent(transaction_hash, {})
    patience = DEFAULT_TIMEOUT if timeout is None else timeout
    deadline = time.monotonic() + patience
    found = yield from receipt(facts, sent, patience)
    if tag == "latest":
        return found
    has_settled = facts.network.kind is not NodeKind.ZERO
    for pause in pauses(facts):
        head = yield Ask("eth_getBlockByNumber", [tag, False])
        reached = -1 if head is None else int(head["number"], 16)
        if reached >= found.block_number:
            # A reorganisation may have moved it meanwhile.
            now = yield from _look(transaction_hash)
            if now is not None and now.block_number <= reached:
                return now
        if not has_settled:
            has_settled = True
            yield Ask("zero_settle")
            continue
        can_change = yield Pause(min(pause, max(deadline - time.monotonic(), 0)))
        if not can_change or time.monotonic() >= deadline:
            break
    raise Timeout(
        f"transaction {transaction_hash} in block {found.block_number} of zone {facts.name} is not {tag}"
        + (f" after {patience:g} s" if can_change else "")
        + (f": the newest {tag} block is {reached}" if reached >= 0 else f": no block is {tag} there"),
    )


def failure(facts: ZoneFacts, sent: Sent, transaction: Any) -> Flow[Exception]:
    """Why a transaction in a block failed: out of a trace, or by making the call again where the node does
    not trace."""
    found = sent.receipt
    assert found is not None
    request = sent.request or (yield from _request_again(sent.hash))
    halt: str | None = None
    data = b""
    try:
        trace = yield Ask(
            "debug_traceTransaction",
            [sent.hash, {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}],
        )
        data = bytes.fromhex(str(trace.get("output") or "0x")[2:])
        words = str(trace.get("error") or "")
        if not data and words and "revert" not in words.lower():
            halt = words
    except Refused:
        again = {name: value for name, value in request.items() if name in _CALL_FIELDS}
        try:
            yield Ask("eth_call", [again, hex(max(found.block_number - 1, 0))])
        except Refused as refused:
            error = reverted_from(refused, facts, request, sent.action, sent.interface)
            if error is not None:
                data, halt = error.data, error.halt
        if not data and halt is None and found.gas_used == int(str(request.get("gas") or "0x0"), 16):
            halt = "out of gas"
    return build(data, facts, request, sent.action, sent.interface, halt, transaction)


_CALL_FIELDS = frozenset({"from", "to", "data", "value", "gas", "accessList", "authorizationList"})


def _request_again(transaction_hash: str) -> Flow[Mapping[str, Any]]:
    answer = yield Ask("eth_getTransactionByHash", [transaction_hash])
    return {**answer, "data": answer["input"]} if answer else {}


def returned(facts: ZoneFacts, sent: Sent) -> Flow[Any]:
    """What a transaction returned, out of a trace: decoded where its function is known. Raises Refused where
    the node does not trace."""
    yield from receipt(facts, sent)
    trace = yield Ask(
        "debug_traceTransaction",
        [sent.hash, {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}],
    )
    data = bytes.fromhex(str(trace.get("output") or "0x")[2:])
    return data if sent.function is None else sent.function.decode(data)


def pauses(facts: ZoneFacts) -> Iterator[float]:
    """Seconds between two questions, longer each time."""
    longest = _LONGEST_DEVNET if facts.network.is_devnet else _LONGEST
    pause = _FIRST_PAUSE if facts.network.is_devnet else 0.25
    while True:
        yield pause
        pause = min(pause * 2, longest)
