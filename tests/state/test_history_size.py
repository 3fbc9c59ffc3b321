"""How much memory history takes, as the state counts it, against what the interpreter measures."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.state.qmdb import Qmdb

PEOPLE = [Address(random.Random(n).randbytes(20)) for n in range(500)]
Changes = Callable[[int, random.Random], ChangeSet]


def updates(count: int) -> Changes:
    return lambda height, random_: ChangeSet(
        {address: Account(height, Wei(10**18 + height)) for address in random_.sample(PEOPLE, count)}
    )


def creations(count: int) -> Changes:
    return lambda height, random_: ChangeSet(
        {Address(random_.randbytes(20)): Account(height, Wei(10**18 + height)) for _ in range(count)}
    )


def slots(height: int, random_: random.Random) -> ChangeSet:
    return ChangeSet({}, {(address, 1): 10**6 + height for address in random_.sample(PEOPLE, 20)})


def changes_of_everyone() -> ChangeSet:
    """Made while memory is measured, so that what is displaced later counts."""
    everyone = {address: Account(0, Wei(10**18)) for address in PEOPLE}
    return ChangeSet(everyone, {(address, 1): 5 for address in PEOPLE})


@pytest.mark.parametrize(
    "changes",
    [
        lambda height, random_: ChangeSet(),
        updates(1),
        updates(6),
        updates(40),
        creations(6),
        creations(30),
        slots,
    ],
    ids=["nothing", "1-update", "6-updates", "40-updates", "6-creations", "30-creations", "20-slots"],
)
@pytest.mark.reference
def test_the_estimate_is_what_forgetting_frees(changes: Changes) -> None:
    random_ = random.Random(1)
    tracemalloc.start()
    try:
        state = Qmdb()
        state.commit(0, changes_of_everyone())
        state.forget(0)
        assert state.history_size == 0
        for height in range(1, 300):
            state.commit(height, changes(height, random_))
        estimate = state.history_size
        gc.collect()
        full = tracemalloc.get_traced_memory()[0]
        state.forget(state.height)
        gc.collect()
        freed = full - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert state.history_size == 0
    assert estimate == pytest.approx(freed, rel=0.25)


def test_history_grows_with_blocks_and_falls_with_forget_and_rollback() -> None:
    state = Qmdb()
    random_ = random.Random(2)
    sizes = [state.history_size]
    for height in range(30):
        state.commit(height, updates(5)(height, random_))
        sizes.append(state.history_size)
    assert sizes == sorted(set(sizes))
    state.rollback(19)
    assert state.history_size == sizes[20 + 1 - 1]
    before = state.history_size
    state.forget(10)
    assert 0 < state.history_size < before
    state.forget(5)
    state.forget(19)
    assert state.history_size == 0
    state.forget(100)
    assert (state.oldest_height, state.height) == (19, 19)
