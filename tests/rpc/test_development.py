"""The development calls do what their names in Anvil, Hardhat and viem promise."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from devnet.network import Network
from devnet.rpc import dispatch
from devnet.rpc.observer import ConsoleOutput, LoggingSwitched, Observation, RequestAnswered
from devnet.rpc.registry import method_table
from tests.rpc import contracts
from tests.rpc.asking import Asker, Refused, request
from tests.rpc.world import EMIT, NOBODY, TOKEN, signed

VIEM_ACTIONS = [
    "dropTransaction",
    "getAutomine",
    "impersonateAccount",
    "mine",
    "removeBlockTimestampInterval",
    "reset",
    "setAutomine",
    "setBalance",
    "setBlockTimestampInterval",
    "setCode",
    "setCoinbase",
    "setLoggingEnabled",
    "setMinGasPrice",
    "setNextBlockBaseFeePerGas",
    "setNonce",
    "setStorageAt",
    "stopImpersonatingAccount",
]
"""viem's test client asks these under anvil_ and hardhat_."""

BY_FULL_NAME = [
    "evm_increaseTime",
    "evm_mine",
    "evm_revert",
    "evm_setAutomine",
    "evm_setBlockGasLimit",
    "evm_setIntervalMining",
    "evm_setNextBlockTimestamp",
    "evm_snapshot",
    "eth_sendUnsignedTransaction",
    "txpool_content",
    "txpool_inspect",
    "txpool_status",
    "hardhat_setPrevRandao",
    "hardhat_metadata",
    "hardhat_addCompilationResult",
    "anvil_nodeInfo",
    "anvil_metadata",
    "anvil_autoImpersonateAccount",
    "anvil_dealERC20",
    "anvil_setERC20Allowance",
    "anvil_reorg",
    "anvil_rollback",
    "anvil_setTime",
    "evm_setTime",
    "evm_setAccountNonce",
    "anvil_getIntervalMining",
    "anvil_addBalance",
    "anvil_setChainId",
    "evm_mine_detailed",
    "anvil_removePoolTransactions",
    "anvil_dropAllTransactions",
    "anvil_setBlockGasLimit",
    "anvil_setNextBlockTimestamp",
]
"""What viem, hardhat-network-helpers, forge and Anvil's own list ask besides."""


def test_every_name_that_tools_use_is_there() -> None:
    names = {f"{prefix}_{action}" for prefix in ("anvil", "hardhat") for action in VIEM_ACTIONS}
    assert names | set(BY_FULL_NAME) <= method_table().keys()


def test_mining_seals_as_many_blocks_as_asked_at_the_interval_asked(ask: Asker) -> None:
    ask("hardhat_mine", "0x3", "0x3c")
    times = [int(ask("eth_getBlockByNumber", hex(number), False)["timestamp"], 16) for number in (1, 2, 3)]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [60, 60]
    ask("evm_mine", {"blocks": 2})
    assert ask("eth_blockNumber") == "0x5"
    ask("anvil_mine", 0)
    assert ask("eth_blockNumber") == "0x5"


def test_a_million_blocks_are_mined_and_found(ask: Asker) -> None:
    ask("hardhat_mine", hex(1_000_000))
    assert ask("eth_blockNumber") == hex(1_000_000)
    middle = ask("eth_getBlockByNumber", hex(500_000), False)
    assert ask("eth_getBlockByHash", middle["hash"], False) == middle


def test_time_moves_and_the_next_block_shows_it(ask: Asker) -> None:
    before = int(ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    assert ask("evm_increaseTime", "0xe10") == 3600
    ask("evm_mine")
    after = int(ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    assert after >= before + 3600
    ask("evm_setNextBlockTimestamp", after + 77)
    ask("evm_mine")
    assert ask("eth_getBlockByNumber", "latest", False)["timestamp"] == hex(after + 77)
    with pytest.raises(Refused) as refused:
        ask("evm_setNextBlockTimestamp", before)
    assert refused.value.code == -32602


def test_set_state_is_read_at_once_and_lasts(ask: Asker) -> None:
    ask("hardhat_setBalance", NOBODY, "0x64")
    ask("anvil_addBalance", NOBODY, "0x1")
    ask("hardhat_setNonce", NOBODY, "0x7")
    ask("hardhat_setCode", EMIT, "0x602a5ff3")
    ask("hardhat_setStorageAt", EMIT, "0x5", "0x" + "00" * 31 + "09")
    for _ in range(2):
        assert ask("eth_getBalance", NOBODY) == "0x65"
        assert ask("eth_getTransactionCount", NOBODY) == "0x7"
        assert ask("eth_getCode", EMIT) == "0x602a5ff3"
        assert ask("eth_getStorageAt", EMIT, "0x5") == "0x" + "00" * 31 + "09"
        assert ask("eth_getStorageValues", {EMIT: ["0x5", "0x6"]}) == {
            EMIT: ["0x" + "00" * 31 + "09", "0x" + "00" * 32]
        }
        ask("evm_mine")


def test_a_snapshot_can_be_reverted_to_again_and_a_newer_one_not(ask: Asker) -> None:
    older = ask("evm_snapshot")
    ask("evm_mine")
    newer = ask("evm_snapshot")
    for _ in range(2):
        ask("evm_mine")
        assert ask("evm_revert", older) is True
        assert ask("eth_blockNumber") == "0x0"
    with pytest.raises(Refused) as refused:
        ask("evm_revert", newer)
    assert refused.value.code == -32001


def test_a_network_snapshot_takes_every_zone_back(network: Network, ask: Asker) -> None:
    beta = Asker(network, "beta")
    taken = ask("zero_snapshot")
    ask("evm_mine")
    beta("evm_mine")
    assert beta("zero_revert", taken) is True
    assert [ask("eth_blockNumber"), beta("eth_blockNumber")] == ["0x0", "0x0"]


def test_a_zones_snapshot_leaves_the_others_alone(network: Network, ask: Asker) -> None:
    beta = Asker(network, "beta")
    taken = ask("evm_snapshot")
    ask("evm_mine")
    beta("evm_mine")
    ask("evm_revert", taken)
    assert [ask("eth_blockNumber"), beta("eth_blockNumber")] == ["0x0", "0x1"]


def test_a_rollback_and_a_reorg_replace_the_newest_blocks(ask: Asker) -> None:
    ask("anvil_mine", 5)
    old = ask("eth_getBlockByNumber", "0x4", False)
    raw = signed(ask)
    ask("anvil_reorg", 2, [[raw, 0]])
    assert ask("eth_blockNumber") == "0x5"
    new = ask("eth_getBlockByNumber", "0x4", False)
    assert new["hash"] != old["hash"]
    assert len(new["transactions"]) == 1
    assert ask("eth_getBlockByHash", old["hash"], False) is None
    ask("anvil_rollback")
    assert ask("eth_blockNumber") == "0x4"


def test_the_next_blocks_fields_can_be_set(ask: Asker) -> None:
    ask("hardhat_setNextBlockBaseFeePerGas", "0x64")
    ask("hardhat_setCoinbase", NOBODY)
    ask("hardhat_setPrevRandao", "0x" + "12" * 32)
    ask("evm_setBlockGasLimit", "0x1c9c380")
    ask("evm_mine")
    block = ask("eth_getBlockByNumber", "latest", False)
    assert (block["baseFeePerGas"], block["miner"]) == ("0x64", NOBODY)
    assert (block["mixHash"], block["gasLimit"]) == ("0x" + "12" * 32, "0x1c9c380")


def test_tokens_are_dealt_whatever_their_layout(ask: Asker) -> None:
    ask.place(TOKEN, contracts.TOKEN)
    ask("anvil_dealERC20", NOBODY, TOKEN, "0x64")
    ask("anvil_setERC20Allowance", ask.accounts[0], NOBODY, TOKEN, 7)
    holder, owner = (address[2:].rjust(64, "0") for address in (NOBODY, ask.accounts[0]))
    assert int(ask("eth_call", {"to": TOKEN, "data": "0x70a08231" + holder}), 16) == 100
    assert int(ask("eth_call", {"to": TOKEN, "data": "0xdd62ed3e" + owner + holder}), 16) == 7


def test_what_is_no_token_cannot_be_dealt(ask: Asker) -> None:
    ask.place(EMIT, contracts.EMIT)
    for target in (EMIT, NOBODY):
        with pytest.raises(Refused, match="no storage slot") as refused:
            ask("anvil_dealERC20", NOBODY, target, "0x64")
        assert refused.value.code == -32000


def test_waiting_transactions_are_inspected_and_dropped(ask: Asker) -> None:
    ask("anvil_setAutomine", False)
    sent = ask("eth_sendRawTransaction", signed(ask))
    assert ask("txpool_status") == {"pending": "0x1", "queued": "0x0"}
    assert ask("eth_pendingTransactions")[0]["hash"] == sent
    assert ask("anvil_dropTransaction", sent) == sent
    assert ask("anvil_dropTransaction", sent) is None
    assert ask("hardhat_dropTransaction", sent) is False
    assert ask("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_a_reset_goes_back_to_genesis_and_forking_is_refused(ask: Asker) -> None:
    ask("anvil_mine", 3)
    assert ask("hardhat_reset") is True
    assert ask("eth_blockNumber") == "0x0"
    with pytest.raises(Refused) as refused:
        ask("hardhat_reset", {"forking": {"jsonRpcUrl": "http://127.0.0.1:1"}})
    assert refused.value.code == -32004


def test_the_instance_is_the_same_in_one_run_and_new_in_the_next(ask: Asker) -> None:
    first = {ask(name)["instanceId"] for name in ("hardhat_metadata", "anvil_metadata", "anvil_nodeInfo")}
    assert len(first) == 1
    assert Asker(Network())("hardhat_metadata")["instanceId"] not in first


def observed(network: Network, *asked: dict[str, Any]) -> list[Observation]:
    seen: list[Observation] = []
    for entry in asked:
        dispatch(network, "alpha", entry, observe=seen.append)
    return seen


def test_console_lines_of_calls_and_estimates_are_observed_with_the_zones_name(
    network: Network, ask: Asker
) -> None:
    ask.place(EMIT, contracts.CONSOLE)
    seen = observed(network, request("eth_call", {"to": EMIT}), request("eth_estimateGas", {"to": EMIT}))
    lines = [
        (entry.zone, entry.method, len(entry.lines)) for entry in seen if isinstance(entry, ConsoleOutput)
    ]
    assert lines == [("alpha", "eth_call", 1), ("alpha", "eth_estimateGas", 1)]


def test_answers_and_refusals_are_observed(network: Network) -> None:
    seen = observed(
        network, request("eth_chainId"), request("eth_nothing"), request("hardhat_setLoggingEnabled", False)
    )
    assert seen[0] == RequestAnswered("alpha", "eth_chainId")  # type: ignore[arg-type]
    assert isinstance(seen[1], RequestAnswered)
    assert seen[1].code == -32601
    assert seen[2] == LoggingSwitched("alpha", False)  # type: ignore[arg-type]
