"""geth-style genesis files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devnet.zone.messages import GenesisAccount
from zero_sdk.cli.devnet.genesis import read_genesis
from zero_sdk.errors import Problem, ZeroError

ADDRESS = bytes.fromhex("ab" * 20)


def written(folder: Path, document: Any) -> Path:
    path = folder / "genesis.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_an_alloc_in_every_spelling_that_geth_accepts(tmp_path: Path) -> None:
    account = {
        "balance": "0x10",
        "nonce": "0x2",
        "code": "0x6000",
        "storage": {"0x" + "00" * 31 + "01": "0x" + "00" * 31 + "ff"},
    }
    path = written(tmp_path, {"alloc": {"ab" * 20: account, "0x" + "CD" * 20: {"balance": "12"}}})
    assert read_genesis(path).accounts == {
        ADDRESS: GenesisAccount(16, 2, b"\x60\x00", {1: 255}),
        b"\xcd" * 20: GenesisAccount(12),
    }


def test_the_fields_of_the_block(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "config": {"chainId": 5, "berlinBlock": 0},
            "timestamp": "0x64",
            "gasLimit": "0x1c9c380",
            "baseFeePerGas": 7,
            "coinbase": "0x" + "ab" * 20,
            "difficulty": "0x0",
        },
    )
    genesis = read_genesis(path)
    assert (genesis.chain_id, genesis.timestamp, genesis.gas_limit, genesis.base_fee, genesis.coinbase) == (
        5,
        100,
        30_000_000,
        7,
        ADDRESS,
    )
    assert genesis.accounts == {}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "the file"),
        ({"alloc": []}, "alloc"),
        ({"alloc": {"0x12": {}}}, "alloc.0x12"),
        ({"alloc": {"ab" * 20: {"balance": "x"}}}, ".balance"),
        ({"alloc": {"ab" * 20: {"balance": -1}}}, ".balance"),
        ({"alloc": {"ab" * 20: {"balance": "0x1" + "0" * 64}}}, ".balance"),
        ({"alloc": {"ab" * 20: {"nonce": True}}}, ".nonce"),
        ({"alloc": {"ab" * 20: {"code": "0x0"}}}, ".code"),
        ({"alloc": {"ab" * 20: {"storage": {"zz": "0x0"}}}}, ".storage"),
        ({"coinbase": "0xab"}, "coinbase"),
        ({"config": {"chainId": "many"}}, "config.chainId"),
    ],
)
def test_a_mistake_is_placed(tmp_path: Path, document: Any, place: str) -> None:
    path = written(tmp_path, document)
    with pytest.raises(ZeroError) as raised:
        read_genesis(path)
    assert raised.value.problem is Problem.BAD_GENESIS
    assert raised.value.message.startswith(f"{path}: ")
    assert place in raised.value.message


def test_files_that_are_missing_or_no_json(tmp_path: Path) -> None:
    with pytest.raises(ZeroError) as raised:
        read_genesis(tmp_path / "none.json")
    assert raised.value.problem is Problem.FILE_UNREADABLE
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(ZeroError) as raised:
        read_genesis(broken)
    assert raised.value.problem is Problem.BAD_GENESIS
