"""Views are read on other threads while one thread commits and rolls back."""

from __future__ import annotations

import random
import sys
import threading

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.state import StateGone
from devnet.state.qmdb import Qmdb, QmdbConfig

EVERYONE = [Address(bytes([n]) * 20) for n in range(40)]


def expected_balance(stamp: int, n: int) -> int:
    """What block `stamp` gives account `n`; 0 means that the account is not there."""
    return 0 if (stamp + n) % 5 == 0 else stamp * 1000 + n


def block(stamp: int) -> ChangeSet:
    """Changes that let a reader tell from any two values whether they are of the same block."""
    accounts = {}
    for n, address in enumerate(EVERYONE[1:], start=1):
        balance = expected_balance(stamp, n)
        accounts[address] = Account(0, Wei(balance)) if balance else None
    accounts[EVERYONE[0]] = Account(stamp + 1, Wei(0))
    return ChangeSet(accounts, {(address, 7): stamp % 3 for address in EVERYONE})


def test_readers_see_whole_blocks_or_state_gone() -> None:
    state = Qmdb(QmdbConfig(1, 999, 1000))
    state.commit(0, block(0))
    stop = threading.Event()
    failures: list[str] = []
    reads = [0, 0, 0]

    def reader(number: int) -> None:
        random_ = random.Random(number)
        while not stop.is_set():
            try:
                view = state.view(max(state.height - random_.randrange(4), 0))
                marker = view.account(EVERYONE[0])
                assert marker is not None
                stamp = marker.nonce - 1
                for n in random_.sample(range(1, 40), 10):
                    account = view.account(EVERYONE[n])
                    balance = 0 if account is None else account.balance
                    if balance != expected_balance(stamp, n) or view.storage(EVERYONE[n], 7) != stamp % 3:
                        failures.append(f"view {view.height}: stamp {stamp}, account {n} has {balance}")
                if random_.random() < 0.1:
                    alive = [a for n, a in enumerate(EVERYONE) if not n or expected_balance(stamp, n)]
                    if list(view.addresses()) != alive:
                        failures.append(f"view {view.height}: addresses of another block")
                reads[number] += 1
            except StateGone:
                continue
            except Exception as error:  # Whatever it is, the test must fail with it.
                failures.append(repr(error))
                return

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=reader, args=(number,)) for number in range(3)]
    try:
        for thread in threads:
            thread.start()
        random_ = random.Random(9)
        for stamp in range(1, 251):
            state.commit(state.height + 1, block(stamp))
            state.forget(state.height - 20)
            if random_.random() < 0.2:
                state.rollback(max(state.height - random_.randrange(1, 5), state.oldest_height))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert failures == []
    assert all(reads)
