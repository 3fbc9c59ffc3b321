"""An answer that may show a change is given when that change is written, not when the one before it is."""

from __future__ import annotations

import asyncio

import pytest

from devnet.rpc.serving.settling import Settling

pytestmark = pytest.mark.asyncio


async def test_an_answer_waits_for_the_change_that_it_may_show() -> None:
    settling = Settling(asyncio.get_running_loop(), is_kept=True)
    assert settling.settled() is None
    with settling.change():
        held = settling.settled()
        assert held is not None
        await asyncio.sleep(0)
        assert not held.done()
    await asyncio.wait_for(held, 10)
    assert settling.settled() is None


async def test_the_end_of_one_change_gives_nothing_that_the_next_one_may_be_in() -> None:
    settling = Settling(asyncio.get_running_loop(), is_kept=True)
    first = settling.change()
    with first:
        before = settling.settled()
    # The release waits in the loop's queue, as it does when the loop is busy.
    second = settling.change()
    with second:
        after = settling.settled()
        assert before is not None
        assert after is not None
        await asyncio.wait_for(before, 10)
        await asyncio.sleep(0)
        assert not after.done()
    await asyncio.wait_for(after, 10)


async def test_whoever_gave_up_waiting_is_no_hindrance() -> None:
    settling = Settling(asyncio.get_running_loop(), is_kept=True)
    with settling.change():
        gone, held = settling.settled(), settling.settled()
        assert gone is not None
        assert held is not None
        gone.cancel()
    await asyncio.wait_for(held, 10)


async def test_in_memory_nothing_waits() -> None:
    settling = Settling(asyncio.get_running_loop(), is_kept=False)
    with settling.change():
        assert settling.settled() is None
