"""The fixtures that web3.py's provider suite asks for, under the names that it asks by."""

from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from eth_typing import ChecksumAddress, HexStr
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3, WebSocketProvider
from web3._utils.module_testing.utils import RequestMocker
from web3.types import BlockData, RPCEndpoint

from tests.clients.endpoint import Endpoint, Wanted
from tests.clients.web3py.chain import CHAIN_ID, CONTRACTS, PreparedChain, prepare
from tests.clients.web3py.differences import DIFFERENCES

FOLDER = Path(__file__).resolve().parent
BLOCK_TIME = 1
"""Seconds."""

PATIENCE = 20.0
"""Seconds that a test may keep the clock stopped."""


NEEDS_PENDING = re.compile(r"replace_transaction(?!_already_mined)|modify_transaction|unmined")
"""Names of tests that want their transaction to stay pending until they have looked at it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expects the tests in the table of differences to fail: one that passes after all is a failure.

    That table is the whole of it: web3.py itself lets some of its tests fail because geth's clock runs on.
    """
    for item in items:
        if FOLDER in item.path.parents:
            item.own_markers[:] = [marker for marker in item.own_markers if marker.name != "xfail"]
            # Tests of batches make coroutines that they then cancel.
            item.add_marker(
                pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
            )
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
            file = item.path.stem.removeprefix("test_provider_")
            for name in (item.name, item.name.split("[")[0]):
                difference = DIFFERENCES.get(name)
                if difference is not None and file in difference.suites:
                    item.add_marker(pytest.mark.xfail(reason=difference.reason, strict=True))
                    break


@pytest.fixture(autouse=True)
def _settled(request: pytest.FixtureRequest, w3: Web3) -> Iterator[None]:
    """Leaves each test an empty mempool, and stops the clock for those that look at pending transactions."""

    def ask(method: str, *parameters: int) -> None:
        reply = w3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in reply, reply

    ask("evm_mine")
    needs_pending = NEEDS_PENDING.search(request.node.name) is not None
    if not needs_pending:
        yield
        return
    ask("evm_setIntervalMining", 0)
    # A test that waits for its transaction for ever gets it, and fails.
    patience = threading.Timer(PATIENCE, ask, ("evm_setIntervalMining", BLOCK_TIME))
    patience.start()
    yield
    patience.cancel()
    patience.join()
    ask("evm_setIntervalMining", BLOCK_TIME)


@pytest.fixture(scope="module")
def wanted() -> Wanted:
    """As web3.py runs geth: a block by the clock, so that there is something pending in between."""
    return Wanted(chain_id=CHAIN_ID, block_time=BLOCK_TIME)


@pytest.fixture(scope="module")
def w3(endpoint: Endpoint) -> Iterator[Web3]:
    provider = HTTPProvider(endpoint.http, request_kwargs={"timeout": 60})
    yield Web3(provider)
    provider._request_session_manager.session_cache.clear()


@pytest.fixture(scope="module")
def chain(w3: Web3) -> PreparedChain:
    return prepare(w3)


@pytest.fixture
def is_persistent() -> bool:
    """Whether `async_w3` speaks over a WebSocket; modules override it."""
    return False


@pytest_asyncio.fixture
async def async_w3(endpoint: Endpoint, is_persistent: bool) -> AsyncIterator[AsyncWeb3[Any]]:
    provider = WebSocketProvider(endpoint.websocket) if is_persistent else AsyncHTTPProvider(endpoint.http)
    client = await AsyncWeb3(provider) if is_persistent else AsyncWeb3(provider)
    try:
        yield client
    finally:
        await provider.disconnect()


@pytest.fixture
def request_mocker() -> type[RequestMocker]:
    return RequestMocker


@pytest.fixture
def skip_if_testrpc() -> Callable[[Any], None]:
    return lambda client: None


@pytest.fixture
def async_skip_if_testrpc() -> Callable[[Any], None]:
    return lambda client: None


# ---------------------------------------------------------------- accounts


@pytest.fixture(scope="module", params=["text", "bytes"])
def as_address(request: pytest.FixtureRequest) -> Callable[[ChecksumAddress], Any]:
    """web3.py takes addresses as text and as bytes; the tests that ask for "dual type" run with both."""
    if request.param == "text":
        return lambda address: address
    return lambda address: bytes.fromhex(address[2:])


@pytest.fixture(scope="module")
def keyfile_account_address(chain: PreparedChain) -> ChecksumAddress:
    return chain.keyfile_account.address


@pytest.fixture(scope="module")
def keyfile_account_pkey(chain: PreparedChain) -> HexStr:
    return chain.keyfile_account.key.to_0x_hex()


@pytest.fixture(scope="module")
def keyfile_account_address_dual_type(
    chain: PreparedChain, as_address: Callable[[ChecksumAddress], Any]
) -> Any:
    return as_address(chain.keyfile_account.address)


@pytest.fixture
def async_keyfile_account_address(keyfile_account_address: ChecksumAddress) -> ChecksumAddress:
    return keyfile_account_address


@pytest.fixture
def async_keyfile_account_address_dual_type(keyfile_account_address_dual_type: Any) -> Any:
    return keyfile_account_address_dual_type


# ---------------------------------------------------------------- blocks and transactions


@pytest.fixture(scope="module")
def empty_block(chain: PreparedChain) -> BlockData:
    return chain.empty_block


@pytest.fixture(scope="module")
def block_with_txn(chain: PreparedChain) -> BlockData:
    return chain.block_with_transaction


@pytest.fixture(scope="module")
def mined_txn_hash(chain: PreparedChain) -> HexStr:
    return chain.mined_transaction


@pytest.fixture(scope="module")
def block_with_txn_with_log(chain: PreparedChain) -> BlockData:
    return chain.block_with_log


@pytest.fixture(scope="module")
def txn_hash_with_log(chain: PreparedChain) -> HexStr:
    return chain.transaction_with_log


@pytest.fixture(scope="module")
def math_contract_deploy_txn_hash(chain: PreparedChain) -> HexStr:
    return chain.math_deployment


@pytest.fixture
def async_empty_block(empty_block: BlockData) -> BlockData:
    return empty_block


@pytest.fixture
def async_block_with_txn(block_with_txn: BlockData) -> BlockData:
    return block_with_txn


@pytest.fixture
def async_block_with_txn_with_log(block_with_txn_with_log: BlockData) -> BlockData:
    return block_with_txn_with_log


# ---------------------------------------------------------------- contracts


def _contract(client: Any, chain: PreparedChain, name: str) -> Any:
    return client.eth.contract(address=chain.contracts[name], abi=CONTRACTS[name]["abi"])


@pytest.fixture(scope="module")
def math_contract(w3: Web3, chain: PreparedChain) -> Any:
    return _contract(w3, chain, "math")


@pytest.fixture(scope="module")
def math_contract_address(chain: PreparedChain, as_address: Callable[[ChecksumAddress], Any]) -> Any:
    return as_address(chain.contracts["math"])


@pytest.fixture(scope="module")
def emitter_contract(w3: Web3, chain: PreparedChain) -> Any:
    return _contract(w3, chain, "emitter")


@pytest.fixture(scope="module")
def emitter_contract_address(chain: PreparedChain, as_address: Callable[[ChecksumAddress], Any]) -> Any:
    return as_address(chain.contracts["emitter"])


@pytest.fixture(scope="module")
def revert_contract(w3: Web3, chain: PreparedChain) -> Any:
    return _contract(w3, chain, "revert")


@pytest.fixture(scope="module")
def offchain_lookup_contract(w3: Web3, chain: PreparedChain) -> Any:
    return _contract(w3, chain, "offchain_lookup")


@pytest.fixture(scope="module")
def panic_errors_contract(w3: Web3, chain: PreparedChain) -> Any:
    return _contract(w3, chain, "panic_errors")


@pytest.fixture(scope="module")
def storage_contract(w3: Web3, chain: PreparedChain) -> Any:
    return _contract(w3, chain, "storage")


@pytest.fixture
def async_math_contract(async_w3: AsyncWeb3[Any], chain: PreparedChain) -> Any:
    return _contract(async_w3, chain, "math")


@pytest.fixture
def async_math_contract_address(math_contract_address: Any) -> Any:
    return math_contract_address


@pytest.fixture
def async_emitter_contract(async_w3: AsyncWeb3[Any], chain: PreparedChain) -> Any:
    return _contract(async_w3, chain, "emitter")


@pytest.fixture
def async_emitter_contract_address(emitter_contract_address: Any) -> Any:
    return emitter_contract_address


@pytest.fixture
def async_revert_contract(async_w3: AsyncWeb3[Any], chain: PreparedChain) -> Any:
    return _contract(async_w3, chain, "revert")


@pytest.fixture
def async_offchain_lookup_contract(async_w3: AsyncWeb3[Any], chain: PreparedChain) -> Any:
    return _contract(async_w3, chain, "offchain_lookup")


@pytest.fixture
def async_panic_errors_contract(async_w3: AsyncWeb3[Any], chain: PreparedChain) -> Any:
    return _contract(async_w3, chain, "panic_errors")


@pytest.fixture
def async_storage_contract(async_w3: AsyncWeb3[Any], chain: PreparedChain) -> Any:
    return _contract(async_w3, chain, "storage")
