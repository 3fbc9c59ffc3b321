"""A network that is told to end while it executes something long."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import zero
from tests.parts import choice_under_test
from zero_sdk.errors import Problem

HEAVY = "0x" + "c0de" * 10

CODE = (
    # Memory begins with 12,000,000 rounds and ends with the flag; a gas and some 100 ns each.
    "0x6300b71b0060e01b600052600160d453"
    # Again and again: static call to 0x09 of 213 bytes, 64 bytes back.
    "5b604061010060d56000600962fffffffa50601056"
)
COUNT = 60
"""All of one sender, so that no number of cores makes them faster."""


def begun(devnet: Devnet, method: str, *parameters: Any) -> threading.Thread:
    """A request that is under way and will not be answered."""

    def ask() -> None:
        # Nobody answers once the network ends; that it may answer with an error is fine, too.
        with pytest.raises((OSError, ValueError)):
            devnet.call(method, *parameters)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def heavy_block(devnet: Devnet) -> list[str]:
    """Has a block of heavy transactions executed; gives their hashes, which were acknowledged."""
    sender = devnet.call("eth_accounts")[0]
    devnet.call("anvil_setCode", HEAVY, CODE)
    return [
        devnet.call(
            "eth_sendTransaction", {"from": sender, "to": HEAVY, "gas": hex(16_000_000), "nonce": hex(nonce)}
        )
        for nonce in range(COUNT)
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_long_block_does_not_hold_it_up_and_nothing_acknowledged_is_lost(
    tmp_path: Path, number: int
) -> None:
    arguments = ("--no-mining", "--silent", "--engine", choice_under_test().value, "--data-dir", "data")
    with Devnet(*arguments, folder=tmp_path) as devnet:
        hashes = heavy_block(devnet)
        asking = begun(devnet, "evm_mine")
        asking.join(1)
        assert asking.is_alive()
        assert devnet.stop(number) == (0, "")
        asking.join()
        assert "a block was still being executed" in devnet.log[-1]
        assert len(devnet.log) == 1
    ended = zero("data", "check", "data", folder=tmp_path)
    assert ended.code == 0, ended.err
    with Devnet(*arguments, folder=tmp_path) as devnet:
        assert devnet.call("eth_blockNumber") == "0x0"
        for transaction_hash in hashes:
            assert devnet.call("eth_getTransactionByHash", transaction_hash)["blockNumber"] is None
        assert devnet.call("eth_getCode", HEAVY) == CODE


def test_a_dump_is_not_written_of_a_network_that_changes(tmp_path: Path) -> None:
    arguments = ("--no-mining", "--silent", "--engine", choice_under_test().value, "--dump-on-exit", "dump")
    with Devnet(*arguments, folder=tmp_path) as devnet:
        heavy_block(devnet)
        asking = begun(devnet, "evm_mine")
        asking.join(1)
        code, _ = devnet.stop()
        asking.join()
        assert code == Problem.FILE_UNWRITABLE.exit_code
        assert f"[{Problem.FILE_UNWRITABLE.code}]: dump was not written" in "\n".join(devnet.log)
    assert not (tmp_path / "dump").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_long_calls_do_not_hold_it_up(tmp_path: Path, number: int) -> None:
    arguments = ("--silent", "--engine", choice_under_test().value, "--rpc-timeout", "none")
    with Devnet(*arguments, folder=tmp_path) as devnet:
        devnet.call("anvil_setCode", HEAVY, CODE)
        call = {"to": HEAVY, "gas": hex(50_000_000)}
        asking = [begun(devnet, "eth_call", call, "latest") for _ in range(4)]
        asking[0].join(0.5)
        assert devnet.stop(number) == (0, "")
        for thread in asking:
            thread.join()
        assert devnet.log == []
