"""Settling in three steps: what is begun is decided elsewhere, and applied only to the chain it continues."""

from __future__ import annotations

import threading

from devnet.settlement.draft import Agreed, Draft
from devnet.settlement.faults.kinds import StopProducer
from devnet.settlement.settler import Settler
from tests.settlement.networks import assert_valid, network, pay


def decided_elsewhere(settler: Settler, draft: Draft) -> Agreed:
    """What another thread decided."""
    found: list[Agreed] = []
    thread = threading.Thread(target=lambda: found.append(settler.decide(draft)))
    thread.start()
    thread.join()
    return found[0]


def test_blocks_made_after_a_draft_are_the_next_ones() -> None:
    net = network()
    settler = net.settlement.settler
    pay(net, "alpha")
    draft = settler.begin()
    assert draft is not None
    pay(net, "alpha")
    pay(net, "beta")
    agreed = decided_elsewhere(settler, draft)
    assert net.settlement.chain.height == 0
    settled = settler.apply(agreed, net.clock.mark())
    assert settled is not None
    assert settled.numbers == (0, 2, 1)
    net.settlement.tell()
    assert net.zone("alpha").finality().finalized == 1
    assert net.zone("beta").finality().finalized == 0
    net.settle()
    assert_valid(net)


def test_nothing_to_settle_makes_no_draft() -> None:
    net = network()
    settler = net.settlement.settler
    assert settler.begin() is None
    pay(net, "alpha")
    net.faults.inject(StopProducer(1, settler.producers.turn(1, 1).index))
    assert settler.begin(1) is None
    assert settler.begin(2) is not None


def test_what_was_agreed_on_another_chain_is_dropped() -> None:
    net = network()
    settler = net.settlement.settler
    pay(net, "alpha")
    draft = settler.begin()
    assert draft is not None
    agreed = settler.decide(draft)
    net.settle()
    height = net.settlement.chain.height
    assert settler.apply(agreed, net.clock.mark()) is None
    assert net.settlement.chain.height == height
    net.rollback(net.zone("alpha"), 1)
    assert settler.apply(agreed, net.clock.mark()) is None
    assert net.settlement.chain.height == 0
    pay(net, "alpha")
    net.settle()
    assert_valid(net)
