"""Where a state says so, witnesses are recorded on other threads while one thread commits, rolls back and
forgets."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from typing import Any

import pytest

from devnet.chain.account import ChangeSet
from devnet.chain.types import Hash32
from devnet.state import StateGone
from devnet.state.config import QmdbConfig
from devnet.state.verify import verify
from tests.state.both import OPENERS, STATES
from tests.state.changing import Changing

CONFIG = QmdbConfig(1, 999, 1000)
"""Compacts at every change, so twigs die and are forgotten while somebody records."""


def test_the_reference_says_that_only_the_committing_thread_records() -> None:
    assert [make.records_anywhere for make in STATES.values()] == [name == "native" for name in STATES]


@pytest.mark.skipif("native" not in STATES, reason="there is no kernel")
def test_witnesses_of_kept_heights_are_right_while_the_state_changes() -> None:
    state: Any = STATES["native"](CONFIG)
    changing = Changing(21)
    done: dict[tuple[int, Hash32], tuple[Hash32, ChangeSet]] = {}
    """By a height and its root: the root and the changes of a block that followed it, once."""

    def commit() -> None:
        changes = changing.changes(20)
        before, height = state.root, state.height + 1
        done[height - 1, before] = (state.commit(height, changes), changes)

    for _ in range(30):
        commit()
    stop = threading.Event()
    failures: list[str] = []
    seen: Counter[str] = Counter()

    def record(number: int) -> None:
        rng = random.Random(number)
        while not stop.is_set():
            height = state.height - 2 - rng.randrange(20)
            try:
                recorder = state.recorder(height, CONFIG)
                root = recorder.view.root
                if (height, root) not in done:
                    # The block is one that took another one's place just now.
                    continue
                expected, changes = done[height, root]
                assert recorder.view.commit(changes) == expected
                witness = recorder.witness()
                address = rng.choice(changing.addresses)
                proof = state.prove(address, height)
                if state.root_at(height) == root:
                    value = verify(root, address, proof.encode())
                    assert value == proof.value
                    seen["proven"] += 1
                seen["recorded"] += 1
                seen["old"] += state.height > height + 1
            except StateGone:
                seen["gone"] += 1
                continue
            except Exception as error:  # Whatever it is, the test must fail with it.
                failures.append(repr(error))
                return
            for opens in OPENERS.values():
                opened = opens(witness, root, height, CONFIG, {})
                if opened.commit(changes) != expected:
                    failures.append(f"height {height}: another root")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=record, args=(number,)) for number in range(2)]
    try:
        for thread in threads:
            thread.start()
        rng = random.Random(9)
        for blocks in range(3000):
            if (blocks >= 300 and seen["old"] > 100 and seen["gone"]) or failures:
                break
            commit()
            state.forget(state.height - 25)
            if rng.random() < 0.2:
                state.rollback(max(state.height - rng.randrange(1, 8), state.oldest_height))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert failures == []
    assert seen["old"] > 100
    assert seen["gone"]
    assert seen["proven"]


@pytest.mark.skipif("native" not in STATES, reason="there is no kernel")
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_recorder_whose_height_went_away_says_so(is_forgotten: bool) -> None:
    """A block that took the place of one that was rolled back is another one."""
    state: Any = STATES["native"](CONFIG)
    changing = Changing(4)
    for height in range(6):
        state.commit(height, changing.changes(20))
    recorder = state.recorder(4, CONFIG)
    kept = state.recorder(1, CONFIG) if not is_forgotten else state.recorder(5, CONFIG)
    if is_forgotten:
        state.forget(5)
    else:
        state.rollback(3)
        state.commit(4, changing.changes(20))
    addresses = changing.addresses[:50]
    with pytest.raises(StateGone):
        [recorder.view.account(address) for address in addresses]
    view = state.view(5 if is_forgotten else 1)
    assert [kept.view.account(address) for address in addresses] == [view.account(a) for a in addresses]
