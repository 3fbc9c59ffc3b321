"""The thread that decides loads what it needs before there is something to decide."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from devnet.pipeline import Outcome, Recording
from devnet.rpc.serving.settlement_thread import SettlementThread
from devnet.settlement.drafting import Drafting
from tests.settlement.networks import network, pay
from tests.settlement.test_pipeline import needs_kernel

PROGRAM = """
import sys
from devnet.rpc.serving.settlement_thread import SettlementThread

rehearsed = []
thread = SettlementThread(lambda outcome: None, lambda: rehearsed.append(1))
assert thread.stop(0)
thread.prepare()
assert thread.stop(0), "it does not start any more"
assert not thread.is_ready
thread = SettlementThread(lambda outcome: None, lambda: rehearsed.append(1))
assert "devnet.settlement.settler" not in sys.modules
thread.prepare()
thread.prepare()
assert thread.stop(60)
assert thread.is_ready
assert rehearsed == [1]
assert "devnet.settlement.settler" in sys.modules
assert "devnet.proving.stateless" in sys.modules
print("loaded")
"""


@pytest.mark.own_parts
def test_what_deciding_needs_is_loaded_beside_the_requests() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == ("loaded\n", "")


class Panic(BaseException):
    """What the kernel's faults are that nothing turns into an exception."""


class Watched(Drafting):
    """A draft that does something before it is recorded."""

    before: Callable[[], None]

    def record(self) -> None:
        self.before()
        super().record()


def watched(before: Callable[[], None]) -> Recording:
    net = network()
    pay(net, "alpha")
    made = net.settlement.settler.drafting()
    assert made is not None
    drafting = Watched(made.base, made.slot, made._tasks, made._show, made._conditions)
    drafting.before = before
    return Recording(drafting)


@needs_kernel
def test_it_outlives_whatever_happens_on_it() -> None:
    def panic() -> None:
        raise Panic("a fault")

    told: SimpleQueue[Outcome] = SimpleQueue()
    thread = SettlementThread(told.put, lambda: None)
    thread.do(watched(panic))
    reason = told.get(timeout=60).result
    assert isinstance(reason, Exception)
    assert "Panic: a fault" in str(reason)
    following = watched(lambda: None)
    thread.do(following)
    assert told.get(timeout=60).result is None
    assert following.drafting.draft is not None
    assert thread.stop(60)


@needs_kernel
def test_stopped_it_finishes_what_it_does_and_begins_nothing_more() -> None:
    began, may_go_on = threading.Event(), threading.Event()

    def wait() -> None:
        began.set()
        assert may_go_on.wait(60)

    told: SimpleQueue[Outcome] = SimpleQueue()
    thread = SettlementThread(told.put, lambda: None)
    first, second = watched(wait), watched(lambda: None)
    thread.do(first)
    thread.do(second)
    assert began.wait(60)
    assert not thread.stop(0)
    may_go_on.set()
    assert thread.stop(60)
    assert told.get(timeout=60).work is first
    assert told.empty()
    assert second.drafting.draft is None
