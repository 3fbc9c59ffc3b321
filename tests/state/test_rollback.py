"""Rolled-back blocks leave the state as if they had never been, wherever in a twig they ended."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.state import StateGone
from devnet.state.qmdb import Qmdb, QmdbConfig, account_key
from devnet.state.verify import verify

DEAD = QmdbConfig(1, 0, 1)
COMPACTED = QmdbConfig(1, 9, 10)
ONE = Address(b"\1" * 20)


@pytest.mark.parametrize(
    ("config", "size"),
    [(DEAD, 5_000), (DEAD, 40_000), (COMPACTED, 5_000), (COMPACTED, 16_400)],
    ids=["dead-5000", "dead-40000", "compacted-5000", "compacted-16400"],
)
def test_roots_come_back_across_twigs(config: QmdbConfig, size: int) -> None:
    """40,000 creations fill two twigs and more of every shard, and the tree above them gains a level: there
    the way back to the start, and up again, passes all of it."""
    random_ = random.Random(size)
    everyone = [Address(random_.randbytes(20)) for _ in range(size)]
    state = Qmdb(config)
    state.commit(0, ChangeSet({address: Account(0, Wei(1)) for address in everyone[: size // 8]}))
    changes = [
        ChangeSet({address: Account(0, Wei(2)) for address in everyone}),
        ChangeSet({address: None for address in everyone[::3]}),  # noqa: C420
        ChangeSet({address: Account(3, Wei(3)) for address in everyone[::2]}),
    ]
    roots = [state.root, *(state.commit(height, change) for height, change in enumerate(changes, start=1))]
    for target in (0,) if size == 40_000 else (2, 0, 1):
        state.rollback(target)
        assert state.root == roots[target]
        address = everyone[0]
        value = state.read(account_key(address))
        assert verify(state.root, account_key(address), state.prove(account_key(address)).encode()) == value
        for height in range(target + 1, 4):
            assert state.commit(height, changes[height - 1]) == roots[height]


def test_the_view_of_a_rolled_back_block_is_gone_and_stays_gone() -> None:
    state = Qmdb()
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    kept = state.view()
    state.commit(1, ChangeSet({ONE: Account(0, Wei(2))}, {(ONE, 1): 1}))
    gone = state.view()
    assert gone.account(ONE) == Account(0, Wei(2))
    state.rollback(0)
    state.commit(1, ChangeSet({ONE: Account(0, Wei(3))}))
    for read in (
        lambda: gone.account(ONE),
        lambda: gone.storage(ONE, 1),
        lambda: list(gone.addresses()),
        lambda: list(gone.slots(Address(b"\2" * 20))),
        lambda: gone.account(Address(b"\2" * 20)),
    ):
        with pytest.raises(StateGone):
            read()
    assert kept.account(ONE) == Account(0, Wei(1))
    assert state.view().account(ONE) == Account(0, Wei(3))


def test_rolling_back_to_the_newest_block_is_no_change() -> None:
    state = Qmdb()
    root = state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    view = state.view()
    state.rollback(0)
    assert state.root == root
    assert view.account(ONE) == Account(0, Wei(1))


def test_genesis_can_be_taken_back() -> None:
    state = Qmdb()
    empty = state.root
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    state.rollback(-1)
    assert (state.height, state.root) == (-1, empty)
    assert list(state.view().addresses()) == []


@pytest.mark.parametrize("height", [-2, 1, 5])
def test_a_height_that_is_not_there_cannot_be_rolled_back_to(height: int) -> None:
    state = Qmdb()
    state.commit(0, ChangeSet())
    with pytest.raises(StateGone):
        state.rollback(height)
    assert state.height == 0


@pytest.mark.reference
def test_pruned_twigs_are_missed_by_nothing_that_is_kept() -> None:
    """Compaction moves all of a shard's sentries and more; a bounded history lets their twigs go."""
    random_ = random.Random(6)
    candidates = (Address(random_.randbytes(20)) for _ in range(10_000))
    everyone = [address for address in candidates if sha256(address).digest()[0] >> 4 == 0][:300]
    bounded = Qmdb(QmdbConfig(1, 99, 100))
    whole = Qmdb(QmdbConfig(1, 99, 100))
    for height in range(36):
        changes = ChangeSet({address: Account(height + 1, Wei(0)) for address in everyone})
        assert bounded.commit(height, changes) == whole.commit(height, changes)
        bounded.forget(height - 3)
    assert bounded.prove(everyone[0]).start > 3 * 2048

    def freed(state: Qmdb) -> list[bool]:
        return [not twig.leaves for twig in state._shards[0].log.twigs[2:-1]]

    assert freed(bounded)[0]
    assert not any(freed(whole))
    for height in (35, 32, 33):
        for address in everyone[::30]:
            proof = bounded.prove(account_key(address), height)
            assert proof == whole.prove(account_key(address), height)
            assert verify(bounded.root_at(height), account_key(address), proof.encode()) == proof.value
    bounded.rollback(32)
    assert bounded.root == whole.root_at(32)
    again = ChangeSet({address: Account(34, Wei(0)) for address in everyone})
    assert bounded.commit(33, again) == whole.root_at(33)
