"""The courier's transactions in one zone: signed, put into the mempool, and paid for with its own accounts.

Nonces, balances and what waits already are read anew each time: reverts and restarts change them.
"""

from __future__ import annotations

from dataclasses import dataclass

from devnet.accounts.keyring import KeyRing
from devnet.chain.errors import InvalidTransaction
from devnet.chain.transaction import DYNAMIC_FEE, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts.delivering import Carried
from devnet.messages.pool_jobs import PoolJobs
from devnet.zone.port import ZonePort

FEE_ROOM = 2
"""What is offered for gas leaves room for the base fee to become so many times as high, as wallets do."""
BUMP_PERCENT = 13
"""By so much a transaction that waits too long pays more when it is sent again; mempools ask for 10."""


class CannotPay(Exception):
    """The account has not enough for the transaction."""

    def __init__(self, account: Address, balance: Wei, needed: Wei) -> None:
        super().__init__(f"0x{account.hex()} has {balance} wei and needs {needed}")
        self.account = account


@dataclass(frozen=True, slots=True)
class Job:
    """A transaction to be."""

    to: Address
    data: bytes
    gas: int
    value: Wei = Wei(0)


class ZoneSender:
    """For one zone and one turn."""

    def __init__(self, port: ZonePort, keys: KeyRing, waiting: PoolJobs) -> None:
        self._port = port
        self._keys = keys
        self.waiting = waiting
        """What waits in the mempool."""
        self._left: dict[Address, int] = {}
        """Of each account that was used, what it has beyond what its waiting transactions may cost."""
        self._nonces: dict[Address, int] = {}
        self._fees: tuple[Wei, Wei] | None = None
        self.has_sent = False
        waiting.follow(keys.addresses)

    def send(self, account: Address, job: Job) -> Transaction:
        """Puts a transaction of the account into the mempool. Raises CannotPay and InvalidTransaction."""
        max_fee, tip = self._offer()
        if account not in self._left:
            self._left[account] = self._port.balance(account) - self.waiting.cost(account)
        needed = job.gas * max_fee + job.value
        if needed > self._left[account]:
            raise CannotPay(account, Wei(self._left[account]), Wei(needed))
        nonce = self._nonces.get(account)
        if nonce is None:
            nonce = self._port.nonce(account, "pending")
        transaction = self._submit(account, job, nonce, max_fee, tip)
        self._nonces[account] = nonce + 1
        self._left[account] -= needed
        return transaction

    def replace_cheap(self) -> list[tuple[Carried, Hash32]]:
        """Sends those again that wait and do not pay the next block's base fee, with enough; gives what they
        do and their new hashes."""
        replaced: list[tuple[Carried, Hash32]] = []
        for carried, old in self.waiting.cheaper_than(self._port.next_base_fee()):
            assert old.to is not None, "it does something for a message"
            max_fee, tip = self._offer()
            job = Job(old.to, old.data, old.gas_limit, old.value)
            try:
                new = self._submit(
                    old.sender,
                    job,
                    old.nonce,
                    Wei(max(max_fee, _bumped(old.max_fee_per_gas))),
                    Wei(max(tip, _bumped(old.max_priority_fee_per_gas))),
                )
            except InvalidTransaction:
                # It cannot pay for it, or the mempool is full: the old one goes on waiting.
                continue
            replaced.append((carried, new.hash))
        return replaced

    def _offer(self) -> tuple[Wei, Wei]:
        if self._fees is None:
            tip = self._port.suggested_priority_fee()
            self._fees = Wei(FEE_ROOM * self._port.next_base_fee() + tip), tip
        return self._fees

    def _submit(self, account: Address, job: Job, nonce: int, max_fee: Wei, tip: Wei) -> Transaction:
        unsigned = UnsignedTransaction(
            type=DYNAMIC_FEE,
            chain_id=self._port.config.chain_id,
            nonce=nonce,
            gas_limit=job.gas,
            max_fee_per_gas=max_fee,
            max_priority_fee_per_gas=tip,
            to=job.to,
            value=job.value,
            data=job.data,
        )
        transaction = self._keys.sign_transaction(unsigned, account)
        self._port.submit(transaction)
        self.waiting.came(transaction)
        self.has_sent = True
        return transaction


def _bumped(fee: int) -> int:
    return fee * (100 + BUMP_PERCENT) // 100 + 1
