from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.zone.port import ZonePort
from tests.zone.driver import Driver, zone_config
from tests.zone.proxy import PickledZone


def _directly(zone: ZonePort) -> ZonePort:
    return zone


@pytest.fixture(params=[_directly, PickledZone], ids=["in-process", "pickled"])
def carry(request: pytest.FixtureRequest) -> Callable[[ZonePort], ZonePort]:
    """Every test runs once on the zone itself and once with every message pickled."""
    return request.param


@pytest.fixture
def make(carry: Callable[[ZonePort], ZonePort]) -> Callable[..., Driver]:
    """Makes zones with the tests' configuration, some fields replaced."""

    def make(**changes: object) -> Driver:
        return Driver(zone_config(**changes), carry)

    return make


@pytest.fixture
def driver(make: Callable[..., Driver]) -> Driver:
    """A zone that mines when told to."""
    return make()
