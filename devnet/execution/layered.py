"""A state view with the changes of transactions over it."""

from __future__ import annotations

from collections.abc import Iterator

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32
from devnet.state import StateView


class LayeredView:
    """`base` after the changes that were applied so far."""

    __slots__ = ("_accounts", "_base", "_codes", "_storage")

    def __init__(self, base: StateView) -> None:
        self._base = base
        self._accounts: dict[Address, Account | None] = {}
        self._storage: dict[Address, dict[int, int]] = {}
        self._codes: dict[Hash32, bytes] = {}

    @property
    def height(self) -> int:
        return self._base.height

    def account(self, address: Address) -> Account | None:
        """As `StateView.account`."""
        if address in self._accounts:
            return self._accounts[address]
        return self._base.account(address)

    def storage(self, address: Address, slot: int) -> int:
        """As `StateView.storage`."""
        value = self._storage.get(address, {}).get(slot)
        return self._base.storage(address, slot) if value is None else value

    def code(self, code_hash: Hash32) -> bytes:
        """As `StateView.code`."""
        code = self._codes.get(code_hash)
        return self._base.code(code_hash) if code is None else code

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        """As `StateView.slots`."""
        merged = {**dict(self._base.slots(address)), **self._storage.get(address, {})}
        return iter(sorted((slot, value) for slot, value in merged.items() if value))

    def addresses(self) -> Iterator[Address]:
        """As `StateView.addresses`."""
        merged = set(self._base.addresses()) | set(self._accounts)
        return iter(sorted(address for address in merged if self.account(address) is not None))

    def put(self, address: Address, account: Account | None) -> None:
        """Replaces one account."""
        self._accounts[address] = account

    def apply(self, changes: ChangeSet) -> None:
        """Becomes the state after the changes."""
        self._accounts.update(changes.accounts)
        for (address, slot), value in changes.storage.items():
            self._storage.setdefault(address, {})[slot] = value
        self._codes.update(changes.codes)

    def changes(self) -> ChangeSet:
        """What differs from `base`."""
        base = self._base
        accounts = {
            address: account
            for address, account in self._accounts.items()
            if account != base.account(address)
        }
        storage = {
            (address, slot): value
            for address, slots in self._storage.items()
            for slot, value in slots.items()
            if value != base.storage(address, slot)
        }
        hashes = {account.code_hash for account in accounts.values() if account is not None}
        hashes.discard(EMPTY_CODE_HASH)
        codes = {code_hash: self._codes[code_hash] for code_hash in hashes if code_hash in self._codes}
        return ChangeSet(accounts, storage, codes)
