"""Whatever a developer does while the network settles, what is settled stays whole (hypothesis)."""

from __future__ import annotations

from typing import Any

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

from devnet.chain.types import Hash32
from devnet.settlement.block import SettlementBlock
from devnet.settlement.draft import Agreed, Draft
from devnet.settlement.faults.kinds import StopProducer
from devnet.snapshots import Reach
from tests.settlement.networks import assert_valid, network, pay

ZONES = ("system", "alpha", "beta")
zones = st.sampled_from(ZONES)


class Developer(RuleBasedStateMachine):
    """Sends, mines, settles, takes snapshots, goes back: alone, and with everybody."""

    def __init__(self) -> None:
        super().__init__()
        self.net = network()
        self.snapshots: list[tuple[int, int]] = []
        """(id, settlement height when it was taken)."""
        self.finalized = dict.fromkeys(ZONES, 0)
        self.incarnation = 0
        self.slot = 0
        self.draft: Draft | None = None
        """Being decided."""
        self.agreed: Agreed | None = None
        self.certified: dict[tuple[int, int], Hash32] = {}
        """By incarnation and height, the root that validators signed."""

    @initialize()
    def begin(self) -> None:
        pay(self.net, "alpha")

    # ------------------------------------------------------------ what moves forward

    @rule(zone=zones, amount=st.integers(1, 100))
    def send(self, zone: str, amount: int) -> None:
        pay(self.net, zone, amount)

    @rule(zone=zones, count=st.integers(1, 3))
    def mine(self, zone: str, count: int) -> None:
        self.net.mine(self.net.zone(zone), count)

    @rule(zone=zones, balance=st.integers(1, 10**30))
    def override(self, zone: str, balance: int) -> None:
        """What a development call writes is carried by the next block."""
        port = self.net.zone(zone)
        port.set_account(self.net.keys.addresses[1], balance=balance)  # type: ignore[arg-type]
        self.net.mine(port)

    # ------------------------------------------------------------ a slot in steps, with anything in between

    @precondition(lambda self: self.draft is None)
    @rule(most=st.sampled_from((1, 300_000, None)))
    def begin_slot(self, most: int | None) -> None:
        settlement = self.net.settlement
        self.slot = max(self.slot, settlement.chain.head.slot) + 1
        settlement.begin(self.slot, most)

    @precondition(lambda self: self.draft is None)
    @rule(turns=st.integers(1, 3))
    def record(self, turns: int) -> None:
        settlement = self.net.settlement
        for _ in range(turns):
            is_done = settlement.record(1)
            if is_done:
                self.draft = settlement.propose()
            if is_done is not False:
                break

    @precondition(lambda self: self.draft is not None and self.agreed is None)
    @rule()
    def decide(self) -> None:
        assert self.draft is not None
        self.agreed = self.net.settlement.settler.decide(self.draft)
        self.certify(self.agreed.block)

    @precondition(lambda self: self.agreed is not None)
    @rule()
    def apply(self) -> None:
        settlement = self.net.settlement
        assert self.draft is not None
        assert self.agreed is not None
        continues = settlement.continues(self.draft)
        settled = settlement.apply(self.agreed, self.net.clock.mark())
        assert (settled is not None) == continues
        self.draft = self.agreed = None

    def certify(self, block: SettlementBlock) -> None:
        """No two certificates for one height in one incarnation."""
        assert self.certified.setdefault((block.incarnation, block.height), block.root) == block.root

    @precondition(lambda self: self.draft is None)
    @rule()
    def settle(self) -> None:
        before = {name: zone.number() for name, zone in self.net.zones.items()}
        height = self.net.settlement.chain.height
        settled = self.net.settle()
        assert self.net.settlement.chain.height == height + len(settled)
        for entry in settled:
            self.certify(entry.block)
        assert not self.net.settlement.settler.hindrances
        assert {name: zone.finality().finalized for name, zone in self.net.zones.items()} == before

    @rule(zone=st.integers(0, 2), index=st.integers(0, 1))
    def stop_one_producer(self, zone: int, index: int) -> None:
        """At most one of a zone: another one takes its turns."""
        self.net.faults.clear()
        self.net.faults.inject(StopProducer(zone, index))

    # ------------------------------------------------------------ what goes back

    @rule()
    def take(self) -> None:
        self.snapshots.append((self.net.snapshot(), self.net.settlement.chain.height))

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def revert_network(self, data: Any) -> None:
        place = data.draw(st.integers(0, len(self.snapshots) - 1))
        identifier, height = self.snapshots[place]
        if any(zone.snapshot_loss(identifier) for zone in self.net.zones.values()):
            return
        self.net.revert(identifier)
        assert self.net.settlement.chain.height == height
        del self.snapshots[place + 1 :]
        self.went_back()

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data(), zone=zones)
    def revert_zone(self, data: Any, zone: str) -> None:
        place = data.draw(st.integers(0, len(self.snapshots) - 1))
        identifier, height = self.snapshots[place]
        port = self.net.zone(zone)
        if any(each.snapshot_loss(identifier) for each in self.net.zones.values()):
            return
        others = {name: each.number() for name, each in self.net.zones.items() if name != zone}
        newest = self.net.settlement.chain.height
        reach = self.net.revert_zone(port, identifier)
        if reach is Reach.NETWORK:
            assert self.net.settlement.chain.height == height
            del self.snapshots[place + 1 :]
        else:
            assert self.net.settlement.chain.height == newest
            assert others == {n: each.number() for n, each in self.net.zones.items() if n != zone}
        self.went_back()

    @rule(zone=zones, depth=st.integers(1, 3))
    def rollback(self, zone: str, depth: int) -> None:
        port = self.net.zone(zone)
        depth = min(depth, port.number())
        target = port.number() - depth
        settled = self.net.settlement.chain.settled_number(port.config.index)
        reach = self.net.rollback(port, depth)
        assert port.number() == target
        assert (reach is Reach.NETWORK) == (target < settled)
        self.went_back()

    @rule(zone=zones, depth=st.integers(1, 2))
    def reorg(self, zone: str, depth: int) -> None:
        port = self.net.zone(zone)
        if depth <= port.number():
            self.net.reorg(port, depth, [])
            self.went_back()

    def went_back(self) -> None:
        self.finalized = {name: zone.finality().finalized for name, zone in self.net.zones.items()}

    # ------------------------------------------------------------ what always holds

    @invariant()
    def tags_move_backwards_by_reverts_only(self) -> None:
        for name, zone in self.net.zones.items():
            assert zone.finality().finalized >= self.finalized[name]
            self.finalized[name] = zone.finality().finalized

    @invariant()
    def what_is_proposed_is_there(self) -> None:
        for name, number in self.net.settlement.proposed().items():
            assert number <= self.net.zones[name].number()

    @invariant()
    def incarnations_never_fall(self) -> None:
        assert self.net.settlement.chain.incarnation >= self.incarnation
        self.incarnation = self.net.settlement.chain.incarnation

    def teardown(self) -> None:
        if self.draft is not None:
            agreed = self.agreed or self.net.settlement.settler.decide(self.draft)
            self.net.settlement.apply(agreed, self.net.clock.mark())
        self.net.settle()
        assert_valid(self.net)


@pytest.mark.parametrize(
    ("examples", "steps"), [(4, 12), pytest.param(60, 40, marks=pytest.mark.full)], ids=["short", "long"]
)
def test_settlement_keeps_its_promises_whatever_a_developer_does(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Developer,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
