"""Which accounts a network's zones begin with, from its configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from devnet.accounts.keyring import KeyRing
from devnet.chain.types import ZERO_ADDRESS, Address
from devnet.chain.validator_set import ValidatorSet
from devnet.config import NetworkConfig
from devnet.contracts.bridge import bridge_accounts
from devnet.contracts.genesis import SettlementGenesis, settlement_accounts, system_accounts
from devnet.contracts.messaging import MessagingGenesis, messaging_accounts
from devnet.contracts.staking import GenesisValidator, StakingParameters
from devnet.contracts.tips import tips_account
from devnet.contracts.zone_registry import RegisteredZone, RegistryParameters
from devnet.eids import BASE_EID
from devnet.messages.accounts import COURIER_FLOAT
from devnet.zone.messages import GenesisAccount


def genesis_of(
    config: NetworkConfig,
    keys: KeyRing,
    couriers: Sequence[Address],
    zone: int,
    validators: ValidatorSet,
) -> Mapping[Address, GenesisAccount]:
    """The accounts of the zone with that index: system contracts, the configured ones, the funded ones.
    `couriers` are the courier's, `validators` those of genesis."""
    accounts = dict(system_accounts(config.fork, config.genesis_settlement))
    if zone == 0:
        accounts.update(settlement_accounts(_settlement_genesis(config, keys, validators)))
    if (eids := config.zone_eids) is not None:
        accounts.update(messaging_accounts(MessagingGenesis(eids[zone], eids, BASE_EID, _owner(keys))))
        accounts.update(bridge_accounts())
        accounts.update(tips_account(eids[0]))
        accounts.update(dict.fromkeys(couriers, GenesisAccount(COURIER_FLOAT)))
    accounts.update(config.genesis_accounts)
    funded = [(address, config.balance) for address in keys.addresses]
    for address, balance in (*funded, *config.grants):
        accounts[address] = replace(accounts.get(address, GenesisAccount()), balance=balance)
    return accounts


def _owner(keys: KeyRing) -> Address:
    """Of the contracts of genesis: the network's first account."""
    return keys.addresses[0] if keys.addresses else ZERO_ADDRESS


def _settlement_genesis(config: NetworkConfig, keys: KeyRing, first: ValidatorSet) -> SettlementGenesis:
    """What the system zone's contracts start with. The network's first account owns them; its accounts
    operate the validators of genesis in turn, and their stake is theirs."""
    zones = (
        RegisteredZone(name, config.chain_id_of(index), config.program(index).id)
        for index, name in enumerate(config.zone_names)
    )
    registry = RegistryParameters(_owner(keys))
    parameters = config.settlement
    if parameters.epoch is None:
        return SettlementGenesis(config.hash, tuple(zones), registry=registry)
    operators = keys.addresses or (ZERO_ADDRESS,)
    validators = tuple(
        GenesisValidator(validator.public_key, parameters.stake, operators[index % len(operators)])
        for index, validator in enumerate(first.validators)
    )
    staking = StakingParameters(epoch_heights=parameters.epoch)
    return SettlementGenesis(config.hash, tuple(zones), validators, staking, registry)
