"""Whatever is posted, settled, mined and taken back, and in which order: what is due is consumed exactly
once, in order, by the height by which it is due."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.contracts.addresses import FORCED_INBOX
from devnet.contracts.forced_inbox import POSTED_TOPIC, posted_of
from devnet.network import Network
from devnet.settlement.due import MOST_LAG
from devnet.zone.messages import LogQuery
from devnet.zone.port import ZonePort
from tests.parts import parts_under_test
from tests.settlement.forcing import post, settle, signed
from tests.settlement.networks import assert_valid, pay

NAMES = ("alpha", "beta")
DUE_HEIGHTS = 8
DUE_GAS = 30_000_000
LARGE = 20_000_000
"""Gas of which one becomes due with each height."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens."""

    what: str
    zone: int
    amount: int


KINDS = (
    *("post", "post", "large", "junk", "pay", "mine", "settle", "settle", "settle", "catch up"),
    *("snapshot", "revert", "revert zone", "rollback", "reorg"),
)
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(KINDS),
        st.integers(0, 1),
        st.integers(1, 4),
    ),
    min_size=4,
    max_size=24,
)


@dataclass(frozen=True, slots=True)
class Posted:
    """What is in a queue."""

    encoded: bytes
    gas: int
    number: int
    """Of the system zone's block."""


class World:
    """A network, and what is true of it."""

    def __init__(self) -> None:
        self.net = Network(parts=parts_under_test())
        self.snapshots: list[int] = []
        self.counter = 0

    def take(self, step: Step) -> None:
        net, zone = self.net, self.net.zone(NAMES[step.zone])
        match step.what:
            case "post":
                self.counter += 1
                post(
                    net,
                    zone,
                    signed(net, zone, zone.nonce(net.keys.addresses[1]), value=self.counter).encoded,
                )
            case "large":
                post(net, zone, signed(net, zone, 0, sender=2, gas=100_000).encoded, LARGE)
            case "junk":
                self.counter += 1
                post(net, zone, b"junk %d" % self.counter)
            case "pay":
                pay(net, zone)
            case "mine":
                net.mine(zone, step.amount)
            case "settle":
                settle(net, step.amount)
            case "catch up":
                settle(net, DUE_HEIGHTS + 1)
            case "snapshot":
                self.snapshots.append(net.snapshot())
            case "revert":
                self._revert(step, None)
            case "revert zone":
                self._revert(step, zone)
            case "rollback":
                net.rollback(zone, min(step.amount, zone.number()))
            case "reorg":
                net.reorg(zone, min(step.amount, zone.number()), ())

    def _revert(self, step: Step, zone: ZonePort | None) -> None:
        usable = [
            each
            for each in self.snapshots
            if all(port.has_snapshot(each) for port in self.net.zones.values())
        ]
        if not usable:
            return
        chosen = usable[-min(step.amount, len(usable))]
        if zone is None:
            self.net.revert(chosen)
        else:
            self.net.revert_zone(zone, chosen)

    # What must hold

    def queue(self, zone: int) -> list[Posted]:
        """Out of the events of the system zone."""
        topics = (frozenset({POSTED_TOPIC}), frozenset({Hash32(zone.to_bytes(32, "big"))}))
        logs = self.net.zone("system").logs(LogQuery(frozenset({FORCED_INBOX}), topics, 0, "latest"))
        found = []
        for place, located in enumerate(logs):
            assert int.from_bytes(located.log.topics[2], "big") == place
            assert located.block_number is not None
            found.append(Posted(*posted_of(located.log.data), located.block_number))
        return found

    def known(self, zone: ZonePort, number: int) -> int:
        """The settlement height that a block knows."""
        block = zone.block(number)
        assert block is not None
        height = self.net.settlement.chain.height_of(Hash32(block.header.parent_beacon_block_root or b""))
        assert height is not None
        return height

    def due_at(self, height: int) -> int:
        """The system zone's last block of which all is due at that height."""
        found = self.net.settlement.chain.update_at(0, height - DUE_HEIGHTS)
        return 0 if found is None else found[1].statement.last_height

    def check(self) -> None:
        assert_valid(self.net)
        assert not self.net.settlement.settler.hindrances
        for index, zone in enumerate(self.net.zones.values()):
            queue = self.queue(index)
            self._check_blocks(zone, queue)
            self._check_updates(index, zone, queue)

    def _check_blocks(self, zone: ZonePort, queue: list[Posted]) -> None:
        """They consume the queue in order, nothing twice, nothing too early; its effects come first."""
        index = 0
        for number in range(1, zone.number() + 1):
            block = zone.block(number)
            assert block is not None
            consumed = zone.consumed(number, number)
            place = 0
            for forced in consumed:
                posted = queue[index]
                assert (forced.encoded, forced.gas) == (posted.encoded, posted.gas)
                assert posted.number <= self.due_at(self.known(zone, number))
                found = zone.consumer(index)
                assert found is not None
                assert found.number == number
                if found.transaction_hash is not None:
                    assert block.transactions[place].encoded == forced.encoded
                    place += 1
                index += 1
            assert zone.inbox_index(number) == index

    def _check_updates(self, index: int, zone: ZonePort, queue: list[Posted]) -> None:
        """What was due is in, but for what is more than the gas of the heights that passed."""
        consumed = held_before = 0
        for settled in self.net.settlement.chain:
            updates = settled.updates_of(index)
            if not updates:
                continue
            newest = updates[-1].statement
            held = max(self.known(zone, newest.last_height), settled.block.height - 1 - MOST_LAG)
            end = newest.post_inbox_index
            if end < len(queue) and queue[end].number <= self.due_at(held):
                gas = sum(posted.gas for posted in queue[consumed : end + 1])
                assert gas > DUE_GAS * (held - held_before)
            consumed, held_before = end, held


@settings(max_examples=10, deadline=None)
@given(steps=STEPS)
def test_what_is_due_is_consumed_once_in_order_and_in_time(steps: list[Step]) -> None:
    run(steps)


@pytest.mark.full
@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_the_same_many_times(steps: list[Step]) -> None:
    run(steps)


def run(steps: list[Step]) -> None:
    world = World()
    for step in steps:
        world.take(step)
    settle(world.net)
    world.check()
    # Nothing waits for ever: with no more transactions the queues run empty.
    large = sum(posted.gas == LARGE for zone in (1, 2) for posted in world.queue(zone))
    settle(world.net, DUE_HEIGHTS + 2 + large)
    world.check()
    for index, zone in enumerate(world.net.zones.values()):
        assert zone.inbox_index() == len(world.queue(index))
