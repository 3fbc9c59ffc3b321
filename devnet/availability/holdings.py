"""Which columns go to whom: in proportion to stake (protocol section 5)."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.availability.parameters import Parameters, suggested_columns


def assign(columns: int, stakes: Sequence[int]) -> tuple[range, ...]:
    """For each stake (wei, in the order of the validator set) the columns that its validator holds.

    The columns lie side by side on the total stake, and each belongs to the validator on whose part it
    ends: from ⌊n · stake before / total⌋ to ⌊n · stake up to here / total⌋. So each number differs from the
    exact share by less than one, which is what k and the attestation threshold of `Parameters` allow for.
    Raises for a negative stake and where there is none at all.
    """
    if any(stake < 0 for stake in stakes):
        raise ValueError("a stake is negative")
    total = sum(stakes)
    if total == 0:
        raise ValueError("nobody has a stake")
    ranges, before = [], 0
    for stake in stakes:
        ranges.append(range(columns * before // total, columns * (before + stake) // total))
        before += stake
    return tuple(ranges)


def parameters_for(stakes: Sequence[int]) -> Parameters:
    """The parameters that follow from the validators' stakes where the configuration names no number of
    columns: `suggested_columns` for those with a stake. Raises ValueError where there are too many."""
    columns = suggested_columns(sum(stake > 0 for stake in stakes))
    return Parameters(columns, holders_of(assign(columns, stakes)))


def holders_of(held: Sequence[range]) -> int:
    """How many hold at least one column."""
    return sum(len(columns) > 0 for columns in held)


def attested(held: Sequence[range], members: Sequence[int]) -> int:
    """How many columns these members (indices in the validator set) hold together."""
    return sum(len(held[member]) for member in set(members))
