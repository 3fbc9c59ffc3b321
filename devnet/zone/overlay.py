"""What development calls write: visible at "latest" and "pending" at once, carried by the next block.

Protocol section 2: the writes of `set_account` and `set_storage` sit over the newest block's state until a
block is sealed; that block applies them first, as its overrides, and commits to them
(`devnet.blocks.overrides`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from devnet.chain.account import EMPTY_ACCOUNT, Account
from devnet.chain.keccak import keccak256
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.execution import AccountOverride, Overrides
from devnet.state import StateView


@dataclass(slots=True)
class _Written:
    """What was written to one account since the last block; None is "not written"."""

    balance: Wei | None = None
    nonce: int | None = None
    code: bytes | None = None
    code_hash: Hash32 = EMPTY_CODE_HASH
    slots: dict[int, int] = field(default_factory=dict)


class DevelopmentOverlay:
    """The writes since the last block. Written by the zone's owner, read by any thread."""

    __slots__ = ("_accounts", "_changed", "_codes", "_frozen")

    def __init__(self, written: Overrides | None = None) -> None:
        """An overlay with the writes of `written` (whole storages cannot be in it), which `freeze` gives back
        until something else is written."""
        self._accounts: dict[Address, _Written] = {}
        self._codes: dict[Hash32, bytes] = {}
        self._changed: dict[Address, set[int | None]] = {}
        """What `take_changes` has not given yet: slots, and None for the other fields."""
        self._frozen: Overrides | None = None
        for address, override in (written or {}).items():
            self.set_account(address, override.balance, override.nonce, override.code)
            for slot, value in override.storage_changes.items():
                self.set_storage(address, slot, value)
        self._frozen = written

    def __bool__(self) -> bool:
        return bool(self._accounts)

    def set_account(
        self,
        address: Address,
        balance: Wei | None = None,
        nonce: int | None = None,
        code: bytes | None = None,
    ) -> None:
        """Replaces those fields of the account that are not None."""
        written = self._written(address, None)
        if balance is not None:
            written.balance = balance
        if nonce is not None:
            written.nonce = nonce
        if code is not None:
            code_hash = keccak256(code) if code else EMPTY_CODE_HASH
            self._codes[code_hash] = code
            written.code_hash = code_hash
            written.code = code

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        """Replaces one slot."""
        self._written(address, slot).slots[slot] = value

    def _written(self, address: Address, changed: int | None) -> _Written:
        self._frozen = None
        self._changed.setdefault(address, set()).add(changed)
        written = self._accounts.get(address)
        if written is None:
            written = self._accounts[address] = _Written()
        return written

    def freeze(self) -> Overrides:
        """The writes as plain data that later writes do not change."""
        if self._frozen is None:
            self._frozen = {
                address: AccountOverride(
                    balance=written.balance,
                    nonce=written.nonce,
                    code=written.code,
                    storage_changes=dict(written.slots),
                )
                for address, written in list(self._accounts.items())
            }
        return self._frozen

    @property
    def has_changes(self) -> bool:
        """Whether something was written since `take_changes` was called last."""
        return bool(self._changed)

    def take_changes(self) -> Overrides:
        """What was written since the last call, as it is now: writing it again over what was there then gives
        this overlay."""
        taken: dict[Address, AccountOverride] = {}
        for address, changed in self._changed.items():
            written = self._accounts[address]
            fields = (written.balance, written.nonce, written.code) if None in changed else (None, None, None)
            slots = {slot: written.slots[slot] for slot in changed if slot is not None}
            taken[address] = AccountOverride(*fields, storage_changes=slots)
        self._changed = {}
        return taken

    def view(self, base: StateView) -> StateView:
        """`base` with the writes over it; `base` itself where there are none."""
        return WrittenView(base, self) if self._accounts else base

    def account(self, address: Address, base: Account | None) -> Account | None:
        """The account as the writes leave it; `base` is what lies below."""
        written = self._accounts.get(address)
        if written is None:
            return base
        below = base or EMPTY_ACCOUNT
        account = Account(
            below.nonce if written.nonce is None else written.nonce,
            below.balance if written.balance is None else written.balance,
            below.code_hash if written.code is None else written.code_hash,
        )
        return None if account.is_empty else account

    def slot(self, address: Address, slot: int) -> int | None:
        """The written value of a slot, None where it was not written."""
        written = self._accounts.get(address)
        return None if written is None else written.slots.get(slot)

    def slots(self, address: Address) -> Mapping[int, int]:
        """The written slots of an account."""
        written = self._accounts.get(address)
        return {} if written is None else written.slots.copy()

    def code(self, code_hash: Hash32) -> bytes | None:
        """Code that was written, by its hash."""
        return self._codes.get(code_hash)

    def addresses(self) -> tuple[Address, ...]:
        """The accounts that were written to."""
        return tuple(self._accounts)


class WrittenView:
    """A state view with an overlay over it."""

    __slots__ = ("_base", "_overlay")

    def __init__(self, base: StateView, overlay: DevelopmentOverlay) -> None:
        self._base = base
        self._overlay = overlay

    @property
    def height(self) -> int:
        return self._base.height

    def account(self, address: Address) -> Account | None:
        """As `StateView.account`."""
        return self._overlay.account(address, self._base.account(address))

    def storage(self, address: Address, slot: int) -> int:
        """As `StateView.storage`."""
        written = self._overlay.slot(address, slot)
        return self._base.storage(address, slot) if written is None else written

    def code(self, code_hash: Hash32) -> bytes:
        """As `StateView.code`."""
        written = self._overlay.code(code_hash)
        return self._base.code(code_hash) if written is None else written

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        """As `StateView.slots`."""
        merged = {**dict(self._base.slots(address)), **self._overlay.slots(address)}
        return iter(sorted((slot, value) for slot, value in merged.items() if value))

    def addresses(self) -> Iterator[Address]:
        """As `StateView.addresses`."""
        merged = set(self._base.addresses()) | set(self._overlay.addresses())
        return iter(sorted(address for address in merged if self.account(address) is not None))
