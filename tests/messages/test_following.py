"""Messages follow from the chains: in another process, from a dump, with pruned history. They cost nothing
where there are none."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from devnet.chain.types import ZoneName
from devnet.folder import DataFolder
from devnet.messages.errors import NoMessaging
from devnet.messages.life import Status
from devnet.messages.messages import Messages
from devnet.network import Network, NetworkConfig
from tests.messages.posts import Posts, parts_of, posts

DELIVERED = Status.DELIVERED


def texts(made: Posts) -> list[tuple[bytes, Status]]:
    """Of all messages, oldest first."""
    found = made.network.messages.find(limit=100)
    return [(each.message.packet.message, each.life.status) for each in reversed(found)]


def test_a_network_goes_on_in_another_process(tmp_path: Path) -> None:
    config = NetworkConfig()
    made = posts(folder=DataFolder.open(tmp_path / "data", config), config=config)
    made.send("alpha", "beta", b"one")
    made.network.settle()
    made.network.courier.pause()
    made.send("alpha", "beta", b"two")
    made.network.settle()
    made.send("beta", "alpha", b"three")
    before = texts(made)
    assert before == [(b"one", DELIVERED), (b"two", Status.SETTLED), (b"three", Status.SENT)]
    made.network.close()
    again = Network(config, parts_of("native"), folder=DataFolder.open(tmp_path / "data", config))
    made.network = again
    with again:
        assert texts(made) == before
        again.settle()
        assert [status for _, status in texts(made)] == [DELIVERED] * 3
        assert made.taken("beta") == [b"one", b"two"]


def test_a_dump_holds_what_is_on_its_way() -> None:
    made = posts()
    made.send("alpha", "beta", b"one")
    file = io.BytesIO()
    made.network.dump(file)
    made.send("alpha", "beta", b"two")
    made.network.settle()
    assert [status for _, status in texts(made)] == [DELIVERED] * 2
    file.seek(0)
    made.network.load(file)
    assert texts(made) == [(b"one", Status.SENT)]
    made.network.settle()
    assert texts(made) == [(b"one", DELIVERED)]
    assert made.taken("beta") == [b"one"]


def test_proofs_go_on_where_old_blocks_are_let_go() -> None:
    made = posts(config=NetworkConfig(history=8))
    for number in range(5):
        made.send("alpha", "beta", bytes([number]))
        made.network.settle()
    made.network.courier.pause()
    for _ in range(5):
        made.network.mine(made.port("alpha"), 6)
        made.network.settle()
    late = made.send("alpha", "beta", b"late")
    made.network.settle()
    # Somebody who looks for the first time begins where blocks are kept, with what the outbox has there.
    fresh = Messages(made.network)
    assert [each.message for each in fresh.find()] == [late]
    assert late.number == 5
    assert fresh.proof(late.guid) == made.network.messages.proof(late.guid)
    made.network.courier.resume()
    made.network.courier.step()
    assert made.taken("beta") == [bytes([number]) for number in range(5)] + [b"late"]


def test_blocks_without_messages_are_not_looked_through() -> None:
    made = posts()
    made.send("alpha", "beta", b"one")
    made.network.settle()
    made.network.messages.follow()
    logs = made.network.messages.logs
    looks, revisions = [log.looks for log in logs], [log.revision for log in logs]
    for _ in range(5):
        made.tell("alpha", "refuse(bool)", 0)
        made.network.mine(made.port("beta"), 20)
        made.network.settle()
    # Twenty blocks at once are one question, whose filters the zone itself looks at.
    assert [log.looks - before for log, before in zip(logs, looks, strict=True)] == [0, 0, 5]
    assert [log.revision for log in logs] == revisions


def test_a_look_at_some_zones_leaves_the_others_for_later() -> None:
    made = posts()
    made.network.courier.is_served = True
    made.network.messages.follow()
    message = made.send_later("alpha", "beta", b"one")
    made.network.mine(made.port("alpha"), 1)
    messages = made.network.messages
    messages.follow({ZoneName("beta")})
    assert messages.open.count == 0
    messages.follow({ZoneName("alpha")})
    assert (messages.open.count, messages.settled_count(1)) == (1, 0)
    made.network.settle()
    # What is settled is seen whatever zone was looked at.
    messages.follow({ZoneName("beta")})
    assert messages.settled_count(1) == 1
    assert made.status(messages.sent_by(1, message)[0]) == [Status.SETTLED]


def test_work_for_a_message_is_bounded() -> None:
    made = posts()
    for count in (1, 16):
        logs = made.network.messages.logs
        hashes, heights = sum(log.tree.hashes for log in logs), made.heights()
        sent = [made.send("alpha", "beta", b"x" * 32) for _ in range(count)]
        made.network.settle()
        assert made.status(*sent) == [DELIVERED] * count
        block = made.port("beta").block("latest")
        assert block is not None
        # One block, two transactions a message; a hash to append it, one a level to prove it, and one root.
        assert made.port("beta").number() == heights[2] + 1
        assert len(block.transactions) == 2 * count
        assert sum(log.tree.hashes for log in logs) - hashes <= count * (1 + 32) + 2 * 32


def test_where_every_block_is_settled_messages_arrive_at_once() -> None:
    made = posts(config=NetworkConfig(slot_time=0))
    sent = [made.send("alpha", "beta", b"one"), made.send("beta", "system", b"two")]
    assert made.status(*sent) == [DELIVERED] * 2
    assert made.network.settlement.standing() == ()


def test_networks_from_before_messages_say_so() -> None:
    network = Network(NetworkConfig(eids=None), parts_of("native"))
    assert not network.messages.is_there
    for question in (network.messages.find, network.courier.step, network.courier.status):
        with pytest.raises(NoMessaging, match="begin a new one"):
            question()
    network.mine(network.default_zone)
    network.settle()
    assert network.courier.trouble is None
