"""The accounts that every zone's genesis holds beside the ones its users ask for."""

from __future__ import annotations

from collections.abc import Mapping

from devnet.chain.rules import Fork
from devnet.chain.types import Address
from devnet.contracts import addresses, artifacts, bytecode
from devnet.contracts.settlement import storage_of
from devnet.zone.messages import GenesisAccount, SettlementHead


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
