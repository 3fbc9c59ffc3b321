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

    @rule()
    def settle(self) -> None:
        before = {name: zone.number() for name, zone in self.net.zones.items()}
        height = self.net.settlement.chain.height
        settled = self.net.settle()
        assert self.net.settlement.chain.height == height + len(settled)
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
    def incarnations_never_fall(self) -> None:
        assert self.net.settlement.chain.incarnation >= self.incarnation
        self.incarnation = self.net.settlement.chain.incarnation

    def teardown(self) -> None:
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
