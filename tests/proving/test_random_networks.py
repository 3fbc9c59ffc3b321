"""Whatever two networks did, their blocks can be proven, and both engines accept each other's proofs."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from devnet.chain.block_codec import header_hash
from devnet.kernel import absence
from devnet.proving.program import FIRST_FORK
from devnet.zone.updates import record_update
from devnet.zone.zone import Zone
from tests.network_pairs import Pair
from tests.proving.updates import PARTS, engine_of, parts_of, state_update, verify

pytestmark = pytest.mark.skipif(absence() is not None, reason="there is no kernel")

MOST_BLOCKS = 40
"""Of an update here, and from the end of each zone's chain."""


def provable_runs(pair: Pair, index: int) -> list[tuple[int, int]]:
    """First and last numbers of blocks that follow one another by the zone's program: none of a reserved
    range, of another chain id, or whose states are gone."""
    port = pair.networks[0].zones[pair.config.zone_names[index]]
    assert isinstance(port, Zone)
    ledger, program = port._ledger, pair.config.program(index)
    newest = ledger.tip.record.number
    runs: list[tuple[int, int]] = []
    first = None
    for number in range(max(ledger.chain.oldest + 1, newest - MOST_BLOCKS), newest + 1):
        record, parent = ledger.get(number), ledger.get(number - 1)
        is_ours = record.rules == program.rules and record.state_height == number - program.genesis_number
        if is_ours and all(header_hash(one.block.header) == one.block.hash for one in (record, parent)):
            first = number if first is None else first
            continue
        if first is not None:
            runs.append((first, number - 1))
        first = None
    return runs if first is None else [*runs, (first, newest)]


def prove_everything(seed: int, steps: int, seen: Counter[str]) -> None:
    """Runs a pair of networks and proves what it left behind."""
    pair = Pair(seed, *[parts_of(name) for name in PARTS])
    rng = random.Random(seed)
    try:
        if pair.config.fork < FIRST_FORK:
            return
        pair.run(steps)
        for index in range(3):
            for first, last in provable_runs(pair, index):
                cut = rng.randint(first, last)
                for start, end in ((first, cut), (cut + 1, last)):
                    if start > end:
                        continue
                    witnesses = []
                    for name, network in zip(PARTS, pair.networks, strict=True):
                        zone = network.zones[pair.config.zone_names[index]]
                        assert isinstance(zone, Zone)
                        program = pair.config.program(index)
                        witnesses.append(
                            record_update(zone._ledger, engine_of(name), network.codec, program, start, end)
                        )
                    assert witnesses[0] == witnesses[1]
                    update = state_update(witnesses[0])
                    assert verify(update, PARTS[0]) == verify(update, PARTS[1])
                    seen["updates"] += 1
                    seen["blocks"] += end - start + 1
                    seen["transactions"] += sum(len(block.transactions) for block in update.blocks)
                    seen["overridden"] += sum(bool(block.overrides) for block in update.blocks)
    except BaseException as error:
        error.add_note(f"seed {seed}, {steps} steps")
        raise
    finally:
        pair.close()


def test_random_networks_are_proven() -> None:
    seen: Counter[str] = Counter()
    for seed in (100, 101, 102, 103):
        prove_everything(seed, 25, seen)
    assert seen["transactions"] > 20
    assert seen["overridden"]


@pytest.mark.full
@pytest.mark.parametrize("part", range(10))
def test_networks_that_no_run_made_before_are_proven(part: int) -> None:
    seen: Counter[str] = Counter()
    for _ in range(10):
        prove_everything(random.SystemRandom().getrandbits(32), 60, seen)
