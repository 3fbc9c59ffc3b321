"""Replays seeds: `python -m devnet.settlement.simulation SEED [--runs N] [--bls]`."""

from __future__ import annotations

import argparse
import sys

from devnet.settlement.bls import BlsSignatures
from devnet.settlement.remembering import RememberingSignatures
from devnet.settlement.simulation.keyed_hash import KeyedHash
from devnet.settlement.simulation.run import Broken, simulate


def main() -> int:
    """Prints the trace of one seed, or a line for each of many; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m devnet.settlement.simulation", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--runs", type=int, default=1, help="so many seeds, from this one on, without traces")
    parser.add_argument("--bls", action="store_true", help="BLS12-381 instead of keyed hashes")
    options = parser.parse_args()
    broken = 0
    for seed in range(options.seed, options.seed + options.runs):
        scheme = RememberingSignatures(BlsSignatures()) if options.bls else KeyedHash()
        try:
            print(simulate(seed, scheme, trace=print if options.runs == 1 else None))
        except Broken as reason:
            broken += 1
            print(f"seed {seed}: {reason}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
