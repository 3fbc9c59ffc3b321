"""Whatever happens around them, every message is delivered exactly once, after it was settled, and nothing is
stuck in the end (hypothesis)."""

from __future__ import annotations

import io
from contextlib import suppress

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

from devnet.chain.errors import InvalidTransaction
from devnet.contracts.addresses import EXECUTOR, RECEIVE_LIBRARY
from devnet.contracts.delivering import commit_call, execute_call
from devnet.messages.errors import NotProvable
from devnet.messages.faults import (
    CorruptDeliveries,
    CorruptPart,
    DelayDeliveries,
    DropDeliveries,
    DuplicateDeliveries,
    Kind,
    ReorderDeliveries,
    Selection,
)
from devnet.messages.life import Status
from devnet.messages.messages import Messages
from devnet.messages.modes import ModeKind
from devnet.packets.options import Compose, Ordered
from devnet.zone.errors import BadRequest, HistoryGone, UnknownSnapshot
from devnet.zone.messages import CallRequest, Mining
from tests.messages.posts import GAS, Posts, posts

ZONES = ("system", "alpha", "beta")
MOST = 1_000
zones = st.sampled_from(ZONES)
rates = st.sampled_from((0.5, 1.0)).map(lambda rate: Selection(rate=rate))
kinds: st.SearchStrategy[Kind] = st.one_of(
    st.builds(DropDeliveries, rates),
    st.builds(DuplicateDeliveries, rates),
    st.builds(ReorderDeliveries, rates),
    st.builds(CorruptDeliveries, st.sampled_from(CorruptPart), rates),
    st.builds(DelayDeliveries, st.integers(1, 3), rates),
)


class Posting(RuleBasedStateMachine):
    """Sends, settles, carries, goes back, and lets others deliver, receivers refuse and couriers fail."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: Posts = posts()
        self.base = dict(zip(ZONES, self.posts.heights(), strict=True))
        self.count = 0
        self.snapshots: list[int] = []

    @initialize(first=zones, second=zones)
    def begin(self, first: str, second: str) -> None:
        self.send(first, second, False, False)

    # ------------------------------------------------------------ what moves forward

    @rule(source=zones, destination=zones, is_ordered=st.booleans(), is_composed=st.booleans())
    def send(self, source: str, destination: str, is_ordered: bool, is_composed: bool) -> None:
        if source == destination:
            return
        self.count += 1
        options = [*([Ordered()] if is_ordered else []), *([Compose(0, GAS)] if is_composed else [])]
        text = self.count.to_bytes(4, "big")
        self.posts.send_later(source, destination, text, *options, gas=400_000)

    @rule()
    def settle(self) -> None:
        self.posts.network.settle()

    @rule(limit=st.sampled_from((1, 2, None)))
    def step(self, limit: int | None) -> None:
        self.posts.network.courier.step(limit)

    @rule(zone=zones)
    def mine(self, zone: str) -> None:
        self.posts.network.mine(self.posts.port(zone))

    @rule(zone=zones, automine=st.booleans())
    def set_mining(self, zone: str, automine: bool) -> None:
        self.posts.port(zone).set_mining(Mining(automine=automine))

    # ------------------------------------------------------------ receivers, others, the courier

    @rule(
        zone=zones,
        what=st.sampled_from(("refuse(bool)", "close(bool)", "compose(uint16)")),
        value=st.booleans(),
    )
    def tell(self, zone: str, what: str, value: bool) -> None:
        self.posts.tell(zone, what, int(value))

    @rule(gas=st.sampled_from((GAS, 30_000)))
    def somebody_else_delivers(self, gas: int) -> None:
        """All that can be proven, without looking whether it is any use."""
        network = self.posts.network
        for found in network.messages.find(limit=4):
            message = found.message
            packet = message.packet
            with suppress(NotProvable, InvalidTransaction):
                proof = network.messages.proof(message.guid)
                commit = commit_call(packet.header.encoded, packet.payload_hash, proof)
                zone = list(network.zones.values())[message.destination or 0]
                for to, data in ((RECEIVE_LIBRARY, commit), (EXECUTOR, execute_call(packet, gas))):
                    sender = network.keys.addresses[5]
                    network.send(zone, CallRequest(sender=sender, to=to, data=data, gas=1_000_000))

    @rule(kind=st.sampled_from((ModeKind.AUTOMATIC, ModeKind.MANUAL, ModeKind.DELAYED)))
    def set_mode(self, kind: ModeKind) -> None:
        self.posts.network.courier.set_mode(kind, 2 if kind is ModeKind.DELAYED else 0)

    @rule(kind=kinds)
    def inject(self, kind: Kind) -> None:
        self.posts.network.courier.faults.inject(kind)

    @rule()
    def clear(self) -> None:
        self.posts.network.courier.faults.clear()

    # ------------------------------------------------------------ going back, going on elsewhere

    @rule(zone=zones, depth=st.integers(1, 2))
    def reorg(self, zone: str, depth: int) -> None:
        port = self.posts.port(zone)
        if port.number() - depth >= self.base[zone]:
            with suppress(BadRequest, HistoryGone):
                self.posts.network.reorg(port, depth, ())

    @rule(zone=zones, depth=st.integers(1, 3))
    def rollback(self, zone: str, depth: int) -> None:
        port = self.posts.port(zone)
        if port.number() - depth >= self.base[zone]:
            with suppress(BadRequest, HistoryGone):
                self.posts.network.rollback(port, depth)

    @rule()
    def snapshot(self) -> None:
        self.snapshots.append(self.posts.network.snapshot())

    @precondition(lambda self: self.snapshots)
    @rule(place=st.integers(0, 9), zone=st.sampled_from((None, *ZONES)))
    def revert(self, place: int, zone: str | None) -> None:
        del self.snapshots[place % len(self.snapshots) + 1 :]
        with suppress(UnknownSnapshot):
            if zone is None:
                self.posts.network.revert(self.snapshots[-1])
            else:
                self.posts.network.revert_zone(self.posts.port(zone), self.snapshots[-1])

    @rule()
    def restart(self) -> None:
        """Another process opens what was kept: nothing is known but what the chains say."""
        file = io.BytesIO()
        self.posts.network.dump(file)
        file.seek(0)
        self.posts.network.load(file)

    # ------------------------------------------------------------ what always holds

    @invariant()
    def nothing_is_delivered_twice_or_before_it_was_settled(self) -> None:
        network = self.posts.network
        known = {
            (found.message.destination, found.message.packet.message): found
            for found in network.messages.find(limit=MOST)
        }
        for index, zone in enumerate(ZONES):
            taken = self.posts.taken(zone)
            assert len(set(taken)) == len(taken)
            assert len(set(composed := self.posts.composed(zone))) == len(composed)
            for text in taken:
                found = known[(index, text)]
                assert found.life.status is Status.DELIVERED
                settled = network.settlement.chain.settled_number(found.message.source)
                assert found.message.sent.block_number <= settled

    @invariant()
    def what_is_known_follows_from_the_chains(self) -> None:
        """Whoever looks at them for the first time finds the same."""
        network = self.posts.network
        assert Messages(network).find(limit=MOST) == network.messages.find(limit=MOST)

    def teardown(self) -> None:
        network = self.posts.network
        network.courier.faults.clear()
        network.courier.set_mode(ModeKind.AUTOMATIC)
        for zone in ZONES:
            port = self.posts.port(zone)
            port.set_mining(Mining())
            network.mine(port)
            self.posts.tell(zone, "refuse(bool)", 0)
            self.posts.tell(zone, "close(bool)", 0)
        for _ in range(4):
            network.settle()
            network.courier.step()
            for found in network.messages.find(limit=MOST):
                # Those behind one that was retried may be delivered already.
                if self.posts.status(found.message) == [Status.FAILED]:
                    network.courier.retry(found.message.guid)
        every = network.messages.find(limit=MOST)
        assert [found.life.status for found in every] == [Status.DELIVERED] * len(every)
        for index, zone in enumerate(ZONES):
            sent = [each.message.packet.message for each in every if each.message.destination == index]
            assert sorted(self.posts.taken(zone)) == sorted(sent)
        # And nothing goes on for ever.
        network.settle()
        heights = self.posts.heights()
        network.settle()
        assert self.posts.heights() == heights
        network.close()


@pytest.mark.parametrize(
    ("examples", "steps"), [(4, 20), pytest.param(80, 50, marks=pytest.mark.full)], ids=["short", "long"]
)
def test_exactly_once_in_every_order_of_events(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Posting,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
