"""JSON-RPC as bytes: requests out, results or errors in. Shared by all transports over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from zero_sdk.client.errors import NoAnswer, Refused
from zero_sdk.client.transports import Call

HEADERS = {"Content-Type": "application/json", "User-Agent": "zero-sdk"}

BATCH_LIMIT = 500
"""Requests of one batch; a Zero network takes 1000, many a provider fewer."""

RETRYABLE = (429, 503)
"""HTTP's words for "later": the request was not begun."""

TRIES = 4
"""Of a request that the node wants to see later."""

METHOD_NOT_FOUND = -32601

_EXCERPT = 200


def pause_before(attempt: int, told: str | None) -> float:
    """Seconds until a request is tried again: what the node told by `Retry-After`, else longer each time."""
    return float(told) if told and told.isdecimal() else 0.25 * 2**attempt


def encode_call(method: str, parameters: Sequence[Any]) -> bytes:
    """One request."""
    return orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})


def encode_batch(calls: Sequence[Call]) -> bytes:
    """Requests with their positions as ids."""
    return orjson.dumps(
        [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": parameters}
            for index, (method, parameters) in enumerate(calls)
        ]
    )


def decode_answer(url: str, method: str, status: int, body: bytes) -> Any:
    """The result in an answer to one request. Raises Refused and NoAnswer."""
    answer = _parse(url, status, body)
    if isinstance(answer, dict):
        if answer.get("error") is not None:
            raise refused(method, answer["error"])
        if "result" in answer:
            return answer["result"]
    raise _no_json_rpc(url, status, body)


def decode_batch(url: str, calls: Sequence[Call], status: int, body: bytes) -> list[Any] | None:
    """The results in an answer to a batch, in the order of the calls; None where the node takes no batches.
    Raises NoAnswer."""
    answer = _parse(url, status, body)
    if isinstance(answer, dict) and answer.get("error") is not None:
        return None
    if not isinstance(answer, list):
        raise _no_json_rpc(url, status, body)
    by_id = {entry.get("id"): entry for entry in answer if isinstance(entry, dict)}
    results: list[Any] = []
    for index, (method, _) in enumerate(calls):
        entry = by_id.get(index)
        if entry is None or not ("result" in entry or entry.get("error") is not None):
            raise NoAnswer(f"{url} left {method} out of its answer to a batch")
        error = entry.get("error")
        results.append(entry.get("result") if error is None else refused(method, error))
    return results


def refused(method: str, error: Any) -> Refused:
    """The error of an answer."""
    if not isinstance(error, dict):
        return Refused(method, 0, str(error))
    code = error.get("code")
    return Refused(
        method,
        code if isinstance(code, int) else 0,
        str(error.get("message") or "no message"),
        error.get("data"),
    )


def _parse(url: str, status: int, body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _no_json_rpc(url, status, body) from None


def _no_json_rpc(url: str, status: int, body: bytes) -> NoAnswer:
    words = " ".join(body.decode("utf-8", "replace").split())[:_EXCERPT] or "nothing"
    return NoAnswer(f"{url} answered HTTP {status}, which is no JSON-RPC: {words}", "is it a node's URL?")
