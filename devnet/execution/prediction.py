"""What a transaction will probably touch, and what it did touch, as access sets (docs/scheduling.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from devnet.chain.account import EMPTY_ACCOUNT, ChangeSet
from devnet.chain.transaction import SET_CODE, Transaction
from devnet.chain.types import EMPTY_CODE_HASH, Address
from devnet.execution import AccessedState, Checks
from devnet.execution.layered import LayeredView
from devnet.scheduling import AccessSet, Key, Location, account_key, slot_key
from devnet.scheduling.owners import owners
from devnet.state import StateView

PRE_RUN_CHECKS: Final = Checks(nonce=False, balance=False)
"""A pre-run is alone with the state: what earlier transactions of the block give its sender is not there."""


def is_plain_transfer(transaction: Transaction, view: StateView) -> bool:
    """Whether the envelope says all that the transaction touches."""
    if transaction.to is None or transaction.data or transaction.type == SET_CODE:
        return False
    recipient = view.account(transaction.to)
    return recipient is None or recipient.code_hash == EMPTY_CODE_HASH


def pre_run_view(transaction: Transaction, view: StateView) -> LayeredView:
    """The state that a pre-run sees: the sender's nonce is the transaction's."""
    layered = LayeredView(view)
    sender = transaction.sender
    layered.put(sender, replace(view.account(sender) or EMPTY_ACCOUNT, nonce=transaction.nonce))
    return layered


@dataclass(slots=True)
class KeyBook:
    """Makes keys and remembers what they stand for."""

    locations: dict[Key, Location] = field(default_factory=dict)
    _keys: dict[Location, Key] = field(default_factory=dict)

    def key(self, address: Address, slot: int | None = None) -> Key:
        """Of an account or of one of its slots."""
        location = (address, slot)
        found = self._keys.get(location)
        if found is None:
            found = account_key(address) if slot is None else slot_key(address, slot)
            self._keys[location] = found
            self.locations[found] = location
        return found

    def envelope(self, transaction: Transaction) -> AccessSet:
        """What the transaction touches whatever it runs."""
        written = set(owners(transaction))
        read: set[Address] = set()
        if transaction.to is not None:
            moves = transaction.value > 0 or transaction.type == SET_CODE
            (written if moves else read).add(transaction.to)
        return AccessSet.of(map(self.key, read), map(self.key, written))

    def accessed(self, transaction: Transaction, reads: AccessedState, changes: ChangeSet) -> AccessSet:
        """What a run of the transaction alone touched. Accounts of the envelope that are written to without a
        change (a value that came back) count as written."""
        read = [*map(self.key, reads.accounts), *self._slots(reads.slots)]
        written = [*map(self.key, changes.accounts), *self._slots(changes.storage)]
        return AccessSet.of(read, self.envelope(transaction).writes.union(written))

    def refused(self, reads: AccessedState) -> AccessSet:
        """What a transaction touched that may not be in the block: it writes nothing."""
        return AccessSet.of([*map(self.key, reads.accounts), *self._slots(reads.slots)], ())

    def _slots(self, slots: Iterable[tuple[Address, int]]) -> list[Key]:
        return [self.key(address, slot) for address, slot in slots]
