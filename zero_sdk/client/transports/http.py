"""JSON-RPC over HTTP with the standard library's client: one connection, kept while the node keeps it."""

from __future__ import annotations

import base64
import http.client
import select
import threading
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from zero_sdk.client.errors import NoAnswer, Refused, WrongArguments
from zero_sdk.client.transports import Call
from zero_sdk.client.transports.messages import (
    BATCH_LIMIT,
    HEADERS,
    RETRYABLE,
    TRIES,
    decode_answer,
    decode_batch,
    encode_batch,
    encode_call,
    pause_before,
)
from zero_sdk.node_url import connection_to, node_parts, path_of

DEFAULT_TIMEOUT = 30.0
"""Seconds that a node may take for one answer."""


class HttpTransport:
    """A node behind a URL. Requests of several threads go one after the other."""

    is_remote = True

    def __init__(self, url: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Connects at the first request. Raises WrongArguments for what is no URL of a node."""
        self.url = url
        self.timeout = timeout
        parts = split_url(url)
        self._parts = parts
        self._path = path_of(parts)
        self._shown = shown_url(url)
        self._headers = dict(HEADERS)
        if parts.username is not None:
            words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(words.encode()).decode()}"
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()
        self._takes_batches = True

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """As `Transport.request`."""
        status, body = self._post(encode_call(method, parameters), may_be_repeated(method))
        return decode_answer(self._shown, method, status, body)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """As `Transport.batch`; one by one where the node takes no batches."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH_LIMIT):
            some = calls[start : start + BATCH_LIMIT]
            answers = None
            if self._takes_batches and len(some) > 1:
                may_repeat = all(may_be_repeated(method) for method, _ in some)
                status, body = self._post(encode_batch(some), may_repeat)
                answers = decode_batch(self._shown, some, status, body)
                self._takes_batches = answers is not None
            results += [self._outcome(*call) for call in some] if answers is None else answers
        return results

    def close(self) -> None:
        """Lets the connection go; the next request makes another."""
        with self._lock:
            self._drop()

    def __repr__(self) -> str:
        return f"HttpTransport({self._shown!r})"

    def _outcome(self, method: str, parameters: Sequence[Any]) -> Any:
        try:
            return self.request(method, parameters)
        except Refused as refused:
            return refused

    def __del__(self) -> None:
        # Who forgets `close` in a program that ends gets no warning about a socket.
        if hasattr(self, "_connection"):
            self._drop()

    def _post(self, body: bytes, may_repeat: bool) -> tuple[int, bytes]:
        for attempt in range(TRIES):
            with self._lock:
                status, answer, told = self._exchange(body, may_repeat)
            if status not in RETRYABLE or attempt == TRIES - 1:
                break
            time.sleep(min(pause_before(attempt, told), self.timeout))
        return status, answer

    def _exchange(self, body: bytes, may_repeat: bool) -> tuple[int, bytes, str | None]:
        connection = self._connected()
        is_reused = connection.sock is not None
        try:
            connection.request("POST", self._path, body, self._headers)
            reply = connection.getresponse()
            answer = reply.read()
            if reply.will_close:
                self._drop()
            return reply.status, answer, reply.getheader("Retry-After")
        except TimeoutError:
            self._drop()
            raise NoAnswer(f"{self._shown} did not answer within {self.timeout:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            if is_reused and may_repeat:
                # The node let the connection go while the request was on its way.
                return self._exchange(body, may_repeat)
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise NoAnswer(
                f"no node answers at {self._shown}: {reason}", "`zero devnet` starts one"
            ) from None

    def _connected(self) -> http.client.HTTPConnection:
        connection = self._connection
        if connection is not None and _was_left(connection):
            # Repeating a request could send a transaction twice, so look before.
            self._drop()
            connection = None
        if connection is None:
            connection = self._connection = connection_to(self._parts, self.timeout)
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _was_left(connection: http.client.HTTPConnection) -> bool:
    """Whether the node has closed the connection: between two answers nothing but the end can be readable."""
    if connection.sock is None:
        return False
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return bool(readable)


def may_be_repeated(method: str) -> bool:
    """Whether nothing is done twice where a request arrives twice."""
    return method.startswith(("eth_", "net_", "web3_", "debug_")) and not method.startswith("eth_send")


def split_url(url: str) -> SplitResult:
    """The URL in parts. Raises WrongArguments for what is no URL of a node."""
    parts = node_parts(url)
    if parts is None:
        raise WrongArguments(
            f"{url!r} is not the URL of a node", "it looks like http://127.0.0.1:8545 or https://host/path"
        )
    return parts


def shown_url(url: str) -> str:
    """The URL as messages show it: without a password, and without what may be a provider's key in its path
    or query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    place = f"{host}:{parts.port}" if parts.port is not None else host
    steps = ["..." if len(step) >= 20 else step for step in parts.path.split("/")]
    return f"{parts.scheme}://{place}{'/'.join(steps)}{'?...' if parts.query else ''}"
