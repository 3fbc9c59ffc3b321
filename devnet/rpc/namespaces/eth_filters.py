"""eth: log queries and filters; subscriptions are answered by the WebSocket connection."""

from __future__ import annotations

import time
from typing import Any

from devnet.rpc.codec.encode_receipts import encode_located_log
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.logs import LOG_QUERY
from devnet.rpc.codec.shapes import ANYTHING, QUANTITY, STRING, array_of, ref
from devnet.rpc.context import Context
from devnet.rpc.errors import METHOD_NOT_FOUND, RpcError
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.messages import LogQuery


def get_logs(context: Context, query: LogQuery) -> list[dict[str, Any]]:
    return [encode_located_log(log) for log in context.zone.logs(query)]


def new_filter(context: Context, query: LogQuery) -> str:
    return hex(context.zone.new_filter("logs", time.monotonic(), query))


def new_block_filter(context: Context) -> str:
    return hex(context.zone.new_filter("blocks", time.monotonic()))


def new_pending_transaction_filter(context: Context, full: Any) -> str:
    return hex(context.zone.new_filter("transactions", time.monotonic()))


def get_filter_changes(context: Context, filter_id: int) -> list[Any]:
    changes = context.zone.filter_changes(filter_id, time.monotonic())
    if changes.kind == "logs":
        return [encode_located_log(log) for log in changes.logs]
    return [hex_data(item) for item in changes.hashes]


def get_filter_logs(context: Context, filter_id: int) -> list[dict[str, Any]]:
    return [encode_located_log(log) for log in context.zone.filter_logs(filter_id, time.monotonic())]


def uninstall_filter(context: Context, filter_id: int) -> bool:
    return context.zone.uninstall_filter(filter_id)


def needs_connection(context: Context, *_: Any) -> None:
    raise RpcError(
        METHOD_NOT_FOUND, "notifications are not supported over HTTP; connect by WebSocket (ws://)"
    )


_FILTER_ID = Param("filter", QUANTITY)
_LOGS = array_of(ref("Log"))

METHODS = (
    Method(
        "eth_getLogs", get_logs, (Param("filter", LOG_QUERY),), Kind.STATE, _LOGS, "Logs that match a filter."
    ),
    Method(
        "eth_newFilter",
        new_filter,
        (Param("filter", LOG_QUERY),),
        Kind.WRITE,
        ref("uint"),
        "Installs a filter for logs.",
    ),
    Method(
        "eth_newBlockFilter", new_block_filter, (), Kind.WRITE, ref("uint"), "Installs a filter for blocks."
    ),
    Method(
        "eth_newPendingTransactionFilter",
        new_pending_transaction_filter,
        (Param("full", ANYTHING, None),),
        Kind.WRITE,
        ref("uint"),
        "Installs a filter for transactions that enter the mempool.",
    ),
    Method(
        "eth_getFilterChanges",
        get_filter_changes,
        (_FILTER_ID,),
        Kind.WRITE,
        ref("FilterResults"),
        "What a filter saw since it was last asked.",
    ),
    Method(
        "eth_getFilterLogs",
        get_filter_logs,
        (_FILTER_ID,),
        Kind.WRITE,
        _LOGS,
        "All logs that match a filter.",
    ),
    Method(
        "eth_uninstallFilter",
        uninstall_filter,
        (_FILTER_ID,),
        Kind.WRITE,
        {"type": "boolean"},
        "Removes a filter; false when there was none.",
    ),
    Method(
        "eth_subscribe",
        needs_connection,
        (Param("kind", STRING), Param("options", ANYTHING, None)),
        Kind.SUBSCRIBE,
        ref("uint"),
        "Subscribes to newHeads, logs, newPendingTransactions, syncing, settlementBlocks, finality, updates,"
        " certificates, availability, validators or messages.",
    ),
    Method(
        "eth_unsubscribe",
        needs_connection,
        (Param("subscription", STRING),),
        Kind.SUBSCRIBE,
        {"type": "boolean"},
        "Ends a subscription of this connection.",
    ),
)
