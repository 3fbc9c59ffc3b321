"""Which network a test asks for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

ZONE_NAMES = (
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
)
"""Names for as many zones as a test asks for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A network: of zero.toml by its name, or a new one in process with these zones."""

    name: str | None = None
    zones: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        return f"{len(self.zones)} zone{'s' if len(self.zones) != 1 else ''}"


def marked(item: pytest.Item) -> Choice:
    """What the markers `zones` and `live` ask for. Raises pytest.UsageError for what they cannot mean."""
    live, zones = item.get_closest_marker("live"), item.get_closest_marker("zones")
    if live is not None:
        if len(live.args) != 1 or not isinstance(live.args[0], str):
            raise pytest.UsageError(
                f"{item.nodeid}: @pytest.mark.live takes the name of a network of zero.toml"
            )
        return Choice(name=live.args[0])
    assert zones is not None
    return Choice(zones=zone_names(*zones.args, where=item.nodeid))


def zone_names(*wanted: object, where: str) -> tuple[str, ...]:
    """Names from a number, or from names. Raises pytest.UsageError."""
    if len(wanted) == 1 and isinstance(wanted[0], int) and wanted[0] > 0:
        extra = tuple(f"zone-{number}" for number in range(len(ZONE_NAMES) + 1, wanted[0] + 1))
        return (ZONE_NAMES + extra)[: wanted[0]]
    names = tuple(wanted[0]) if len(wanted) == 1 and isinstance(wanted[0], list | tuple) else wanted
    if not names or not all(isinstance(name, str) for name in names):
        raise pytest.UsageError(f"{where}: zones are a number of at least 1, or names")
    return tuple(str(name) for name in names)
