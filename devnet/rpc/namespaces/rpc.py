"""rpc: what this node can be asked."""

from __future__ import annotations

from typing import Any

from devnet.rpc.codec.shapes import Schema
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method


def modules(context: Context) -> dict[str, str]:
    # The registry imports this module.
    from devnet.rpc.registry import method_table

    names = {name.split("_", 1)[0] for name in method_table() if "_" in name}
    return dict.fromkeys(sorted(names), "1.0")


def discover(context: Context) -> dict[str, Any]:
    """The OpenRPC document. Made at each request: it is seldom asked for."""
    from devnet.rpc.openrpc.document import build_document

    return build_document()


_MODULES: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_DOCUMENT: Schema = {
    "type": "object",
    "required": ["openrpc", "info", "methods", "components"],
    "properties": {"openrpc": {"type": "string"}, "methods": {"type": "array"}},
}

METHODS = (
    Method("rpc_modules", modules, (), Kind.READ, _MODULES, "The namespaces."),
    Method("rpc.discover", discover, (), Kind.STATE, _DOCUMENT, "This document (OpenRPC)."),
)
