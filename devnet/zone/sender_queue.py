"""One sender's waiting transactions by nonce."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.account import EMPTY_ACCOUNT, Account
from devnet.chain.transaction import BlobSidecar, Transaction


@dataclass(slots=True, eq=False)
class Waiting:
    """A transaction in the mempool."""

    transaction: Transaction
    sidecar: BlobSidecar | None
    arrival: int
    """Counts up; ties in fees go to the earlier one."""
    cost: int
    """The balance that it needs at most, in wei."""
    size: int
    """Bytes that it takes in the mempool, sidecar included."""


class SenderQueue:
    """The transactions of one sender; those from the account's nonce on without a gap are executable."""

    __slots__ = ("balance", "code_hash", "cost", "entries", "nonce", "ready_end", "version")

    def __init__(self, account: Account | None, version: int = 0) -> None:
        known = account or EMPTY_ACCOUNT
        self.entries: dict[int, Waiting] = {}
        self.cost = 0
        """Of all entries together."""
        self.nonce = known.nonce
        """The account's, in the state."""
        self.balance: int = known.balance
        self.code_hash = known.code_hash
        self.ready_end = known.nonce
        """The first nonce from the account's on that is missing: what the sender should use next."""
        self.version = version
        """Grows by one with every change. One that is made anew begins above all that the sender had."""

    def follow(self, account: Account | None) -> list[Waiting]:
        """Takes over the account's nonce, balance and code; gives the entries that became unusable: nonces
        used up, costs beyond the balance. Costs nothing that grows with the entries unless some did."""
        known = account or EMPTY_ACCOUNT
        self.version += 1
        before = self.nonce
        self.nonce = known.nonce
        self.balance = known.balance
        self.code_hash = known.code_hash
        if not before <= self.nonce <= self.ready_end:
            self._recount(self.nonce)
        if self.cost > self.balance or not 0 <= self.nonce - before <= len(self.entries):
            return [
                entry
                for nonce, entry in self.entries.items()
                if nonce < self.nonce or entry.cost > self.balance
            ]
        used_up = [self.entries.get(nonce) for nonce in range(before, self.nonce)]
        return [entry for entry in used_up if entry is not None]

    def _recount(self, start: int) -> None:
        """Finds `ready_end` again, knowing that all nonces from the account's to `start` are there."""
        while start in self.entries:
            start += 1
        self.ready_end = start

    def put(self, entry: Waiting) -> list[Waiting]:
        """Adds an entry or replaces the one with its nonce; gives the entries that are executable and were
        not before, a replacement among them."""
        self.version += 1
        nonce = entry.transaction.nonce
        replaced = self.entries.get(nonce)
        if replaced is not None:
            self.cost -= replaced.cost
        self.entries[nonce] = entry
        self.cost += entry.cost
        if nonce == self.ready_end:
            self._recount(nonce + 1)
            if self.ready_end == nonce + 1:
                return [entry]
            return [self.entries[number] for number in range(nonce, self.ready_end)]
        return [entry] if nonce < self.ready_end else []

    def remove(self, nonce: int) -> Waiting:
        """Takes an entry out; later ones wait for its nonce from then on."""
        self.version += 1
        entry = self.entries.pop(nonce)
        self.cost -= entry.cost
        if self.nonce <= nonce < self.ready_end:
            self.ready_end = nonce
        return entry

    def head(self) -> Waiting | None:
        """The entry that can go next."""
        return self.entries.get(self.nonce)
