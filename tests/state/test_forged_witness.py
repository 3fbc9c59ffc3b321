"""Who invents a root can invent a state that no zone ever had: it opens, and whatever is done with it gives a
root or a refusal, the same on every partial state."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.state import OpenState, WitnessedState
from devnet.state.config import QmdbConfig
from devnet.state.entries import LAST_KEY_HASH, encode_entry
from devnet.state.recorder import _ascending, _number
from devnet.state.values import encode_account
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw
from tests.state.both import OPENERS

CONFIG = QmdbConfig(20_000_000, 7, 10)
GREATEST_END = (1 << 62) - 1
"""The next serial number of a shard, as far as witnesses reach."""


def neighbours() -> tuple[Address, Address]:
    """Two accounts of one shard, in the order of their key hashes."""
    rng = random.Random(1)
    first = Address(rng.randbytes(20))
    while True:
        second = Address(rng.randbytes(20))
        one, other = sha256(first).digest(), sha256(second).digest()
        if one[0] >> 4 == other[0] >> 4:
            return (first, second) if one < other else (second, first)


FIRST, SECOND = neighbours()
SHARD = sha256(FIRST).digest()[0] >> 4


def forge(end: int, active: int, entries: list[bytes], has_end: bool = True) -> tuple[bytes, Hash32]:
    """A witness of one shard with these entries right before its end, all in one chunk, and a root that it
    leads to."""
    start = end - len(entries)
    assert (start >> 8) == (end - 1) >> 8
    bits = sum(1 << (place & 255) for place in range(start, end))
    head = (
        (1 << SHARD).to_bytes(2, "little"),
        *(_number(counter) for counter in (start, end, active)),
        bytes((has_end,)),
        _ascending(()),
        _number(len(entries)),
        *entries,
        _ascending(()),
        bits.to_bytes(32, "little"),
    )
    content = b"".join(head) + random.Random(2).randbytes(32 * 200)
    opens = OPENERS["reference"]
    with pytest.raises(BadStateWitness) as refused:
        opens(content, Hash32(bytes(32)), 5, CONFIG, {})
    assert refused.value.flaw is WitnessFlaw.FORMAT
    content = content[: -int(refused.value.detail.split()[0])]
    with pytest.raises(BadStateWitness) as refused:
        opens(content, Hash32(bytes(32)), 5, CONFIG, {})
    assert refused.value.flaw is WitnessFlaw.ROOT
    return content, Hash32(bytes.fromhex(refused.value.detail.split()[-1]))


def pair(end: int) -> list[bytes]:
    """The entries of both accounts, right before the end."""
    value = encode_account(Account(1, Wei(1)))
    return [
        encode_entry(FIRST, value, sha256(SECOND).digest(), 0, end - 2),
        encode_entry(SECOND, value, LAST_KEY_HASH, 0, end - 1),
    ]


def outcome(opens: OpenState, witness: bytes, root: Hash32, changes: ChangeSet) -> object:
    """The root after the changes, or why there is none."""
    try:
        state: WitnessedState = opens(witness, root, 5, CONFIG, {})
        return state.commit(changes)
    except BadStateWitness as refused:
        return refused.flaw, refused.detail


def test_serial_numbers_end_where_the_trees_do() -> None:
    witness, root = forge(GREATEST_END, 2, pair(GREATEST_END))
    updates = ChangeSet({FIRST: Account(2, Wei(1)), SECOND: Account(2, Wei(1))})
    found = [outcome(opens, witness, root, updates) for opens in OPENERS.values()]
    assert all(isinstance(given, bytes) and given == found[0] for given in found), found
    beyond = witness.replace(_number(GREATEST_END), _number(GREATEST_END + 1), 1)
    for opens in OPENERS.values():
        assert outcome(opens, beyond, root, updates) == (WitnessFlaw.FORMAT, "a number is too large")


def test_a_shard_that_counts_fewer_entries_than_it_has_is_refused_when_they_die() -> None:
    witness, root = forge(9000, 0, pair(9000))
    for opens in OPENERS.values():
        said = outcome(opens, witness, root, ChangeSet({SECOND: None}))
        assert said == (WitnessFlaw.COUNTERS, f"shard {SHARD} counts no active entry")


def test_an_entry_without_value_is_a_sentry() -> None:
    for length, is_possible in ((0, False), (1, False), (2, True), (32, True)):
        entry = encode_entry(bytes([SHARD << 4]) * length, b"", LAST_KEY_HASH, 0, 9000)
        if is_possible:
            witness, root = forge(9001, 1, [entry], has_end=False)
            assert {opens(witness, root, 5, CONFIG, {}).root for opens in OPENERS.values()} == {root}
            continue
        said = set()
        for opens in OPENERS.values():
            with pytest.raises(BadStateWitness) as refused:
                opens(
                    (1 << SHARD).to_bytes(2, "little") + forged_head(entry), Hash32(bytes(32)), 5, CONFIG, {}
                )
            said.add((refused.value.flaw, refused.value.detail))
        assert said == {(WitnessFlaw.FORMAT, "an entry without value is no sentry")}


def forged_head(entry: bytes) -> bytes:
    """What stands before the nodes of a shard of one entry, number 9000."""
    counters = b"".join(_number(counter) for counter in (9000, 9001, 1))
    return counters + b"\0" + _ascending(()) + _number(1) + entry
