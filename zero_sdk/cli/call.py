"""One JSON-RPC call over HTTP, with errors that say what went wrong and where."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import SplitResult

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.node_url import connection_to, node_parts, path_of
from zero_sdk.project.zero_toml import reason_of


def call(url: str, method: str, parameters: Any, timeout: float = 30.0) -> Any:
    """The result of `method` at `url`. `timeout` in seconds. Raises ZeroError."""
    parts = _split(url)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode("utf-8")
    status, text = _post(url, parts, body, timeout)
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if status == 404 and not isinstance(answer, dict):
        raise ZeroError(
            Problem.UNKNOWN_ZONE,
            f"{url} answered HTTP 404: {_excerpt(text)}",
            "`zero rpc zero_zones` lists the zones of a network",
        )
    if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
        raise ZeroError(
            Problem.NOT_JSON_RPC,
            f"{url} answered HTTP {status}, which is no JSON-RPC: {_excerpt(text)}",
            "is it the URL of a network?",
        )
    if (error := answer.get("error")) is not None:
        raise ZeroError(Problem.RPC_ERROR, _describe(method, error))
    return answer.get("result")


def _split(url: str) -> SplitResult:
    parts = node_parts(url)
    if parts is None:
        raise ZeroError(
            Problem.BAD_VALUE,
            f"{url!r} is not a URL of a network",
            "it looks like http://127.0.0.1:8545 or https://host/zone",
        )
    return parts


def _post(url: str, parts: SplitResult, body: bytes, timeout: float) -> tuple[int, bytes]:
    connection = connection_to(parts, timeout)
    try:
        connection.request("POST", path_of(parts), body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    except TimeoutError as error:
        raise ZeroError(
            Problem.NO_NETWORK, f"{url} did not answer within {timeout:g} s", "--timeout gives it longer"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise ZeroError(
            Problem.NO_NETWORK,
            f"no network answers at {url}: {reason_of(error)}",
            "start one with `zero devnet`, or name another with --url",
        ) from error
    finally:
        connection.close()


def _excerpt(text: bytes) -> str:
    words = text.decode("utf-8", "replace").split()
    return " ".join(words)[:200] or "nothing"


def _describe(method: str, error: Any) -> str:
    if not isinstance(error, dict):
        return f"{method}: {error}"
    message = str(error.get("message"))
    named = message if message.startswith(method) else f"{method}: {message}"
    text = f"{named} (code {error.get('code')})"
    return f"{text}\n  data: {json.dumps(error['data'])}" if error.get("data") is not None else text
