"""The courier under a server: messages arrive by themselves, and a network in which nothing happens rests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devnet.clock import WallClock
from devnet.messages.faults import DelayDeliveries, Selection
from devnet.messages.life import Status
from devnet.messages.message import Message
from devnet.messages.modes import ModeKind
from devnet.network import NetworkConfig
from devnet.rpc.server import RpcServer, ServerOptions
from devnet.rpc.serving.carrying import Carrying
from tests.messages.posts import Posts, posts

PATIENCE = 60.0
"""Seconds, for a machine that has other things to do."""


@contextmanager
def served(made: Posts) -> Iterator[None]:
    with RpcServer(made.network, ServerOptions(port=0)):
        yield


def until(what: Callable[[], bool]) -> None:
    """Waits for something that comes by itself."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


def all_are(made: Posts, status: Status, *messages: Message) -> bool:
    return made.status(*messages) == [status] * len(messages)


def test_messages_arrive_by_themselves_and_then_the_network_rests() -> None:
    made = posts(config=NetworkConfig(slot_time=0.1))
    # More than one turn carries.
    sent = [made.send("alpha", "beta", bytes([number])) for number in range(40)]
    with served(made):
        until(lambda: all_are(made, Status.DELIVERED, *sent))
        assert made.network.courier.is_served
        chain = made.network.settlement.chain

        def has_settled_everything() -> bool:
            return not made.network.settlement.standing()

        until(has_settled_everything)
        before = (made.heights(), chain.height, made.network.courier.turns)
        time.sleep(0.5)
        assert (made.heights(), chain.height, made.network.courier.turns) == before
    assert not made.network.courier.is_served
    assert made.taken("beta") == [bytes([number]) for number in range(40)]
    assert made.network.courier.trouble is None


def test_slots_that_are_waited_for_pass_where_nothing_happens() -> None:
    made = posts(config=NetworkConfig(slot_time=0.1), clock=WallClock())
    made.network.courier.set_mode(ModeKind.DELAYED, 3)
    sent = made.send("alpha", "beta", b"one")
    with served(made):
        until(lambda: all_are(made, Status.DELIVERED, sent))
    assert made.taken("beta") == [b"one"]


def by_hand(config: NetworkConfig) -> tuple[Posts, Carrying]:
    """A network whose courier works when the test says."""
    made = posts(config=config)
    made.network.courier.is_served = True
    return made, Carrying(made.network)


def test_who_takes_a_delay_back_need_not_wait_for_its_end() -> None:
    made, carrying = by_hand(NetworkConfig(slot_time=None))
    courier = made.network.courier
    courier.set_mode(ModeKind.DELAYED, 1000)
    sent = made.send("alpha", "beta", b"one")
    made.network.settle()
    carrying.turn(1.0)
    release = carrying.look(1.0)
    assert release is not None
    assert release > 500
    courier.set_mode(ModeKind.AUTOMATIC)
    assert carrying.look(2.0) == 2.0
    for now in range(2, 10):
        carrying.turn(float(now))
    assert all_are(made, Status.DELIVERED, sent)
    assert carrying.look(10.0) is None


def test_a_delay_is_over_as_soon_as_a_logical_clock_has_moved_on() -> None:
    """It stands still while nothing happens, and moves by a second with a block of any zone."""
    made, carrying = by_hand(NetworkConfig(slot_time=None))
    made.network.courier.set_mode(ModeKind.DELAYED, 5)
    sent = made.send("alpha", "beta", b"one")
    made.network.settle()
    carrying.turn(1.0)
    turns = made.network.courier.turns
    release = carrying.look(1.0)
    assert release is not None
    for now in (release, 2 * release, 1000.0):
        assert not carrying.turn(now)
    # Nor does anybody look for nothing.
    assert made.network.courier.turns == turns
    made.network.mine(made.port("system"), 5)
    assert carrying.look(1000.0) == 1000.0
    assert carrying.turn(1000.0)
    assert all_are(made, Status.DELIVERED, sent)


def test_who_is_paused_waits_for_no_delay() -> None:
    made, carrying = by_hand(NetworkConfig(slot_time=None))
    courier = made.network.courier
    courier.set_mode(ModeKind.DELAYED, 5)
    sent = made.send("alpha", "beta", b"one")
    made.network.settle()
    carrying.turn(1.0)
    courier.pause()
    made.network.mine(made.port("system"), 5)
    assert carrying.look(2.0) is None
    courier.resume()
    assert carrying.look(3.0) == 3.0
    assert carrying.turn(3.0)
    assert all_are(made, Status.DELIVERED, sent)


def test_a_message_that_waits_for_its_slots_holds_up_no_other_path() -> None:
    made, carrying = by_hand(NetworkConfig(slot_time=None))
    alpha, beta = made.index("alpha"), made.index("beta")
    fault = made.network.courier.faults.inject(DelayDeliveries(1000, Selection(source=alpha)))
    assert isinstance(fault.kind, DelayDeliveries)
    waits = made.send("alpha", "beta", b"late")
    made.network.settle()
    carrying.turn(1.0)
    other = made.send("beta", "alpha", b"soon")
    assert other.source == beta
    made.network.settle()
    for now in range(2, 10):
        carrying.turn(float(now))
    assert made.status(waits, other) == [Status.SETTLED, Status.DELIVERED]
    release = carrying.look(10.0)
    assert release is not None
    assert release > 500
