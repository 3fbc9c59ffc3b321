"""What callers ask about sealed blocks: transactions, receipts and logs, and where they are."""

from __future__ import annotations

from devnet.chain.block import Block
from devnet.chain.types import Address, BlockRef, Hash32
from devnet.state import StateView
from devnet.zone.block_record import BlockRecord
from devnet.zone.bloom_probe import BloomProbe
from devnet.zone.consistent import ChainMoved
from devnet.zone.errors import BadRequest
from devnet.zone.ledger import Ledger
from devnet.zone.log_search import logs_of, search
from devnet.zone.mempool import Mempool
from devnet.zone.messages import LocatedLog, LocatedReceipt, LocatedTransaction, LogQuery
from devnet.zone.pending import PendingBlock


class History:
    """Look-ups in the chain, and in the mempool where a transaction is not in the chain yet."""

    def __init__(self, ledger: Ledger, pool: Mempool, pending: PendingBlock) -> None:
        self._ledger = ledger
        self._pool = pool
        self._pending = pending

    def transaction(self, transaction_hash: Hash32) -> LocatedTransaction | None:
        """The transaction, in a block or waiting."""
        found = self._ledger.chain.locate(transaction_hash)
        if found is not None:
            return _located(found[0].block, found[1])
        waiting = self._pool.get(transaction_hash)
        return None if waiting is None else LocatedTransaction(waiting.transaction, None, None, None)

    def transaction_at(self, ref: BlockRef, index: int) -> LocatedTransaction | None:
        """The block's transaction with that index."""
        if ref == "pending":
            transactions = self._pending.draft(None).transactions
            in_range = 0 <= index < len(transactions)
            return LocatedTransaction(transactions[index], None, None, None) if in_range else None
        record = self._ledger.find(ref)
        if record is None or not 0 <= index < len(record.block.transactions):
            return None
        return _located(record.block, index)

    def transaction_by_sender(self, sender: Address, nonce: int) -> LocatedTransaction | None:
        """The sender's transaction with that nonce, in a block or waiting."""
        waiting = self._pool.content(sender)
        for group in (waiting.pending, waiting.queued):
            if (transaction := group.get(sender, {}).get(nonce)) is not None:
                return LocatedTransaction(transaction, None, None, None)
        record = self._block_that_used(sender, nonce)
        if record is not None:
            for index, transaction in enumerate(record.block.transactions):
                if transaction.sender == sender and transaction.nonce == nonce:
                    return _located(record.block, index)
        return None

    def _block_that_used(self, sender: Address, nonce: int) -> BlockRecord | None:
        """The first block after which the account's nonce is higher, found by halving: an index by sender and
        nonce would cost more memory than it saves time. Raises `HistoryGone` where that block went."""
        ledger = self._ledger
        low, high = ledger.chain.oldest, ledger.tip.record.number
        if self._nonce_after(high, sender) <= nonce:
            return None
        if low > ledger.config.genesis_number + 1 and self._nonce_before(low, sender) > nonce:
            raise ledger.gone(low - 1)
        while low < high:
            middle = (low + high) // 2
            if self._nonce_after(middle, sender) > nonce:
                high = middle
            else:
                low = middle + 1
        return ledger.find(low)

    def _nonce_after(self, number: int, sender: Address) -> int:
        return _nonce(self._ledger.committed_at(number), sender)

    def _nonce_before(self, number: int, sender: Address) -> int:
        return _nonce(self._ledger.state_before(self._ledger.get(number)), sender)

    def receipt(self, transaction_hash: Hash32) -> LocatedReceipt | None:
        """The receipt of a transaction in a block."""
        found = self._ledger.chain.locate(transaction_hash)
        return None if found is None else _located_receipt(found[0].block, found[1])

    def receipts(self, ref: BlockRef) -> tuple[LocatedReceipt, ...] | None:
        """All receipts of a block, None where there is no such block."""
        block = self._pending.block(None) if ref == "pending" else self._block(ref)
        if block is None:
            return None
        return tuple(_located_receipt(block, index) for index in range(len(block.receipts)))

    def _block(self, ref: BlockRef) -> Block | None:
        record = self._ledger.find(ref)
        return None if record is None else record.block

    # ------------------------------------------------------------ logs

    def logs(self, query: LogQuery) -> tuple[LocatedLog, ...]:
        """The logs that a query selects, oldest first. Raises UnknownBlock, BadRequest and LimitExceeded."""
        limit = self._ledger.config.max_log_results
        if query.block_hash is not None:
            return search([self._ledger.get(query.block_hash).block], query, limit)
        if query.from_block == "pending":
            return self._pending_logs(query)
        first, last = self._number(query.from_block), self._number(query.to_block)
        # A tag may well be before a number: a client that waits for the next block.
        if first > last and first == query.from_block and last == query.to_block:
            raise BadRequest(f"invalid block range: {first} is after {last}")
        found = self._search(first, last, query)
        return found + self._pending_logs(query) if query.to_block == "pending" else found

    def _search(self, first: int, last: int, query: LogQuery) -> tuple[LocatedLog, ...]:
        chain = self._ledger.chain
        truncations = chain.truncations
        records = chain.whole_blocks(first, last, BloomProbe.of(query))
        found = search((record.block for record in records), query, self._ledger.config.max_log_results)
        # What is not there any more would be a gap that nobody notices.
        oldest = chain.oldest
        if first < oldest and oldest > self._ledger.config.genesis_number + 1 and first <= last:
            raise self._ledger.gone(max(first, self._ledger.config.genesis_number + 1))
        if truncations != chain.truncations:
            raise ChainMoved("the chain was reorganised while its logs were searched; ask again")
        return found

    def _number(self, ref: BlockRef) -> int:
        if isinstance(ref, int):
            return ref
        return self._ledger.get("latest" if ref == "pending" else ref).number

    def _pending_logs(self, query: LogQuery) -> tuple[LocatedLog, ...]:
        return tuple(
            LocatedLog(log.log, None, None, None, log.transaction_hash, log.transaction_index, log.log_index)
            for log in logs_of(self._pending.block(None), query)
        )


def _nonce(view: StateView, sender: Address) -> int:
    account = view.account(sender)
    return 0 if account is None else account.nonce


def _located(block: Block, index: int) -> LocatedTransaction:
    return LocatedTransaction(block.transactions[index], block.header, block.hash, index)


def _located_receipt(block: Block, index: int) -> LocatedReceipt:
    return LocatedReceipt(block.receipts[index], block.transactions[index], block.header, block.hash, index)
