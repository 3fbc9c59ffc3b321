"""Log filters: addresses, topics and block ranges."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import Address, Hash32
from devnet.rpc.codec.blocks import read_number_or_tag
from devnet.rpc.codec.shapes import (
    Shape,
    optional_field,
    read_address,
    read_hash,
    read_list,
    read_object,
    ref,
)
from devnet.zone.messages import LogQuery

_ALTERNATIVES_LIMIT = 1000


def read_log_query(value: Any) -> LogQuery:
    """The filter object of eth_getLogs, eth_newFilter and the logs subscription."""
    source = read_object(value)
    block_hash = optional_field(source, "blockHash", read_hash)
    from_block = optional_field(source, "fromBlock", read_number_or_tag)
    to_block = optional_field(source, "toBlock", read_number_or_tag)
    if block_hash is not None and (from_block is not None or to_block is not None):
        raise ValueError("blockHash and fromBlock or toBlock are both given")
    return LogQuery(
        addresses=optional_field(source, "address", _read_addresses) or frozenset(),
        topics=optional_field(source, "topics", _read_topics) or (),
        from_block="latest" if from_block is None else from_block,
        to_block="latest" if to_block is None else to_block,
        block_hash=block_hash,
    )


def _read_addresses(value: Any) -> frozenset[Address]:
    if type(value) is list:
        return frozenset(read_list(value, read_address, _ALTERNATIVES_LIMIT))
    return frozenset((read_address(value),))


def _read_topics(value: Any) -> tuple[frozenset[Hash32] | None, ...]:
    return read_list(value, _read_topic, 4)


def _read_topic(value: Any) -> frozenset[Hash32] | None:
    if value is None:
        return None
    if type(value) is list:
        # In geth an empty list, and a null among the alternatives, match anything.
        if not value or None in value:
            return None
        return frozenset(read_list(value, read_hash, _ALTERNATIVES_LIMIT))
    return frozenset((read_hash(value),))


LOG_QUERY = Shape(read_log_query, ref("Filter"))
