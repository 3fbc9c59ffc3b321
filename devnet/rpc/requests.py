"""JSON-RPC 2.0 requests and responses: from bytes to bound method calls, from results to bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from devnet.rpc.deep_json import encode_json
from devnet.rpc.errors import INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RpcError
from devnet.rpc.methods import Kind, Method

_VERSION = "2.0"
_LONGEST_NAME = 100


@dataclass(slots=True, eq=False)
class Request:
    """One request, ready to run: a method with its arguments, or the error that it is answered with. Nobody
    changes it (frozen, it would take three times as long to make)."""

    id: bytes | None
    """JSON of the id; None for a notification, which gets no answer."""
    name: str
    method: Method | None
    arguments: Sequence[Any]
    error: RpcError | None
    kind: Kind


def parse(body: bytes) -> Any:
    """JSON in. orjson refuses nesting beyond 1024; integers beyond 64 bits become floats. Raises −32700."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RpcError(PARSE_ERROR, f"parse error: {error}") from None


def read_request(source: Any, table: Mapping[str, Method]) -> Request:
    """Binds one request object; never raises."""
    if type(source) is not dict:
        return _failed(b"null", "", RpcError(INVALID_REQUEST, "invalid request: expected an object"))
    identifier: bytes | None = None
    if "id" in source:
        given = source["id"]
        if type(given) is int:
            identifier = b"%d" % given
        elif given is None or type(given) is str or type(given) is float:
            identifier = orjson.dumps(given)
        else:
            error = RpcError(INVALID_REQUEST, "invalid request: id must be a string, a number or null")
            return _failed(b"null", "", error)
    name = source.get("method")
    if source.get("jsonrpc") != _VERSION:
        error = RpcError(INVALID_REQUEST, 'invalid request: expected "jsonrpc": "2.0"')
        return _failed(identifier or b"null", "", error)
    if type(name) is not str:
        error = RpcError(INVALID_REQUEST, "invalid request: method must be a string")
        return _failed(identifier or b"null", "", error)
    method = table.get(name)
    if method is None:
        shown = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "..."
        error = RpcError(METHOD_NOT_FOUND, f"the method {shown} does not exist/is not available")
        return _failed(identifier, shown, error)
    params = source.get("params")
    if params is None:
        params = []
    elif type(params) not in (list, dict):
        error = RpcError(INVALID_REQUEST, "invalid request: params must be an array or an object")
        return _failed(identifier, name, error)
    try:
        arguments = method.bind(params)
    except RpcError as error:
        return _failed(identifier, name, error)
    kind = method.kind
    # Building the pending block runs the EVM.
    if (kind is Kind.READ or kind is Kind.STATE) and "pending" in arguments:
        kind = Kind.CALL
    return Request(identifier, name, method, arguments, None, kind)


def _failed(identifier: bytes | None, name: str, error: RpcError) -> Request:
    return Request(identifier, name, None, (), error, Kind.READ)


def encode_result(identifier: bytes, result: Any) -> bytes:
    return b'{"jsonrpc":"2.0","id":' + identifier + b',"result":' + encode_json(result) + b"}"


def encode_error(identifier: bytes, error: RpcError) -> bytes:
    return error_prefix(identifier) + orjson.dumps(error.to_json()) + b"}"


def error_prefix(identifier: bytes) -> bytes:
    """What the answer to a request with that id begins with if it is an error, and only then."""
    return b'{"jsonrpc":"2.0","id":' + identifier + b',"error":'


def join_batch(answers: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(answers) + b"]"
