"""Development calls as Anvil's users know them."""

from __future__ import annotations

import pytest

from devnet.network import Network
from tests.rpc.asking import Asker, Refused


def transfer(ask: Asker, **fields: str) -> str:
    """Sends one wei from the first account to the second; gives the hash."""
    call = {"from": ask.accounts[0], "to": ask.accounts[1], "value": "0x1", **fields}
    return str(ask("eth_sendTransaction", call))


def test_switching_automine_on_seals_what_waits(ask: Asker) -> None:
    """As Anvil does; a script that queues transactions and switches back on waits for their receipts."""
    ask("evm_setAutomine", False)
    waiting = [transfer(ask), transfer(ask)]
    assert ask("eth_getTransactionReceipt", waiting[0]) is None
    ask("evm_setAutomine", True)
    assert [ask("eth_getTransactionReceipt", one)["blockNumber"] for one in waiting] == ["0x1", "0x1"]


def test_switching_automine_on_seals_no_empty_block(ask: Asker) -> None:
    ask("evm_setAutomine", True)
    assert ask("eth_blockNumber") == "0x0"


@pytest.mark.parametrize("name", ["anvil_setChainId", "hardhat_setChainId"])
def test_no_zone_takes_the_chain_id_of_another(network: Network, ask: Asker, name: str) -> None:
    """`/<chain id>` names one zone, and a signature is valid in one."""
    other = Asker(network, "beta")("eth_chainId")
    with pytest.raises(Refused, match="beta") as refused:
        ask(name, other)
    assert refused.value.code == -32602
    own = ask("eth_chainId")
    ask(name, own)
    ask(name, "0x539")
    assert ask("eth_chainId") == "0x539"


def test_a_time_in_milliseconds_is_one(ask: Asker) -> None:
    """evm_setTime takes what JavaScript's Date gives, as in Ganache and Anvil."""
    ask("evm_setTime", 2_000_000_000_000)
    ask("evm_mine")
    assert ask("eth_getBlockByNumber", "latest", False)["timestamp"] == hex(2_000_000_000)
    ask("evm_setTime", 2_100_000_000)
    ask("evm_mine")
    assert ask("eth_getBlockByNumber", "latest", False)["timestamp"] == hex(2_100_000_000)


def test_a_range_of_intervals_is_refused_and_changes_nothing(ask: Asker) -> None:
    """Hardhat's range is in milliseconds; an interval here is in seconds, as in Anvil."""
    with pytest.raises(Refused, match="expected one number of seconds") as refused:
        ask("evm_setIntervalMining", [3000, 6000])
    assert refused.value.code == -32602
    assert ask("anvil_getIntervalMining") is None


def test_the_hint_for_a_nonce_that_is_too_high_is_given_once(ask: Asker) -> None:
    with pytest.raises(Refused) as refused:
        transfer(ask, nonce=hex(10**9), gas="0x5208")
    assert refused.value.code == 2
    assert refused.value.message.count("clear") == 1


@pytest.mark.parametrize("method", ["eth_sendTransaction", "eth_sendUnsignedTransaction"])
def test_the_first_account_sends_where_no_sender_is_named(ask: Asker, method: str) -> None:
    """As in Anvil and Hardhat."""
    sent = ask(method, {"to": ask.accounts[1], "value": "0x1"})
    assert ask("eth_getTransactionByHash", sent)["from"] == ask.accounts[0]
