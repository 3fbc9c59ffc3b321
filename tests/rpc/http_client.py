"""A plain HTTP client: what goes over the wire is what the test wrote."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any

import orjson

from devnet.rpc.server import RpcServer
from tests.rpc.asking import request


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


def fetch(
    server: RpcServer,
    path: str = "/",
    body: bytes | None = None,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    port: int | None = None,
    timeout: float = 60.0,
) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port or server.port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, lowered, response.read())
    finally:
        connection.close()


def call(server: RpcServer, method: str, *params: Any, zone: str = "alpha") -> Any:
    """The whole JSON-RPC answer."""
    return fetch(server, f"/{zone}", orjson.dumps(request(method, *params))).json


def result(server: RpcServer, method: str, *params: Any, zone: str = "alpha") -> Any:
    answer = call(server, method, *params, zone=zone)
    assert "error" not in answer, answer["error"]
    return answer["result"]
