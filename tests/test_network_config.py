"""The network's configuration: what it refuses, and the hash that names it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from devnet.chain.rules import Fork
from devnet.chain.types import Address, Wei
from devnet.config import BadConfig, NetworkConfig
from devnet.zone.messages import GenesisAccount, Mining, PoolLimits


@pytest.mark.parametrize(
    "changes",
    [
        {"zones": ()},
        {"zones": ("Alpha",)},
        {"zones": ("1",)},
        {"zones": ("a" * 33,)},
        {"zones": ("alpha\n",)},
        {"zones": ("system",)},
        {"zones": ("health",)},
        {"zones": ("alpha", "alpha")},
        {"chain_id": 0},
        {"chain_id": 1 << 52},
        {"chain_id": 7_699_999},
        {"system_chain_id": 0},
        {"genesis_time": -1},
        {"genesis_number": 1 << 63},
        {"gas_limit": 20_999},
        {"accounts": -1},
        {"balance": Wei(-1)},
        {"mining": Mining(interval=0)},
    ],
)
def test_a_network_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadConfig):
        NetworkConfig(**changes)


def test_many_zones_have_names_and_chain_ids_in_order() -> None:
    config = NetworkConfig(zones=tuple(f"z{index}" for index in range(100)), chain_id=10_000)
    assert config.zone_names[0] == "system"
    assert config.zone_names[100] == "z99"
    assert [config.chain_id_of(index) for index in (0, 1, 100)] == [7_700_000, 10_000, 10_099]
    assert config.genesis_settlement.zone_count == 101


DIFFERENT = {
    "zones": ("alpha", "gamma"),
    "chain_id": 1,
    "system_chain_id": 2,
    "fork": Fork.PRAGUE,
    "genesis_time": 1,
    "genesis_number": 1,
    "genesis_accounts": {Address(b"\x01" * 20): GenesisAccount(Wei(1))},
    "mnemonic": "legal winner thank year wave sausage worth useful legal winner thank yellow",
    "accounts": 9,
    "derivation_path": "m/44'/60'/1'/0/",
    "balance": Wei(1),
    "grants": ((Address(b"\x01" * 20), Wei(1)),),
    "gas_limit": 30_000_000,
    "base_fee": Wei(7),
    "is_base_fee_fixed": True,
    "coinbase": Address(b"\x01" * 20),
    "transaction_gas_cap": None,
    "code_size_limit": None,
    "block_size_limit": None,
    "is_timestamp_strict": True,
}

LOCAL = {
    "min_priority_fee": Wei(1),
    "mining": Mining(automine=False),
    "pool": PoolLimits(transactions=5),
    "auto_impersonate": True,
    "call_gas_cap": 1,
    "call_time_limit": None,
    "max_log_results": 1,
    "filter_lifetime": 1.0,
}


def test_the_hash_depends_on_what_fixes_genesis_and_rules_only() -> None:
    config = NetworkConfig()
    assert {field.name for field in fields(config)} == DIFFERENT.keys() | LOCAL.keys()
    assert config.hash == NetworkConfig().hash
    hashes = {config.hash}
    for name, value in DIFFERENT.items():
        hashes.add(replace(config, **{name: value}).hash)
    assert len(hashes) == len(DIFFERENT) + 1
    for name, value in LOCAL.items():
        assert replace(config, **{name: value}).hash == config.hash, name


def test_a_base_fee_of_zero_stays() -> None:
    config = replace(NetworkConfig(), base_fee=Wei(0))
    assert config.zone_config(1, {}, ()).is_base_fee_fixed
    assert not NetworkConfig().zone_config(1, {}, ()).is_base_fee_fixed
