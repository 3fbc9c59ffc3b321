"""A network of three zones that the tests of this package share; each finds it as it was at its start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import zero_sdk
from tests.messages.faces import Asynchronous, Blocking, Face
from zero_sdk import Network


@pytest.fixture(scope="session")
def three_zones() -> Iterator[Network]:
    """In this process, with what is native where it is."""
    with zero_sdk.local(("alpha", "beta", "gamma")) as network:
        yield network


@pytest.fixture
def network(three_zones: Network) -> Iterator[Network]:
    """The network; what the test does to it is undone."""
    with three_zones.isolated():
        yield three_zones


@pytest.fixture(params=[Blocking, Asynchronous], ids=["blocking", "asynchronous"])
def face(request: pytest.FixtureRequest) -> Face:
    """Wiring, checking and OFTs, blocking and under asyncio."""
    made: Face = request.param()
    return made
