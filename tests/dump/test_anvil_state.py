"""Anvil's state format, with the real Anvil: it loads our dumps, blocks included; we load its accounts."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from devnet.network import Network
from tests.execution.tracers.anvil import Anvil, start_anvil
from tests.rpc.asking import Asker, Refused
from tests.rpc.world import EMIT, FAIL, build_world

pytestmark = pytest.mark.clients

HOLDER = "0x" + "00" * 18 + "beef"
DEPLOYED = "0x600760055560206000f3"
"""Init code that stores 7 in slot 5 and gives 32 zero bytes as code."""

BALANCE_FIRST = {"balance": "eth_getBalance", "nonce": "eth_getTransactionCount", "code": "eth_getCode"}
BLOCK_FIELDS = ("hash", "parentHash", "number", "timestamp", "stateRoot", "transactionsRoot", "receiptsRoot")
TRANSACTION_FIELDS = (
    "hash",
    "blockHash",
    "blockNumber",
    "transactionIndex",
    "from",
    "to",
    "value",
    "input",
    "type",
)
RECEIPT_FIELDS = (
    *("transactionHash", "blockHash", "blockNumber", "from", "to", "status", "gasUsed", "cumulativeGasUsed"),
    *("contractAddress", "logsBloom", "type", "transactionIndex"),
)
LOG_FIELDS = ("address", "topics", "data", "blockHash", "transactionHash", "logIndex")


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with start_anvil() as running:
        yield running


def facts(ask: Any, address: str) -> tuple[Any, ...]:
    return (
        *(ask(method, address, "latest") for method in BALANCE_FIRST.values()),
        *(int(ask("eth_getStorageAt", address, hex(slot), "latest"), 16) for slot in range(8)),
    )


def part(source: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: source[name] for name in names}


def unpacked(dump: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress(bytes.fromhex(dump[2:])))
    return content


def test_anvil_loads_our_dump_with_accounts_blocks_transactions_and_receipts(anvil: Anvil) -> None:
    ask = build_world().ask
    ask("anvil_impersonateAccount", FAIL)
    ask("anvil_setBalance", FAIL, hex(10**18))
    ask("eth_sendTransaction", {"from": FAIL, "to": EMIT, "value": "0x0", "gas": "0x186a0"})
    ask("anvil_setStorageAt", HOLDER, "0x5", "0x" + "00" * 31 + "07")
    ask("anvil_setBalance", HOLDER, "0x7b")
    ask("evm_mine")
    assert anvil.ask("anvil_loadState", ask("anvil_dumpState")) is True
    for address in (*ask.accounts, EMIT, FAIL, HOLDER):
        assert facts(anvil.ask, address) == facts(ask, address)
    newest = int(ask("eth_blockNumber"), 16)
    assert int(anvil.ask("eth_blockNumber"), 16) == newest > 5
    seen = set()
    for number in range(newest + 1):
        ours = ask("eth_getBlockByNumber", hex(number), True)
        theirs = anvil.ask("eth_getBlockByHash", ours["hash"], True)
        assert part(theirs, BLOCK_FIELDS) == part(ours, BLOCK_FIELDS)
        assert len(theirs["transactions"]) == len(ours["transactions"])
        for transaction, other in zip(ours["transactions"], theirs["transactions"], strict=True):
            if transaction["from"] == FAIL:
                # Anvil finds no signer in an impersonated transaction; its receipt names the sender.
                transaction["from"] = "0x" + "00" * 20
            assert part(other, TRANSACTION_FIELDS) == part(transaction, TRANSACTION_FIELDS)
            receipt = ask("eth_getTransactionReceipt", transaction["hash"])
            loaded = anvil.ask("eth_getTransactionReceipt", transaction["hash"])
            assert part(loaded, RECEIPT_FIELDS) == part(receipt, RECEIPT_FIELDS)
            assert [part(log, LOG_FIELDS) for log in loaded["logs"]] == [
                part(log, LOG_FIELDS) for log in receipt["logs"]
            ]
            seen.add((transaction["type"], receipt["status"]))
    assert seen >= {(kind, "0x1") for kind in ("0x0", "0x1", "0x2", "0x3", "0x4")} | {("0x2", "0x0")}
    # It goes on from there.
    anvil.ask("evm_mine")
    assert (
        anvil.ask("eth_getBlockByNumber", "latest", False)["parentHash"]
        == (ask("eth_getBlockByNumber", "latest", False)["hash"])
    )


def awaited_receipt(anvil: Anvil, sent: str) -> dict[str, Any]:
    """Anvil answers before it has sealed the block."""
    for _ in range(200):
        receipt: dict[str, Any] | None = anvil.ask("eth_getTransactionReceipt", sent)
        if receipt is not None:
            return receipt
        time.sleep(0.05)
    raise AssertionError("anvil sealed no block")


def drive(anvil: Anvil) -> tuple[str, str]:
    """Two contracts, one deployed and one placed."""
    sender = anvil.ask("eth_accounts")[0]
    sent = anvil.ask("eth_sendTransaction", {"from": sender, "data": DEPLOYED, "gas": "0x30000"})
    created = awaited_receipt(anvil, sent)["contractAddress"]
    anvil.ask("anvil_setBalance", HOLDER, "0x7b")
    anvil.ask("anvil_setNonce", HOLDER, "0x9")
    anvil.ask("anvil_setCode", HOLDER, "0x60005460005260206000f3")
    anvil.ask("anvil_setStorageAt", HOLDER, "0x5", "0x" + "00" * 31 + "07")
    anvil.ask("anvil_mine", "0x3")
    return created, sender


def test_we_load_what_anvil_dumps(anvil: Anvil) -> None:
    created, sender = drive(anvil)
    ask = Asker(Network())
    before = ask("eth_getBlockByNumber", "latest", False)["hash"]
    assert ask("anvil_loadState", anvil.ask("anvil_dumpState")) is True
    for address in (created, sender, HOLDER):
        assert facts(ask, address) == facts(anvil.ask, address)
    assert facts(ask, HOLDER)[:2] == ("0x7b", "0x9")
    assert ask("eth_getBlockByNumber", "latest", False)["hash"] == before
    ask("evm_mine")
    assert facts(ask, created) == facts(anvil.ask, created)
    # The notes that Anvil's blocks left stay where they belong.
    history = "0x0000f90827f1c53a10cb7a02335b175320002935"
    assert ask("eth_getStorageAt", history, "0x0", "latest") == before
    assert int(ask("eth_getStorageAt", history, "0x1", "latest"), 16) == 0


def test_what_anvil_dumped_and_we_loaded_and_dumped_loads_into_anvil_again(anvil: Anvil) -> None:
    created, sender = drive(anvil)
    ask = Asker(Network())
    ask("anvil_loadState", anvil.ask("anvil_dumpState"))
    with start_anvil() as other:
        other.ask("anvil_loadState", ask("anvil_dumpState"))
        for address in (created, sender, HOLDER):
            assert facts(other.ask, address) == facts(anvil.ask, address)


def test_a_dump_has_the_fields_that_anvils_has(anvil: Anvil) -> None:
    drive(anvil)
    theirs, ours = unpacked(anvil.ask("anvil_dumpState")), unpacked(build_world().ask("anvil_dumpState"))
    assert ours.keys() == theirs.keys()
    assert theirs["block"].keys() - ours["block"].keys() == {"slot_num"}
    for name in ("blocks", "transactions"):
        assert ours[name][0].keys() == theirs[name][0].keys()
    for names in (("info",), ("receipt",)):
        (name,) = names
        assert ours["transactions"][0][name].keys() == theirs["transactions"][0][name].keys()
    assert next(iter(ours["accounts"].values())).keys() == next(iter(theirs["accounts"].values())).keys()


def test_states_of_earlier_blocks_are_refused_with_what_to_use_instead() -> None:
    ask = Asker(Network())
    assert ask("anvil_dumpState", False) == ask("anvil_dumpState")
    with pytest.raises(Refused, match="zero dump"):
        ask("anvil_dumpState", True)
