"""Asking about messages takes as long as the contracts that are asked want, and holds up nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from devnet.messages.errors import NotDeliverable
from devnet.messages.host import MessageHost
from devnet.messages.life import Status
from devnet.messages.message import MessageCursor, MessageFilter
from devnet.messages.messages import PICKED, Found, Messages
from devnet.messages.retrying import Retrying
from devnet.network import Network
from devnet.zone.port import ZonePort
from tests.messages.posts import Posts, posts

BLOCKED = MessageFilter(statuses=frozenset((Status.BLOCKED,)))
EVERYTHING = MessageFilter()


@pytest.fixture(scope="module")
def closed() -> Posts:
    """Four messages wait for a receiver that takes none; two are not settled."""
    made = posts()
    made.tell("beta", "close(bool)", 1)
    for number in range(4):
        made.send("alpha", "beta", bytes([number]))
    made.network.settle()
    for number in range(2):
        made.send("beta", "alpha", bytes([number]))
    return made


class Watched:
    """A zone, and who watches its calls."""

    def __init__(self, port: ZonePort, watch: Any) -> None:
        self._port, self._watch = port, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def call(self, *arguments: Any) -> Any:
        self._watch()
        return self._port.call(*arguments)


def watched(network: Network, watch: Callable[[], None]) -> MessageHost:
    """The network, whose zones' calls are watched."""
    host = SimpleNamespace(
        zones={name: Watched(port, watch) for name, port in network.zones.items()},
        settlement=network.settlement,
        eids=network.eids,
        artifacts=network.artifacts,
    )
    return cast(MessageHost, host)


def test_nobody_waits_for_what_a_contract_is_asked(closed: Posts) -> None:
    network = closed.network
    free: list[bool] = []

    def watch() -> None:
        def try_it() -> None:
            free.append(messages.lock.acquire(blocking=False))
            if free[-1]:
                messages.lock.release()

        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()

    messages = Messages(watched(network, watch))
    found = messages.find(BLOCKED)
    assert len(found) == 4
    assert messages.found(found[0].message.guid) == found[0]
    assert messages.life(found[1].message) == found[1].life
    assert len(free) >= 6
    assert all(free)


def test_a_retry_asks_no_more_than_what_it_needs_to_know() -> None:
    made = posts()
    made.network.courier.pause()
    message = made.send("alpha", "beta", b"hello")
    made.network.settle()
    calls: list[None] = []
    host = watched(made.network, lambda: calls.append(None))
    retrying = Retrying(host, Messages(host))
    _, jobs = retrying.jobs(message.guid, None, None, None)
    # Whether the receiver takes the path, and what proving it would do.
    assert (len(jobs), len(calls)) == (2, 2)
    made.tell("beta", "close(bool)", 1)
    calls.clear()
    with pytest.raises(NotDeliverable, match="until its peer is set"):
        retrying.jobs(message.guid, None, None, None)
    assert len(calls) == 1


def test_a_receiver_that_took_a_message_is_not_asked_whether_it_takes_others() -> None:
    made = posts()
    calls: list[None] = []
    messages = Messages(watched(made.network, lambda: calls.append(None)))
    first = made.send("alpha", "beta", b"one")
    made.network.settle()
    assert made.status(first) == [Status.DELIVERED]
    # From now on it would say no.
    made.tell("beta", "close(bool)", 1)
    made.network.courier.pause()
    second = made.send("alpha", "beta", b"two")
    made.network.settle()
    assert messages.life(second).status is Status.SETTLED
    # A trial of proving it.
    assert len(calls) == 1


def test_a_list_ends_when_its_time_is_over_and_goes_on_from_there(closed: Posts) -> None:
    messages = closed.network.messages
    for wanted in (BLOCKED, EVERYTHING):
        whole = messages.find(wanted)
        found: list[Found] = []
        cursor: MessageCursor | None = None
        pages = 0
        while pages == 0 or cursor is not None:
            page = messages.page(wanted, 50, cursor, 0.0)
            found += page.found
            cursor = page.cursor
            pages += 1
        assert tuple(found) == whole
        # One look each, whether it fits or not, and one to see that there is no more.
        assert pages == 7


def test_pages_are_as_long_as_asked_for_and_the_last_one_says_so(closed: Posts) -> None:
    messages = closed.network.messages
    whole = messages.find()
    page = messages.page(EVERYTHING, 4, None, None)
    assert (page.found, page.cursor) == (whole[:4], MessageCursor.of(whole[3].message))
    page = messages.page(EVERYTHING, 2, page.cursor, None)
    assert (page.found, page.cursor) == (whole[4:], None)
    # What comes before is of no status that is asked for.
    page = messages.page(BLOCKED, 4, None, None)
    assert (page.found, page.cursor) == (whole[2:], None)


def test_more_messages_than_are_picked_at_once_are_found() -> None:
    made = posts()
    for _ in range(PICKED + 3):
        made.send_later("alpha", "beta", b"")
    numbers = [each.message.number for each in made.network.messages.find(limit=1_000)]
    assert numbers == list(range(PICKED + 2, -1, -1))
    before = MessageCursor.of(made.network.messages.find(limit=1)[0].message)
    assert len(made.network.messages.find(limit=1_000, before=before)) == PICKED + 2
