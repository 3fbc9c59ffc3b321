"""The courier under a server: messages arrive by themselves, and a network in which nothing happens rests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devnet.clock import WallClock
from devnet.messages.life import Status
from devnet.messages.message import Message
from devnet.messages.modes import ModeKind
from devnet.network import NetworkConfig
from devnet.rpc.server import RpcServer, ServerOptions
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
