"""The supply over JSON-RPC: every term where it belongs, at any block."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.network import Network
from tests.rpc.asking import Asker, Refused

BOB = "0x" + "0b" * 20


@pytest.fixture(scope="module")
def ask() -> Asker:
    """Block 1 burns a fee, block 2 carries 500 wei that were given and what destroys 1000, block 3 is empty;
    then Bob gets 70 more."""
    ask = Asker(Network())
    (sender, *_) = ask.accounts
    ask("eth_sendTransaction", {"from": sender, "to": BOB, "value": "0x1"})
    ask("anvil_setBalance", BOB, hex(501))
    ask("eth_sendTransaction", {"from": sender, "data": "0x30ff", "value": "0x3e8"})
    ask("evm_mine")
    ask("anvil_setBalance", BOB, hex(571))
    return ask


def numbers(answer: dict[str, Any]) -> dict[str, int]:
    """What is a number, as one."""
    return {
        name: int(value, 16)
        for name, value in answer.items()
        if name not in ("hash", "zones", "zone", "reserve")
    }


def test_a_block_has_its_terms(ask: Asker) -> None:
    supplies = [numbers(ask("zero_getZoneSupply", hex(number))) for number in range(4)]
    assert [each["difference"] for each in supplies] == [0] * 4
    assert [each["destroyed"] for each in supplies] == [0, 0, 1000, 1000]
    # As balances are read: what was set after a block counts there already.
    assert [each["credited"] for each in supplies] == [0, 500, 500, 570]
    blocks = [ask("eth_getBlockByNumber", hex(number), False) for number in range(4)]
    fees = [int(block["gasUsed"], 16) * int(block["baseFeePerGas"], 16) for block in blocks]
    assert [each["burntBaseFees"] for each in supplies] == [sum(fees[: number + 1]) for number in range(4)]
    assert supplies[3]["balances"] == supplies[0]["opening"] + 570 - 1000 - sum(fees)
    assert (
        ask("zero_getZoneSupply") == ask("zero_getZoneSupply", "latest") == ask("zero_getZoneSupply", "0x3")
    )
    assert ask("zero_getZoneSupply", "earliest")["number"] == "0x0"


def test_the_network_is_the_sum_of_its_zones(ask: Asker) -> None:
    whole = ask("zero_getSupply")
    shares = {share["zone"]: share for share in whole["zones"]}
    assert list(shares) == ["system", "alpha", "beta"]
    assert shares["alpha"]["supply"] == ask("zero_getZoneSupply")
    sums = numbers(whole)
    assert sums["difference"] == sums["inFlight"] == sums["owed"] == sums["issuance"] == 0
    assert sums["circulating"] == sum(int(share["circulating"], 16) for share in shares.values())
    assert sums["circulating"] == sums["opening"] + sums["credited"] - sums["debited"] - sums["burnt"]
    for share in shares.values():
        held = numbers(share["reserve"])
        balance = int(ask("eth_getBalance", "0x5a45524f0000000000000000000000000000000c"), 16)
        assert held["balance"] == held["atGenesis"] + held["sent"] - held["paid"] == balance


@pytest.mark.full
def test_blobs_burn_their_own_fee() -> None:
    """Long, because the setup of KZG is."""
    ask = Asker(Network())
    blob = "0x" + "00" * 131_072
    sent = ask("eth_sendTransaction", {"from": ask.accounts[0], "to": BOB, "type": "0x3", "blobs": [blob]})
    receipt = ask("eth_getTransactionReceipt", sent)
    supply = numbers(ask("zero_getZoneSupply"))
    assert supply["burntBlobFees"] == int(receipt["blobGasUsed"], 16) * int(receipt["blobGasPrice"], 16) > 0
    assert supply["difference"] == 0


def test_there_is_no_supply_of_what_is_no_block(ask: Asker) -> None:
    for block in ("0x4", "pending", "0x" + "77" * 32):
        with pytest.raises(Refused) as refused:
            ask("zero_getZoneSupply", block)
        assert refused.value.code == -32001
