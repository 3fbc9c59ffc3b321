"""Whole networks on the reference and on the kernel stay the same, whatever is done to both."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from devnet.kernel import absence
from devnet.parts import Parts, native_parts, reference_parts
from tests.network_pairs import Pair

pytestmark = [
    pytest.mark.own_parts,
    pytest.mark.skipif(absence() is not None, reason="there is no kernel"),
]


@pytest.fixture(scope="module")
def parts() -> tuple[Parts, Parts]:
    return reference_parts(), native_parts(2)


def run(seed: int, steps: int, parts: tuple[Parts, Parts], folder: Path | None = None) -> None:
    pair = Pair(seed, *parts, folder)
    try:
        pair.run(steps)
    except BaseException as error:
        error.add_note(f"seed {seed}, {steps} steps, the last of them: {', '.join(pair.log[-12:])}")
        raise
    finally:
        pair.close()


@pytest.mark.parametrize("seed", [110, 1, 3, 100])
def test_networks_in_memory_agree(seed: int, parts: tuple[Parts, Parts]) -> None:
    """Now and then each goes on from the other's dump."""
    run(seed, 50, parts)


@pytest.mark.parametrize("seed", [500, 503, 505])
def test_networks_in_folders_agree(seed: int, parts: tuple[Parts, Parts], tmp_path: Path) -> None:
    """Now and then each goes on in the other's folder, closed or not."""
    run(seed, 40, parts, tmp_path)


def test_networks_agree_in_ways_that_no_run_went_before(parts: tuple[Parts, Parts], tmp_path: Path) -> None:
    rng = random.SystemRandom()
    run(rng.getrandbits(32), 40, parts)
    run(rng.getrandbits(32), 30, parts, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("part", range(20))
def test_networks_agree_at_length(part: int, parts: tuple[Parts, Parts], tmp_path: Path) -> None:
    rng = random.SystemRandom()
    for index in range(10):
        run(rng.getrandbits(32), 120, parts, tmp_path / str(index) if index % 2 else None)
