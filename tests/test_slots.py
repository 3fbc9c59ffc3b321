"""When a network settles by itself."""

from __future__ import annotations

import pytest

from devnet.config import BadConfig, NetworkConfig
from devnet.network import Network
from devnet.settlement.faults.kinds import StopProducer, Until
from devnet.slots import MOST_LATE
from tests.parts import parts_under_test
from tests.settlement.networks import assert_valid, network, pay


def test_without_slots_nothing_settles_by_itself() -> None:
    net = network()
    pay(net, "alpha")
    assert net.tick(0.0) is None
    assert net.settlement.chain.height == 0


def test_a_slot_in_which_nothing_changed_does_nothing() -> None:
    net = network(slot_time=2.0)
    assert [net.tick(float(now)) for now in range(5)] == [2.0, 2.0, 4.0, 4.0, 6.0]
    assert net.settlement.chain.height == 0
    pay(net, "alpha")
    net.tick(5.0)
    assert net.settlement.chain.height == 0
    net.tick(6.0)
    assert net.settlement.chain.height == 1
    net.tick(8.0)
    assert net.settlement.chain.height == 1
    assert_valid(net)


def test_slots_wait_for_idle_moments_but_not_for_ever() -> None:
    net = network(slot_time=1.0)
    net.tick(0.0)
    pay(net, "alpha")
    for late in range(1, MOST_LATE + 1):
        assert net.tick(float(late), is_idle=False) == 1.0
    assert net.settlement.chain.height == 0
    net.tick(1.0 + MOST_LATE, is_idle=False)
    assert net.settlement.chain.height == 1


def test_with_slot_time_zero_every_block_is_settled_at_once() -> None:
    net = network(slot_time=0)
    for count in range(1, 4):
        pay(net, "alpha")
        assert net.settlement.chain.height == count
        assert net.zone("alpha").finality().finalized == count
    net.mine(net.zone("beta"), 2)
    assert net.zone("beta").finality().finalized == 2
    assert_valid(net)


def test_what_a_fault_kept_from_being_settled_is_settled_when_it_is_cleared() -> None:
    net = network(slot_time=1.0)
    net.faults.inject(StopProducer(1))
    net.tick(0.0)
    pay(net, "alpha")
    net.tick(1.0)
    assert net.settlement.chain.height == 0
    net.faults.clear()
    net.tick(2.0)
    assert net.zone("alpha").finality().finalized == 1


def test_a_fault_of_so_many_slots_is_over_without_a_new_block() -> None:
    net = network(slot_time=1.0)
    net.faults.inject(StopProducer(1), until=Until(slots=6))
    net.tick(0.0)
    pay(net, "alpha")
    heights = []
    for moment in range(1, 5):
        net.tick(float(moment))
        heights.append(net.settlement.chain.height)
    assert heights == [0, 0, 0, 1]


def test_a_slot_time_that_cannot_be_is_refused() -> None:
    for slot_time in (-1.0, 1e10):
        with pytest.raises(BadConfig):
            NetworkConfig(slot_time=slot_time)


def test_the_slot_time_is_this_process_own_business() -> None:
    assert NetworkConfig(slot_time=1.0).hash == NetworkConfig().hash
    assert Network(NetworkConfig(slot_time=1.0), parts_under_test()).settlement.chain.height == 0
