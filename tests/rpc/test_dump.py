"""anvil_dumpState and anvil_loadState: what is dumped loads again, into this zone or a fresh one."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from devnet.network import Network
from tests.rpc.asking import Asker, Refused

HOLDER = "0x" + "00" * 18 + "beef"
SLOT = "0x" + "00" * 31 + "05"
WORD = "0x" + "00" * 31 + "07"
CODE = "0x60005460005260206000f3"


@pytest.fixture
def ask() -> Asker:
    return Asker(Network())


def facts(ask: Asker) -> tuple[Any, ...]:
    return (
        ask("eth_getBalance", HOLDER, "latest"),
        ask("eth_getTransactionCount", HOLDER, "latest"),
        ask("eth_getCode", HOLDER, "latest"),
        ask("eth_getStorageAt", HOLDER, SLOT, "latest"),
    )


def fill(ask: Asker) -> None:
    ask("anvil_setBalance", HOLDER, "0x7b")
    ask("anvil_setNonce", HOLDER, "0x9")
    ask("anvil_setCode", HOLDER, CODE)
    ask("anvil_setStorageAt", HOLDER, SLOT, WORD)


def pack(content: Any) -> str:
    return "0x" + gzip.compress(json.dumps(content).encode(), mtime=0).hex()


def test_a_dump_loads_into_a_fresh_zone(ask: Asker) -> None:
    fill(ask)
    ask("evm_mine")
    fresh = Asker(Network())
    assert fresh("anvil_loadState", ask("anvil_dumpState")) is True
    assert facts(fresh) == ("0x7b", "0x9", CODE, WORD)
    fresh("evm_mine")
    assert facts(fresh) == ("0x7b", "0x9", CODE, WORD)
    assert fresh("anvil_dumpState") == ask("anvil_dumpState")


def test_a_load_takes_back_what_was_written_since(ask: Asker) -> None:
    fill(ask)
    dumped = ask("anvil_dumpState")
    ask("anvil_setBalance", HOLDER, "0x1")
    ask("anvil_setStorageAt", HOLDER, SLOT, "0x" + "00" * 32)
    other = "0x" + "00" * 31 + "06"
    ask("anvil_setStorageAt", HOLDER, other, WORD)
    ask("evm_mine")
    ask("hardhat_loadState", dumped)
    assert facts(ask) == ("0x7b", "0x9", CODE, WORD)
    assert int(ask("eth_getStorageAt", HOLDER, other, "latest"), 16) == 0


def test_accounts_that_the_dump_does_not_have_stay(ask: Asker) -> None:
    fill(ask)
    ask("anvil_loadState", pack({"accounts": {ask.accounts[0]: {"balance": "0x5", "nonce": 3}}}))
    assert ask("eth_getBalance", ask.accounts[0], "latest") == "0x5"
    assert facts(ask) == ("0x7b", "0x9", CODE, WORD)


@pytest.mark.parametrize(
    "state",
    [
        "0x",
        "0x1f8b",
        "0x1f8b0800",
        "0x" + b"[1]".hex(),
        "0x" + b"{}".hex(),
        pack({"accounts": {"0x12": {}}}),
        pack({"accounts": {HOLDER: {"balance": "-1"}}}),
        pack({"accounts": {HOLDER: {"storage": [1]}}}),
        pack({"accounts": {HOLDER: 5}}),
        "0x" + (b"[" * 100_000).hex(),
    ],
)
def test_what_is_no_dump_is_refused_and_changes_nothing(ask: Asker, state: str) -> None:
    fill(ask)
    with pytest.raises(Refused) as refused:
        ask("anvil_loadState", state)
    assert refused.value.code == -32602
    assert facts(ask) == ("0x7b", "0x9", CODE, WORD)
