"""Updates are recorded on another thread while the network's goes on, where the state allows it."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter

import pytest

from devnet.chain.types import Address
from devnet.kernel import absence
from devnet.proving.flaws import Refused
from devnet.state import StateGone
from devnet.zone.errors import ZoneError
from tests.proving.updates import Chain, Update, verify

pytestmark = pytest.mark.skipif(absence() is not None, reason="there is no kernel")


def test_what_is_recorded_beside_blocks_that_are_made_and_taken_back_is_proven() -> None:
    chain = Chain("native")
    assert chain.zone._ledger.state.records_anywhere

    def mine(number: int) -> None:
        for sender in range(3):
            chain.send(sender, Address(number.to_bytes(20, "big")), value=1)
        chain.mine()

    for number in range(1, 9):
        mine(number)
    stop = threading.Event()
    updates: list[Update] = []
    failures: list[str] = []
    seen: Counter[str] = Counter()

    def record() -> None:
        rng = random.Random(1)
        while not stop.is_set():
            last = chain.number - rng.randrange(2)
            first = rng.randint(max(1, last - 5), last)
            try:
                updates.append(chain.update(first, last))
                seen["behind"] += chain.number > last
            except (Refused, StateGone, ZoneError):
                # A block was taken back between two looks at it.
                seen["gone"] += 1
            except Exception as error:  # Whatever it is, the test must fail with it.
                failures.append(repr(error))
                return

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=record)
    try:
        thread.start()
        rng = random.Random(2)
        for number in range(10, 400):
            if failures or (number >= 60 and seen["behind"] > 20):
                break
            mine(number)
            if rng.random() < 0.1:
                chain.network.rollback(chain.zone, rng.randrange(1, 3))
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(interval)
    assert failures == []
    assert seen["behind"] > 20
    for update in random.Random(3).sample(updates, 20):
        verify(update)
