"""Which logs a query selects: matching, locating, and collecting them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devnet.chain.block import Block, Log
from devnet.zone.errors import LimitExceeded
from devnet.zone.messages import LocatedLog, LogQuery


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
    for block in blocks:
        found.extend(logs_of(block, query))
        if len(found) > limit:
            raise LimitExceeded(
                f"query returned more than {limit} results; ask for fewer blocks or be more specific"
            )
    return tuple(found)
