"""web3.py's asynchronous provider suite over a WebSocket, with its tests of subscriptions."""

from __future__ import annotations

from typing import Any

import pytest
from eth_typing import ChecksumAddress
from web3 import AsyncWeb3
from web3._utils.module_testing import (
    AsyncEthModuleTest,
    AsyncNetModuleTest,
    GoEthereumAsyncDebugModuleTest,
    GoEthereumAsyncTxPoolModuleTest,
)
from web3._utils.module_testing.persistent_connection_provider import PersistentConnectionProviderTest
from web3._utils.module_testing.web3_module import AsyncWeb3ModuleTest
from web3.exceptions import TimeExhausted
from web3.types import Wei


@pytest.fixture
def is_persistent() -> bool:
    return True


class TestWeb3(AsyncWeb3ModuleTest):
    def _check_web3_client_version(self, client_version: str) -> None:
        assert client_version.partition("/")[0].lower() in ("zero", "anvil")


class TestEth(AsyncEthModuleTest):
    @pytest.mark.asyncio
    async def test_async_eth_wait_for_transaction_receipt_unmined(
        self, async_w3: AsyncWeb3[Any], async_keyfile_account_address_dual_type: ChecksumAddress
    ) -> None:
        """In the place of web3.py's own, which gives up after 10 ms: an answer that arrives at that very
        moment makes Python 3.11's `asyncio.wait_for` forget that it was cancelled, and web3.py waits for
        ever. Here the time is over between two looks."""
        account = async_keyfile_account_address_dual_type
        sent = await async_w3.eth.send_transaction({"from": account, "to": account, "value": Wei(1)})
        with pytest.raises(TimeExhausted) as caught:
            await async_w3.eth.wait_for_transaction_receipt(sent, timeout=1, poll_latency=60)
        assert repr(sent) in str(caught.value)


class TestNet(AsyncNetModuleTest):
    pass


class TestDebug(GoEthereumAsyncDebugModuleTest):
    pass


class TestTxPool(GoEthereumAsyncTxPoolModuleTest):
    pass


class TestSubscriptions(PersistentConnectionProviderTest):
    pass
