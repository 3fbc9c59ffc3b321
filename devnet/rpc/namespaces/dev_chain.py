"""Development calls: snapshots, reorganisations, resets, and dropping what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32
from devnet.rpc.codec.calls import read_call
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import (
    ADDRESS,
    ANYTHING,
    HASH,
    NUMBER,
    NUMBER_64,
    Schema,
    Shape,
    describe,
    nullable,
    read_data,
    read_list,
    read_u64_number,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import NOT_SUPPORTED, RpcError
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.messages import CallRequest


def snapshot(context: Context) -> str:
    return hex(context.network.snapshot())


def revert(context: Context, snapshot_id: int) -> bool:
    """The zone back to a snapshot, which stays usable. A newer or unknown one is an error that says why."""
    context.network.revert_zone(context.zone, snapshot_id)
    return True


def reset(context: Context, options: Any) -> bool:
    forking = options.get("forking") if isinstance(options, Mapping) else None
    # viem's `reset` always sends the object; only with a URL it asks for another chain's state.
    if isinstance(forking, Mapping) and forking.get("jsonRpcUrl"):
        raise RpcError(NOT_SUPPORTED, "forking another chain is not supported; reset without parameters")
    context.network.reset(context.zone)
    return True


def rollback(context: Context, depth: int) -> None:
    context.network.rollback(context.zone, depth)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A transaction for the block at `position` of those that a reorg makes."""

    content: bytes | CallRequest
    position: int


def _read_placed(value: Any) -> _Placed:
    if type(value) is not list or len(value) != 2:
        raise ValueError(f"expected [transaction, block], got {describe(value)}")
    content: bytes | CallRequest = read_data(value[0]) if type(value[0]) is str else read_call(value[0])
    return _Placed(content, read_u64_number(value[1]))


def reorg(context: Context, depth: int, placed: tuple[_Placed, ...]) -> None:
    """Replaces the newest blocks by as many new ones, which carry the given transactions."""
    transactions = [(_transaction(context, entry.content), entry.position) for entry in placed]
    context.network.reorg(context.zone, depth, transactions)


def _transaction(context: Context, content: bytes | CallRequest) -> Transaction:
    if isinstance(content, bytes):
        return context.network.codec.decode(content)[0]
    return context.network.sign(context.zone, content)


def drop_transaction(context: Context, transaction_hash: Hash32) -> bool:
    return context.zone.drop_transaction(transaction_hash)


def drop_transaction_by_hash(context: Context, transaction_hash: Hash32) -> str | None:
    return hex_data(transaction_hash) if context.zone.drop_transaction(transaction_hash) else None


def drop_all_transactions(context: Context) -> bool:
    context.zone.drop_all_transactions()
    return True


def remove_pool_transactions(context: Context, address: Address) -> bool:
    context.zone.drop_transactions_of(address)
    return True


DONE: Schema = {"const": True}
_HASH = Param("hash", HASH)
_DEPTH = Shape(read_u64_number, NUMBER_64.schema)

METHODS = (
    Method(
        "evm_snapshot",
        snapshot,
        (),
        Kind.WRITE,
        ref("uint"),
        "Remembers the whole network: heads, mempools, development state and time.",
        ("anvil_snapshot", "hardhat_snapshot"),
    ),
    Method(
        "evm_revert",
        revert,
        (Param("snapshot", NUMBER),),
        Kind.WRITE,
        DONE,
        "Takes the zone back to a snapshot, which stays usable; newer ones do not.",
        ("anvil_revert", "hardhat_revert"),
    ),
    Method(
        "anvil_reset",
        reset,
        (Param("options", ANYTHING, None),),
        Kind.WRITE,
        DONE,
        "Back to genesis.",
        ("hardhat_reset",),
    ),
    Method(
        "anvil_rollback",
        rollback,
        (Param("depth", _DEPTH, 1),),
        Kind.WRITE,
        {"type": "null"},
        "Removes the newest blocks.",
        ("hardhat_rollback",),
    ),
    Method(
        "anvil_reorg",
        reorg,
        (
            Param("depth", _DEPTH),
            Param("transactions", Shape(lambda value: read_list(value, _read_placed), {"type": "array"}), ()),
        ),
        Kind.WRITE,
        {"type": "null"},
        "Replaces the newest blocks by as many new ones; each [transaction, i] goes into the i-th.",
        ("hardhat_reorg",),
    ),
    Method(
        "hardhat_dropTransaction",
        drop_transaction,
        (_HASH,),
        Kind.WRITE,
        {"type": "boolean"},
        "Drops a waiting transaction; false when there was none.",
    ),
    Method(
        "anvil_dropTransaction",
        drop_transaction_by_hash,
        (_HASH,),
        Kind.WRITE,
        nullable(ref("hash32")),
        "Drops a waiting transaction; null when there was none.",
    ),
    Method(
        "anvil_dropAllTransactions",
        drop_all_transactions,
        (),
        Kind.WRITE,
        DONE,
        "Drops every waiting transaction.",
        ("hardhat_dropAllTransactions",),
    ),
    Method(
        "anvil_removePoolTransactions",
        remove_pool_transactions,
        (Param("address", ADDRESS),),
        Kind.WRITE,
        DONE,
        "Drops every waiting transaction of a sender.",
        ("hardhat_removePoolTransactions",),
    ),
)
