"""Events as bytes, for those that hardly anybody will ask for: quick to write, small, and equal when read.

A transaction is its encoding and what its signature gives; one that several events of a bundle hold is
written once. What is written often is written by its fields, where pickle's own way to find them takes ten
times as long.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import fields
from io import BytesIO
from operator import attrgetter
from typing import Any, ClassVar, TypeAlias

from devnet.chain.block import Block, Header, Log, Receipt
from devnet.chain.transaction import Transaction
from devnet.chain.trusted_transaction import decode_trusted
from devnet.zone.messages import BlockAdded, Event

_Reduced = tuple[Callable[..., Any], tuple[Any, ...]]


def _reduce_transaction(transaction: Transaction) -> _Reduced:
    if transaction.authorizations:
        authorities = tuple([item.authority for item in transaction.authorizations])
        return decode_trusted, (transaction.encoded, transaction.sender, transaction.hash, authorities)
    return decode_trusted, (transaction.encoded, transaction.sender, transaction.hash)


def _by_fields(kind: type[Any]) -> Callable[[Any], _Reduced]:
    get = attrgetter(*[field.name for field in fields(kind)])
    return lambda value: (kind, get(value))


class _Packer(pickle.Pickler):
    dispatch_table: ClassVar = {  # type: ignore[misc]
        Transaction: _reduce_transaction,
        **{kind: _by_fields(kind) for kind in (BlockAdded, Block, Header, Receipt, Log)},
    }


Packed: TypeAlias = Event | Transaction
"""What is packed: events, and transactions that stand for the event that they became executable."""


def pack(events: Sequence[Packed]) -> bytes:
    """The events in bytes that only `unpack` in this process reads."""
    packed = BytesIO()
    _Packer(packed, pickle.HIGHEST_PROTOCOL).dump(events)
    return packed.getvalue()


def unpack(packed: bytes) -> Sequence[Packed]:
    """What was packed."""
    events: Sequence[Packed] = pickle.loads(packed)
    return events
