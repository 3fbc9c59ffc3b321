"""Dumps: bytes, seconds and memory, by what is in the network.

    .venv/bin/python -m benchmarks.dump                     10 000 and 100 000 of each
    .venv/bin/python -m benchmarks.dump 10000 --level 6

Anvil is not beside it: its dump is of one chain without history, so there is nothing to compare.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, cast

from devnet.chain.transaction_codec import UnsignedTransaction, impersonate
from devnet.chain.types import Address, Wei
from devnet.dump.container import DEFAULT_LEVEL, validate_digest
from devnet.dump.reading import Dump
from devnet.network import Network, NetworkConfig
from devnet.zone.messages import Mining

CONFIG = NetworkConfig(accounts=1, mining=Mining(automine=False), base_fee=Wei(7))
BLOCK = 500
"""Transactions of a block."""


def with_accounts(count: int) -> Network:
    """So many more accounts in one zone, each with a slot, written in blocks of 1000."""
    network = Network(CONFIG)
    zone = network.default_zone
    for start in range(0, count, 1_000):
        for index in range(start, min(start + 1_000, count)):
            address = Address((index + 1).to_bytes(20, "big"))
            zone.set_account(address, balance=Wei(10**18 + index), nonce=1, code=b"\x00")
            zone.set_storage(address, index, index + 1)
        network.mine(zone)
    return network


def with_transactions(count: int) -> Network:
    """So many transfers to as many accounts, in blocks of 500."""
    network = Network(replace(CONFIG, balance=Wei(10**30)))
    zone = network.default_zone
    sender = network.keys.addresses[0]
    for nonce in range(count):
        unsigned = UnsignedTransaction(
            type=2,
            chain_id=zone.config.chain_id,
            nonce=nonce,
            gas_limit=21_000,
            max_fee_per_gas=Wei(10**10),
            max_priority_fee_per_gas=Wei(1),
            to=Address(b"\x01" + nonce.to_bytes(19, "big")),
            value=Wei(nonce + 1),
            data=b"",
        )
        zone.submit(impersonate(unsigned, sender))
        if nonce % BLOCK == BLOCK - 1:
            network.mine(zone)
    network.mine(zone)
    return network


def measure(what: str, count: int, make: Callable[[int], Network], level: int) -> None:
    """Makes a network and prints a row."""
    network = make(count)
    config = network.config
    with tempfile.TemporaryFile() as spool:
        file = cast(BinaryIO, spool)
        started = time.perf_counter()
        size = network.dump(file, level)
        dumping = time.perf_counter() - started
        plain = network.dump(_Counting(), 0)
        tracemalloc.start()
        network.dump(_Counting(), level)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        head = network.default_zone.status()
        del network
        gc.collect()
        file.seek(0)
        started = time.perf_counter()
        validate_digest(file)
        checking = time.perf_counter() - started
        started = time.perf_counter()
        again = Network(config, content=Dump(file))
        loading = time.perf_counter() - started
    assert again.default_zone.status() == head, "the dump is not the network"
    print(
        f"{count:>9,} {what:<12} {size / 1e6:8.2f} MB ({plain / 1e6:.2f} MB without compression)   "
        f"dump {dumping:6.2f} s   check {checking:5.2f} s   load {loading:6.2f} s   "
        f"memory of a dump {peak / 1e6:.1f} MB",
        flush=True,
    )


class _Counting:
    """A sink that keeps nothing."""

    def write(self, content: bytes, /) -> None:
        return None


def main() -> None:
    """Prints the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--level", type=int, default=DEFAULT_LEVEL)
    given = parser.parse_args()
    for count in given.counts:
        measure("accounts", count, with_accounts, given.level)
        measure("transactions", count, with_transactions, given.level)


if __name__ == "__main__":
    main()
