"""Availability: batches encoded, checked, retrieved by kernel and reference; what validators receive.

    python -m benchmarks.availability [--mib 8] [--reference-mib 1] [--rounds 3] [--threads N] [--tries 1000]

MiB are of the batch; "check" is what one validator does with its share of it. Printed are MiB a second of
processor time, all threads together, which a busy machine does not change much, and at the end of a line
what the kernel did by the wall's clock on all threads. Rounds alternate. The last table is arithmetic,
compared with real columns of 1 MiB; the line after it counts how often a wrong column passes where
coefficients have so few bits that it happens.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version

from devnet.availability import Coder
from devnet.availability.checking import ColumnCheck, verify_batch
from devnet.availability.column_tree import ColumnTree, leaf_of
from devnet.availability.columns import Column
from devnet.availability.dispersal import combination_of, encode
from devnet.availability.holdings import assign, parameters_for
from devnet.availability.native import NativeCoder
from devnet.availability.parameters import MOST_BATCH_BYTES, Parameters
from devnet.availability.reference import ReferenceCoder
from devnet.availability.retrieval import reconstruct
from devnet.availability.sampling import escape_bound
from devnet.kernel import load
from devnet.parts import available_threads

MIB = 2**20
NETWORKS = (1, 4, 100, 1_200)
"""Validators, of equal stake."""


def rates(coder: Coder, validators: int, batch: bytes) -> dict[str, tuple[float, float]]:
    """MiB a second of processor time and of wall time, of each thing that is done with a batch."""
    stakes = [10**18] * validators
    parameters = parameters_for(stakes)
    held = assign(parameters.columns, stakes)
    made = encode(batch, parameters, coder)
    mine = list(made.columns(held[validators // 2]))
    # A third withholds, and it has the first columns: data that must be decoded.
    served = [made.column(index) for each in held[validators // 3 :] for index in each]
    size = len(batch)
    return {
        "encode": _rate(size, lambda: encode(batch, parameters, coder)),
        "check": _rate(
            size,
            lambda: ColumnCheck(made.header, made.combination, coder).verify(mine),
        ),
        "check the batch": _rate(size, lambda: verify_batch(made.header, made.combination, batch, coder)),
        "retrieve": _rate(size, lambda: reconstruct(made.header, made.combination, served, coder)),
    }


def _rate(size: int, action: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    action()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return size / MIB / processor, size / MIB / wall


def escapes(coder: Coder, parameters: Parameters, tries: int) -> int:
    """In how many tries some of the columns passes, each of which is wrong in a row of its own."""
    found = 0
    for number in range(tries):
        batch = random.Random(number).randbytes(2 * parameters.data_columns * parameters.columns)
        made = encode(batch, parameters, coder)
        wrong = []
        for place, column in enumerate(made.columns(range(parameters.columns))):
            data = bytearray(column.data)
            data[2 * place] ^= 1
            wrong.append(bytes(data))
        tree = ColumnTree.over(b"".join(map(leaf_of, wrong)))
        header = replace(made.header, columns_root=tree.root)
        columns = [Column(index, data, tree.path(index)) for index, data in enumerate(wrong)]
        check = ColumnCheck(header, combination_of(header, batch, coder), coder)
        found += None in check.refusals(columns)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--mib", type=float, default=8, help="of the kernel's batch")
    parser.add_argument("--reference-mib", type=float, default=1, help="of the reference's batch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=available_threads())
    parser.add_argument("--tries", type=int, default=1_000, help="of a producer who colludes")
    options = parser.parse_args()
    native = NativeCoder(load().Pool(options.threads))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, NumPy {version('numpy')}; {options.threads} threads; "
        f"{options.mib:g} MiB (kernel), {options.reference_mib:g} MiB (reference); {options.rounds} rounds, "
        "MiB/s, median (least–most)\n"
    )
    coders: list[tuple[str, Coder, bytes]] = [
        ("kernel", native, random.Random(1).randbytes(int(options.mib * MIB))),
        ("reference", ReferenceCoder(), random.Random(2).randbytes(int(options.reference_mib * MIB))),
    ]
    print(f"{'validators':>10}  {'':16} {'kernel':>24} {'reference':>24} {'ratio':>7} {'by the wall':>12}")
    for validators in NETWORKS:
        found: dict[str, dict[str, list[tuple[float, float]]]] = {}
        for _ in range(options.rounds):
            for name, coder, batch in coders:
                for what, rate in rates(coder, validators, batch).items():
                    found.setdefault(what, {}).setdefault(name, []).append(rate)
        for what, by_coder in found.items():
            processor = {name: [rate[0] for rate in found] for name, found in by_coder.items()}
            wall = statistics.median(rate[1] for rate in by_coder["kernel"])
            ratio = statistics.median(processor["kernel"]) / statistics.median(processor["reference"])
            print(
                f"{validators:>10,}  {what:16} {_cell(processor['kernel']):>24} "
                f"{_cell(processor['reference']):>24} {ratio:>7.1f} {wall:>12,.1f}"
            )
    _print_shares(native)
    parameters = Parameters(32, 1, coefficient_bits=8)
    count = escapes(native, parameters, options.tries)
    print(
        f"\nwrong columns, coefficients of 8 bits, n = 32: some passed in {count} of {options.tries} tries, "
        f"{count / options.tries:.4f}; n / 2^bits = {escape_bound(parameters):.4f}, "
        f"exactly {1 - (1 - 2**-8) ** 32:.4f}"
    )


def _cell(values: list[float]) -> str:
    return f"{statistics.median(values):,.1f} ({min(values):,.1f}–{max(values):,.1f})"


def _print_shares(coder: Coder) -> None:
    print("\nbytes a validator receives (columns, paths, combination), and how much of the batch that is")
    for validators in NETWORKS:
        stakes = [10**18] * validators
        parameters = parameters_for(stakes)
        held = max(assign(parameters.columns, stakes), key=len)
        for length in (MIB, MOST_BATCH_BYTES):
            share = parameters.share_bytes(length, len(held))
            if length == MIB:
                made = encode(bytes(length), parameters, coder)
                columns = list(made.columns(held))
                counted = sum(len(column.data) + 32 * len(column.path) for column in columns)
                assert share == counted + len(made.combination)
            print(
                f"{validators:>10,}  {length // MIB:>4} MiB  n = {parameters.columns:>6,}, "
                f"k = {parameters.data_columns:>5,}: {share:>12,}  {share / length:.3%}"
            )


if __name__ == "__main__":
    main()
