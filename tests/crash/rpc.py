"""JSON-RPC over one kept connection, with the three ways a call can end told apart."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.cli.process import PATIENCE

UNAVAILABLE = -32002
"""The server cannot write to its folder."""


class Gone(Exception):
    """No reply came: what was asked for happened or did not."""


class Refused(Exception):
    """The reply is an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.code = error["code"]


class Client:
    """One connection to one zone; for one thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._path = parts.path or "/"
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)

    def call(self, method: str, *parameters: Any) -> Any:
        """The result. Raises Gone and Refused."""
        answer = self._post({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)})
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The answers, results and errors, in the order of the calls. Raises Gone."""
        body = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": list(parameters)}
            for index, (method, parameters) in enumerate(calls)
        ]
        answers = self._post(body)
        assert isinstance(answers, list), answers
        return sorted(answers, key=lambda answer: int(answer["id"]))

    def _post(self, body: Any) -> Any:
        try:
            self._connection.request(
                "POST", self._path, json.dumps(body), {"Content-Type": "application/json"}
            )
            return json.loads(self._connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise Gone(repr(error)) from error

    def close(self) -> None:
        self._connection.close()


@contextmanager
def clients(urls: Mapping[str, str]) -> Iterator[dict[str, Client]]:
    """A client for each zone."""
    opened = {zone: Client(url) for zone, url in urls.items()}
    try:
        yield opened
    finally:
        for client in opened.values():
            client.close()
