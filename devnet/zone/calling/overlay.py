"""A state view with changes over it, which may grow: what the next of several calls starts from."""

from __future__ import annotations

from collections.abc import Iterator

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32
from devnet.state import StateView


class OverlayView:
    """`StateView` of `view` with `changes` over it. Changes name every slot that they delete, so a deleted
    account's slots need no look below."""

    __slots__ = ("_accounts", "_codes", "_storage", "_view")

    def __init__(self, view: StateView, changes: ChangeSet | None = None) -> None:
        self._view = view
        self._accounts: dict[Address, Account | None] = {}
        self._storage: dict[tuple[Address, int], int] = {}
        self._codes: dict[Hash32, bytes] = {}
        if changes is not None:
            self.add(changes)

    def add(self, changes: ChangeSet) -> None:
        """Puts further changes over those that are there."""
        self._accounts.update(changes.accounts)
        self._storage.update(changes.storage)
        self._codes.update(changes.codes)

    @property
    def height(self) -> int:
        return self._view.height

    def account(self, address: Address) -> Account | None:
        """As `StateView.account`."""
        if address in self._accounts:
            return self._accounts[address]
        return self._view.account(address)

    def storage(self, address: Address, slot: int) -> int:
        """As `StateView.storage`."""
        value = self._storage.get((address, slot))
        return self._view.storage(address, slot) if value is None else value

    def code(self, code_hash: Hash32) -> bytes:
        """As `StateView.code`."""
        code = self._codes.get(code_hash)
        return self._view.code(code_hash) if code is None else code

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        """As `StateView.slots`."""
        merged = dict(self._view.slots(address))
        merged.update({slot: value for (owner, slot), value in self._storage.items() if owner == address})
        return iter(sorted((slot, value) for slot, value in merged.items() if value))

    def addresses(self) -> Iterator[Address]:
        """As `StateView.addresses`."""
        changed = {address for address, account in self._accounts.items() if account is not None}
        kept = {address for address in self._view.addresses() if address not in self._accounts}
        return iter(sorted(kept | changed))
