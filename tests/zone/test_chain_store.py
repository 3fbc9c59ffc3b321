"""The chain store against a plain list of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.blocks.overrides import NO_OVERRIDES
from devnet.chain.block import Block, Receipt
from devnet.chain.block_codec import header_hash
from devnet.chain.receipt_codec import EMPTY_BLOOM
from devnet.chain.transaction import Transaction
from devnet.chain.types import Hash32, Wei
from devnet.zone import chain_store
from devnet.zone.block_archive import HASH_REACH, Handle, MemoryArchive
from devnet.zone.block_record import BlockRecord
from devnet.zone.chain_store import BLOCKHASH_REACH, ChainStore
from devnet.zone.ledger import initial_rules
from devnet.zone.old_blocks import memory_of
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.storing.block_codec import decode_block, encode_block
from devnet.zone.transaction_index import short_key
from tests.zone.driver import ALICE, BOB, KEYS, Driver, zone_config

CONFIG = zone_config(genesis_number=7)
RULES = initial_rules(CONFIG)
GENESIS = Driver(CONFIG).block()

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 9)),
        st.tuples(st.just("reserve"), st.integers(1, 400)),
        st.tuples(st.just("truncate"), st.integers(0, 100)),
        st.tuples(st.just("forget"), st.integers(0, 100)),
    ),
    max_size=14,
)


@pytest.fixture(autouse=True)
def _few_live_blocks() -> Iterator[None]:
    """So that blocks are packed after a few, not after hundreds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain_store, "LIVE_BLOCKS", 3)
        yield


@dataclass
class Shelf:
    """An archive that is told everything, and gives places on a shelf as handles."""

    parts: list[BlockRecord | ReservedRange] = field(default_factory=list)
    oldest: int = 0
    read: int = 0

    def added(self, record: BlockRecord) -> None:
        self.parts.append(record)

    def reserved(self, blocks: ReservedRange) -> None:
        self.parts.append(blocks)

    def truncated(self, number: int) -> None:
        kept: list[BlockRecord | ReservedRange] = []
        for part in self.parts:
            if isinstance(part, BlockRecord):
                kept += [part] if part.number <= number else []
            elif part.first <= number:
                kept.append(part if part.last <= number else part.shortened(number))
        self.parts = kept

    def forgotten(self, oldest: int) -> None:
        assert oldest > self.oldest
        self.oldest = oldest

    def put(self, record: BlockRecord) -> Handle:
        assert record in self.parts
        return encode_block(record)

    def get(self, handle: Handle) -> BlockRecord:
        assert isinstance(handle, bytes)
        self.read += 1
        return decode_block(handle)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_every_block_is_found_by_number_and_hash(steps: list[tuple[str, int]]) -> None:
    first = BlockRecord(GENESIS, 0, RULES, NO_OVERRIDES)
    shelf = Shelf()
    store = ChainStore(first, shelf)
    chain = [first]
    oldest = 7
    for salt, (step, count) in enumerate(steps):
        if step == "append":
            for _ in range(count):
                store.append(following(chain[-1], salt))
                chain.append(store.head)
        elif step == "reserve":
            template = following(chain[-1], salt).block.header
            reserved = ReservedRange.after(chain[-1], count, template, 600, 2, 1)
            store.reserve(reserved)
            chain += [reserved.record(number) for number in range(reserved.first, reserved.last + 1)]
        elif step == "forget":
            oldest = max(oldest, 7 + (len(chain) - 1) * count // 100)
            store.forget(oldest)
        else:
            # `count` percent of the chain stay.
            keep = max(oldest - 6, len(chain) * count // 100)
            removed = store.truncate(chain[keep - 1].number)
            whole = [record for record in chain[keep:] if is_whole(record)]
            assert list(removed) == whole[::-1]
            assert list(reversed(removed)) == whole
            assert [removed[index] for index in range(-len(removed), 0)] == whole[::-1]
            del chain[keep:]
        agree(store, chain, oldest)
        assert store.oldest == shelf.oldest or not shelf.oldest
    again = ChainStore(first, shelf)
    again.restore(parts_from(shelf, oldest - HASH_REACH), oldest)
    agree(again, chain, oldest)


def parts_from(shelf: Shelf, lowest: int) -> list[BlockRecord | ReservedRange]:
    """What an archive may still have when everything below `lowest` went."""
    last = [part.number if isinstance(part, BlockRecord) else part.last for part in shelf.parts]
    return [part for part, number in zip(shelf.parts, last, strict=True) if number >= lowest]


def agree(store: ChainStore, chain: list[BlockRecord], oldest: int) -> None:
    assert store.head == chain[-1]
    assert store.genesis == chain[0]
    assert store.oldest == oldest
    head = chain[-1].number
    for number in {
        *range(5, 12),
        *range(head - 300, head - 3, 23),
        *range(head - 3, head + 3),
        *range(oldest - 3, oldest + 3),
    }:
        is_kept = number == 7 or oldest <= number <= head
        expected = chain[number - 7] if is_kept else None
        assert store.by_number(number) == expected
        summary = store.summary(number)
        if expected is None:
            assert summary is None
        else:
            assert summary is not None
            assert (summary.hash, summary.state_height) == (expected.block.hash, expected.state_height)
            assert store.by_hash(expected.block.hash) == expected
            assert store.summary(expected.block.hash) == summary
            assert store.hash_of(number) == expected.block.hash
            assert store.is_reserved(expected.block.hash) == (not is_whole(expected))
        if 7 <= number < oldest:
            assert number == 7 or store.by_hash(chain[number - 7].block.hash) is None
            if number >= oldest - HASH_REACH:
                assert store.hash_of(number) == chain[number - 7].block.hash
    assert store.by_hash(Hash32(bytes(32))) is None
    hashes = [record.block.hash for record in chain]
    for number in {head + 1, head, max(oldest, head - 1), (oldest + head) // 2, oldest}:
        assert store.recent_hashes(number) == tuple(hashes[: number - 7][-BLOCKHASH_REACH:])
    whole = [record for record in chain if is_whole(record) and record.number >= oldest]
    assert list(store.whole_blocks(0, 1 << 63)) == whole
    middle = (oldest + head) // 2
    assert list(store.whole_blocks(middle, middle + 10)) == [
        record for record in whole if middle <= record.number <= middle + 10
    ]
    counted = list(store._blocks.values())
    assert store.memory == sum(map(memory_of, counted)) + memory_of(chain[0])
    assert len(counted) == len([record for record in whole if record.number > 7])
    for number in range(oldest, min(head, oldest + 5) + 1):
        assert store.following(number) == number + 1 or not is_whole(chain[number - 7])


def following(parent: BlockRecord, salt: int) -> BlockRecord:
    """A block after `parent`; the salt makes it another one after a truncation."""
    header = replace(
        parent.block.header,
        number=parent.number + 1,
        parent_hash=parent.block.hash,
        gas_limit=1_000_000 + salt,
    )
    return BlockRecord(Block(header, header_hash(header), (), (), 600), 0, RULES, NO_OVERRIDES)


def is_whole(record: BlockRecord) -> bool:
    return header_hash(record.block.header) == record.block.hash


# ---------------------------------------------------------------- transactions


def store_in_memory() -> ChainStore:
    return ChainStore(BlockRecord(GENESIS, 0, RULES, NO_OVERRIDES), MemoryArchive(encode_block, decode_block))


def block_with(parent: BlockRecord, transactions: tuple[Transaction, ...]) -> BlockRecord:
    receipts = tuple(
        Receipt(2, True, 21_000, EMPTY_BLOOM, (), 21_000, Wei(1), None, 0, 0) for _ in transactions
    )
    empty = following(parent, 0)
    block = replace(empty.block, transactions=transactions, receipts=receipts)
    return replace(empty, block=block)


def transaction_with_hash(transaction_hash: bytes, nonce: int = 0) -> Transaction:
    transaction = Driver(CONFIG).transaction(ALICE, BOB, nonce=nonce)
    return replace(transaction, hash=Hash32(transaction_hash))


def test_transactions_with_the_same_short_key_are_told_apart() -> None:
    """60 bits of a hash are no hash: whoever makes two that share them is answered rightly."""
    one = transaction_with_hash(b"\x11" * 8 + bytes(24), 0)
    other = transaction_with_hash(b"\x11" * 8 + bytes(23) + b"\x01", 1)
    unknown = Hash32(b"\x11" * 8 + b"\x02" * 24)
    assert short_key(one.hash) == short_key(other.hash) == short_key(unknown)
    store = store_in_memory()
    store.append(block_with(store.head, (one,)))
    for _ in range(5):
        store.append(following(store.head, 0))
    store.append(block_with(store.head, (other,)))
    found = [store.locate(item.hash) for item in (one, other)]
    assert [(record.number, index) for record, index in found] == [(8, 0), (14, 0)]
    assert store.locate(unknown) is None
    store.truncate(13)
    assert store.locate(other.hash) is None
    assert store.locate(one.hash)[0].number == 8
    store.append(block_with(store.head, (other,)))
    store.forget(9)
    assert store.locate(one.hash) is None
    assert store.locate(other.hash)[0].number == 14


def test_a_transaction_in_two_blocks_is_found_in_the_newest_that_is_there() -> None:
    """A nonce that was set back lets a transaction in again."""
    twice = transaction_with_hash(b"\x22" * 32)
    store = store_in_memory()
    for _ in range(3):
        store.append(block_with(store.head, (twice,)))
        store.append(following(store.head, 0))
    assert store.locate(twice.hash)[0].number == 12
    store.truncate(11)
    assert store.locate(twice.hash)[0].number == 10
    store.forget(10)
    assert store.locate(twice.hash)[0].number == 10
    store.append(following(store.head, 0))
    store.forget(11)
    assert store.locate(twice.hash) is None


# ---------------------------------------------------------------- what things cost


def test_old_blocks_are_packed_and_few_are_unpacked() -> None:
    shelf = Shelf()
    store = ChainStore(BlockRecord(GENESIS, 0, RULES, NO_OVERRIDES), shelf)
    for _ in range(50):
        store.append(following(store.head, 0))
    hashes = [store.hash_of(number) for number in range(8, 58)]
    for number, block_hash in zip(range(8, 58), hashes, strict=True):
        assert store.summary(number) is not None
        assert store.summary(block_hash) is not None
    store.recent_hashes(30)
    store.forget(20)
    assert shelf.read == 0
    # Truncating unpacks the new head; what was removed only where somebody looks at it.
    removed = store.truncate(30)
    assert len(removed) == 27
    assert shelf.read == 1
    for _ in range(3):
        assert store.by_number(25) is not None
    assert shelf.read == 2


def test_the_newest_blocks_are_few_where_they_are_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_store, "LIVE_TRANSACTIONS", 10)
    monkeypatch.setattr(chain_store, "LIVE_BLOCKS", 100)
    driver = Driver(zone_config())
    for _ in range(6):
        for sender in KEYS.addresses[:4]:
            driver.submit(sender, BOB)
        driver.mine()
    store = driver.zone._ledger.chain
    kept = [number for number, entry in store._blocks.items() if isinstance(entry, BlockRecord)]
    assert kept == [5, 6]
    assert store.head is store.by_number(6)
