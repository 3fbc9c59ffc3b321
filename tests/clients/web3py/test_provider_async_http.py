"""web3.py's asynchronous provider suite over HTTP."""

from __future__ import annotations

from web3._utils.module_testing import (
    AsyncEthModuleTest,
    AsyncNetModuleTest,
    GoEthereumAsyncDebugModuleTest,
    GoEthereumAsyncTxPoolModuleTest,
)
from web3._utils.module_testing.web3_module import AsyncWeb3ModuleTest


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
