"""The contract ForcedInbox from outside: what genesis stores in it, how to read it, and what is due.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifact. docs/settlement-contracts.md has the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devnet.chain.forced import Posting
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
    gas, gas_before, posted_in = _shares_at(load, zone, index)
    chain = Hash32(load(entry_slot(zone, index)).to_bytes(32, "big"))
    return QueueEntry(chain, gas, gas_before, posted_in)


def chain_over(before: Hash32, postings: Iterable[Posting]) -> Hash32:
    """The chain after these, given the one before them, which is zero at the queue's beginning."""
    chain = before
    for posting in postings:
        chain = keccak256(chain + posting.hash + posting.gas.to_bytes(32, "big"))
    return chain


def chain_before(load: Load, zone: int, index: int) -> Hash32:
    """The chain before the entry with this index."""
    return ZERO_HASH if index == 0 else Hash32(load(entry_slot(zone, index - 1)).to_bytes(32, "big"))


def are_next(load: Load, zone: int, index: int, postings: Sequence[Posting]) -> bool:
    """Whether these are what the queue holds from `index` on: what an update consumed. Reads three slots,
    however many they are: the chain stands for each transaction and its gas."""
    if not postings:
        return True
    end = index + len(postings)
    if end > count_of(load, zone):
        return False
    return chain_over(chain_before(load, zone, index), postings) == chain_before(load, zone, end)


def gas_before(load: Load, zone: int, index: int) -> int:
    """What all entries before this place may take; the place may be the end of the queue."""
    if index == 0:
        return 0
    gas, before, _ = _shares_at(load, zone, index - 1)
    return gas + before


def least_index(load: Load, zone: int, consumed: int, settled: int, most_gas: int) -> int:
    """The lowest place in the queue such that everything before it and below `settled` is consumed, or the
    next entry would bring the gas of what is consumed from `consumed` on above `most_gas`."""
    start = gas_before(load, zone, consumed)
    low, high = consumed, max(consumed, settled)
    # What entries may take adds up, so whether they fit can be searched for.
    while low < high:
        middle = (low + high + 1) // 2
        if gas_before(load, zone, middle) - start <= most_gas:
            low = middle
        else:
            high = middle - 1
    return low


def is_least(load: Load, zone: int, consumed: int, settled: int, most_gas: int, index: int) -> bool:
    """Whether `index` is no lower than `least_index`; reads three slots at most."""
    if index >= settled:
        return True
    gas, before, _ = _shares_at(load, zone, index)
    return before + gas - gas_before(load, zone, consumed) > most_gas


def _shares_at(load: Load, zone: int, index: int) -> tuple[int, ...]:
    """Gas, gas before, block that it was posted in."""
    return unpacked(load(entry_slot(zone, index) + 1), 64, 128, 64)


def post_call(zone: int, transaction: bytes, gas: int) -> bytes:
    """Calldata that posts a transaction; gas times `fee_per_gas` is sent along."""
    words = (zone, 96, gas, len(transaction))
    padding = bytes(-len(transaction) % 32)
    return POST_SELECTOR + b"".join(word.to_bytes(32, "big") for word in words) + transaction + padding
