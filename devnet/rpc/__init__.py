"""JSON-RPC over a network: `dispatch` in process, `devnet.rpc.server.RpcServer` over HTTP and WebSocket.

    methods, registry, namespaces/  the methods as data, one file a namespace
    codec/                          JSON to data and back
    requests, running, dispatching  from bytes to answers
    server, serving/                HTTP, WebSocket, threads, subscriptions
    openrpc/                        the document that rpc.discover gives
    observer                        what the CLI prints lines from

Others import `dispatch` from here, `devnet.rpc.server` and `devnet.rpc.observer`. Importing this package
imports nothing heavy.
"""

from __future__ import annotations

from devnet.rpc.dispatching import dispatch

__all__ = ["dispatch"]
