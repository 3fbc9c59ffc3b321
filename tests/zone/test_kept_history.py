"""A zone that keeps the newest blocks against the same zone that keeps everything: equal answers inside the
window, a clear error outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from devnet.chain.errors import InvalidTransaction
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.execution import TraceSpec
from devnet.zone import chain_store
from devnet.zone.errors import HistoryGone, UnknownSnapshot
from devnet.zone.messages import CallRequest, LogQuery
from devnet.zone.port import ZonePort
from tests.zone.driver import ALICE, BLOCKHASH, BOB, GWEI, KEYS, STORE, ZRO, Driver, word, zone_config

CALLS = TraceSpec("callTracer")
STRANGER = Address(b"\x99" * 20)
SENDERS = st.sampled_from(KEYS.addresses)

Question = Callable[[ZonePort, int], object]

QUESTIONS: tuple[Question, ...] = (
    lambda zone, number: zone.block(number),
    lambda zone, number: zone.receipts(number),
    lambda zone, number: zone.transaction_at(number, 0),
    lambda zone, number: zone.account(STORE, number),
    lambda zone, number: [zone.balance(address, number) for address in (*KEYS.addresses, STRANGER)],
    lambda zone, number: [zone.nonce(address, number) for address in KEYS.addresses],
    lambda zone, number: [zone.storage(STORE, slot, number) for slot in range(3)],
    lambda zone, number: [
        zone.call(CallRequest(to=BLOCKHASH, data=word(max(0, number - back))), number).output
        for back in (1, 2, 17, 255, 256, 257)
    ],
    lambda zone, number: zone.trace_block(number, CALLS),
    lambda zone, number: zone.logs(LogQuery(from_block=number, to_block=number)),
    lambda zone, number: zone.logs(LogQuery(from_block=number, topics=(frozenset({word(1), word(2)}),))),
    lambda zone, number: zone.fee_history(1, number, [50.0]),
)
"""Each names a block by its number; all of it must be there or gone."""


def same_answers(whole: ZonePort, bounded: ZonePort, number: int) -> None:
    """Both zones say the same of a block that both keep, by number and by hash."""
    for question in QUESTIONS:
        assert question(bounded, number) == question(whole, number)
    block = whole.block(number)
    assert block is not None
    assert bounded.block(block.hash) == block
    assert bounded.balance(BOB, block.hash) == whole.balance(BOB, number)
    assert bounded.logs(LogQuery(block_hash=block.hash)) == whole.logs(LogQuery(block_hash=block.hash))
    for transaction in block.transactions:
        for ask in ("transaction", "receipt"):
            assert getattr(bounded, ask)(transaction.hash) == getattr(whole, ask)(transaction.hash)
        assert bounded.trace_transaction(transaction.hash, CALLS) == whole.trace_transaction(
            transaction.hash, CALLS
        )


def is_gone(bounded: ZonePort, number: int, oldest: int) -> None:
    """Every question about a forgotten block is refused and says what is kept."""
    for question in QUESTIONS:
        with pytest.raises(HistoryGone) as caught:
            question(bounded, number)
        assert str(oldest) in str(caught.value)
        assert caught.value.oldest == oldest


class HistoryMachine(RuleBasedStateMachine):
    """The same development on two zones, one of which forgets."""

    @initialize(limit=st.sampled_from([0, 1, 3, 8]), genesis=st.sampled_from([0, 5]))
    def start(self, limit: int, genesis: int) -> None:
        self.limit = limit
        self.genesis = genesis
        self.whole = Driver(zone_config(genesis_number=genesis))
        self.bounded = Driver(zone_config(genesis_number=genesis, history=limit))
        self.zones = (self.whole.zone, self.bounded.zone)
        self.oldest = genesis
        self.snapshots: dict[int, int] = {}
        """The block of each snapshot that can be gone back to."""
        self.ended: set[int] = set()

    def _seal(self, do: Callable[[Driver], Any]) -> None:
        do(self.whole)
        do(self.bounded)
        self._sealed()

    def _sealed(self) -> None:
        """A new block, and nothing else, ends the history below what is kept then."""
        pinned = min(self.snapshots.values(), default=self.whole.number)
        self.oldest = max(self.oldest, min(self.whole.number - self.limit, pinned))

    # ------------------------------------------------------------ rules

    @rule(sender=SENDERS, value=st.integers(0, 3))
    def transfer(self, sender: Address, value: int) -> None:
        self._seal(lambda driver: driver.run(sender, STRANGER, value=value, max_fee=5 * GWEI))

    @rule(topic=st.integers(0, 3))
    def log(self, topic: int) -> None:
        self._seal(lambda driver: driver.log(topic))

    @rule(slot=st.integers(0, 2), value=st.integers(0, 3))
    def store(self, slot: int, value: int) -> None:
        self._seal(lambda driver: driver.run(ALICE, STORE, value=0, data=word(slot) + word(value)))

    @rule(count=st.integers(2, 6))
    def mine(self, count: int) -> None:
        self._seal(lambda driver: driver.mine(count))

    @precondition(lambda self: self.whole.number < 3_000)
    @rule()
    def mine_very_many(self) -> None:
        """Most of them become a reserved range."""
        head = self.whole.number
        self._seal(lambda driver: driver.mine(2_500))
        assert self.whole.number == head + 2_500

    @rule(balance=st.integers(0, 9))
    def set_balance(self, balance: int) -> None:
        for zone in self.zones:
            zone.set_account(STRANGER, balance=Wei(balance * ZRO))

    @precondition(lambda self: len(self.snapshots) < 3)
    @rule()
    def snapshot(self) -> None:
        number = self.whole.number
        identifier = self.whole.snapshot()
        assert self.bounded.snapshot() == identifier
        self.snapshots[identifier] = number

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        identifier = data.draw(st.sampled_from(sorted(self.snapshots)))
        number = self.snapshots[identifier]
        for zone in self.zones:
            zone.revert(identifier)
        assert self.bounded.number == number
        self.snapshots = {other: at for other, at in self.snapshots.items() if other <= identifier}

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def delete_snapshot(self, data: st.DataObject) -> None:
        identifier = data.draw(st.sampled_from(sorted(self.snapshots)))
        del self.snapshots[identifier]
        for zone in self.zones:
            zone.delete_snapshot(identifier)

    @precondition(lambda self: self.whole.number > self.genesis)
    @rule(data=st.data())
    def rollback(self, data: st.DataObject) -> None:
        depth = data.draw(st.integers(1, min(12, self.whole.number - self.genesis)))
        target = self.whole.number - depth
        if target < self.oldest:
            with pytest.raises(HistoryGone):
                self.bounded.zone.rollback(depth)
            return
        for zone in self.zones:
            zone.rollback(depth)
        self.snapshots = {other: at for other, at in self.snapshots.items() if at <= target}

    @precondition(lambda self: 0 < self.whole.number - self.genesis < 2_000)
    @rule(data=st.data(), sender=SENDERS)
    def reorganise(self, data: st.DataObject, sender: Address) -> None:
        depth = data.draw(st.integers(1, min(4, self.whole.number - self.genesis)))
        target = self.whole.number - depth
        if target < self.oldest:
            with pytest.raises(HistoryGone):
                self.bounded.zone.reorg(depth, [], self.bounded.clock.reading())
            return
        transaction = self._transaction_after(sender, target)
        for driver in (self.whole, self.bounded):
            driver.zone.reorg(depth, [(transaction, 0)], driver.clock.reading())
        self.snapshots = {other: at for other, at in self.snapshots.items() if at <= target}
        self._sealed()

    def _transaction_after(self, sender: Address, number: int) -> Transaction:
        nonce = self.whole.zone.nonce(sender, number)
        return self.whole.transaction(sender, STRANGER, nonce=nonce, value=0, max_fee=5 * GWEI)

    @rule(share=st.integers(0, 100))
    def forget(self, share: int) -> None:
        """What `--memory-limit` does: snapshots give way."""
        number = self.oldest + (self.whole.number - self.oldest) * share // 100
        self.bounded.zone.forget(number)
        self.oldest = max(self.oldest, number)
        for identifier in [other for other, at in self.snapshots.items() if at < self.oldest]:
            del self.snapshots[identifier]
            self.ended.add(identifier)
            self.whole.zone.delete_snapshot(identifier)

    # ------------------------------------------------------------ what must hold

    @invariant()
    def the_newest_blocks_are_kept(self) -> None:
        whole, bounded = self.zones
        status = bounded.history()
        head = whole.number()
        assert status.newest == bounded.number() == head
        assert status.oldest == self.oldest
        assert status.pinned == min(self.snapshots.values(), default=None)
        assert (status.state_bytes, status.block_bytes) >= (0, 0)
        middle = (self.oldest + head) // 2
        for number in {self.oldest, self.oldest + 1, middle, head - 1, head}:
            if max(self.oldest, self.genesis + 1) <= number <= head:
                same_answers(whole, bounded, number)

    @invariant()
    def older_blocks_are_gone(self) -> None:
        _, bounded = self.zones
        for number in {self.genesis + 1, self.oldest - 300, self.oldest - 2, self.oldest - 1}:
            if self.genesis < number < self.oldest:
                is_gone(bounded, number, self.oldest)

    @invariant()
    def genesis_stays_as_a_block(self) -> None:
        whole, bounded = self.zones
        for name in ("earliest", "safe", "finalized", self.genesis):
            assert bounded.block(name) == whole.block(name)
            assert bounded.receipts(name) == ()
            if self.oldest > self.genesis:
                with pytest.raises(HistoryGone):
                    bounded.balance(ALICE, name)
            else:
                assert bounded.balance(ALICE, name) == whole.balance(ALICE, name)
        assert bounded.status().genesis_hash == whole.status().genesis_hash

    @invariant()
    def logs_have_no_gap(self) -> None:
        whole, bounded = self.zones
        query = LogQuery(from_block="earliest")
        if self.oldest > self.genesis + 1:
            with pytest.raises(HistoryGone):
                bounded.logs(query)
        else:
            assert bounded.logs(query) == whole.logs(query)

    @invariant()
    def a_senders_transaction_is_found_or_known_to_be_gone(self) -> None:
        whole, bounded = self.zones
        for sender in (ALICE, BOB):
            for nonce in range(min(4, whole.nonce(sender) + 1)):
                expected = whole.transaction_by_sender(sender, nonce)
                number = None if expected is None else expected.header.number
                if number is not None and number < self.oldest:
                    with pytest.raises(HistoryGone):
                        bounded.transaction_by_sender(sender, nonce)
                    assert bounded.transaction(expected.transaction.hash) is None
                    assert bounded.receipt(expected.transaction.hash) is None
                else:
                    assert bounded.transaction_by_sender(sender, nonce) == expected

    @invariant()
    def fee_history_ends_where_the_history_does(self) -> None:
        whole, bounded = self.zones
        # Genesis is a kept block; the walk back ends before it where there is a gap.
        kept = whole.number() - (self.genesis if self.oldest <= self.genesis + 1 else self.oldest) + 1
        found = bounded.fee_history(1_000, "latest", [10.0])
        assert found == whole.fee_history(min(1_000, kept), "latest", [10.0])

    @invariant()
    def a_snapshot_that_gave_way_says_so(self) -> None:
        for identifier in self.ended:
            with pytest.raises(UnknownSnapshot):
                self.bounded.zone.revert(identifier)


@pytest.mark.parametrize("examples", [25, pytest.param(300, marks=pytest.mark.full)])
def test_what_is_kept_is_right_and_what_is_not_is_said(
    examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that blocks are packed after a few, not after hundreds.
    monkeypatch.setattr(chain_store, "LIVE_BLOCKS", 3)
    # py-evm changes the recursion limit when it is imported; hypothesis wants that to happen outside.
    Driver(zone_config()).mine()
    run_state_machine_as_test(
        HistoryMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=15,
            deadline=None,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_a_reset_needs_the_state_of_genesis() -> None:
    driver = Driver(zone_config(history=2))
    driver.mine(2)
    driver.zone.reset()
    assert driver.number == 0
    driver.mine(3)
    head = driver.block()
    with pytest.raises(HistoryGone, match="the state of block 0 is no longer kept"):
        driver.zone.reset()
    assert driver.block() == head
    driver.run()


def test_a_snapshot_keeps_what_it_needs_until_it_is_deleted() -> None:
    driver = Driver(zone_config(history=2))
    driver.run()
    snapshot = driver.snapshot()
    for _ in range(6):
        driver.run()
    assert driver.zone.history().oldest == driver.zone.history().pinned == 1
    driver.zone.revert(snapshot)
    assert driver.number == 1
    for _ in range(6):
        driver.run()
    driver.zone.delete_snapshot(snapshot)
    assert driver.zone.history().pinned is None
    driver.run()
    assert driver.zone.history().oldest == driver.number - 2


def test_the_witness_of_the_oldest_block_lacks_its_parents_header_and_says_so() -> None:
    driver = Driver(zone_config(history=2))
    for _ in range(6):
        driver.run()
    oldest = driver.zone.history().oldest
    with pytest.raises(HistoryGone):
        driver.zone.execution_witness(oldest)
    assert driver.zone.execution_witness(oldest + 1).headers


def test_a_search_that_blocks_overtake_is_asked_again() -> None:
    """Blocks that are replaced while a search looks at them do not come out mixed."""
    driver = Driver(zone_config())
    for topic in range(4):
        driver.log(topic)
    chain = driver.zone._ledger.chain
    history = driver.zone._history
    whole_blocks = chain.whole_blocks
    overtaken = []

    class Overtaken:
        """The chain, which another thread changes in the middle of the first search."""

        def __getattr__(self, name: str) -> Any:
            return getattr(chain, name)

        def whole_blocks(self, *arguments: Any) -> Any:
            for number, record in enumerate(whole_blocks(*arguments)):
                if number == 2 and not overtaken:
                    overtaken.append(True)
                    driver.zone.rollback(3)
                    driver.log(7)
                yield record

    history._ledger.chain = Overtaken()
    try:
        found = driver.zone.logs(LogQuery(from_block=0))
    finally:
        history._ledger.chain = chain
    assert overtaken
    assert [int.from_bytes(log.log.data, "big") for log in found] == [0, 7]


def test_a_reorganisation_that_cannot_be_finds_the_history_that_it_needs() -> None:
    driver = Driver(zone_config(history=0))
    snapshot = driver.snapshot()
    for _ in range(4):
        driver.run()
    # What the snapshot kept is still there until the next block.
    driver.zone.delete_snapshot(snapshot)
    blocks = [driver.block(number) for number in range(5)]
    bad = driver.transaction(BOB, ALICE, nonce=9)
    with pytest.raises(InvalidTransaction):
        driver.zone.reorg(3, [(bad, 2)], driver.clock.reading())
    assert driver.block() == blocks[-1]
    # Putting the blocks back was as good as sealing them.
    assert driver.zone.history().oldest == driver.number
    driver.run()
