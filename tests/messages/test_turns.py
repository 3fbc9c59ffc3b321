"""Turns of limited work under a server: no path, busy or blocked, keeps others from theirs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from devnet.accounts.keyring import KeyRing
from devnet.chain.types import Address, Wei
from devnet.clock import LogicalClock
from devnet.messages.courier import LOOKS, Courier
from devnet.messages.faults import DropDeliveries, Selection
from devnet.messages.host import MessageHost
from devnet.messages.life import Status
from devnet.messages.messages import Messages
from devnet.messages.modes import ModeKind
from devnet.network import Network
from devnet.packets.options import NativeDrop, Ordered
from devnet.packets.packet import padded
from devnet.rpc.serving.carrying import Carrying
from devnet.zone.messages import Mining
from devnet.zone.port import ZonePort
from tests.messages.posts import Posts, posts

LUCKY = Address(b"\xab" * 20)


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


def test_ordered_messages_are_not_looked_through_for_the_one_whose_turn_it_is(served: Posts) -> None:
    """Each is looked at when it is proven, when it is delivered, and a few times between."""
    count = 40
    many = [served.send("alpha", "beta", bytes([number]), Ordered()) for number in range(count)]
    network, courier = served.network, served.network.courier
    network.settle()
    while not courier.serve(4).is_done:
        pass
    assert served.status(*many) == [Status.DELIVERED] * count
    assert served.taken("beta") == [bytes([number]) for number in range(count)]
    assert count <= courier.looked_at <= 6 * count


def test_what_is_proven_behind_a_gap_is_not_looked_at(served: Posts) -> None:
    count = 40
    network, courier = served.network, served.network.courier
    first = served.send("alpha", "beta", b"first")
    courier.faults.inject(DropDeliveries(Selection(guid=first.guid)))
    many = [served.send("alpha", "beta", bytes([number])) for number in range(count)]
    network.settle()
    while not courier.serve(8).is_done:
        pass
    before = courier.looked_at
    for _ in range(5):
        network.mine(served.port("beta"))
        courier.serve(8)
    assert courier.looked_at - before <= 5 * 2
    courier.faults.clear()
    while not courier.serve(8).is_done:
        pass
    assert served.status(first, *many) == [Status.DELIVERED] * (count + 1)


def test_of_many_delayed_messages_those_are_not_looked_at_whose_time_has_not_come(served: Posts) -> None:
    count = 40
    network, courier = served.network, served.network.courier
    courier.set_mode(ModeKind.DELAYED, 1000)
    for number in range(count):
        served.send("alpha", "beta", bytes([number]))
    network.settle()
    for _ in range(5):
        network.mine(served.port("beta"))
        courier.serve(8)
    assert courier.looked_at <= 5 * 2


def test_of_what_waits_in_a_mempool_only_what_is_new_is_looked_at(served: Posts) -> None:
    network, courier, beta = served.network, served.network.courier, served.port("beta")
    beta.set_mining(Mining(automine=False))
    many = [served.send("alpha", "beta", bytes([number])) for number in range(20)]
    network.settle()
    network.mine(beta)
    courier.step()
    waiting = courier.pools[served.index("beta")]
    assert len(beta.pending_transactions()) == waiting.looks == 40
    more = served.send("alpha", "beta", b"more")
    network.settle()
    for _ in range(5):
        # Beta does not know yet that it is settled.
        courier.step()
    assert len(beta.pending_transactions()) == waiting.looks == 40
    network.mine(beta)
    courier.step()
    network.mine(beta)
    courier.step()
    assert served.status(*many, more) == [Status.DELIVERED] * 21
    assert waiting.looks == 42
    # Each twice at most: when it is sent and when a block may have taken it.
    assert courier.sent.looks <= 2 * 42


@pytest.mark.parametrize("how", ["nonce set back", "first one dropped", "all dropped"])
def test_what_waits_behind_a_nonce_that_nobody_uses_is_sent_again(served: Posts, how: str) -> None:
    network, courier, beta = served.network, served.network.courier, served.port("beta")
    first = served.send("alpha", "beta", b"first", NativeDrop(Wei(30), padded(LUCKY)))
    network.settle()
    courier.step()
    assert served.status(first) == [Status.DELIVERED]
    beta.set_mining(Mining(automine=False))
    many = [served.send("alpha", "beta", bytes([k]), NativeDrop(Wei(30), padded(LUCKY))) for k in range(3)]
    network.settle()
    network.mine(beta)
    courier.step()
    waiting = beta.pending_transactions()
    assert len(waiting) == 6
    match how:
        case "nonce set back":
            beta.set_account(waiting[0].sender, nonce=1)
        case "first one dropped":
            beta.drop_transaction(waiting[0].hash)
        case _:
            beta.drop_transactions_of(waiting[0].sender)
    assert beta.pending_transactions() == ()
    courier.step()
    assert len(beta.pending_transactions()) == 6
    network.mine(beta)
    assert served.status(*many) == [Status.DELIVERED] * 3
    # Nothing waits that would do it again.
    assert (beta.status().pending, beta.status().queued) == (0, 0)
    assert beta.balance(LUCKY) == 4 * 30


def test_a_nonce_that_was_set_back_stops_nothing_where_blocks_are_made_at_once(served: Posts) -> None:
    network, courier, beta = served.network, served.network.courier, served.port("beta")
    for number in range(3):
        message = served.send("alpha", "beta", bytes([number]))
        network.settle()
        courier.step()
        assert served.status(message) == [Status.DELIVERED]
        for account in courier.addresses:
            beta.set_account(account, nonce=0)
    assert courier.trouble is None


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
