"""The accounts that a zone's genesis holds beside the ones its users ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devnet.chain.rules import Fork
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Address, Hash32
from devnet.contracts import (
    addresses,
    artifacts,
    bytecode,
    forced_inbox,
    light_client,
    staking,
    zone_registry,
)
from devnet.contracts.forced_inbox import InboxParameters
from devnet.contracts.settlement import storage_of
from devnet.contracts.staking import GenesisValidator, StakingParameters
from devnet.contracts.zone_registry import RegisteredZone, RegistryParameters
from devnet.zone.messages import GenesisAccount


def system_accounts(fork: Fork, settlement: SettlementHead) -> Mapping[Address, GenesisAccount]:
    """Code, nonce and storage of the genesis contracts of a zone that follows `fork` and starts out knowing
    the settlement block `settlement`.

    The contracts of EIP-4788 and EIP-2935 are there from the fork that calls them (their code does not run on
    older ones). All have nonce 1, as contracts that were created have (EIP-161).
    """
    accounts = {
        addresses.SETTLEMENT_ROOTS: GenesisAccount(
            nonce=1, code=artifacts.load("SettlementRoots").runtime, storage=storage_of(settlement)
        ),
        addresses.MULTICALL3: GenesisAccount(nonce=1, code=artifacts.load("Multicall3").runtime),
        addresses.DEPLOYMENT_PROXY: GenesisAccount(nonce=1, code=bytecode.DEPLOYMENT_PROXY),
    }
    if fork >= Fork.CANCUN:
        accounts[addresses.BEACON_ROOTS] = GenesisAccount(nonce=1, code=bytecode.BEACON_ROOTS)
    if fork >= Fork.PRAGUE:
        accounts[addresses.HISTORY_STORAGE] = GenesisAccount(nonce=1, code=bytecode.HISTORY_STORAGE)
    return accounts


@dataclass(frozen=True, slots=True)
class SettlementGenesis:
    """What the contracts of the system zone start with."""

    network: Hash32
    """The root of the genesis settlement block: what votes name the network by."""
    zones: tuple[RegisteredZone, ...]
    """By index, the system zone first."""
    validators: tuple[GenesisValidator, ...] = ()
    """In the order of the first set."""
    staking: StakingParameters = field(default_factory=StakingParameters)
    registry: RegistryParameters = field(default_factory=RegistryParameters)
    inbox: InboxParameters = field(default_factory=InboxParameters)


def settlement_accounts(genesis: SettlementGenesis) -> Mapping[Address, GenesisAccount]:
    """The contracts that only the system zone has: staking, registry of zones, inbox, light client
    (docs/settlement-contracts.md). Raises ValueError for validators that cannot be staked."""
    validators, parameters = genesis.validators, genesis.staking
    stored = staking.storage_of(parameters, validators)
    first_set = staking.set_root(lambda slot: stored.get(slot, 0))
    return {
        addresses.STAKING: GenesisAccount(
            balance=staking.balance_of(parameters, validators),
            nonce=1,
            code=artifacts.load("Staking").runtime,
            storage=stored,
        ),
        addresses.ZONE_REGISTRY: GenesisAccount(
            nonce=1,
            code=artifacts.load("ZoneRegistry").runtime,
            storage=zone_registry.storage_of(genesis.registry, genesis.zones),
        ),
        addresses.FORCED_INBOX: GenesisAccount(
            nonce=1,
            code=artifacts.load("ForcedInbox").runtime,
            storage=forced_inbox.storage_of(genesis.inbox),
        ),
        addresses.LIGHT_CLIENT: GenesisAccount(
            nonce=1,
            code=artifacts.load("LightClient").runtime,
            storage=light_client.storage_of(genesis.network, first_set),
        ),
    }
