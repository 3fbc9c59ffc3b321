"""What a network's past takes in memory: bytes a block, bytes a transaction, and a long run within bounds.

    python -m benchmarks.memory [--blocks 1000] [--full-blocks 20] [--size 500]
    python -m benchmarks.memory --run 100000 [--per-block 1] [--history 1000] [--memory-limit BYTES]

The first form counts what the interpreter allocated and still holds (tracemalloc) for the blocks of one zone,
once the newest ones, which are kept as objects, are as many as they ever get. The second form seals so many
transactions between a thousand accounts and prints the process' memory while it goes on.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import time
import tracemalloc
from collections import Counter
from pathlib import Path

from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Address, Wei
from devnet.network import Network, NetworkConfig
from devnet.zone.messages import Mining

_MANUAL = Mining(automine=False)
_RECIPIENTS = [Address(b"\x77" * 18 + number.to_bytes(2, "big")) for number in range(1_000)]
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4_096


class Traffic:
    """A network whose first zone gets transfers from its funded accounts."""

    def __init__(self, history: int | None = None, memory_limit: int | None = None) -> None:
        config = NetworkConfig(zones=("alpha",), mining=_MANUAL, history=history, memory_limit=memory_limit)
        self.network = Network(config)
        self.zone = self.network.default_zone
        self._sent = 0

    def seal(self, transactions: int) -> None:
        """One block with so many transfers."""
        keys = self.network.keys
        senders = keys.addresses
        chain_id = self.zone.config.chain_id
        for _ in range(transactions):
            nonce, sender = divmod(self._sent, len(senders))
            unsigned = UnsignedTransaction(
                type=2,
                chain_id=chain_id,
                nonce=nonce,
                gas_limit=21_000,
                max_fee_per_gas=Wei(10**10),
                max_priority_fee_per_gas=Wei(1),
                to=_RECIPIENTS[self._sent % len(_RECIPIENTS)],
                value=Wei(1),
                data=b"",
            )
            self.zone.submit(keys.sign_transaction(unsigned, senders[sender]))
            self._sent += 1
        (block,) = self.network.mine(self.zone)
        assert len(block.transactions) == transactions


def _resident() -> int:
    """Bytes of this process in memory now; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def _part_of(filename: str) -> str:
    """Which part of the network an allocation belongs to."""
    path = filename.replace(os.sep, "/")
    if "/devnet/state/" in path:
        return "state"
    if path.endswith("/devnet/zone/events.py"):
        return "events"
    return "blocks"


def _allocated() -> Counter[str]:
    """Bytes that are in use now, by part."""
    gc.collect()
    found: Counter[str] = Counter()
    for statistic in tracemalloc.take_snapshot().statistics("filename"):
        found[_part_of(statistic.traceback[0].filename)] += statistic.size
    return found


def _held(first: int, blocks: int, transactions: int) -> Counter[str]:
    """Bytes that so many blocks add after the `first` ones, by part."""
    tracemalloc.start()
    try:
        traffic = Traffic()
        for _ in range(first):
            traffic.seal(transactions)
        counted = traffic.zone.history().total_bytes
        before = _allocated()
        for _ in range(blocks):
            traffic.seal(transactions)
        found = _allocated()
        found.subtract(before)
    finally:
        tracemalloc.stop()
    found["counted by zero_history"] = traffic.zone.history().total_bytes - counted
    return found


def _print_held(title: str, found: Counter[str], count: int) -> None:
    parts = ("state", "blocks", "events")
    total = sum(found[part] for part in parts)
    split = ", ".join(f"{part} {found[part] / count:,.0f}" for part in parts)
    counted = found["counted by zero_history"] / count
    print(f"{title:<44} {total / count:>9,.0f} bytes ({split}); counted {counted:,.0f}")


def measure(blocks: int, full_blocks: int, size: int) -> None:
    """Prints bytes a block and a transaction."""
    _print_held("a block of one transaction", _held(600, blocks, 1), blocks)
    found = _held(20, full_blocks, size)
    _print_held(f"a transaction in blocks of {size}", found, full_blocks * size)


def run(transactions: int, per_block: int, history: int | None, memory_limit: int | None) -> None:
    """Seals so many transactions, and prints the memory ten times on the way."""
    traffic = Traffic(history, memory_limit)
    blocks = transactions // per_block
    started = time.perf_counter()
    peak = 0
    titles = ("transactions", "blocks", "seconds", "resident MB", "counted MB", "oldest")
    print(" ".join(f"{title:>12}" for title in titles))
    for number in range(1, blocks + 1):
        traffic.seal(per_block)
        if number % max(1, blocks // 100) == 0:
            peak = max(peak, _resident())
        if number % max(1, blocks // 10) == 0:
            status = traffic.zone.history()
            print(
                f"{number * per_block:>12,} {number:>12,} {time.perf_counter() - started:>12.1f} "
                f"{_resident() / 1e6:>12.1f} {status.total_bytes / 1e6:>12.1f} {status.oldest:>12,}",
                flush=True,
            )
    print(f"highest resident memory: {peak / 1e6:.1f} MB")


def main(arguments: list[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--blocks", type=int, default=1_000)
    parser.add_argument("--full-blocks", type=int, default=20)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--run", type=int, metavar="TRANSACTIONS")
    parser.add_argument("--per-block", type=int, default=1)
    parser.add_argument("--history", type=int)
    parser.add_argument("--memory-limit", type=int, metavar="BYTES")
    options = parser.parse_args(arguments)
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    if options.run is None:
        measure(options.blocks, options.full_blocks, options.size)
    else:
        run(options.run, options.per_block, options.history, options.memory_limit)


if __name__ == "__main__":
    main(sys.argv[1:])
