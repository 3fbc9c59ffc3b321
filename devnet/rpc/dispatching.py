"""JSON-RPC without a server: a request goes in, the answer comes out, in the caller's thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

import orjson

from devnet.chain.types import ZoneName
from devnet.rpc.context import Context, RpcSettings, ignore
from devnet.rpc.errors import INVALID_REQUEST, RpcError
from devnet.rpc.methods import Kind
from devnet.rpc.observer import Observation
from devnet.rpc.registry import method_table
from devnet.rpc.requests import Request, encode_error, join_batch, parse, read_request
from devnet.rpc.running import Allowance, Awaiting, Sends, answer_all, answer_sends, runs

if TYPE_CHECKING:
    from devnet.network import Network

_SETTINGS = RpcSettings()


@overload
def dispatch(
    network: Network,
    zone_name: str,
    request: bytes,
    observe: Callable[[Observation], None] = ...,
    settings: RpcSettings = ...,
) -> bytes | None: ...
@overload
def dispatch(
    network: Network,
    zone_name: str,
    request: dict[str, Any] | list[Any],
    observe: Callable[[Observation], None] = ...,
    settings: RpcSettings = ...,
) -> Any: ...
def dispatch(
    network: Network,
    zone_name: str,
    request: bytes | dict[str, Any] | list[Any],
    observe: Callable[[Observation], None] = ignore,
    settings: RpcSettings = _SETTINGS,
) -> Any:
    """Answers a JSON-RPC request or batch to a zone: bytes for bytes, objects for objects, None where all
    were notifications. Must be called by the network's owner. Raises UnknownZone; everything that concerns
    the request is in the answer."""
    zone = network.zone(zone_name)
    context = Context(network, ZoneName(zone.config.name), settings, observe)
    if not isinstance(request, bytes):
        answered = _answer(request, context)
        return None if answered is None else orjson.loads(answered)
    try:
        source = parse(request)
    except RpcError as error:
        return encode_error(b"null", error)
    return _answer(source, context)


def _answer(source: Any, context: Context) -> bytes | None:
    table = method_table()
    if type(source) is not list:
        answers = _run([read_request(source, table)], context)
        return answers[0] if answers else None
    refusal = batch_refusal(len(source), context.settings)
    if refusal is not None:
        return encode_error(b"null", refusal)
    answers = _run([read_request(entry, table) for entry in source], context)
    return join_batch(answers) if answers else None


def batch_refusal(size: int, settings: RpcSettings) -> RpcError | None:
    """Why a batch of `size` requests is not served at all."""
    if size == 0:
        return RpcError(INVALID_REQUEST, "invalid request: empty batch")
    if size > settings.batch_items:
        return RpcError(INVALID_REQUEST, f"batch too large: at most {settings.batch_items} requests")
    return None


def _run(requests: list[Request], context: Context) -> list[bytes]:
    answers: list[bytes] = []
    settings = context.settings
    allowance = Allowance(settings.batch_response_bytes, time.monotonic() + settings.batch_seconds)
    for kind, run in runs(requests):
        if kind is Kind.SEND:
            for outcome in answer_sends([Sends(run, context)])[0]:
                given = outcome.give_up() if isinstance(outcome, Awaiting) else outcome
                if given is not None:
                    answers.append(given)
        else:
            answers += [given for given in answer_all(run, context, allowance) if given is not None]
    return answers
