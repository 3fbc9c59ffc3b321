"""web3.py's asynchronous provider suite over a WebSocket, with its tests of subscriptions."""

from __future__ import annotations

import pytest
from web3._utils.module_testing import (
    AsyncEthModuleTest,
    AsyncNetModuleTest,
    GoEthereumAsyncDebugModuleTest,
    GoEthereumAsyncTxPoolModuleTest,
)
from web3._utils.module_testing.persistent_connection_provider import PersistentConnectionProviderTest
from web3._utils.module_testing.web3_module import AsyncWeb3ModuleTest


@pytest.fixture
def is_persistent() -> bool:
    return True


class TestWeb3(AsyncWeb3ModuleTest):
    def _check_web3_client_version(self, client_version: str) -> None:
        assert client_version.partition("/")[0].lower() in ("zero", "anvil")


class TestEth(AsyncEthModuleTest):
    pass


class TestNet(AsyncNetModuleTest):
    pass


class TestDebug(GoEthereumAsyncDebugModuleTest):
    pass


class TestTxPool(GoEthereumAsyncTxPoolModuleTest):
    pass


class TestSubscriptions(PersistentConnectionProviderTest):
    pass
