from __future__ import annotations

from collections.abc import Iterator

import pytest

from devnet.network import Network
from devnet.rpc.server import RpcServer, ServerOptions
from tests.rpc.asking import Asker


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def ask(network: Network) -> Asker:
    return Asker(network)


@pytest.fixture
def server(network: Network) -> Iterator[RpcServer]:
    with RpcServer(network, ServerOptions(port=0)) as running:
        yield running
