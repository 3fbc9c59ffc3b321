"""Accounts of another chain into a zone."""

from __future__ import annotations

from collections.abc import Mapping

from devnet.chain.types import Address
from devnet.contracts.addresses import BEACON_ROOTS, HISTORY_STORAGE, SETTLEMENT_ROOTS
from devnet.zone.messages import GenesisAccount
from devnet.zone.port import ZonePort

OWN_BOOKS = frozenset({SETTLEMENT_ROOTS, BEACON_ROOTS, HISTORY_STORAGE})
"""Contracts in which a zone notes its own blocks: their storage belongs to one chain and is not loaded into
another."""


def load_accounts(zone: ZonePort, accounts: Mapping[Address, GenesisAccount]) -> None:
    """Makes these accounts what is given, as development calls do; all others stay as they are."""
    present = zone.accounts()
    for address, account in accounts.items():
        if address not in OWN_BOOKS:
            _make(zone, address, account, present.get(address, GenesisAccount()))


def _make(zone: ZonePort, address: Address, wanted: GenesisAccount, present: GenesisAccount) -> None:
    if (wanted.balance, wanted.nonce, wanted.code) != (present.balance, present.nonce, present.code):
        zone.set_account(address, balance=wanted.balance, nonce=wanted.nonce, code=wanted.code)
    for slot in wanted.storage.keys() | present.storage.keys():
        value = wanted.storage.get(slot, 0)
        if value != present.storage.get(slot, 0):
            zone.set_storage(address, slot, value)
