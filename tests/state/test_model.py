"""Any sequence of commits, rollbacks, reads and proofs, against plain dicts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.state import StateGone
from devnet.state.qmdb import Qmdb, QmdbConfig, account_key, slot_key
from devnet.state.verify import verify
from devnet.state.views import QmdbView
from tests.state.naive import NaiveQmdb, contents

ADDRESSES = [Address(bytes([n]) * 20) for n in range(12)]
SLOTS = [0, 1, 2**256 - 1]
CODES = {Hash32(bytes([n]) * 32): bytes([n]) * n for n in range(1, 4)}
NOBODY = Address(b"\xee" * 20)

addresses = st.sampled_from(ADDRESSES)
empty_or_full = st.sampled_from([0, 1, 2])
an_account = st.builds(
    Account,
    empty_or_full,
    st.sampled_from([0, 1, 2, 2**256 - 1]).map(Wei),
    st.just(EMPTY_CODE_HASH) | st.sampled_from(sorted(CODES)),
)
account_changes = st.dictionaries(addresses, st.none() | an_account, max_size=8)
slot_changes = st.dictionaries(st.tuples(addresses, st.sampled_from(SLOTS)), st.integers(0, 2), max_size=8)


@dataclass(frozen=True)
class Content:
    """What the state holds after a block."""

    accounts: dict[Address, Account]
    slots: dict[tuple[Address, int], int]
    root: bytes
    changes: ChangeSet | None
    number: int
    """Of the commit; a block that was rolled back and one in its place differ in it."""


class Model(RuleBasedStateMachine):
    @initialize(ratio=st.sampled_from([(0, 1), (1, 4), (9_997, 10_000)]), kept=st.none() | st.integers(0, 4))
    def start(self, ratio: tuple[int, int], kept: int | None) -> None:
        self.config = QmdbConfig(1, *ratio)
        self.kept = kept
        self.state = self.new_state()
        self.contents = {-1: Content({}, {}, self.state.root, None, 0)}
        self.views: list[tuple[QmdbView, Content]] = []
        self.commits = 0
        self.history: list[Content] = []

    def new_state(self) -> Qmdb:
        return Qmdb(self.config)

    @property
    def newest(self) -> Content:
        return self.contents[self.state.height]

    @rule(accounts=account_changes, slots=slot_changes)
    def commit(self, accounts: dict[Address, Account | None], slots: dict[tuple[Address, int], int]) -> None:
        codes = {a.code_hash: CODES[a.code_hash] for a in accounts.values() if a and a.code_hash in CODES}
        height = self.state.height + 1
        changes = ChangeSet(accounts, slots, codes)
        new_accounts = {**self.newest.accounts, **accounts}
        new_slots = {**self.newest.slots, **slots}
        self.commits += 1
        root = self.state.commit(height, changes)
        self.contents[height] = Content(
            {a: account for a, account in new_accounts.items() if account and account != Account(0, Wei(0))},
            {place: value for place, value in new_slots.items() if value},
            root,
            changes,
            self.commits,
        )
        self.history.append(self.contents[height])
        if self.kept is not None:
            self.state.forget(height - self.kept)

    @rule(back=st.integers(1, 5))
    def rollback(self, back: int) -> None:
        height = self.state.height - back
        if height < self.state.oldest_height:
            with pytest.raises(StateGone):
                self.state.rollback(height)
            return
        self.state.rollback(height)
        assert self.state.height == height
        for above in [known for known in self.contents if known > height]:
            self.history.remove(self.contents.pop(above))

    @rule(back=st.integers(0, 5))
    def take_view(self, back: int) -> None:
        height = self.state.height - back
        if height < self.state.oldest_height:
            with pytest.raises(StateGone):
                self.state.view(height)
            with pytest.raises(StateGone):
                self.state.root_at(height)
            return
        self.views.append((self.state.view(height), self.contents[height]))
        assert self.state.root_at(height) == self.contents[height].root

    @rule(back=st.integers(0, 5), more=st.integers(0, 5))
    def sum_balances(self, back: int, more: int) -> None:
        """They may add up to more than a word holds."""
        first, last = self.state.height - back - more, self.state.height - back
        if first < self.state.oldest_height:
            with pytest.raises(StateGone):
                self.state.balances(first, last)
            return
        kept = [self.contents[height].accounts.values() for height in range(first, last + 1)]
        expected = [sum(account.balance for account in accounts) for accounts in kept]
        assert list(self.state.balances(first, last)) == expected

    @precondition(lambda self: self.views)
    @rule(data=st.data())
    def read_a_view(self, data: st.DataObject) -> None:
        view, content = data.draw(st.sampled_from(self.views))
        alive = self.contents.get(view.height) is content and view.height >= self.state.oldest_height
        address = data.draw(addresses)
        slot = data.draw(st.sampled_from(SLOTS))
        if not alive:
            for read in (
                lambda: view.account(address),
                lambda: view.storage(address, slot),
                lambda: view.code(sorted(CODES)[0]),
            ):
                with pytest.raises(StateGone):
                    read()
            return
        self.check_view(view, content)

    def check_view(self, view: QmdbView, content: Content) -> None:
        for address in ADDRESSES:
            account = content.accounts.get(address)
            assert view.account(address) == account
            if account is not None:
                assert view.code(account.code_hash) == CODES.get(account.code_hash, b"")
            expected = [
                (slot, content.slots[address, slot]) for slot in SLOTS if (address, slot) in content.slots
            ]
            assert list(view.slots(address)) == expected
            for slot in SLOTS:
                assert view.storage(address, slot) == content.slots.get((address, slot), 0)
        assert list(view.addresses()) == sorted(content.accounts)

    @rule(
        address=addresses | st.just(NOBODY),
        slot=st.none() | st.sampled_from(SLOTS),
        back=st.sampled_from([0, 0, 1, 2, 5]),
    )
    def prove(self, address: Address, slot: int | None, back: int) -> None:
        key = account_key(address) if slot is None else slot_key(address, slot)
        height = self.state.height - back
        if height < self.state.oldest_height:
            with pytest.raises(StateGone):
                self.state.prove(key, height)
            return
        content = self.contents[height]
        expected = contents(content.accounts, content.slots).get(key)
        proof = self.state.prove(key, height)
        assert proof.value == expected
        assert verify(content.root, key, proof.encode()) == expected
        if not back:
            assert self.state.read(key) == expected

    @invariant()
    def the_newest_state_is_the_models(self) -> None:
        assert self.state.root == self.newest.root
        self.check_view(self.state.view(), self.newest)

    def teardown(self) -> None:
        """What was rolled back left no trace: the surviving blocks alone give the same roots, in any order of
        their changes, here and in the naive implementation."""
        if not hasattr(self, "state"):
            return
        again = Qmdb(self.config)
        config = self.config
        naive = NaiveQmdb(config.compaction_threshold, config.compaction_ratio, config.compaction_divisor)
        for height, content in enumerate(self.history):
            assert content.changes is not None
            backwards = ChangeSet(
                dict(reversed(content.changes.accounts.items())),
                dict(reversed(content.changes.storage.items())),
            )
            assert again.commit(height, backwards) == content.root
            naive.commit(height, contents(content.accounts, content.slots))
        if self.history:
            assert naive.root() == self.state.root


def run(examples: int, steps: int) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(Model, settings=how)


def test_any_sequence_of_operations_agrees_with_dicts() -> None:
    run(10, 30)


@pytest.mark.full
def test_many_long_sequences_of_operations_agree_with_dicts() -> None:
    run(300, 60)
