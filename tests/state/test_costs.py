"""What operations cost, counted."""

from __future__ import annotations

import _hashlib
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.persistence.home import Home
from devnet.state.qmdb import Costs, Qmdb, QmdbConfig, account_key
from devnet.state.trees import null_nodes

NEVER_COMPACTS = QmdbConfig(1, 0, 1)
ONE, TWO = Address(b"\1" * 20), Address(b"\2" * 20)


def operations(costs: Costs) -> tuple[int, int]:
    return costs.entry_reads, costs.appends


def cost_of(state: Qmdb, changes: ChangeSet) -> Costs:
    before = state.costs.copy()
    state.commit(state.height + 1, changes)
    return state.costs - before


def hashes_of(action: Callable[[], Any]) -> int:
    """SHA-256 computations of `action`, counted by the interpreter, not by the code under test."""
    count = 0

    def watch(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "c_call" and argument is _hashlib.openssl_sha256

    sys.setprofile(watch)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def test_a_read_is_one_entry_read() -> None:
    state = Qmdb()
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    before = state.costs.copy()
    assert state.read(account_key(ONE)) is not None
    assert operations(state.costs - before) == (1, 0)


def test_a_read_of_an_absent_key_reads_no_entry() -> None:
    state = Qmdb()
    assert state.read(account_key(ONE)) is None
    assert operations(state.costs) == (0, 0)


def test_an_update_is_one_read_and_one_append() -> None:
    state = Qmdb()
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    assert operations(cost_of(state, ChangeSet({ONE: Account(0, Wei(2))}))) == (1, 1)


def test_a_create_is_one_read_and_two_appends() -> None:
    assert operations(cost_of(Qmdb(), ChangeSet({ONE: Account(0, Wei(1))}))) == (1, 2)


def test_a_delete_is_two_reads_and_one_append() -> None:
    state = Qmdb()
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}, {(ONE, 1): 2}))
    assert operations(cost_of(state, ChangeSet({ONE: None}))) == (2, 1)
    assert operations(cost_of(state, ChangeSet(storage={(ONE, 1): 0}))) == (2, 1)


def test_many_operations_cost_the_sum() -> None:
    random_ = random.Random(2)
    everyone = [Address(random_.randbytes(20)) for _ in range(600)]
    state = Qmdb()
    state.commit(0, ChangeSet({address: Account(0, Wei(1)) for address in everyone[:400]}))
    changes: dict[Address, Account | None] = {address: Account(1, Wei(1)) for address in everyone[:300]}
    changes |= dict.fromkeys(everyone[300:350])
    changes |= {address: Account(1, Wei(1)) for address in everyone[400:]}
    assert operations(cost_of(state, ChangeSet(changes))) == (300 + 2 * 50 + 200, 300 + 50 + 2 * 200)


def test_compaction_is_one_read_and_one_append_each_and_counted_apart() -> None:
    state = Qmdb(QmdbConfig(1, 9_999, 10_000))
    assert operations(cost_of(state, ChangeSet({ONE: Account(0, Wei(1))}))) == (1, 2)
    cost = cost_of(state, ChangeSet({ONE: Account(0, Wei(2))}))
    assert operations(cost) == (1, 1)
    assert cost.compaction_reads == cost.compaction_appends == 1
    cost = cost_of(state, ChangeSet({ONE: None}))
    assert operations(cost) == (2, 1)
    assert cost.compaction_appends == 0


def test_what_does_not_change_costs_nothing() -> None:
    state = Qmdb()
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}, {(ONE, 1): 2}))
    same = ChangeSet({ONE: Account(0, Wei(1)), TWO: None}, {(ONE, 1): 2, (ONE, 9): 0, (TWO, 1): 0})
    assert cost_of(state, same) == Costs()
    assert cost_of(state, ChangeSet({TWO: Account(0, Wei(0))})) == Costs()


@pytest.mark.reference
def test_a_new_state_hashes_no_sentries() -> None:
    null_nodes()
    made = hashes_of(Qmdb)
    assert 100 < made < 200
    null_nodes.cache_clear()
    assert hashes_of(Qmdb) < 300


@pytest.mark.reference
def test_hashes_are_counted_as_they_happen() -> None:
    random_ = random.Random(3)
    everyone = [Address(random_.randbytes(20)) for _ in range(300)]
    for config in (NEVER_COMPACTS, QmdbConfig(1, 999, 1000)):
        state = Qmdb(config)
        for height in range(4):
            changes = ChangeSet({a: Account(height, Wei(1)) for a in everyone[: 300 - height]})
            before = state.costs.copy()
            assert hashes_of(lambda: state.commit(height, changes)) == (state.costs - before).hashes  # noqa: B023
        before = state.costs.copy()
        assert hashes_of(lambda: state.rollback(1)) == (state.costs - before).hashes  # noqa: B023
        for address in everyone[::50]:
            before = state.costs.copy()
            made = hashes_of(lambda: state.prove(account_key(address)))  # noqa: B023
            assert made == (state.costs - before).hashes


def test_a_block_hashes_each_touched_node_once() -> None:
    """For one changed key: its hash, its entry, the ways up from the new and the old entry (here they share a
    quarter of the active bits), the shard's leaf, the zone's tree."""
    state = Qmdb(NEVER_COMPACTS)
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    cost = cost_of(state, ChangeSet({ONE: Account(0, Wei(2))}))
    left, right_and_twig, upper, leaf, zone = 11, 4, 2, 1, 4
    assert cost.hashes == 1 + 1 + left + right_and_twig + upper + leaf + zone


def test_a_rollback_costs_what_its_blocks_did_whatever_the_size_of_the_state() -> None:
    random_ = random.Random(4)
    spent = []
    for size in (100, 30_000):
        state = Qmdb(NEVER_COMPACTS)
        everyone = [Address(random_.randbytes(20)) for _ in range(size)]
        state.commit(0, ChangeSet({address: Account(0, Wei(1)) for address in everyone}))
        root = state.root
        state.commit(1, ChangeSet({address: Account(1, Wei(1)) for address in everyone[:6]}))
        before = state.costs.copy()
        state.rollback(0)
        assert state.root == root
        spent.append((state.costs - before).hashes)
    # Per shard: 11 left, 7 in each of two right halves and their twigs' roots, at most 5 + 5 above, one leaf.
    assert max(spent) <= 6 * (11 + 2 * 8 + 10 + 1) + 15


@pytest.mark.parametrize("size", [10_000, pytest.param(1_000_000, marks=pytest.mark.full)])
def test_operations_cost_the_same_whatever_the_size_of_the_state(size: int, tmp_path: Path) -> None:
    """The promises of the design at 10 thousand and at a million entries, in memory and after reopening."""
    random_ = random.Random(11)
    home = Home(tmp_path, bytes(32), 0, None)
    state = Qmdb(home=home)
    everyone = [Address(random_.randbytes(20)) for _ in range(size // 2)]
    for first in range(0, len(everyone), 50_000):
        people = everyone[first : first + 50_000]
        state.commit(state.height + 1, ChangeSet({address: Account(0, Wei(1)) for address in people}))
    assert state.costs.appends == size
    position = state.write()
    state.committed()
    assert_costs(state, everyone, random_)
    state.close()
    again = Qmdb(home=Home(tmp_path, bytes(32), 0, position))
    assert_costs(again, everyone, random_)
    again.close()


def assert_costs(state: Qmdb, everyone: list[Address], random_: random.Random) -> None:
    known = random_.sample(everyone, 120)
    before = state.costs.copy()
    for address in known[:40]:
        assert state.read(account_key(address)) is not None
    assert operations(state.costs - before) == (40, 0)
    # Updates: one read and one append. No entry is read for the tree: all reads are the operations' own.
    assert operations(cost_of(state, ChangeSet({a: Account(1, Wei(9)) for a in known[:40]}))) == (40, 40)
    new = [Address(random_.randbytes(20)) for _ in range(40)]
    assert operations(cost_of(state, ChangeSet({a: Account(1, Wei(9)) for a in new}))) == (40, 80)
    assert operations(cost_of(state, ChangeSet(dict.fromkeys(known[40:80])))) == (80, 40)
    # Hashes of a small block grow with the depth of the trees, that is, not noticeably.
    cost = cost_of(state, ChangeSet({a: Account(2, Wei(9)) for a in known[80:86]}))
    assert cost.hashes <= 6 * (2 + 11 + 2 * 8 + 2 * 9 + 1) + 15
    root = state.root
    before = state.costs.copy()
    state.rollback(state.height - 4)
    state.rollback(state.height)
    assert state.costs - before == replace(Costs(), hashes=(state.costs - before).hashes)
    assert state.root != root
    assert (state.costs - before).hashes < 16 * (3 * 2048)
