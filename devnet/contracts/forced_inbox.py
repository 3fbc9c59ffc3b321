"""The contract ForcedInbox from outside: what genesis stores in it, how to read it, and what is due.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/settlement-contracts.md has the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32, Wei
from devnet.contracts.layout import Load, mapping_slot, packed, unpacked

PARAMETERS_SLOT = 0
"""Gas due per height (64 bits), heights until due (32), most bytes (32), wei per gas (128)."""
COUNTS_SLOT = 1
ENTRIES_SLOT = 2

POST_SELECTOR = bytes.fromhex("843b4b1b")
"""Of `post(uint32,bytes,uint64)`."""


@dataclass(frozen=True, slots=True)
class InboxParameters:
    """What genesis fixes of forced inclusion."""

    due_gas: int = 30_000_000
    """Gas that becomes due in a zone per settlement height; no transaction of the queue has more."""
    due_heights: int = 8
    """Settlement heights between the settlement of a posting and its being due."""
    most_bytes: int = 1 << 17
    """Of a transaction."""
    fee_per_gas: Wei = Wei(10**9)
    """What posting costs, beside the fees that the transaction pays in its zone."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A transaction in a zone's queue, as the contract stores it."""

    chain: Hash32
    """Stands for the queue up to this entry: see `chain_over`."""
    gas: int
    """What the transaction may take in its zone."""
    gas_before: int
    """What all entries before it may take."""
    posted_in: int
    """The block of the system zone that it was posted in."""


def storage_of(parameters: InboxParameters) -> dict[int, int]:
    """The contract's storage at genesis: empty queues."""
    return {
        PARAMETERS_SLOT: packed(
            (parameters.due_gas, 64),
            (parameters.due_heights, 32),
            (parameters.most_bytes, 32),
            (parameters.fee_per_gas, 128),
        )
    }


def parameters_of(load: Load) -> InboxParameters:
    """The parameters that are in force."""
    due_gas, due_heights, most_bytes, fee = unpacked(load(PARAMETERS_SLOT), 64, 32, 32, 128)
    return InboxParameters(due_gas, due_heights, most_bytes, Wei(fee))


def count_slot(zone: int) -> int:
    """The slot that says how many transactions were ever posted for a zone."""
    return mapping_slot(zone, COUNTS_SLOT)


def entry_slot(zone: int, index: int) -> int:
    """The first of an entry's two slots: its chain; gas (64), gas before (128), posted in (64)."""
    return mapping_slot(index, mapping_slot(zone, ENTRIES_SLOT))


def count_of(load: Load, zone: int) -> int:
    """How many transactions were ever posted for a zone."""
    return load(count_slot(zone))


def entry_at(load: Load, zone: int, index: int) -> QueueEntry:
    """An entry of a zone's queue; all zeros where the queue is not so long."""
    slot = entry_slot(zone, index)
    gas, gas_before, posted_in = unpacked(load(slot + 1), 64, 128, 64)
    return QueueEntry(Hash32(load(slot).to_bytes(32, "big")), gas, gas_before, posted_in)


def chain_over(before: Hash32, hashes: Iterable[Hash32]) -> Hash32:
    """The chain after transactions of these hashes (keccak of what was posted), given the one before them,
    which is zero at the queue's beginning."""
    chain = before
    for transaction in hashes:
        chain = keccak256(chain + transaction)
    return chain


def chain_before(load: Load, zone: int, index: int) -> Hash32:
    """The chain before the entry with this index."""
    return ZERO_HASH if index == 0 else entry_at(load, zone, index - 1).chain


def are_next(load: Load, zone: int, index: int, hashes: Sequence[Hash32]) -> bool:
    """Whether these are the hashes of the queue's transactions from `index` on: what an update consumed."""
    end = index + len(hashes)
    if end > count_of(load, zone):
        return False
    return chain_over(chain_before(load, zone, index), hashes) == chain_before(load, zone, end)


def least_index(load: Load, zone: int, consumed: int, settled: int, heights: int) -> int:
    """What `post_inbox_index` of an update must be at least.

    `consumed` is its `pre_inbox_index`; `settled` the length of the queue in the state that was settled
    `due_heights` below the settlement height of the update's last block; `heights` how far that height lies
    above the one of the update before. No more gas is due than `heights` times `due_gas`; the rest is due by
    later heights.
    """
    if settled <= consumed:
        return consumed
    most = heights * parameters_of(load).due_gas
    first = entry_at(load, zone, consumed).gas_before
    index = consumed
    while index < settled:
        entry = entry_at(load, zone, index)
        if entry.gas_before + entry.gas - first > most:
            break
        index += 1
    return index


def post_call(zone: int, transaction: bytes, gas: int) -> bytes:
    """Calldata that posts a transaction; gas times `fee_per_gas` is sent along."""
    words = (zone, 96, gas, len(transaction))
    padding = bytes(-len(transaction) % 32)
    return POST_SELECTOR + b"".join(word.to_bytes(32, "big") for word in words) + transaction + padding
