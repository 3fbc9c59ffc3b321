"""What a commit takes, refuses and gives."""

from __future__ import annotations

import random

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.state import State, StateGone, StateView
from devnet.state.qmdb import Qmdb, QmdbConfig

ONE, TWO = Address(b"\1" * 20), Address(b"\2" * 20)
FULL = Account(1, Wei(2))


def test_qmdb_is_a_state_and_its_views_are_state_views() -> None:
    state: State = Qmdb()
    view: StateView = state.view()
    assert (state.height, view.height) == (-1, -1)
    assert list(view.addresses()) == []


def test_heights_follow_one_another_from_zero() -> None:
    state = Qmdb()
    for wrong in (-1, 1, 2):
        with pytest.raises(ValueError, match="cannot follow"):
            state.commit(wrong, ChangeSet())
    state.commit(0, ChangeSet())
    for wrong in (0, 2):
        with pytest.raises(ValueError, match="cannot follow"):
            state.commit(wrong, ChangeSet())


@pytest.mark.parametrize(
    "changes",
    [
        ChangeSet({ONE: FULL, Address(b"\1" * 19): FULL}),
        ChangeSet({ONE: FULL, Address(b"\1" * 21): FULL}),
        ChangeSet({ONE: FULL, TWO: Account(-1, Wei(0))}),
        ChangeSet({ONE: FULL, TWO: Account(2**64, Wei(0))}),
        ChangeSet({ONE: FULL, TWO: Account(0, Wei(-1))}),
        ChangeSet({ONE: FULL, TWO: Account(0, Wei(2**256))}),
        ChangeSet({ONE: FULL, TWO: Account(0, Wei(1), Hash32(b"\1" * 31))}),
        ChangeSet({ONE: FULL}, {(ONE, -1): 1}),
        ChangeSet({ONE: FULL}, {(ONE, 2**256): 1}),
        ChangeSet({ONE: FULL}, {(ONE, 1): -1}),
        ChangeSet({ONE: FULL}, {(ONE, 1): 2**256}),
        ChangeSet({ONE: FULL}, {(Address(b""), 1): 1}),
    ],
)
def test_what_cannot_exist_is_refused_and_changes_nothing(changes: ChangeSet) -> None:
    state = Qmdb()
    root = state.root
    with pytest.raises(ValueError, match=r"bytes|account|bits"):
        state.commit(0, changes)
    assert (state.height, state.root) == (-1, root)
    assert state.view().account(ONE) is None
    assert state.commit(0, ChangeSet({ONE: FULL})) == Qmdb().commit(0, ChangeSet({ONE: FULL}))


def test_the_root_does_not_depend_on_the_order_of_changes_or_on_changes_without_effect() -> None:
    random_ = random.Random(7)
    everyone = [Address(random_.randbytes(20)) for _ in range(200)]
    one, other = Qmdb(), Qmdb()
    for height in range(4):
        changed = random_.sample(everyone, 60)
        accounts = {address: random_.choice((None, Account(height, Wei(1)))) for address in changed}
        slots = {(address, random_.randrange(3)): random_.randrange(3) for address in changed}
        unchanged = {a: one.view().account(a) for a in everyone if a not in accounts}
        shuffled = list((unchanged | accounts).items())
        random_.shuffle(shuffled)
        one.commit(height, ChangeSet(accounts, slots))
        other.commit(height, ChangeSet(dict(shuffled), dict(reversed(slots.items()))))
        assert one.root == other.root


def test_an_empty_block_keeps_the_root_and_has_a_view_of_its_own() -> None:
    state = Qmdb()
    root = state.commit(0, ChangeSet({ONE: FULL}))
    assert state.commit(1, ChangeSet()) == root
    assert state.view(1).account(ONE) == FULL
    assert state.root_at(0) == state.root_at(1) == root


def test_the_version_of_an_entry_is_its_blocks_height() -> None:
    """Two states with equal content reached at different heights have different roots, as upstream."""
    one, other = Qmdb(), Qmdb()
    one.commit(0, ChangeSet({ONE: FULL}))
    other.commit(0, ChangeSet())
    other.commit(1, ChangeSet({ONE: FULL}))
    assert one.root != other.root


def test_two_states_do_not_notice_each_other() -> None:
    one, other = Qmdb(), Qmdb()
    empty = other.root
    one.commit(0, ChangeSet({ONE: FULL}))
    assert other.root == empty
    assert other.view().account(ONE) is None


def test_code_is_kept_beside_by_its_hash() -> None:
    code_hash = Hash32(b"\7" * 32)
    state = Qmdb()
    state.commit(0, ChangeSet())
    with pytest.raises(KeyError):
        state.view().code(code_hash)
    state.commit(1, ChangeSet({ONE: Account(1, Wei(0), code_hash)}, {}, {code_hash: b"\x60\x00"}))
    assert state.view().code(code_hash) == b"\x60\x00"
    state.commit(2, ChangeSet({TWO: Account(1, Wei(0), code_hash)}, {}, {code_hash: b"\x60\x00"}))
    state.rollback(1)
    assert state.view().code(code_hash) == b"\x60\x00"
    state.rollback(0)
    with pytest.raises(KeyError):
        state.view().code(code_hash)


@pytest.mark.parametrize(
    "wrong",
    [
        {"compaction_threshold": 0},
        {"compaction_ratio": -1},
        {"compaction_divisor": 0},
        {"compaction_ratio": 10, "compaction_divisor": 10},
    ],
)
def test_a_configuration_that_cannot_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="compaction"):
        QmdbConfig(**wrong)


def test_history_ends_where_it_is_told_to() -> None:
    state = Qmdb()
    views = []
    for height in range(10):
        state.commit(height, ChangeSet({ONE: Account(height + 1, Wei(0))}, {(TWO, 1): height % 2}))
        views.append(state.view())
        state.forget(height - 3)
    assert state.oldest_height == 6
    for height in range(6):
        with pytest.raises(StateGone):
            views[height].account(ONE)
        with pytest.raises(StateGone):
            state.rollback(height)
    for height in range(6, 10):
        assert views[height].account(ONE) == Account(height + 1, Wei(0))
        assert views[height].storage(TWO, 1) == height % 2
    root = state.root_at(6)
    state.rollback(6)
    assert state.root == root


@pytest.mark.reference
def test_a_bounded_history_keeps_no_trace_of_what_came_and_went() -> None:
    state = Qmdb()
    state.commit(0, ChangeSet({ONE: FULL}, {(ONE, 1): 1}))
    state.commit(1, ChangeSet({ONE: None}, {(ONE, 1): 0}))
    for height in range(2, 6):
        state.commit(height, ChangeSet())
    state.forget(3)
    assert not state._values.accounts
    assert not state._values.slots


@pytest.mark.reference
def test_a_bounded_history_keeps_as_many_versions_as_it_has_heights() -> None:
    state = Qmdb()
    for height in range(10):
        state.commit(height, ChangeSet({ONE: Account(height + 1, Wei(0))}, {(ONE, 1): height + 1}))
        state.forget(height - 3)
    for version in (state._values.accounts[ONE], state._values.slots[ONE][1]):
        heights = []
        while version is not None:
            heights.append(version.height)
            version = version.older
        assert heights == [9, 8, 7, 6]
