"""QMDB: blocks that create, update and delete, small blocks, rollback, reads, proofs, files, memory.

    python -m benchmarks.state [--keys 10000] [--rounds 5] [--only reference|native] [--threads 2]
    python -m benchmarks.state --fill 10000000

The reference runs on one core, the native state on as many threads as told. "Hashing alone" is the time of
the SHA-256 computations that the commit counted, each over 65 bytes, measured in the same round on one core
with what the state hashes with; the ratio of the two is what the store adds. `--fill` makes a native state of
so many accounts in blocks of 100,000 and says what they take and what blocks cost then.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.kernel import load
from devnet.persistence.home import Home
from devnet.state.native import NativeQmdb
from devnet.state.qmdb import DEVNET, Qmdb, account_key
from devnet.state.verify import verify

SMALL_BLOCK = 6
"""Keys that a block with one or two transactions changes."""

SMALL_BLOCKS = 200
LARGE_BLOCK = 10_000
"""Keys at most in a block that fills a state."""

FILLING_BLOCK = 100_000


def _timed(action: Callable[[], object]) -> float:
    """Seconds, with garbage from before out of the way."""
    gc.collect()
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


HASHES = 100_000


def _hash_all() -> None:
    data = bytes(65)
    for _ in range(HASHES):
        sha256(data).digest()


@dataclass(frozen=True)
class Kind:
    """One of the two states."""

    name: str
    new: Callable[..., Any]
    check: Callable[[Home], object]
    hash_all: Callable[[], object]
    """Computes `HASHES` hashes on one core with what the state hashes with."""


def _kinds(threads: int) -> list[Kind]:
    kernel = load()
    pool = kernel.Pool(threads)
    return [
        Kind("reference", Qmdb, partial(Qmdb.check, DEVNET), _hash_all),
        Kind(
            "native",
            partial(NativeQmdb, pool=pool),
            partial(NativeQmdb.check, DEVNET, pool=pool),
            partial(kernel.hash_nodes, HASHES),
        ),
    ]


def _balances(addresses: Sequence[Address], stamp: int) -> ChangeSet:
    return ChangeSet({address: Account(stamp, Wei(10**18 + stamp)) for address in addresses})


class Rows:
    """Figures by row, a value a round."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str, list[float]]] = {}

    def add(self, name: str, unit: str, value: float) -> None:
        self._values.setdefault(name, (unit, []))[1].append(value)

    def text(self) -> str:
        lines = []
        for name, (unit, values) in self._values.items():
            low, middle, high = min(values), statistics.median(values), max(values)
            lines.append(f"{name:<44} {middle:>12,.2f} {unit:<8} ({low:,.2f}–{high:,.2f})")
        return "\n".join(lines)


def _large_blocks(rows: Rows, addresses: Sequence[Address], kind: Kind) -> Any:
    """One block each that creates, updates and deletes; leaves the state after the update."""
    state = kind.new()
    count = len(addresses)
    per_hash = _timed(kind.hash_all) / HASHES
    changes: dict[str, Any] = {
        "create": _balances(addresses, 0),
        "update": _balances(addresses, 1),
        "delete": ChangeSet(dict.fromkeys(addresses)),
    }
    if kind.name == "native":
        # As the native engine gives them.
        changes = {name: load().ChangeSet(change) for name, change in changes.items()}
    for height, (name, change) in enumerate(changes.items()):
        before = state.costs.copy()
        seconds = _timed(partial(state.commit, height, change))
        hashing = (state.costs - before).hashes * per_hash
        rows.add(f"{name}: keys a second", "/s", count / seconds)
        rows.add(f"{name}: time over hashing alone", "x", seconds / hashing)
    state.rollback(1)
    return state


def _small_blocks(rows: Rows, state: Any, addresses: Sequence[Address], random_: random.Random) -> None:
    blocks = [_balances(random_.sample(addresses, SMALL_BLOCK), stamp + 9) for stamp in range(SMALL_BLOCKS)]
    first = state.height + 1

    def commit_all() -> None:
        for height, changes in enumerate(blocks, start=first):
            state.commit(height, changes)

    rows.add(f"block of {SMALL_BLOCK} updates", "us", _timed(commit_all) / SMALL_BLOCKS * 1e6)

    def take_back_one_by_one() -> None:
        for height in range(state.height - 1, first - 2, -1):
            state.rollback(height)

    rows.add(f"rollback of a block of {SMALL_BLOCK}", "us", _timed(take_back_one_by_one) / SMALL_BLOCKS * 1e6)


def _reads_and_proofs(rows: Rows, state: Any, addresses: Sequence[Address], random_: random.Random) -> None:
    view = state.view()
    sample = random_.sample(addresses, min(len(addresses), 10_000))

    def read_all() -> None:
        account = view.account
        for address in sample:
            account(address)

    rows.add("view.account", "ns", _timed(read_all) / len(sample) * 1e9)
    few = [account_key(address) for address in sample[:100]]
    proofs: list[bytes] = []
    rows.add(
        "prove", "us", _timed(lambda: proofs.extend(state.prove(k).encode() for k in few)) / len(few) * 1e6
    )
    rows.add(
        "verify",
        "us",
        _timed(lambda: [verify(state.root, *p) for p in zip(few, proofs, strict=True)]) / len(few) * 1e6,
    )
    first = state.height + 1
    for stamp in range(SMALL_BLOCKS):
        state.commit(first + stamp, _balances(random_.sample(addresses, SMALL_BLOCK), stamp + 9))
    for name in ("first proof", "next proof"):
        rows.add(
            f"{name} {SMALL_BLOCKS} blocks back", "us", _timed(lambda: state.prove(few[0], first - 1)) * 1e6
        )
    rows.add("bytes of a proof", "B", statistics.mean(map(len, proofs)))


def _files(rows: Rows, addresses: Sequence[Address], random_: random.Random, kind: Kind) -> None:
    """Writing blocks to the system, opening what was written, computing every kept root from it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), bytes(32), 0, None)
        state = kind.new(home=home)
        for first in range(0, len(addresses), LARGE_BLOCK):
            state.commit(state.height + 1, _balances(addresses[first : first + LARGE_BLOCK], 0))
        entries = state.costs.appends + state.costs.compaction_appends
        rows.add("write: entries a second", "/s", entries / _timed(state.write))
        state.committed()
        rows.add("bytes of files an entry", "B", state.files_size / entries)
        spent = 0.0
        for stamp in range(SMALL_BLOCKS):
            state.commit(state.height + 1, _balances(random_.sample(addresses, SMALL_BLOCK), stamp + 9))
            spent += _timed_once(state.write)
            state.committed()
        rows.add(f"write of a block of {SMALL_BLOCK} updates", "us", spent / SMALL_BLOCKS * 1e6)
        position = state.write()
        entries = state.costs.appends + state.costs.compaction_appends
        state.close()
        del state
        home = Home(Path(folder), bytes(32), 0, position)
        rows.add(f"open {entries:,} entries", "s", _timed(lambda: kind.new(home=home).close()))
        rows.add(f"check {entries:,} entries", "s", _timed(lambda: kind.check(home)))


def _timed_once(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _history(rows: Rows, addresses: Sequence[Address], random_: random.Random) -> None:
    """What a kept block takes, as measured and as the state counts it."""
    blocks = [_balances(random_.sample(addresses, SMALL_BLOCK), stamp + 9) for stamp in range(SMALL_BLOCKS)]
    tracemalloc.start()
    state = Qmdb()
    state.commit(0, _balances(addresses, 0))
    state.forget(0)
    for height, changes in enumerate(blocks, start=1):
        state.commit(height, changes)
    gc.collect()
    full = tracemalloc.get_traced_memory()[0]
    counted = state.history_size
    state.forget(state.height)
    gc.collect()
    freed = full - tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    rows.add(f"history: bytes a block of {SMALL_BLOCK} updates", "B", freed / SMALL_BLOCKS)
    rows.add("history: the same as counted", "B", counted / SMALL_BLOCKS)


def _memory(rows: Rows, addresses: Sequence[Address]) -> None:
    """What an account takes, created and updated, beside the caller's own `Address` and `Account`."""
    for is_kept, name in ((False, "no history"), (True, "all history")):
        blocks = [_balances(addresses, stamp) for stamp in range(2)]
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        state = Qmdb()
        empty = tracemalloc.get_traced_memory()[0]
        for height, changes in enumerate(blocks):
            state.commit(height, changes)
            if not is_kept:
                state.forget(height)
        gc.collect()
        full = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        rows.add(f"bytes an account, updated once, {name}", "B", (full - empty) / len(addresses))
        if is_kept:
            rows.add("bytes of an empty state", "KiB", (empty - before) / 1024)


def _resident() -> int:
    """Bytes of memory that this process has; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _fill(rows: Rows, count: int, threads: int) -> None:
    """A native state of `count` accounts: what they take, and what blocks cost at that size."""
    kernel = load()
    state = NativeQmdb(pool=kernel.Pool(threads))
    random_ = random.Random(1)
    before = _resident()
    spent = 0.0
    known: list[Address] = []
    for first in range(0, count, FILLING_BLOCK):
        addresses = [Address(random_.randbytes(20)) for _ in range(min(FILLING_BLOCK, count - first))]
        known += random_.sample(addresses, min(len(addresses), 1 + 1_000_000 * len(addresses) // count))
        changes = kernel.ChangeSet(_balances(addresses, 0))
        spent += _timed_once(partial(state.commit, state.height + 1, changes))
        state.forget(state.height)
        del changes, addresses
    rows.add("fill: accounts a second", "/s", count / spent)
    rows.add("fill: memory an account, as the state counts", "B", state.memory / count)
    rows.add("fill: the same as the process grew", "B", (_resident() - before) / count)
    for stamp in range(5):
        changes = kernel.ChangeSet(_balances(random_.sample(known, min(20_000, len(known))), stamp + 1))
        seconds = _timed_once(partial(state.commit, state.height + 1, changes))
        state.forget(state.height)
        rows.add("block of 20,000 updates", "ms", seconds * 1e3)
    _small_blocks(rows, state, known, random_)
    view = state.view()
    sample = random_.sample(known, min(len(known), 100_000))
    seconds = _timed(lambda: [view.account(address) for address in sample])
    rows.add("view.account", "ns", seconds / len(sample) * 1e9)
    keys = [account_key(address) for address in sample[:200]]
    rows.add("prove", "us", _timed(lambda: [state.prove(key) for key in keys]) / len(keys) * 1e6)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=10_000, help="accounts in the state and in a large block")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["reference", "native"])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the native state")
    parser.add_argument("--fill", type=int, metavar="ACCOUNTS", help="only the native state, of so many")
    options = parser.parse_args(arguments)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"compaction: {DEVNET.compaction_threshold}, {DEVNET.compaction_ratio}/{DEVNET.compaction_divisor}")
    if options.fill is not None:
        rows = Rows()
        _fill(rows, options.fill, options.threads)
        print(f"{options.fill:,} accounts, native on {options.threads} threads\n\n{rows.text()}")
        return 0
    print(f"{options.keys:,} accounts, {options.rounds} rounds; median (lowest–highest)")
    for kind in _kinds(options.threads):
        if options.only not in (None, kind.name):
            continue
        random_ = random.Random(1)
        addresses = [Address(random_.randbytes(20)) for _ in range(options.keys)]
        rows = Rows()
        for _ in range(options.rounds):
            rows.add("start of an empty state", "us", _timed(kind.new) * 1e6)
            state = _large_blocks(rows, addresses, kind)
            _small_blocks(rows, state, addresses, random_)
            _reads_and_proofs(rows, state, addresses, random_)
            del state
            _files(rows, addresses, random_, kind)
        if kind.name == "reference":
            _history(rows, addresses, random_)
            _memory(rows, addresses)
        else:
            _native_memory(rows, addresses, random_, kind)
        threads = f" on {options.threads} threads" if kind.name == "native" else ""
        print(f"\n{kind.name}{threads}\n\n{rows.text()}")
    return 0


def _native_memory(rows: Rows, addresses: Sequence[Address], random_: random.Random, kind: Kind) -> None:
    """By the state's own count: no interpreter sees its memory."""
    state = kind.new()
    for height in range(2):
        state.commit(height, _balances(addresses, height))
        state.forget(height)
    rows.add("bytes an account, updated once, no history", "B", state.memory / len(addresses))
    for stamp in range(SMALL_BLOCKS):
        state.commit(state.height + 1, _balances(random_.sample(addresses, SMALL_BLOCK), stamp + 9))
    counted = state.history_size
    rows.add(f"history: bytes a block of {SMALL_BLOCK} updates", "B", counted / SMALL_BLOCKS)


if __name__ == "__main__":
    sys.exit(main())
