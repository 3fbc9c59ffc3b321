"""Where history is bounded, so is what is held of messages; what is not done stays, and can be delivered."""

from __future__ import annotations

import pytest

from devnet.messages.faults import DropDeliveries, Selection
from devnet.messages.life import Status
from devnet.messages.messages import Messages
from devnet.network import NetworkConfig
from devnet.packets.options import Compose
from devnet.zone.errors import HistoryGone
from tests.messages.posts import GAS, Posts, posts

HISTORY = 8


@pytest.fixture
def made() -> Posts:
    bounded = posts(config=NetworkConfig(history=HISTORY))
    bounded.network.messages.forgetting.room = 8
    return bounded


def go_on(made: Posts, rounds: int) -> None:
    """Messages that are delivered, and blocks enough that theirs are let go."""
    for _ in range(rounds):
        sent = [made.send("alpha", "beta", bytes([number])) for number in range(3)]
        made.network.settle()
        assert made.status(*sent) == [Status.DELIVERED] * 3
        # A block goes after it is settled, or its zone cannot be settled any more.
        for _ in range(2):
            for zone in made.network.zones.values():
                made.network.mine(zone, HISTORY // 2)
            made.network.settle()


def held(made: Posts) -> int:
    return sum(log.held + log.tree.size - log.tree.first for log in made.network.messages.logs)


def test_what_is_held_is_bounded_by_history(made: Posts) -> None:
    most = 0
    for _ in range(12):
        go_on(made, 2)
        most = max(most, held(made))
    # It would be more than 4 * 72: messages, what happened to them, their blocks, their places in the tree.
    assert most <= 100
    found = made.network.messages.find(limit=100)
    assert 0 < len(found) <= 24
    # Whoever looks for the first time finds what is in blocks that are kept, and the same of it.
    fresh = Messages(made.network).find(limit=100)
    assert found[: len(fresh)] == fresh


def test_what_is_not_done_stays_and_can_be_delivered(made: Posts) -> None:
    network = made.network
    stuck = made.send("system", "beta", b"stuck")
    network.courier.faults.inject(DropDeliveries(Selection(guid=stuck.guid)))
    made.tell("alpha", "refuse(bool)", 1)
    failed = made.send("beta", "alpha", b"failed")
    network.settle()
    made.tell("alpha", "refuse(bool)", 0)
    made.tell("system", "compose(uint16)", 1)
    composed = made.send("beta", "system", b"composed", Compose(0, 30_000), gas=400_000)
    network.settle()
    go_on(made, 8)
    before = made.network.messages.logs[made.index("alpha")].tree.first
    assert before > 0
    with pytest.raises(HistoryGone):
        made.port("system").block(stuck.sent.block_number)
    assert made.status(stuck, failed, composed) == [Status.SETTLED, Status.FAILED, Status.DELIVERED]
    network.courier.faults.clear()
    network.courier.step()
    network.courier.retry(failed.guid)
    network.courier.retry(composed.guid, compose=0, gas=GAS)
    assert made.status(stuck, failed, composed) == [Status.DELIVERED] * 3
    assert made.composed("system") == [b"composed"]
    go_on(made, 12)
    assert [network.messages.get(each.guid) for each in (stuck, failed, composed)] == [None] * 3


def test_reorgs_of_what_is_kept_take_back_what_they_took_back(made: Posts) -> None:
    go_on(made, 6)
    network = made.network
    network.courier.pause()
    sent = made.send("alpha", "beta", b"sent")
    count = len(network.messages.find(limit=100))
    network.rollback(made.port("alpha"), 1)
    assert network.messages.get(sent.guid) is None
    assert len(network.messages.find(limit=100)) == count - 1
    again = made.send("alpha", "beta", b"again")
    network.settle()
    network.courier.resume()
    network.courier.step()
    assert made.status(again) == [Status.DELIVERED]
    network.rollback(made.port("beta"), 1)
    assert made.status(again) == [Status.SETTLED]
    network.courier.step()
    assert made.status(again) == [Status.DELIVERED]


def test_where_all_history_is_kept_nothing_is_let_go() -> None:
    whole = posts()
    whole.network.messages.forgetting.room = 4
    go_on(whole, 6)
    assert len(whole.network.messages.find(limit=100)) == 18
