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

POSTED_TOPIC = Hash32(bytes.fromhex("192bda4cac207368b33955e9ca95430e1dc98fb987d7a3c220d4b237bf25b812"))
"""Of the event `Posted(uint32,uint64,bytes32,uint64,address,bytes)`, whose next topics are zone and place."""


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


@dataclass(frozen=True, slots=True)
class QueuePart:
    """What a queue says of its part from one place to another."""

    count: int
    """How many transactions were ever posted."""
    before: QueueEntry | None
    """The one before the part; None at the beginning."""
    last: QueueEntry | None
    """The last one of the part, None where it is empty."""
    next: QueueEntry | None
    """The one after it, None at the end of the queue."""

    def holds(self, postings: Sequence[Posting]) -> bool:
        """Whether the part is these, in this order: the chain stands for each of them."""
        before = ZERO_HASH if self.before is None else self.before.chain
        after = before if self.last is None else self.last.chain
        return chain_over(before, postings) == after

    @property
    def gas_with_next(self) -> int:
        """What the part and the one after it may take together."""
        assert self.next is not None
        start = 0 if self.before is None else self.before.gas_before + self.before.gas
        return self.next.gas_before + self.next.gas - start


def read_part(load: Load, zone: int, start: int, end: int) -> QueuePart:
    """The part from place `start` up to, but not including, `end`. Reads at most seven slots."""
    count = count_of(load, zone)
    return QueuePart(
        count,
        entry_at(load, zone, start - 1) if start else None,
        entry_at(load, zone, end - 1) if end > start else None,
        entry_at(load, zone, end) if end < count else None,
    )


def _shares_at(load: Load, zone: int, index: int) -> tuple[int, ...]:
    """Gas, gas before, block that it was posted in."""
    return unpacked(load(entry_slot(zone, index) + 1), 64, 128, 64)


def posted_of(data: bytes) -> tuple[bytes, int]:
    """What was posted, and its gas, out of the data of an event `Posted`."""
    gas, length = int.from_bytes(data[32:64], "big"), int.from_bytes(data[128:160], "big")
    return data[160 : 160 + length], gas


def post_call(zone: int, transaction: bytes, gas: int) -> bytes:
    """Calldata that posts a transaction; gas times `fee_per_gas` is sent along."""
    words = (zone, 96, gas, len(transaction))
    padding = bytes(-len(transaction) % 32)
    return POST_SELECTOR + b"".join(word.to_bytes(32, "big") for word in words) + transaction + padding
