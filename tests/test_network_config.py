"""The network's configuration: what it refuses, and the hash that names it."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from devnet.chain.rules import Fork
from devnet.chain.types import Address, Wei
from devnet.config import BadConfig, NetworkConfig
from devnet.config_fields import LATER_FIELDS
from devnet.contracts.addresses import (
    BLOCKED_LIBRARY,
    ENDPOINT,
    EXECUTOR,
    OUTBOX,
    PRICE_FEED,
    RECEIVE_LIBRARY,
    SEND_LIBRARY,
    STAKING,
)
from devnet.contracts.messaging import MessagingGenesis, messaging_accounts
from devnet.contracts.staking import (
    StakingParameters,
    delegation_slot,
    sealed_set,
    set_root,
    validator_slot,
)
from devnet.eids import BASE_EID
from devnet.network import Network
from devnet.settlement.genesis_keys import genesis_keys
from devnet.settlement.parameters import BEFORE_STAKING, SettlementParameters
from devnet.zone.messages import GenesisAccount, Mining, PoolLimits
from tests.parts import parts_under_test

MESSAGING = (ENDPOINT, OUTBOX, SEND_LIBRARY, RECEIVE_LIBRARY, BLOCKED_LIBRARY, EXECUTOR, PRICE_FEED)


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
        {"history": -1},
        {"memory_limit": -1},
        {"compaction_threshold": 0},
        {"compaction_ratio": 4},
        {"eids": {"alpha": 0}},
        {"eids": {"alpha": 1 << 32}},
        {"eids": {"alpha": 50_102}},
        {"eids": {"alpha": 7, "beta": 7}},
        {"eids": {"gamma": 7}},
        {"eids": {"alpha": 50_902}},
        {"eids": {"system": 50_900 + 65_535}},
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
    "system_chain_id": 9,
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
    "compaction_threshold": 2,
    "compaction_ratio": 3,
    "compaction_divisor": 5,
    "settlement": SettlementParameters(validators=7, stake=Wei(5), producers=3, blocks=9),
    "eids": {"alpha": 30_101},
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
    "history": 5,
    "memory_limit": 1 << 30,
    "slot_time": 2.0,
    "archive_blocks": 3,
    "archive_bytes": 1_000,
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


def test_what_the_hash_covers_goes_through_json_and_back() -> None:
    changed = {name: value for name, value in DIFFERENT.items() if name != "genesis_accounts"}
    account = GenesisAccount(Wei(1 << 200), 7, b"\x60\x00", {1 << 255: 3, 0: 4})
    for config in (
        NetworkConfig(),
        NetworkConfig(**changed, genesis_accounts={Address(b"\x01" * 20): account}),
    ):
        document = json.loads(json.dumps(config.to_document()))
        read = NetworkConfig.from_document(document)
        assert read == config
        assert read.hash == config.hash
        assert document.keys() | LATER_FIELDS.keys() == DIFFERENT.keys()


def test_what_the_hash_does_not_cover_is_the_reader_s() -> None:
    local = NetworkConfig(**LOCAL)
    assert NetworkConfig.from_document(NetworkConfig(accounts=3).to_document(), local) == replace(
        local, accounts=3
    )


def test_a_document_with_something_missing_unknown_or_wrong_is_refused() -> None:
    document = NetworkConfig().to_document()
    for changed in (
        {name: value for name, value in document.items() if name != "gas_limit"},
        {**document, "speed": 1},
        {**document, "gas_limit": "1"},
        {**document, "fork": "tomorrow"},
        {**document, "coinbase": "0x00"},
        {**document, "zones": "alpha"},
        {**document, "is_timestamp_strict": 1},
        {**document, "genesis_accounts": {"0x" + "11" * 20: {"balance": "1"}}},
    ):
        with pytest.raises(BadConfig):
            NetworkConfig.from_document(changed)


def test_differences_name_the_field_and_both_values_but_never_a_mnemonic() -> None:
    config = NetworkConfig()
    assert config.differences(NetworkConfig(**LOCAL)) == {}
    found = config.differences(NetworkConfig(**DIFFERENT))
    assert found.keys() == DIFFERENT.keys()
    assert found["gas_limit"] == (1_000_000_000, 30_000_000)
    assert found["mnemonic"] is None


def test_a_network_from_before_there_were_validators_in_staking_keeps_its_hash_and_genesis() -> None:
    before = replace(NetworkConfig(), settlement=BEFORE_STAKING, eids=None)
    assert before.hash.hex() == "6e6d0a7b128885198ddc71fa4246f50068ae8cf556613d569934532406add823"
    document = before.to_document()
    assert "settlement" not in document
    assert NetworkConfig.from_document(document) == before
    other = replace(before, settlement=replace(BEFORE_STAKING, producers=3))
    assert len(other.to_document()["settlement"]) == 4
    assert NetworkConfig.from_document(other.to_document()) == other
    system = Network(before).zone("system")
    assert sealed_set(lambda slot: system.storage(STAKING, slot)).validators == ()


def test_every_zone_has_an_endpoint_id_and_can_be_found_by_it() -> None:
    config = NetworkConfig(zones=("gamma", "beta", "alpha"), eids={"gamma": 30_184, "system": 9})
    assert config.zone_eids == (9, 30_184, 50_102, 50_121)
    assert [config.zone_eid(name) for name in config.zone_names] == list(config.zone_eids)
    assert [config.zone_of_eid(eid) for eid in config.zone_eids] == list(config.zone_names)
    assert config.zone_of_eid(50_900) is None
    assert NetworkConfig(zones=("a", "b")).zone_eids == (50_900, 50_901, 50_902)
    with pytest.raises(LookupError, match="no zone 'delta'"):
        config.zone_eid("delta")


def test_an_eid_that_is_the_zone_s_anyway_says_nothing() -> None:
    told = NetworkConfig(eids={"alpha": 50_121, "system": 50_900})
    assert (told, told.hash) == (NetworkConfig(), NetworkConfig().hash)
    assert told.differences(NetworkConfig()) == {}


def test_a_network_from_before_messages_keeps_its_hash_and_has_none_of_their_contracts() -> None:
    before = replace(NetworkConfig(), eids=None)
    assert before.hash.hex() == "e159dfb4866da226bb21e92506af9b45f302c79ecd34737a8162c034fbb69a87"
    document = before.to_document()
    assert "eids" not in document
    assert NetworkConfig.from_document(document) == before
    assert before.zone_eids is None
    assert before.zone_of_eid(50_121) is None
    with pytest.raises(LookupError, match="before messages"):
        before.zone_eid("alpha")
    for zone in Network(before).zones.values():
        assert [address for address in MESSAGING if zone.account(address).code] == []


def test_every_zone_has_the_contracts_of_messages_and_they_know_all_zones() -> None:
    config = NetworkConfig(zones=("alpha", "beta", "gamma"), eids={"gamma": 30_101})
    network = Network(config)
    owner = network.keys.addresses[0]
    for index, zone in enumerate(network.zones.values()):
        accounts = messaging_accounts(
            MessagingGenesis(config.zone_eids[index], config.zone_eids, BASE_EID, owner)
        )
        assert tuple(accounts) == MESSAGING
        for address, account in accounts.items():
            assert zone.account(address).code == account.code
            assert {slot: zone.storage(address, slot) for slot in account.storage} == account.storage
    assert network.default_zone.storage(ENDPOINT, 0) == 50_121


def test_the_validators_of_genesis_are_staked_by_the_network_s_accounts() -> None:
    config = NetworkConfig(accounts=3, settlement=SettlementParameters(stake=Wei(7), epoch=5))
    network = Network(config)
    system = network.zone("system")

    def load(slot: int) -> int:
        return system.storage(STAKING, slot)

    members = sealed_set(load)
    assert [member.stake for member in members.validators] == [7] * 4
    assert {member.public_key for member in members.validators} == set(
        genesis_keys(parts_under_test().signatures(), config.hash, 4)
    )
    assert members.root == set_root(load)
    for index, account in enumerate((0, 1, 2, 0)):
        operator = network.keys.addresses[account]
        assert system.storage(STAKING, validator_slot(index + 1) + 3) == int.from_bytes(operator, "big")
        assert system.storage(STAKING, delegation_slot(index + 1, operator)) == 7
    assert system.balance(STAKING) == 4 * 7 + StakingParameters().reserve
