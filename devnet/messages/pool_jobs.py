"""What waits in a zone's mempool of the courier's, known from round to round: only what is new is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from devnet.chain.fees import max_cost
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address
from devnet.contracts.addresses import EXECUTOR, RECEIVE_LIBRARY
from devnet.contracts.delivering import Carried, carried_by
from devnet.zone.port import ZonePort


@dataclass(frozen=True, slots=True)
class _Waiting:
    transaction: Transaction
    carried: Carried | None
    cost: int


@dataclass(slots=True)
class _Account:
    version: int = 0
    """Of the mempool's, when it was read."""
    entries: dict[int, _Waiting] = field(default_factory=dict)
    """By nonce."""
    cost: int = 0


class PoolJobs:
    """Of one zone. A function of its mempool: `follow` takes in what changed there."""

    def __init__(self, port: ZonePort) -> None:
        self.port = port
        self.looks = 0
        """How many transactions were looked at, for those who count."""
        self._accounts: dict[Address, _Account] = {}
        self._counts: dict[Carried, int] = {}
        """How many transactions do the same."""
        self._lowest_fee: int | None = None
        """No transaction offers less for gas; None where that is to be looked for."""

    def follow(self, accounts: Sequence[Address]) -> None:
        """Takes in what waits of these accounts now. What waits behind a nonce that nobody uses would do so
        for ever (a transaction was dropped, or the account's nonce set back).
        It is taken out, to be sent anew."""
        for address in accounts:
            account = self._accounts.setdefault(address, _Account())
            version = self.port.pool_version(address)
            if version == account.version:
                continue
            content = self.port.pool(address)
            entries = dict(content.pending.get(address, {}))
            for nonce, transaction in content.queued.get(address, {}).items():
                if _does(transaction) is None:
                    entries[nonce] = transaction
                else:
                    self.port.drop_transaction(transaction.hash)
            for nonce in account.entries.keys() - entries.keys():
                self._take_out(account, nonce)
            self.looks += len(entries)
            for nonce, transaction in entries.items():
                known = account.entries.get(nonce)
                if known is None or known.transaction.hash != transaction.hash:
                    self._put(account, transaction)
            account.version = self.port.pool_version(address)

    def came(self, transaction: Transaction) -> None:
        """The mempool took it, after `follow`."""
        account = self._accounts.get(transaction.sender)
        version = self.port.pool_version(transaction.sender)
        if account is not None and account.version in (0, version - 1):
            # Nothing else waited, or nothing else changed; otherwise `follow` finds it.
            self.looks += 1
            self._put(account, transaction)
            account.version = version

    def does(self, carried: Carried) -> bool:
        """Whether one that does this waits."""
        return carried in self._counts

    def cost(self, account: Address) -> int:
        """What the account's may cost at most, in wei."""
        known = self._accounts.get(account)
        return 0 if known is None else known.cost

    def cheaper_than(self, base_fee: int) -> list[tuple[Carried, Transaction]]:
        """Those that do not pay this for gas, account by account in the order of their nonces."""
        if self._lowest_fee is not None and self._lowest_fee >= base_fee:
            return []
        entries = [
            account.entries[nonce] for account in self._accounts.values() for nonce in sorted(account.entries)
        ]
        self._lowest_fee = min((entry.transaction.max_fee_per_gas for entry in entries), default=None)
        return [
            (entry.carried, entry.transaction)
            for entry in entries
            if entry.carried is not None and entry.transaction.max_fee_per_gas < base_fee
        ]

    def _put(self, account: _Account, transaction: Transaction) -> None:
        if transaction.nonce in account.entries:
            self._take_out(account, transaction.nonce)
        carried = _does(transaction)
        entry = _Waiting(transaction, carried, max_cost(transaction))
        account.entries[transaction.nonce] = entry
        account.cost += entry.cost
        if carried is not None:
            self._counts[carried] = self._counts.get(carried, 0) + 1
        if self._lowest_fee is not None:
            self._lowest_fee = min(self._lowest_fee, transaction.max_fee_per_gas)

    def _take_out(self, account: _Account, nonce: int) -> None:
        entry = account.entries.pop(nonce)
        account.cost -= entry.cost
        if entry.carried is not None:
            self._counts[entry.carried] -= 1
            if not self._counts[entry.carried]:
                del self._counts[entry.carried]


def _does(transaction: Transaction) -> Carried | None:
    """What it does for which message; None where it is none of the courier's."""
    return carried_by(transaction.data) if transaction.to in (RECEIVE_LIBRARY, EXECUTOR) else None
