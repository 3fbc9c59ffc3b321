"""Records that somebody made up: both states refuse the same ones, in the same words, and neither breaks."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.state.config import QmdbConfig
from devnet.state.content import take_all
from devnet.state.costs import Costs
from devnet.state.qmdb import Qmdb
from devnet.state.records import (
    BLOCK,
    HEAD,
    PIECE,
    decode_block,
    decode_head,
    encode_block,
    encode_head,
    split_entries,
)
from devnet.state.restore import Restorer
from devnet.state.trees import ACTIVE_BYTES, ZONE_LEVEL, null_nodes, rehash, right_nodes
from tests.state.both import STATES

CONFIG = QmdbConfig(1, 999, 1000)
PEOPLE = [Address(bytes([n]) * 20) for n in range(4)]
CODE_HASH = Hash32(b"\5" * 32)

pytestmark = [
    pytest.mark.own_parts,
    pytest.mark.skipif("native" not in STATES, reason="there is no kernel"),
]

Mutation = Callable[[random.Random, bytes], bytes]


def records_of(*, is_pruned: bool) -> list[bytes]:
    """Of a small state with updates, deletions, moves, code and a rollback. Pruned, with a base."""
    state = Qmdb(CONFIG)
    for height in range(4):
        accounts = {PEOPLE[height]: Account(1, Wei(7), CODE_HASH), PEOPLE[0]: Account(height, Wei(1))}
        slots = {(PEOPLE[1], height): 5, (PEOPLE[1], height - 1 if height else 0): height % 2}
        state.commit(height, ChangeSet(accounts, slots, {CODE_HASH: b"\x60\x01"}))
    state.rollback(2)
    state.commit(3, ChangeSet({PEOPLE[2]: Account(1, Wei(1)), PEOPLE[0]: None}))
    if is_pruned:
        state.forget(2)
    return list(state.export())


RECORDS = (records_of(is_pruned=False), records_of(is_pruned=True))


def outcome(name: str, records: list[bytes]) -> str:
    """The root of the state, or why there is none."""
    try:
        return str(STATES[name].load(CONFIG, records).root.hex())
    except ValueError as error:
        return f"refused: {error}"


def assert_same_outcome(records: list[bytes]) -> bool:
    """Gives whether they were refused."""
    given = [outcome(name, records) for name in STATES]
    assert given[0] == given[1]
    return given[0].startswith("refused")


def other_byte(rng: random.Random, record: bytes) -> bytes:
    # Of a HEAD most are bits of sentries; its counters are more telling.
    at = rng.randrange(74 if record[0] == HEAD and rng.random() < 0.7 else len(record))
    value = rng.choice((0, 1, 2, 20, 32, 52, 255, record[at] ^ 1, rng.randrange(256)))
    return record[:at] + bytes((value,)) + record[at + 1 :]


def cut(rng: random.Random, record: bytes) -> bytes:
    return record[: rng.randrange(len(record))]


def longer(rng: random.Random, record: bytes) -> bytes:
    at = rng.randrange(len(record) + 1)
    return record[:at] + rng.randbytes(rng.choice((1, 8, 32))) + record[at:]


def try_mutations(count: int, seed: int, mutation: Mutation) -> None:
    rng = random.Random(seed)
    refused = 0
    for _ in range(count):
        records = list(rng.choice(RECORDS))
        at = rng.choices(range(len(records)), [1 if record[0] == HEAD else 12 for record in records])[0]
        records[at] = mutation(rng, records[at])
        refused += assert_same_outcome(records)
    assert refused > count / 2


MUTATIONS = pytest.mark.parametrize("mutation", [other_byte, cut, longer])


@MUTATIONS
def test_changed_records_are_refused_in_the_same_words(mutation: Mutation) -> None:
    try_mutations(100, 1, mutation)


@MUTATIONS
@pytest.mark.full
@pytest.mark.parametrize("seed", range(10, 14))
def test_many_changed_records_are_refused_in_the_same_words(mutation: Mutation, seed: int) -> None:
    try_mutations(4_000, seed, mutation)


@pytest.mark.parametrize("is_pruned", [False, True])
def test_every_record_cut_anywhere_in_its_first_bytes_is_refused(is_pruned: bool) -> None:
    for at, record in enumerate(RECORDS[is_pruned]):
        # Of many alike, some.
        if record[0] == HEAD and at > 1:
            continue
        for length in range(0, min(len(record), 130), 11):
            records = list(RECORDS[is_pruned])
            records[at] = record[:length]
            assert_same_outcome(records)


# ------------------------------------------------------------ entries, with lengths and hashes that fit


def patched(
    records: list[bytes], number: int, change: Callable[[list[bytes]], list[bytes]], **counters: Any
) -> list[bytes]:
    """The records with other entries, or counters, in the newest part of a shard."""
    done = list(records)
    for at in range(len(done) - 1, -1, -1):
        if done[at][0] != BLOCK:
            continue
        block = decode_block(done[at])
        for place, part in enumerate(block.parts):
            if part.number == number:
                entries = change(split_entries(part.content))
                changed = replace(part, content=b"".join(entries), end=part.first + len(entries), **counters)
                block.parts[place] = changed
                done[at] = encode_block(block.height, block.root, block.parts)
                return done
    raise AssertionError(f"no block has a part of shard {number}")


def with_right_hashes(records: list[bytes]) -> list[bytes]:
    """The records with the leaves and the newest root that their entries give. Raises ValueError."""
    restorer = Restorer(None)
    take_all(restorer, records)
    means = (Costs(), null_nodes(), right_nodes(b"\xff" * ACTIVE_BYTES))
    leaves = [shard.finish(CONFIG, *means, restorer._hash_of).leaf() for shard in restorer._shards]
    zone = [list(leaves), [], [], [], []]
    rehash(zone, range(16), ZONE_LEVEL, ())
    done, open_shards, is_newest = list(records), set(range(16)), True
    for at in range(len(done) - 1, -1, -1):
        if done[at][0] == BLOCK:
            block = decode_block(done[at])
            for place, part in enumerate(block.parts):
                if part.number in open_shards:
                    open_shards.discard(part.number)
                    block.parts[place] = replace(part, leaf=leaves[part.number])
            done[at] = encode_block(block.height, zone[-1][0] if is_newest else block.root, block.parts)
            is_newest = False
        elif done[at][0] == HEAD:
            head = decode_head(done[at])
            if head.number in open_shards:
                done[at] = encode_head(replace(head, leaf=leaves[head.number]))
    return done


def shards_changed_last(records: list[bytes]) -> list[int]:
    return [part.number for part in decode_block(records[-1]).parts]


def with_key(entry: bytes, key: bytes, value: bytes | None = None) -> bytes:
    """The entry with another key and, if one is given, another value."""
    value_end = 5 + entry[0] + int.from_bytes(entry[1:4], "little")
    value = entry[5 + entry[0] : value_end] if value is None else value
    return (
        bytes((len(key),)) + len(value).to_bytes(3, "little") + entry[4:5] + key + value + entry[value_end:]
    )


@pytest.mark.parametrize("is_pruned", [False, True])
@pytest.mark.parametrize("length", [0, 1, 2, 19, 21, 31, 33, 51, 53, 255])
@pytest.mark.parametrize("value", [b"", b"\1", b"\xc2\x80\x80"])
def test_a_key_of_another_length_is_refused(is_pruned: bool, length: int, value: bytes) -> None:
    records = RECORDS[is_pruned]
    for number in shards_changed_last(records):
        for place in (0, -1):

            def change(entries: list[bytes], place: int = place) -> list[bytes]:
                entries[place] = with_key(entries[place], bytes(length), value)
                return entries

            assert assert_same_outcome(patched(records, number, change))


@pytest.mark.parametrize("is_pruned", [False, True])
def test_a_valueless_entry_must_be_a_sentry_of_its_shard(is_pruned: bool) -> None:
    records = RECORDS[is_pruned]
    number = shards_changed_last(records)[0]
    for key in (bytes(20), bytes(52), b"\1" * 32, bytes(((number + 1) % 16 << 4,)) + bytes(31)):

        def change(entries: list[bytes], key: bytes = key) -> list[bytes]:
            return [*entries, with_key(entries[-1], key, b"")]

        assert assert_same_outcome(patched(records, number, change))


def test_a_piece_with_an_entry_that_no_state_writes_is_refused() -> None:
    records = list(RECORDS[True])
    at = next(at for at, record in enumerate(records) if record[0] == PIECE and record[14])
    piece = records[at]
    entry = piece[14:]
    for key in (b"\0", b"\0" * 19, b"\0" * 33):
        records[at] = piece[:14] + with_key(entry, key)
        assert assert_same_outcome(records)


def test_wrong_counters_are_refused_though_every_hash_fits() -> None:
    records = RECORDS[False]
    number = shards_changed_last(records)[0]
    part = next(part for part in decode_block(records[-1]).parts if part.number == number)
    for counters in ({"active": part.active + 1}, {"active": 0}, {"start": part.end}, {"active": 2**64 - 1}):
        assert assert_same_outcome(patched(records, number, lambda entries: entries, **counters))


def test_a_state_that_was_made_up_with_right_hashes_does_not_break() -> None:
    """Entries that contradict each other in what is not looked at when a state is opened."""
    rng = random.Random(5)
    accepted = 0
    for _ in range(150):
        records = rng.choice(RECORDS)
        number = rng.choice(shards_changed_last(records))

        def change(entries: list[bytes]) -> list[bytes]:
            at = rng.randrange(len(entries))
            entries[at] = other_byte(rng, entries[at])
            return entries

        try:
            forged = with_right_hashes(patched(records, number, change))
        except ValueError:
            continue
        assert not assert_same_outcome(forged)
        accepted += 1
        state: Any = STATES["native"].load(CONFIG, forged)
        use(state)
    assert accepted > 20


def use(state: Any) -> None:
    """Everything that reads what the records said. An Exception is fine; a panic would be none."""
    for key in (*PEOPLE, PEOPLE[1] + bytes(32)):
        for height in (None, state.oldest_height):
            with suppress(Exception):
                state.prove(bytes(key), height)
    changes = ChangeSet({person: Account(9, Wei(9)) for person in PEOPLE}, {(PEOPLE[1], 1): 0})
    for act in (
        lambda: state.commit(state.height + 1, changes),
        lambda: state.commit(state.height + 1, ChangeSet(dict.fromkeys(PEOPLE))),
        lambda: state.rollback(state.oldest_height),
        lambda: state.commit(state.height + 1, changes),
        lambda: list(state.export()),
        lambda: state.forget(state.height),
    ):
        with suppress(Exception):
            act()
