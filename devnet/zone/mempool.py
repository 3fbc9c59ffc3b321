"""The mempool: transactions that wait for a block, validated on arrival and again whenever the state
changes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from devnet.chain.account import Account
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import max_cost
from devnet.chain.rules import Rules
from devnet.chain.transaction import BLOB, BlobSidecar, Transaction
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.chain.validation import validate_transaction
from devnet.zone.messages import PoolContent, PoolLimits
from devnet.zone.sender_queue import SenderQueue, Waiting

_BLOB_BUMP_PERCENT = 100
_DELEGATION_PREFIX = b"\xef\x01\x00"
"""EIP-7702: code that only names another account's code; such a sender may still sign."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What a transaction must meet to be accepted now."""

    rules: Rules
    gas_limit: int
    """Of a block."""
    min_gas_price: Wei
    min_priority_fee: Wei
    base_fee: Wei | None
    """Of the next block, where a transaction that cannot pay it shall be refused; None lets it wait."""
    blob_base_fee: Callable[[], Wei]
    """Of the next block; asked for blob transactions only."""


class Mempool:
    """The waiting transactions of a zone. Its owner changes it; any thread may ask for contents.

    `read_account` and `read_code` see the newest state, development overlay included.
    """

    def __init__(
        self,
        limits: PoolLimits,
        read_account: Callable[[Address], Account | None],
        read_code: Callable[[Hash32], bytes],
    ) -> None:
        self._limits = limits
        self._read_account = read_account
        self._read_code = read_code
        self._entries: dict[Hash32, Waiting] = {}
        self._queues: dict[Address, SenderQueue] = {}
        self._arrivals = 0
        self._bytes = 0
        self._cheapest: list[tuple[int, int, Waiting]] = []
        """Heap of (fee, -arrival, entry), kept only while the mempool is full; may name removed entries."""
        self.version = 0
        """Grows with every change."""
        self.touched: dict[int, Waiting] | None = None
        """By arrival, what came and went since somebody who keeps the mempool in files looked; None: nobody
        does."""
        self._frozen: tuple[int, tuple[Waiting, ...]] = (0, ())
        """What `snapshot` gave last, and the version that it was."""

    # ------------------------------------------------------------ questions

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, transaction_hash: Hash32) -> Waiting | None:
        """The waiting transaction with that hash."""
        return self._entries.get(transaction_hash)

    def queues(self) -> Iterable[SenderQueue]:
        """Every sender's queue."""
        return tuple(self._queues.values())

    def next_nonce(self, sender: Address) -> int | None:
        """The nonce after the sender's executable transactions, None where it has none waiting."""
        queue = self._queues.get(sender)
        return None if queue is None else queue.ready_end

    def version_of(self, sender: Address) -> int:
        """Grows with every change of what the sender has waiting; 0 where that is nothing."""
        queue = self._queues.get(sender)
        return 0 if queue is None else queue.version

    def counts(self) -> tuple[int, int]:
        """How many transactions are executable, and how many wait for a nonce."""
        executable = sum(queue.ready_end - queue.nonce for queue in self.queues())
        return executable, max(0, len(self._entries) - executable)

    def content(self, sender: Address | None = None) -> PoolContent:
        """The transactions by sender and nonce, of one sender or of all."""
        pending: dict[Address, Mapping[int, Transaction]] = {}
        queued: dict[Address, Mapping[int, Transaction]] = {}
        queues = self._queues.copy() if sender is None else self._queues
        for address in queues if sender is None else (sender,):
            if (queue := queues.get(address)) is None:
                continue
            entries = sorted(queue.entries.copy().items())
            ready = {nonce: entry.transaction for nonce, entry in entries if nonce < queue.ready_end}
            waiting = {nonce: entry.transaction for nonce, entry in entries if nonce >= queue.ready_end}
            if ready:
                pending[address] = ready
            if waiting:
                queued[address] = waiting
        return PoolContent(pending, queued)

    def snapshot(self) -> tuple[Waiting, ...]:
        """The entries in the order of their arrival, for `restore`; the same tuple until one changes."""
        version, entries = self._frozen
        if version != self.version:
            entries = tuple(sorted(self._entries.values(), key=_arrival))
            self._frozen = (self.version, entries)
        return entries

    # ------------------------------------------------------------ arrival

    def add(
        self, transaction: Transaction, sidecar: BlobSidecar | None, admission: Admission
    ) -> list[Waiting]:
        """Accepts a transaction; gives the entries that became executable. Raises InvalidTransaction."""
        if transaction.hash in self._entries:
            raise InvalidTransaction(Invalid.ALREADY_KNOWN)
        self._check_alone(transaction, admission)
        sender = transaction.sender
        known = self._queues.get(sender)
        if known is None:
            known = SenderQueue(self._read_account(sender), self.version)
        entry = waiting_entry(transaction, sidecar, self._arrivals + 1)
        size = entry.size
        self._check_against_state(transaction, entry.cost, known)
        replaced = known.entries.get(transaction.nonce)
        if replaced is not None:
            self._check_replacement(transaction, replaced.transaction)
            if self._bytes - replaced.size + size > self._limits.total_bytes:
                raise InvalidTransaction(Invalid.POOL_FULL, "the replacement is larger and does not fit")
        else:
            self._make_room(transaction, size, known)
            # Making room may have emptied and forgotten this sender's queue.
            self._queues[sender] = known
        self._arrivals += 1
        if replaced is not None:
            self._forget(replaced)
        return self._insert(known, entry)

    def _check_alone(self, transaction: Transaction, admission: Admission) -> None:
        if len(transaction.encoded) > self._limits.transaction_bytes:
            raise InvalidTransaction(
                Invalid.OVERSIZED,
                f"transaction size {len(transaction.encoded)}, limit {self._limits.transaction_bytes}",
            )
        validate_transaction(transaction, admission.rules)
        if transaction.gas_limit > admission.gas_limit:
            raise InvalidTransaction(
                Invalid.ABOVE_BLOCK_LIMIT, f"gas {transaction.gas_limit}, limit {admission.gas_limit}"
            )
        max_fee = transaction.max_fee_per_gas
        if max_fee < admission.min_gas_price:
            raise InvalidTransaction(
                Invalid.GAS_PRICE_TOO_LOW, f"gas price {max_fee}, minimum needed {admission.min_gas_price}"
            )
        if transaction.max_priority_fee_per_gas < admission.min_priority_fee:
            raise InvalidTransaction(
                Invalid.GAS_PRICE_TOO_LOW,
                f"gas tip cap {transaction.max_priority_fee_per_gas}, "
                f"minimum needed {admission.min_priority_fee}",
            )
        base_fee = admission.base_fee
        if base_fee is None:
            return
        if max_fee < base_fee:
            raise InvalidTransaction(
                Invalid.FEE_CAP_TOO_LOW,
                f"address 0x{transaction.sender.hex()}, maxFeePerGas: {max_fee}, baseFee: {base_fee}",
            )
        if transaction.type == BLOB and transaction.max_fee_per_blob_gas < (
            price := admission.blob_base_fee()
        ):
            raise InvalidTransaction(
                Invalid.BLOB_FEE_CAP_TOO_LOW,
                f"address 0x{transaction.sender.hex()}, "
                f"maxFeePerBlobGas: {transaction.max_fee_per_blob_gas}, blobBaseFee: {price}",
            )

    def _check_against_state(self, transaction: Transaction, cost: int, queue: SenderQueue) -> None:
        nonce = transaction.nonce
        if nonce < queue.nonce:
            raise InvalidTransaction(Invalid.NONCE_TOO_LOW, f"next nonce {queue.nonce}, tx nonce {nonce}")
        if nonce - queue.nonce > self._limits.nonce_gap:
            raise InvalidTransaction(
                Invalid.NONCE_TOO_HIGH,
                f"next nonce {queue.nonce}, tx nonce {nonce}, at most {self._limits.nonce_gap} ahead",
            )
        if queue.code_hash != EMPTY_CODE_HASH and not transaction.is_impersonated:
            code = self._read_code(queue.code_hash)
            if not (len(code) == 23 and code.startswith(_DELEGATION_PREFIX)):
                raise InvalidTransaction(
                    Invalid.SENDER_HAS_CODE,
                    f"address 0x{transaction.sender.hex()}, codehash: 0x{queue.code_hash.hex()}",
                )
        if cost > queue.balance:
            raise InvalidTransaction(
                Invalid.INSUFFICIENT_FUNDS,
                f"balance {queue.balance}, tx cost {cost}, overshot {cost - queue.balance}",
            )
        replaced = queue.entries.get(nonce)
        waiting = queue.cost - (replaced.cost if replaced is not None else 0)
        if waiting + cost > queue.balance:
            raise InvalidTransaction(
                Invalid.INSUFFICIENT_FUNDS,
                f"balance {queue.balance}, queued cost {waiting}, tx cost {cost}, "
                f"overshot {waiting + cost - queue.balance}",
            )

    def _check_replacement(self, new: Transaction, old: Transaction) -> None:
        is_blob = BLOB in (new.type, old.type)
        percent = 100 + (_BLOB_BUMP_PERCENT if is_blob else self._limits.price_bump_percent)
        pairs = [
            (new.max_fee_per_gas, old.max_fee_per_gas),
            (new.max_priority_fee_per_gas, old.max_priority_fee_per_gas),
        ]
        if new.type == old.type == BLOB:
            pairs.append((new.max_fee_per_blob_gas, old.max_fee_per_blob_gas))
        for offered, paid in pairs:
            if offered <= paid or offered * 100 < paid * percent:
                raise InvalidTransaction(
                    Invalid.REPLACEMENT_UNDERPRICED, f"a replacement pays at least {percent - 100} % more"
                )

    # ------------------------------------------------------------ limits

    def _make_room(self, transaction: Transaction, size: int, queue: SenderQueue) -> None:
        """Evicts the cheapest transactions until the new one fits. Raises POOL_FULL where it is the
        cheapest."""
        limits = self._limits
        if len(queue.entries) >= limits.per_sender:
            raise InvalidTransaction(
                Invalid.POOL_FULL, f"{limits.per_sender} transactions of 0x{transaction.sender.hex()} wait"
            )
        if size > limits.total_bytes:
            raise InvalidTransaction(Invalid.OVERSIZED, f"the mempool holds {limits.total_bytes} bytes")
        while len(self._entries) >= limits.transactions or self._bytes + size > limits.total_bytes:
            if not self._cheapest:
                self._cheapest = [_price(entry) for entry in self._entries.values()]
                heapq.heapify(self._cheapest)
            fee, _, entry = self._cheapest[0]
            if self._entries.get(entry.transaction.hash) is not entry:
                heapq.heappop(self._cheapest)
                continue
            if fee >= transaction.max_fee_per_gas:
                raise InvalidTransaction(
                    Invalid.POOL_FULL, f"{len(self._entries)} transactions wait, all pay at least {fee}"
                )
            heapq.heappop(self._cheapest)
            self._take_out(entry)

    # ------------------------------------------------------------ removal

    def drop(self, transaction_hash: Hash32) -> bool:
        """Forgets a transaction; later ones of its sender wait for its nonce. Whether there was one."""
        entry = self._entries.get(transaction_hash)
        if entry is not None:
            self._take_out(entry)
        return entry is not None

    def drop_sender(self, sender: Address) -> None:
        """Forgets everything of a sender."""
        queue = self._queues.pop(sender, None)
        if queue is not None:
            for entry in queue.entries.values():
                self._forget(entry)

    def clear(self) -> None:
        """Forgets everything."""
        if self.touched is not None:
            self.touched.update((entry.arrival, entry) for entry in self._entries.values())
        self._entries.clear()
        self._queues.clear()
        self._cheapest.clear()
        self._bytes = 0
        self.version += 1

    def resume(self, arrivals: int) -> None:
        """Entries from now on come after so many others."""
        self._arrivals = arrivals

    def restore(self, entries: tuple[Waiting, ...]) -> None:
        """Holds exactly these entries, less those that the state does not allow (any more). Where `snapshot`
        gave them and nothing changed since, the accounts of their senders included, nothing is done."""
        if entries is self._frozen[1] and self._frozen[0] == self.version:
            return
        self.clear()
        for entry in entries:
            sender = entry.transaction.sender
            queue = self._queues.get(sender)
            if queue is None:
                queue = self._queues[sender] = SenderQueue(self._read_account(sender), self.version)
            if entry.transaction.nonce >= queue.nonce:
                self._insert(queue, entry)
        self.refresh_all()
        if len(self._entries) == len(entries):
            self._frozen = (self.version, entries)

    # ------------------------------------------------------------ after a change of the state

    def sealed(self, transactions: Iterable[Transaction], accounts: Mapping[Address, Account | None]) -> None:
        """A block took `transactions` and left `accounts` changed."""
        queues = self._queues
        if not queues:
            return
        touched = {transaction.sender for transaction in transactions}
        if len(queues) < len(accounts):
            touched.update(address for address in queues if address in accounts)
        else:
            touched.update(address for address in accounts if address in queues)
        for sender in touched:
            queue = queues.get(sender)
            if queue is not None:
                account = accounts[sender] if sender in accounts else self._read_account(sender)
                self._follow(sender, queue, account)

    def refresh(self, sender: Address) -> None:
        """A development call changed the account."""
        queue = self._queues.get(sender)
        if queue is not None:
            self._follow(sender, queue, self._read_account(sender))

    def refresh_all(self) -> None:
        """The state is another one (a revert, a rollback)."""
        for sender, queue in list(self._queues.items()):
            self._follow(sender, queue, self._read_account(sender))

    def limit_gas(self, gas_limit: int) -> None:
        """Forgets what no block with this gas limit can hold."""
        for entry in list(self._entries.values()):
            if entry.transaction.gas_limit > gas_limit:
                self._take_out(entry)

    def _follow(self, sender: Address, queue: SenderQueue, account: Account | None) -> None:
        self.version += 1
        for entry in queue.follow(account):
            queue.remove(entry.transaction.nonce)
            self._forget(entry)
        if not queue.entries:
            del self._queues[sender]

    # ------------------------------------------------------------ bookkeeping

    def _insert(self, queue: SenderQueue, entry: Waiting) -> list[Waiting]:
        if self.touched is not None:
            # Noted before anybody sees it.
            self.touched[entry.arrival] = entry
        self._entries[entry.transaction.hash] = entry
        self._bytes += entry.size
        if self._cheapest:
            heapq.heappush(self._cheapest, _price(entry))
            if len(self._cheapest) > 2 * len(self._entries):
                self._cheapest = []
        self.version += 1
        return queue.put(entry)

    def _take_out(self, entry: Waiting) -> None:
        sender = entry.transaction.sender
        queue = self._queues[sender]
        queue.remove(entry.transaction.nonce)
        if not queue.entries:
            del self._queues[sender]
        self._forget(entry)

    def _forget(self, entry: Waiting) -> None:
        if self.touched is not None:
            self.touched[entry.arrival] = entry
        del self._entries[entry.transaction.hash]
        self._bytes -= entry.size
        self.version += 1


def waiting_entry(transaction: Transaction, sidecar: BlobSidecar | None, arrival: int) -> Waiting:
    """The entry of a transaction that came as the `arrival`-th."""
    size = len(transaction.encoded) if sidecar is None else _size(transaction, sidecar)
    return Waiting(transaction, sidecar, arrival, max_cost(transaction), size)


def _size(transaction: Transaction, sidecar: BlobSidecar) -> int:
    return len(transaction.encoded) + sum(map(len, (*sidecar.blobs, *sidecar.commitments, *sidecar.proofs)))


def _arrival(entry: Waiting) -> int:
    return entry.arrival


def _price(entry: Waiting) -> tuple[int, int, Waiting]:
    return entry.transaction.max_fee_per_gas, -entry.arrival, entry
