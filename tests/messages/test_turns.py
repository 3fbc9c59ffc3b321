"""Turns of limited work under a server: no path, busy or blocked, keeps others from theirs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from devnet.accounts.keyring import KeyRing
from devnet.chain.types import Address
from devnet.clock import LogicalClock
from devnet.messages.courier import LOOKS, Courier
from devnet.messages.host import MessageHost
from devnet.messages.life import Status
from devnet.messages.messages import Messages
from devnet.messages.modes import ModeKind
from devnet.network import Network
from devnet.rpc.serving.carrying import Carrying
from devnet.zone.port import ZonePort
from tests.messages.posts import Posts, posts


@pytest.fixture
def served() -> Posts:
    """A network whose turns are taken by the test, as a server would."""
    made = posts()
    made.network.courier.is_served = True
    return made


def test_a_path_with_much_to_do_leaves_turns_to_others(served: Posts) -> None:
    many = [served.send("alpha", "beta", bytes([number])) for number in range(6)]
    one = served.send("beta", "alpha", b"one")
    served.network.settle()
    courier = served.network.courier
    for _ in range(2):
        assert not courier.serve(2).is_done
    assert served.status(one) == [Status.DELIVERED]
    for _ in range(3):
        courier.serve(2)
    assert served.status(*many) == [Status.DELIVERED] * 6


def test_a_path_behind_many_blocked_ones_has_its_turn_though_blocks_go_on(served: Posts) -> None:
    nowhere = [Address(bytes(18) + number.to_bytes(2, "big")) for number in range(0xF000, 0xF000 + LOOKS + 3)]
    box = served.boxes["beta"]
    for address in nowhere:
        served.boxes["beta"] = address
        served.send_later("alpha", "beta", b"to nobody")
    served.boxes["beta"] = box
    message = served.send("alpha", "beta", b"to somebody")
    network, beta = served.network, served.port("beta")
    network.settle()
    first = network.courier.serve(8)
    assert not first.is_done
    assert {action.transaction_hash for action in first.actions} == {None}
    # All that is blocked might not be any more.
    network.mine(beta)
    network.courier.serve(8)
    assert served.status(message) == [Status.DELIVERED]


def test_many_delays_are_waited_for_and_none_is_forgotten(served: Posts) -> None:
    network, courier = served.network, served.network.courier
    courier.set_mode(ModeKind.DELAYED, 5)
    box = served.boxes["beta"]
    for number in range(0xF000, 0xF000 + LOOKS + 3):
        served.boxes["beta"] = Address(bytes(18) + number.to_bytes(2, "big"))
        served.send_later("alpha", "beta", b"to nobody")
    served.boxes["beta"] = box
    message = served.send("alpha", "beta", b"to somebody")
    network.settle()
    # Every path has its look, and then there is nothing to do before the time has come.
    turns = [courier.serve(8).is_done for _ in range(3)]
    assert turns == [False, True, True]
    assert courier.next_release is not None
    assert not courier.has_news()
    assert isinstance(network.clock, LogicalClock)
    network.clock.now += 60
    assert courier.next_release == 0.0
    courier.serve(8)
    courier.serve(8)
    assert served.status(message) == [Status.DELIVERED]


class BadDisk:
    """A zone whose blocks cannot be read for a while."""

    def __init__(self, port: ZonePort) -> None:
        self._port, self.is_broken = port, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def block(self, *arguments: Any) -> Any:
        if self.is_broken:
            raise OSError("the disk does not answer")
        return self._port.block(*arguments)


def test_what_cannot_be_looked_at_is_looked_at_again_and_ends_nothing(served: Posts) -> None:
    zones = {name: BadDisk(port) for name, port in served.network.zones.items()}
    host = cast(
        MessageHost,
        SimpleNamespace(
            zones=zones,
            settlement=served.network.settlement,
            clock=served.network.clock,
            eids=served.network.eids,
            slot_seconds=1.0,
        ),
    )
    courier = Courier(host, Messages(host), KeyRing())
    carrying = Carrying(cast(Network, SimpleNamespace(courier=courier)))
    due = carrying.look(100.0)
    assert due is not None
    assert due > 100.0
    assert "the disk does not answer" in (courier.trouble or "")
    for zone in zones.values():
        zone.is_broken = False
    assert carrying.look(due) == due
    assert not carrying.turn(due)
    assert carrying.look(due) is None
    assert courier.trouble is None
