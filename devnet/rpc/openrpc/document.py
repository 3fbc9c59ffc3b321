"""The OpenRPC document, made from the registry: every name of every method, its parameters and its result."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from devnet.rpc.context import VERSION
from devnet.rpc.methods import Method, Param
from devnet.rpc.registry import methods

_OPENRPC_VERSION = "1.3.2"


@cache
def execution_apis() -> dict[str, Any]:
    """`schemas` by name and `results` by method, as ethereum/execution-apis has them. Not to be changed."""
    loaded: dict[str, Any] = orjson.loads(
        files("devnet.rpc.openrpc").joinpath("execution_apis.json").read_bytes()
    )
    return loaded


def build_document() -> dict[str, Any]:
    """The document that rpc.discover gives. Aliases are methods of their own that say whose they are."""
    return {
        "openrpc": _OPENRPC_VERSION,
        "info": {
            "title": "Zero devnet JSON-RPC",
            "version": VERSION,
            "description": "Every method of a zone. Component schemas: ethereum/execution-apis (CC0-1.0).",
        },
        "methods": [
            _describe(method, name) for method in methods() for name in (method.name, *method.aliases)
        ],
        "components": {"schemas": execution_apis()["schemas"]},
    }


def _describe(method: Method, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "summary": method.summary,
        "params": [_describe_param(param) for param in method.params],
        "result": {"name": "result", "schema": method.result},
        "x-runs": method.kind.value,
    }
    if name != method.name:
        described["x-alias-of"] = method.name
    return described


def _describe_param(param: Param) -> dict[str, Any]:
    return {"name": param.name, "required": param.is_required, "schema": param.shape.schema}
