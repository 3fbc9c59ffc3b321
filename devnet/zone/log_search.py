"""Which logs a query selects: matching, locating, and searching blocks by their bloom filters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devnet.chain.block import Block, Log
from devnet.chain.receipt_codec import bloom_of
from devnet.chain.types import Address, Hash32
from devnet.zone.errors import LimitExceeded
from devnet.zone.messages import LocatedLog, LogQuery

_BLOOM_PROBES = 64
"""A query with more alternatives than this reads the receipts instead of probing blooms."""


def matches(log: Log, query: LogQuery) -> bool:
    """Whether the query's addresses and topics select the log. The block range is not looked at."""
    if query.addresses and log.address not in query.addresses:
        return False
    wanted = query.topics
    if len(wanted) > len(log.topics):
        return False
    for position, alternatives in enumerate(wanted):
        if alternatives and log.topics[position] not in alternatives:
            return False
    return True


BloomMasks = tuple[tuple[int, ...], ...]
"""For each condition of a query the bits of each alternative."""


def bloom_masks(query: LogQuery) -> BloomMasks:
    """The bits that a bloom filter must have for a log of the query to be behind it."""
    groups: list[frozenset[Address] | frozenset[Hash32]] = [query.addresses]
    groups.extend(topics for topics in query.topics if topics)
    return tuple(
        tuple(_mask(item) for item in group) for group in groups if group and len(group) <= _BLOOM_PROBES
    )


def may_hold(bloom: bytes, masks: BloomMasks) -> bool:
    """False where no log behind the bloom filter can match."""
    bits = int.from_bytes(bloom, "big")
    return all(any(bits & mask == mask for mask in alternatives) for alternatives in masks)


def _mask(item: bytes) -> int:
    """The bits of one item: those of a filter that has nothing else."""
    return int.from_bytes(bloom_of([Log(Address(item), (), b"")]), "big")


def logs_of(block: Block, query: LogQuery, is_removed: bool = False) -> Iterator[LocatedLog]:
    """The block's logs that the query selects, in order."""
    header = block.header
    for index, receipt in enumerate(block.receipts):
        for offset, log in enumerate(receipt.logs):
            if matches(log, query):
                yield LocatedLog(
                    log=log,
                    block_number=header.number,
                    block_hash=block.hash,
                    block_timestamp=header.timestamp,
                    transaction_hash=block.transactions[index].hash,
                    transaction_index=index,
                    log_index=receipt.first_log_index + offset,
                    removed=is_removed,
                )


def search(blocks: Iterable[Block], query: LogQuery, limit: int) -> tuple[LocatedLog, ...]:
    """The matching logs of the blocks. Raises `LimitExceeded` beyond `limit` of them."""
    found: list[LocatedLog] = []
    masks = bloom_masks(query)
    for block in blocks:
        if block.transactions and may_hold(block.header.bloom, masks):
            found.extend(logs_of(block, query))
            if len(found) > limit:
                raise LimitExceeded(
                    f"query returned more than {limit} results; ask for fewer blocks or be more specific"
                )
    return tuple(found)
