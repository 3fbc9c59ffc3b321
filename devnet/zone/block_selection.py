"""Which waiting transactions the next block tries, and in which order (protocol section 4)."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from devnet.chain.block_codec import transaction_size_in_block
from devnet.chain.fees import TRANSACTION_GAS
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.scheduling.fairness import SHARE
from devnet.zone.messages import Order
from devnet.zone.sender_queue import SenderQueue, Waiting


@dataclass(frozen=True, slots=True)
class BlockSpace:
    """What a block can take and at which prices."""

    gas_limit: int
    base_fee: Wei
    blob_base_fee: Wei
    blobs: int
    size: int | None
    """Bytes for transactions, None where nothing bounds them."""
    transactions: int | None
    order: Order


def select(queues: Iterable[SenderQueue], space: BlockSpace) -> list[Transaction]:
    """The executable transactions that the block should try, in its order, nonces of a sender rising.

    Gas is bounded by what the transactions use, which only execution shows; here only their number is, by the
    gas of the smallest. The engine leaves out what does not fit. In FAFO's order no sender and no recipient
    has more than a quarter of that number while others wait.
    """
    limit = space.gas_limit // TRANSACTION_GAS
    if space.transactions is not None:
        limit = min(limit, space.transactions)
    heap = []
    for queue in queues:
        entry = queue.head()
        if entry is not None and _can_pay(entry.transaction, space):
            heap.append((_priority(entry, space), entry.arrival, entry, queue))
    heapq.heapify(heap)
    crowd = _Crowd(limit // SHARE) if space.order is Order.FAFO else None
    waiting: list[tuple[int, int, Waiting, SenderQueue]] = []
    chosen: list[Transaction] = []
    blobs_left = space.blobs
    size_left = space.size
    while (heap or waiting) and len(chosen) < limit:
        if not heap:
            # Nobody else waits any more: what would crowd them out has the rest.
            heap, waiting, crowd = waiting, [], None
            heapq.heapify(heap)
        _, _, entry, queue = heap[0]
        transaction = entry.transaction
        size = transaction_size_in_block(transaction)
        if len(transaction.blob_hashes) > blobs_left or (size_left is not None and size > size_left):
            heapq.heappop(heap)
            continue
        if crowd is not None and not crowd.admits(transaction):
            waiting.append(heapq.heappop(heap))
            continue
        chosen.append(transaction)
        blobs_left -= len(transaction.blob_hashes)
        if size_left is not None:
            size_left -= size
        following = queue.entries.get(transaction.nonce + 1)
        if following is not None and _can_pay(following.transaction, space):
            item = (_priority(following, space), following.arrival, following, queue)
            heapq.heapreplace(heap, item)
        else:
            heapq.heappop(heap)
    return chosen


class _Crowd:
    """How many of one sender and to one recipient were chosen: whatever contract or account is hot, the block
    shall see enough others for `fair_share`, which knows the keys, to choose from."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: Counter[Address] = Counter()

    def admits(self, transaction: Transaction) -> bool:
        """Counts the transaction unless it is one too many."""
        counts, most = self._counts, self._most
        sender, to = transaction.sender, transaction.to
        if counts[sender] >= most or (to is not None and counts[to] >= most):
            return False
        counts[sender] += 1
        if to is not None and to != sender:
            counts[to] += 1
        return True


def _can_pay(transaction: Transaction, space: BlockSpace) -> bool:
    if transaction.max_fee_per_gas < space.base_fee or transaction.gas_limit > space.gas_limit:
        return False
    return not transaction.blob_hashes or transaction.max_fee_per_blob_gas >= space.blob_base_fee


def _priority(entry: Waiting, space: BlockSpace) -> int:
    """Smaller goes first: the highest tip, or in FIFO whatever arrived first."""
    if space.order is Order.FIFO:
        return 0
    transaction = entry.transaction
    return -min(transaction.max_priority_fee_per_gas, transaction.max_fee_per_gas - space.base_fee)
