"""Multicall3's interface, as tools use it."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode

from devnet.chain.types import Address
from devnet.contracts.addresses import MULTICALL3, SETTLEMENT_ROOTS
from devnet.network import Network
from tests.contracts.calling import CallFailed, DeployedContract

NOBODY = Address(b"\x0a" * 20)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def multicall(network: Network) -> DeployedContract:
    return DeployedContract(network, "Multicall3", MULTICALL3)


@pytest.fixture
def good(network: Network) -> bytes:
    return DeployedContract(network, "SettlementRoots", SETTLEMENT_ROOTS).data("RING")


@pytest.fixture
def bad(network: Network) -> bytes:
    """Reverts: no such height."""
    return DeployedContract(network, "SettlementRoots", SETTLEMENT_ROOTS).data("rootAt", 99)


def reason(failed: Any) -> str:
    """The text of Error(string)."""
    text: str = decode(["string"], failed.value.data[4:])[0]
    return text


RING_ANSWER = encode(["uint64"], [8191])


def test_aggregate_gives_the_block_and_every_answer(multicall: DeployedContract, good: bytes) -> None:
    number, answers = multicall.call("aggregate", [(SETTLEMENT_ROOTS, good)] * 3)
    assert answers == (RING_ANSWER,) * 3
    assert number == multicall.call("getBlockNumber")


@pytest.mark.parametrize("function", ["aggregate", "blockAndAggregate"])
def test_one_failure_fails_all(multicall: DeployedContract, good: bytes, bad: bytes, function: str) -> None:
    with pytest.raises(CallFailed) as failed:
        multicall.call(function, [(SETTLEMENT_ROOTS, good), (SETTLEMENT_ROOTS, bad)])
    assert reason(failed) == "Multicall3: call failed"


@pytest.mark.parametrize("function", ["tryAggregate", "tryBlockAndAggregate"])
def test_try_reports_failures_unless_success_is_required(
    multicall: DeployedContract, good: bytes, bad: bytes, function: str
) -> None:
    calls = [(SETTLEMENT_ROOTS, good), (SETTLEMENT_ROOTS, bad)]
    answer = multicall.call(function, False, calls)
    results = answer[-1] if function == "tryBlockAndAggregate" else answer
    assert [success for success, _ in results] == [True, False]
    assert results[0][1] == RING_ANSWER
    with pytest.raises(CallFailed) as failed:
        multicall.call(function, True, calls)
    assert reason(failed) == "Multicall3: call failed"


def test_aggregate3_allows_failures_call_by_call(
    multicall: DeployedContract, good: bytes, bad: bytes
) -> None:
    results = multicall.call("aggregate3", [(SETTLEMENT_ROOTS, False, good), (SETTLEMENT_ROOTS, True, bad)])
    assert [success for success, _ in results] == [True, False]
    with pytest.raises(CallFailed) as failed:
        multicall.call("aggregate3", [(SETTLEMENT_ROOTS, True, bad), (SETTLEMENT_ROOTS, False, bad)])
    assert reason(failed) == "Multicall3: call failed"


def test_aggregate3_value_pays_each_call_and_takes_nothing_else(multicall: DeployedContract) -> None:
    payer = multicall.network.keys.addresses[0]
    calls = [(NOBODY, False, 3, b""), (Address(b"\x0b" * 20), False, 4, b"")]
    assert [success for success, _ in multicall.call("aggregate3Value", calls, sender=payer, value=7)] == [
        True,
        True,
    ]
    for value in (6, 8):
        with pytest.raises(CallFailed) as failed:
            multicall.call("aggregate3Value", calls, sender=payer, value=value)
        assert reason(failed) in ("Multicall3: value mismatch", "Multicall3: call failed")


def test_values_that_overflow_do_not_add_up_to_less(multicall: DeployedContract) -> None:
    calls = [(NOBODY, True, 2**256 - 1, b""), (NOBODY, True, 1, b"")]
    with pytest.raises(CallFailed):
        multicall.call("aggregate3Value", calls)


def test_getters_answer_for_the_block_and_accounts(multicall: DeployedContract) -> None:
    zone = multicall.network.default_zone
    multicall.network.mine(zone, count=2)
    address = multicall.network.keys.addresses[0]
    number = multicall.call("getBlockNumber")
    assert multicall.call("getEthBalance", address) == zone.balance(address)
    assert multicall.call("getChainId") == zone.config.chain_id
    assert multicall.call("getCurrentBlockGasLimit") == zone.config.gas_limit
    block = zone.block(number - 1)
    assert block is not None
    assert multicall.call("getBlockHash", number - 1) == block.hash
    assert multicall.call("getLastBlockHash") == block.hash
    assert multicall.call("getCurrentBlockTimestamp") >= block.header.timestamp
    assert multicall.call("getCurrentBlockCoinbase") == "0x" + zone.config.coinbase.hex()
    assert multicall.call("getBasefee") >= 0
    assert multicall.call("getCurrentBlockDifficulty") >= 0
