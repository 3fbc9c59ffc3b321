"""Options against the network that a folder already holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from devnet.chain.rules import Fork
from devnet.chain.types import Wei
from devnet.config import NetworkConfig
from devnet.zone.messages import Mining
from zero_sdk.cli.devnet.kept import kept_in_dump, kept_in_folder
from zero_sdk.cli.devnet.network import network_config
from zero_sdk.cli.devnet.sources import settings_from
from zero_sdk.errors import Problem, ZeroError

NOW = 1_900_000_000.0
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"

KEPT = NetworkConfig(
    zones=("one", "two", "three"),
    chain_id=42,
    fork=Fork.CANCUN,
    genesis_time=1_000_000,
    mnemonic=WORDS,
    accounts=3,
    gas_limit=40_000_000,
)


def config_of(folder: Path, **given: object) -> NetworkConfig:
    settings = settings_from({"data_dir": str(folder), **given}, {}, None)
    return network_config(settings, settings.mnemonic, NOW, kept_in_folder(KEPT, folder))


def test_what_is_not_given_is_the_folders(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    # A devnet settles every second, whatever the folder's network did.
    assert config == replace(KEPT, mining=Mining(), slot_time=1.0)
    assert config.hash == KEPT.hash


def test_what_only_this_process_does_is_the_options(tmp_path: Path) -> None:
    config = config_of(tmp_path, block_time="2", gas_price="5", history="100", memory_limit="2GiB")
    assert (config.mining.interval, config.min_priority_fee) == (2.0, 5)
    assert (config.history, config.memory_limit) == (100, 2 << 30)
    assert config.hash == KEPT.hash


def test_what_is_given_and_the_same_is_fine(tmp_path: Path) -> None:
    given = {
        "zones": "one,two,three",
        "chain_id": "42",
        "hardfork": "cancun",
        "mnemonic": WORDS,
        "accounts": "3",
    }
    assert config_of(tmp_path, **given).hash == KEPT.hash


@pytest.mark.parametrize(
    ("option", "value", "found", "given"),
    [
        ("zones", "one,two", "one,two,three", "one,two"),
        ("zones", "3", "one,two,three", "alpha,beta,gamma"),
        ("chain_id", "43", "42", "43"),
        ("eid", "alpha=7", "the usual ones", "alpha=7"),
        ("hardfork", "osaka", "cancun", "osaka"),
        ("timestamp", "2000000", "1000000 (1970-01-12T13:46:40Z)", "2000000 (1970-01-24T03:33:20Z)"),
        ("accounts", "10", "3", "10"),
        ("derivation_path", "m/1/", "m/44'/60'/0'/0/", "m/1/"),
        ("balance", "7.5", "10,000 ZRO", "7.5 ZRO"),
        ("fund", "0x" + "11" * 20 + ":3", "nobody else", "0x" + "11" * 20 + ":3 ZRO"),
        ("gas_limit", "30000000", "40000000", "30000000"),
        ("base_fee", "7", "1000000000", "7"),
        ("transaction_gas_cap", "none", "16777216", "none"),
        ("code_size_limit", "30000", "24576", "30000"),
        ("strict_timestamps", True, "False", "True"),
    ],
)
def test_a_contradiction_names_the_option_and_both_values(
    tmp_path: Path, option: str, value: object, found: str, given: str
) -> None:
    with pytest.raises(ZeroError) as raised:
        config_of(tmp_path, **{option: value})
    assert raised.value.problem is Problem.FOLDER_OTHER_NETWORK
    assert raised.value.message.startswith(f"--{option.replace('_', '-')}: ")
    assert raised.value.message.endswith(f"{found}; given: {given}")
    assert str(tmp_path) in raised.value.message


def test_words_of_a_mnemonic_are_not_told(tmp_path: Path) -> None:
    mnemonic = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"
    with pytest.raises(ZeroError) as raised:
        config_of(tmp_path, mnemonic=mnemonic)
    assert "--mnemonic: " in raised.value.message
    assert "legal" not in raised.value.message
    assert "zoo" not in raised.value.message


def test_new_random_words_contradict_any_network(tmp_path: Path) -> None:
    with pytest.raises(ZeroError, match="--mnemonic-random: ") as raised:
        config_of(tmp_path, mnemonic_random=True)
    assert raised.value.problem is Problem.FOLDER_OTHER_NETWORK


def test_a_variable_is_named_as_it_was_given(tmp_path: Path) -> None:
    settings = settings_from({"data_dir": str(tmp_path)}, {"ZERO_CHAIN_ID": "5"}, None)
    with pytest.raises(ZeroError, match=r"^ZERO_CHAIN_ID: "):
        network_config(settings, settings.mnemonic, NOW, kept_in_folder(KEPT, tmp_path))


def test_a_genesis_file_contradicts_with_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps({"config": {"chainId": 42}, "alloc": {}}), encoding="utf-8")
    assert config_of(tmp_path, genesis=str(path)).hash == KEPT.hash
    path.write_text(json.dumps({"timestamp": 5}), encoding="utf-8")
    with pytest.raises(ZeroError, match=r"--genesis: .* genesis time: 1000000 .*; given: 5 "):
        config_of(tmp_path, genesis=str(path))
    path.write_text(json.dumps({"alloc": {"0x" + "22" * 20: {"balance": "0x1"}}}), encoding="utf-8")
    with pytest.raises(ZeroError, match="genesis accounts: 0 accounts; given: 1 accounts"):
        config_of(tmp_path, genesis=str(path))


# ---------------------------------------------------------------- a dump


def config_with_dump(file: Path, dumped: NetworkConfig, **given: object) -> NetworkConfig:
    settings = settings_from({"load": str(file), **given}, {}, None)
    return network_config(settings, settings.mnemonic, NOW, kept_in_dump(dumped, file))


def test_what_is_not_given_is_the_dumps_choices_included(tmp_path: Path) -> None:
    dumped = replace(
        KEPT,
        mining=Mining(automine=False, interval=3.0),
        min_priority_fee=Wei(7),
        auto_impersonate=True,
        call_gas_cap=1_000_000,
        call_time_limit=None,
        history=9,
        memory_limit=10_000_000,
    )
    assert config_with_dump(tmp_path / "x.zero", dumped) == dumped
    given = {"no_mining": True, "gas_price": "1", "rpc_gas_cap": "2000000", "history": "all"}
    assert config_with_dump(tmp_path / "x.zero", dumped, **given) == replace(
        dumped,
        mining=Mining(automine=False),
        min_priority_fee=Wei(1),
        call_gas_cap=2_000_000,
        history=None,
    )


def test_an_option_that_contradicts_a_dump_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZeroError, match=r"--chain-id: the network in .*x\.zero has chain id: 42") as raised:
        config_with_dump(tmp_path / "x.zero", KEPT, chain_id="43")
    assert raised.value.problem is Problem.DUMP_OTHER_NETWORK
