"""Endpoint ids: the numbers by which LayerZero's packets name zones (docs/zones.md)."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

BASE_EID = 50_900
"""A zone that has no other eid has this + its index, also one that is added later."""
DEFAULT_EIDS: Mapping[str, int] = {"alpha": 50_121, "beta": 50_102}
"""LayerZero's sandbox ids, which its tooling accepts."""

_MOST_ZONES = 1 << 16
_MOST_EID = (1 << 32) - 1


def default_eid(names: Sequence[str], index: int) -> int:
    """The eid of the zone with that index where nothing else is given. `names` are all zones', by index."""
    return DEFAULT_EIDS.get(names[index], BASE_EID + index)


def resolve_eids(names: Sequence[str], given: Mapping[str, int]) -> tuple[int, ...]:
    """The eid of every zone by its index. Raises ValueError for an eid that cannot be, that two zones have,
    or that would be another zone's by the rule."""
    return _resolved(tuple(names), tuple(sorted(given.items())))


@functools.lru_cache(maxsize=16)
def _resolved(names: tuple[str, ...], given: tuple[tuple[str, int], ...]) -> tuple[int, ...]:
    if unknown := sorted(dict(given).keys() - set(names)):
        raise ValueError(f"eids are given to zones that are not there: {', '.join(unknown)}")
    told = dict(given)
    eids = tuple(told.get(name, default_eid(names, index)) for index, name in enumerate(names))
    zones: dict[int, str] = {}
    for index, (name, eid) in enumerate(zip(names, eids, strict=True)):
        if not 0 < eid <= _MOST_EID:
            raise ValueError(f"zone {name} cannot have the eid {eid}: it has 1 to 32 bits")
        if BASE_EID <= eid < BASE_EID + _MOST_ZONES and eid != BASE_EID + index:
            raise ValueError(
                f"zone {name} cannot have the eid {eid}: it is that of zone {eid - BASE_EID} by the rule"
            )
        if eid in zones:
            raise ValueError(f"zones {zones[eid]} and {name} both have the eid {eid}")
        zones[eid] = name
    return eids
