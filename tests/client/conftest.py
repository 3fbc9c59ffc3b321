"""Networks of every kind that the client speaks to: in this process on both engines, a devnet in a process
of its own, and Anvil as any other node. A test finds each as it was at its start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.client.contracts import document
from tests.execution.tracers.anvil import start_anvil
from zero_sdk import Contract, Network, Zone

KINDS = ("local", "pyevm", "served", "anvil")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """`zero devnet` in a process of its own."""
    with Devnet(folder=tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def anvil_url() -> Iterator[str]:
    """Anvil in a process of its own."""
    with start_anvil() as running:
        yield running.url


@pytest.fixture(scope="session", params=[*KINDS[:-1], pytest.param("anvil", marks=pytest.mark.clients)])
def shared_network(request: pytest.FixtureRequest) -> Iterator[Network]:
    """One network of each kind."""
    with network_of(request.param, request) as network:
        yield network


def network_of(kind: str, request: pytest.FixtureRequest) -> Network:
    """A network of the kind."""
    match kind:
        case "local":
            return zero_sdk.local()
        case "pyevm":
            return zero_sdk.local(engine="pyevm")
        case "served":
            return zero_sdk.connect(request.getfixturevalue("served").zone("alpha")["url"])
        case _:
            return zero_sdk.connect(request.getfixturevalue("anvil_url"))


@pytest.fixture
def network(shared_network: Network) -> Iterator[Network]:
    """The network; what the test does to it is undone."""
    with shared_network.isolated():
        yield shared_network


@pytest.fixture
def zone(network: Network) -> Zone:
    """Its first zone."""
    return network.default_zone


@pytest.fixture
def kitchen(zone: Zone) -> Contract:
    """The contract of `contracts/Kitchen.sol`, with the value 5."""
    return zone.deploy(document("Kitchen"), 5)


@pytest.fixture
def local() -> Iterator[Network]:
    """A network of the test's own, in this process."""
    with zero_sdk.local() as network:
        yield network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to run commands in."""
    return tmp_path
