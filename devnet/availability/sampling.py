"""Which columns to ask for, and what it shows that they were there (protocol section 5)."""

from __future__ import annotations

from hashlib import shake_256

from devnet.availability.parameters import Parameters

DOMAIN = b"zero/availability/samples/1"


def sample(columns: int, count: int, seed: bytes) -> tuple[int, ...]:
    """So many different columns, drawn by the seed: who samples keeps it to itself until the columns came.
    Raises ValueError for more than there are."""
    if not 0 <= count <= columns:
        raise ValueError(f"{count} samples of {columns} columns")
    # Fisher and Yates from a stream of 64-bit numbers: against those the remainder's bias is below 2^-49.
    stream = shake_256(DOMAIN + seed).digest(8 * count)
    places: dict[int, int] = {}
    drawn = []
    for step in range(count):
        left = columns - step
        chosen = int.from_bytes(stream[8 * step : 8 * step + 8], "big") % left
        drawn.append(places.get(chosen, chosen))
        places[chosen] = places.get(left - 1, left - 1)
    return tuple(drawn)


def miss_probability(columns: int, withheld: int, samples: int) -> float:
    """With which probability so many samples of different columns hit none of the withheld ones."""
    probability = 1.0
    for step in range(samples):
        probability *= max(columns - withheld - step, 0) / (columns - step)
    return probability


def error_probability(parameters: Parameters, samples: int) -> float:
    """With which probability so many samples are all answered though the batch cannot be had: fewer than k
    columns are there. (For who samples alone; producers that answer some and not others need more.)"""
    fewest_withheld = parameters.columns - parameters.data_columns + 1
    return miss_probability(parameters.columns, fewest_withheld, samples)


def samples_needed(parameters: Parameters, probability: float) -> int:
    """How many samples bring `error_probability` down to this. Raises ValueError unless it is in (0, 1]."""
    if not 0 < probability <= 1:
        raise ValueError(f"{probability} is no probability that can be reached")
    samples = 0
    while error_probability(parameters, samples) > probability:
        samples += 1
    return samples


def escape_bound(parameters: Parameters, tries: int = 1) -> float:
    """The bound on the probability that a producer who tries so many commitments finds one under which a
    column passes that is none of the encoded batch: n / 2^bits a try."""
    return min(1.0, tries * parameters.columns / 2.0**parameters.coefficient_bits)
