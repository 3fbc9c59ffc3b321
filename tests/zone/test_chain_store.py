"""The chain store against a plain list of blocks."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.block import Block
from devnet.chain.block_codec import header_hash
from devnet.chain.types import Hash32
from devnet.zone.block_archive import MemoryArchive
from devnet.zone.block_overrides import NO_OVERRIDES
from devnet.zone.block_record import BlockRecord
from devnet.zone.chain_store import BLOCKHASH_REACH, ChainStore
from devnet.zone.ledger import initial_rules
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.storing.block_codec import decode_block, encode_block
from tests.zone.driver import Driver, zone_config

CONFIG = zone_config(genesis_number=7)
RULES = initial_rules(CONFIG)
GENESIS = Driver(CONFIG).block()

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 5)),
        st.tuples(st.just("reserve"), st.integers(1, 400)),
        st.tuples(st.just("truncate"), st.integers(0, 100)),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_every_block_is_found_by_number_and_hash(steps: list[tuple[str, int]]) -> None:
    first = BlockRecord(GENESIS, 0, RULES, NO_OVERRIDES)
    store = ChainStore(first, MemoryArchive(encode_block, decode_block))
    chain = [first]
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
        else:
            # `count` percent of the chain stay.
            keep = max(1, len(chain) * count // 100)
            removed = store.truncate(chain[keep - 1].number)
            whole = [record for record in chain[keep:] if is_whole(record)]
            assert list(removed) == whole[::-1]
            del chain[keep:]
        agree(store, chain)


def agree(store: ChainStore, chain: list[BlockRecord]) -> None:
    assert store.head == chain[-1]
    assert store.genesis == chain[0]
    head = chain[-1].number
    for number in {*range(5, 20), *range(head - 300, head + 3)}:
        expected = chain[number - 7] if 7 <= number <= head else None
        assert store.by_number(number) == expected
        assert store.hash_of(number) == (expected and expected.block.hash)
        if expected is not None:
            assert store.by_hash(expected.block.hash) == expected
    assert store.by_hash(Hash32(bytes(32))) is None
    hashes = [record.block.hash for record in chain]
    for number in (head + 1, head, max(7, head - 1), (7 + head) // 2, 7):
        assert store.recent_hashes(number) == tuple(hashes[: number - 7][-BLOCKHASH_REACH:])
    whole = [record for record in chain if is_whole(record)]
    assert list(store.whole_blocks(0, head)) == whole
    middle = (7 + head) // 2
    assert list(store.whole_blocks(middle, middle + 10)) == [
        record for record in whole if middle <= record.number <= middle + 10
    ]


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
