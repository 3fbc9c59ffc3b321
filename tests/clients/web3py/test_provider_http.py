"""web3.py's synchronous provider suite over HTTP."""

from __future__ import annotations

from web3._utils.module_testing import (
    EthModuleTest,
    GoEthereumDebugModuleTest,
    GoEthereumTxPoolModuleTest,
    NetModuleTest,
    Web3ModuleTest,
)


class TestWeb3(Web3ModuleTest):
    def _check_web3_client_version(self, client_version: str) -> None:
        assert client_version.partition("/")[0].lower() in ("zero", "anvil")


class TestEth(EthModuleTest):
    pass


class TestNet(NetModuleTest):
    pass


class TestDebug(GoEthereumDebugModuleTest):
    pass


class TestTxPool(GoEthereumTxPoolModuleTest):
    pass
