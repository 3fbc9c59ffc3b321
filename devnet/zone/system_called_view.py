"""The newest state as calls see it: after the next block's system calls (protocol section 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32
from devnet.state import StateView
from devnet.zone.calling.overlay import OverlayView


class SystemCalledView:
    """`base` after the next block's system calls, which are run only if somebody reads what they write."""

    __slots__ = ("_base", "_contracts", "_run", "_storage")

    def __init__(self, base: StateView, contracts: frozenset[Address], run: Callable[[], ChangeSet]) -> None:
        """`contracts` are those whose storage the system calls may change, `run` gives the changes."""
        self._base = base
        self._contracts = contracts
        self._run = run
        self._storage: ChangeSet | None = None

    @property
    def height(self) -> int:
        return self._base.height

    def account(self, address: Address) -> Account | None:
        """As `StateView.account`; system calls change no account."""
        return self._base.account(address)

    def storage(self, address: Address, slot: int) -> int:
        """As `StateView.storage`."""
        if address in self._contracts:
            if self._storage is None:
                self._storage = self._run()
            value = self._storage.storage.get((address, slot))
            if value is not None:
                return value
        return self._base.storage(address, slot)

    def code(self, code_hash: Hash32) -> bytes:
        """As `StateView.code`."""
        return self._base.code(code_hash)

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        """As `StateView.slots`."""
        if address not in self._contracts:
            return self._base.slots(address)
        return OverlayView(self._base, self._run()).slots(address)

    def addresses(self) -> Iterator[Address]:
        """As `StateView.addresses`."""
        return self._base.addresses()
