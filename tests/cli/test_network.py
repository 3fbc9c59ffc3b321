"""What the settings mean for the network."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from devnet.chain.rules import Fork
from devnet.clock import KeptTime
from devnet.config import NetworkConfig
from devnet.zone.messages import Mining, Order
from zero_sdk.cli.devnet.network import network_clock, network_config, zone_names
from zero_sdk.cli.devnet.settings import FORKS, Settings
from zero_sdk.errors import Problem, ZeroError

NOW = 1_900_000_000.75


def config_of(**changes: object) -> NetworkConfig:
    settings = Settings(**changes)  # type: ignore[arg-type]
    return network_config(settings, settings.mnemonic, NOW)


def test_without_options_it_is_the_default_network_that_starts_now() -> None:
    assert config_of() == replace(NetworkConfig(), genesis_time=int(NOW), slot_time=1.0)


def test_slots_are_a_second_long_unless_an_option_says_otherwise() -> None:
    assert config_of().slot_time == 1.0
    assert config_of(slot_time=0.0).slot_time == 0
    assert config_of(settlement="off").slot_time is None
    assert config_of(slot_time=0.2, settlement="off").slot_time is None


def test_every_hard_fork_of_the_zones_can_be_chosen() -> None:
    assert [Fork.from_name(name) for name in FORKS] == list(Fork)
    assert config_of(hardfork="prague").fork is Fork.PRAGUE


@pytest.mark.parametrize(
    ("changes", "mining"),
    [
        ({}, Mining(automine=True, interval=None)),
        ({"no_mining": True}, Mining(automine=False, interval=None)),
        ({"block_time": 2.0}, Mining(automine=False, interval=2.0)),
        ({"block_time": 2.0, "mixed_mining": True}, Mining(automine=True, interval=2.0)),
        (
            {"order": "fifo", "max_transactions": 3},
            Mining(automine=True, interval=None, order=Order.FIFO, max_transactions=3),
        ),
    ],
)
def test_mining_modes(changes: dict[str, object], mining: Mining) -> None:
    assert config_of(**changes).mining == mining


def test_limits_and_fees_are_handed_on() -> None:
    config = config_of(
        gas_limit=30_000_000,
        transaction_gas_cap=None,
        code_size_limit=None,
        strict_timestamps=True,
        base_fee=7,
        gas_price=3,
        rpc_gas_cap=1_000_000,
        rpc_timeout=None,
        auto_impersonate=True,
    )
    assert (config.gas_limit, config.code_size_limit, config.base_fee) == (30_000_000, None, 7)
    assert (config.min_priority_fee, config.call_gas_cap, config.call_time_limit) == (3, 1_000_000, None)
    assert (config.transaction_gas_cap, config.is_timestamp_strict) == (None, True)
    assert config.auto_impersonate is True


def test_what_is_kept_of_dispersed_data_is_handed_on() -> None:
    config = config_of(archive=3, archive_size=2_000_000)
    assert (config.archive_blocks, config.archive_bytes) == (3, 2_000_000)
    assert config_of(archive_size=None).archive_bytes >= 1 << 60


def test_endpoint_ids_are_handed_on() -> None:
    assert config_of().zone_eids == (50_900, 50_121, 50_102)
    assert config_of(eid=(("beta", 30_101),)).zone_eids == (50_900, 50_121, 30_101)
    with pytest.raises(ZeroError, match="gamma") as raised:
        config_of(eid=(("gamma", 5),))
    assert raised.value.problem is Problem.REFUSED_NETWORK


def test_an_option_wins_over_the_genesis_file(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    document = {"config": {"chainId": 5}, "timestamp": 1, "gasLimit": 25_000_000, "baseFeePerGas": 9}
    path.write_text(json.dumps(document), encoding="utf-8")
    from_file = config_of(genesis=path)
    assert (from_file.chain_id, from_file.genesis_time) == (5, 1)
    assert (from_file.gas_limit, from_file.base_fee) == (25_000_000, 9)
    chosen = config_of(genesis=path, chain_id=6, timestamp=2, gas_limit=26_000_000, base_fee=0)
    assert (chosen.chain_id, chosen.genesis_time, chosen.gas_limit, chosen.base_fee) == (6, 2, 26_000_000, 0)


def test_the_clock_starts_at_genesis_and_goes_on_with_the_wall() -> None:
    clock = network_clock(config_of(timestamp=1_000), NOW)
    before = time.time()
    reading = clock.reading()
    after = time.time()
    offset = 1_000 - int(NOW)
    assert int(before) + offset <= reading.now <= int(after) + offset
    assert reading.per_block == 0
    # A folder or a dump that the network goes on from says the same.
    assert clock.kept() == KeptTime(is_wall=True, seconds=offset)


def test_a_number_of_zones_can_exceed_the_alphabet() -> None:
    names = zone_names(30)
    assert (names[0], names[23], names[24], names[29]) == ("alpha", "omega", "zone-25", "zone-30")
    assert len(set(names)) == 30
    assert len(config_of(zones=30).zones) == 30


def test_a_network_that_cannot_be_is_refused() -> None:
    with pytest.raises(ZeroError) as raised:
        config_of(zones=("a", "a"))
    assert raised.value.problem is Problem.REFUSED_NETWORK
