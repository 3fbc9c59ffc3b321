"""The native state is the reference: the same roots, proofs, values, records and files for the same blocks,
on any number of threads."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.kernel import absence, load
from devnet.persistence.home import Home
from devnet.state import State, StateGone
from devnet.state.config import QmdbConfig
from devnet.state.native import NativeQmdb
from devnet.state.values import account_key, slot_key
from tests.state import both
from tests.state.test_files import home

pytestmark = pytest.mark.skipif(absence() is not None, reason="there is no kernel")

ADDRESSES = [Address(random.Random(n).randbytes(20)) for n in range(30)]
SLOTS = [0, 1, 2**64, 2**256 - 1]
CODES = {Hash32(bytes([n]) * 32): bytes([0x60, n]) * n for n in range(1, 5)}
DELEGATION = {Hash32(b"\xef" * 32): b"\xef\x01\x00" + bytes(20)}
ALL_CODES = CODES | DELEGATION
SEGMENT = 1500
KEYS = [account_key(a) for a in ADDRESSES[::7]] + [slot_key(ADDRESSES[0], s) for s in SLOTS] + [b"\xee" * 20]

numbers = st.sampled_from([0, 1, 127, 128, 2**63, 2**64 - 1])
balances = st.sampled_from([0, 1, 2**64 - 1, 2**64, 10**22, 2**256 - 1]).map(Wei)
an_account = st.builds(Account, numbers, balances) | st.builds(
    Account, numbers, balances, st.sampled_from(sorted(ALL_CODES))
)
account_changes = st.dictionaries(st.sampled_from(ADDRESSES), st.none() | an_account, max_size=12)
slot_changes = st.dictionaries(
    st.tuples(st.sampled_from(ADDRESSES[:6]), st.sampled_from(SLOTS)),
    st.sampled_from([0, 1, 2**255]),
    max_size=12,
)


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.log"))}


def assert_agree(one: Any, other: Any) -> None:
    """Whatever can be asked of the two."""
    assert (one.height, one.oldest_height, one.root) == (other.height, other.oldest_height, other.root)
    for height in range(one.oldest_height, one.height + 1):
        assert one.root_at(height) == other.root_at(height)
        mine, others = one.view(height), other.view(height)
        assert list(mine.addresses()) == list(others.addresses())
        for address in ADDRESSES:
            assert mine.account(address) == others.account(address)
            assert list(mine.slots(address)) == list(others.slots(address))
        for key in KEYS:
            assert one.prove(key, height) == other.prove(key, height)
    for key in KEYS:
        assert one.read(key) == other.read(key)
    assert list(one.export()) == list(other.export())


class TwoWriters(RuleBasedStateMachine):
    """Both states in folders of their own; each commit leaves the same files, and each folder is opened by
    the other state."""

    @initialize(ratio=st.sampled_from([(0, 1), (1, 4), (99, 100)]))
    def start(self, ratio: tuple[int, int]) -> None:
        self.config = QmdbConfig(1, *ratio)
        self.folders = [Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())]
        self.kinds = [both.STATES["reference"], both.STATES["native"]]
        self.states = [self.opened(0, None), self.opened(1, None)]

    def opened(self, which: int, position: bytes | None) -> Any:
        return self.kinds[which](self.config, home(self.folders[which], position), segment_size=SEGMENT)

    @rule(accounts=account_changes, slots=slot_changes)
    def commit(self, accounts: dict[Address, Account | None], slots: dict[tuple[Address, int], int]) -> None:
        codes = {
            account.code_hash: ALL_CODES[account.code_hash]
            for account in accounts.values()
            if account is not None and account.code_hash in ALL_CODES
        }
        height = self.states[0].height + 1
        changes = ChangeSet(accounts, slots, codes)
        roots = {state.commit(height, changes) for state in self.states}
        assert len(roots) == 1

    @rule(back=st.integers(1, 5))
    def rollback(self, back: int) -> None:
        height = self.states[0].height - back
        for state in self.states:
            if height < state.oldest_height:
                with pytest.raises(StateGone):
                    state.rollback(height)
            else:
                state.rollback(height)

    @rule(back=st.integers(0, 6))
    def forget(self, back: int) -> None:
        for state in self.states:
            state.forget(state.height - back)

    @rule()
    def compact(self) -> None:
        for state in self.states:
            state.compact_files()

    @rule(is_swapped=st.booleans())
    def write(self, is_swapped: bool) -> None:
        """The same position and files; then each goes on, or in its place the other, over its files."""
        positions = [state.write() for state in self.states]
        for state in self.states:
            state.committed()
        assert positions[0] == positions[1]
        assert bytes_in(self.folders[0]) == bytes_in(self.folders[1])
        if is_swapped:
            for state in self.states:
                state.close()
            self.kinds.reverse()
            self.states = [self.opened(which, positions[which]) for which in (0, 1)]

    @rule()
    def check(self) -> None:
        positions = [state.write() for state in self.states]
        for state in self.states:
            state.committed()
        roots = [
            kind.check(self.config, home(folder, position, is_read_only=True))
            for kind, folder, position in zip(self.kinds, reversed(self.folders), positions, strict=True)
        ]
        assert roots[0] == roots[1]

    @rule()
    def load(self) -> None:
        """Each makes a state of what the other exports."""
        loaded = [
            kind.load(self.config, list(state.export()))
            for kind, state in zip(self.kinds, reversed(self.states), strict=True)
        ]
        assert_agree(loaded[0], loaded[1])
        assert_agree(loaded[0], self.states[0])
        assert [one.history_size for one in loaded] == [state.history_size for state in self.states]

    @invariant()
    def they_agree(self) -> None:
        if hasattr(self, "states"):
            assert self.states[0].root == self.states[1].root

    def teardown(self) -> None:
        if hasattr(self, "states"):
            assert_agree(self.states[0], self.states[1])
            for state in self.states:
                state.close()
            for folder in self.folders:
                shutil.rmtree(folder)


def run(examples: int, steps: int) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(TwoWriters, settings=how)


def test_two_writers_leave_the_same_files() -> None:
    run(12, 25)


@pytest.mark.full
def test_two_writers_leave_the_same_files_at_length() -> None:
    run(200, 60)


def large_block(random_: random.Random, height: int, everyone: list[Address], count: int) -> ChangeSet:
    """Enough changes that all threads have something to do, one account's slots among them."""
    chosen = random_.sample(everyone, count)
    accounts = {
        a: None if random_.random() < 0.1 else Account(height, Wei(random_.getrandbits(90))) for a in chosen
    }
    slots = {(everyone[0], random_.randrange(2000)): random_.randrange(3) for _ in range(count)}
    slots |= {(a, 7): random_.randrange(2**70) for a in chosen[::5]}
    return ChangeSet(accounts, slots)


@pytest.mark.parametrize("config", [QmdbConfig(1, 0, 1), QmdbConfig(), QmdbConfig(1, 99, 100)])
def test_large_blocks_give_the_references_roots_on_any_number_of_threads(config: QmdbConfig) -> None:
    random_ = random.Random(4)
    everyone = [Address(random_.randbytes(20)) for _ in range(2500)]
    states: list[Any] = [both.STATES["reference"](config)]
    states += [NativeQmdb(config, pool=load().Pool(threads)) for threads in (1, 2, 3)]
    for height in range(8):
        changes = large_block(random_, height, everyone, 900)
        roots = {state.commit(height, changes) for state in states}
        assert len(roots) == 1
    for state in states:
        state.rollback(4)
        state.forget(2)
    changes = large_block(random_, 5, everyone, 600)
    assert len({state.commit(5, changes) for state in states}) == 1
    records = [list(state.export()) for state in states]
    assert records[1:] == records[:1] * 3
    proofs = [[state.prove(account_key(a), 3) for a in everyone[:40]] for state in states]
    assert proofs[1:] == proofs[:1] * 3
    again = NativeQmdb.load(config, records[0], pool=load().Pool(2))
    assert list(again.export()) == records[0]
    assert again.history_size == states[1].history_size


def test_a_native_change_set_is_taken_as_it_is() -> None:
    kernel = load()
    code_hash = Hash32(b"\7" * 32)
    changes = ChangeSet(
        {ADDRESSES[0]: Account(1, Wei(2**200), code_hash), ADDRESSES[1]: None},
        {(ADDRESSES[0], 2**255): 2**256 - 1, (ADDRESSES[1], 0): 0},
        {code_hash: b"\x60\x00\xff"},
    )
    native = kernel.ChangeSet(changes)
    assert native == changes
    assert changes == native
    assert (native.accounts, native.storage, native.codes) == (
        changes.accounts,
        changes.storage,
        changes.codes,
    )
    assert native != ChangeSet()
    assert kernel.ChangeSet(native) == native
    one, other = both.STATES["native"](), both.STATES["reference"]()
    assert one.commit(0, native) == one.root == other.commit(0, native) == other.root
    assert one.view().code(code_hash) == b"\x60\x00\xff"


def test_code_that_looks_like_a_delegation_comes_back_as_it_was() -> None:
    state: State = both.STATES["native"]()
    shapes = [
        b"",
        b"\xef",
        b"\xef\x01\x00",
        b"\xef\x01\x00" + bytes(20),
        b"\xef\x01\x01" + bytes(20),
        b"\x5b" * 40,
    ]
    codes = {Hash32(bytes([n + 1]) * 32): code for n, code in enumerate(shapes)}
    state.commit(0, ChangeSet({}, {}, codes))
    view = state.view()
    assert [view.code(code_hash) for code_hash in codes] == shapes


def test_a_native_state_is_a_state(tmp_path: Path) -> None:
    state: State = NativeQmdb(home=Home(tmp_path, bytes(32), 0, None), pool=load().Pool(1))
    assert (state.height, state.oldest_height, state.view().height) == (-1, -1, -1)
    with pytest.raises(StateGone, match="kept are -1 to -1"):
        state.view(0)
    with pytest.raises(ValueError, match="cannot follow"):
        state.commit(1, ChangeSet())
    state.close()
