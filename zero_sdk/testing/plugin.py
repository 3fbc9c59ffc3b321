"""The pytest plugin: fixtures that give a test networks, zones, accounts and contracts.

pytest loads this module in every session of an environment that has the project, so it imports nothing but
pytest and wraps nothing: the hooks that isolate tests are registered when `network` is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from zero_sdk.client.accounts import Account
    from zero_sdk.client.network import Clock, Network
    from zero_sdk.client.zone import Zone
    from zero_sdk.testing.carrying import Carry, FaultyTurn
    from zero_sdk.testing.deploying import Deploy
    from zero_sdk.testing.moments import ChainSnapshot
    from zero_sdk.testing.serving import Server

MARKERS = (
    "zones(number_or_names): the test wants a network of so many zones, or of zones of these names",
    "live(name): the test wants this network of zero.toml, and runs with --zero-live only",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; `zero test` has short forms of them."""
    from zero_sdk.testing.options import add_options

    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Makes the markers known."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives a marked test the network that it asks for."""
    marks = metafunc.definition
    if "network" not in metafunc.fixturenames or not (
        marks.get_closest_marker("zones") or marks.get_closest_marker("live")
    ):
        return
    from zero_sdk.testing.choice import marked

    choice = marked(metafunc.definition)
    metafunc.parametrize("network", [choice], indirect=True, ids=[str(choice)], scope="session")


@pytest.fixture(scope="session")
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    """A network of its own for this session, in process; or the one of zero.toml that is asked for."""
    from zero_sdk.testing.session import session_network

    with session_network(request.config, getattr(request, "param", None)) as found:
        yield found


@pytest.fixture(scope="session")
def zones(network: Network) -> Mapping[str, Zone]:
    """The network's zones by name, in their order."""
    return network.zones


@pytest.fixture(scope="session")
def zone(network: Network) -> Zone:
    """The first zone."""
    return next(iter(network.zones.values()))


@pytest.fixture(scope="session")
def accounts(network: Network) -> tuple[Account, ...]:
    """Accounts with ether in every zone; the first is the sender where none is named."""
    return network.accounts


@pytest.fixture(scope="session")
def clock(network: Network) -> Clock:
    """The one clock of all zones."""
    return network.clock


@pytest.fixture(scope="session")
def deploy(network: Network, request: pytest.FixtureRequest) -> Deploy:
    """Deploys a contract of the project: `deploy("Token", 1_000, zone="beta")`."""
    from zero_sdk.testing.deploying import Deploy

    return Deploy(network, request.config)


@pytest.fixture(scope="session")
def chain_snapshot(network: Network) -> ChainSnapshot:
    """`with chain_snapshot(): …` undoes at its end what was done inside, in every zone."""
    from zero_sdk.testing.moments import ChainSnapshot

    return ChainSnapshot(network)


@pytest.fixture(scope="session")
def carry(network: Network) -> Carry:
    """`carry()` settles and lets the courier deliver, for some slots."""
    from zero_sdk.testing.carrying import Carry

    return Carry(network)


@pytest.fixture(scope="session")
def faulty_turn(network: Network) -> FaultyTurn:
    """`faulty_turn("drop", source="alpha")` settles, has the courier take one turn with that fault, and
    raises AssertionError where the fault did not show."""
    from zero_sdk.testing.carrying import FaultyTurn

    return FaultyTurn(network)


@pytest.fixture(scope="module")
def server(network: Network) -> Iterator[Server]:
    """The same network behind a real port, for JavaScript and browser tests, until the module ends."""
    from zero_sdk.testing.serving import served

    with served(network) as found:
        yield found


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of xdist which run it works for."""
    import os

    from zero_sdk.testing.reports import RUN

    node.workerinput[RUN] = os.getpid()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keeps what this process collected, for the reports."""
    if _is_reporting(session.config):
        from zero_sdk.testing.reports import keep

        keep(session.config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the reports that were asked for, over all processes."""
    if _is_reporting(config):
        from zero_sdk.testing.reports import summarize

        summarize(config, terminalreporter)


def _is_reporting(config: pytest.Config) -> bool:
    return any(config.getoption(f"--zero-{name}") for name in ("gas", "gas-compare", "coverage"))
