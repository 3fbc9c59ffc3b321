"""The state that an execution works on: a flat database over a `StateView`, with one undo journal.

Everything that a failed call takes back (accounts, storage, transient storage, warm sets, created accounts)
lives in dicts and is written through one journal of (dict, key, old value); logs and the refund counter are
restored from the checkpoint itself. A checkpoint is three numbers, whatever the size of the state.

No account is stored as "missing": an account that does not exist is `NO_ACCOUNT`, as EIP-161 wants it.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Final, TypeAlias

from devnet.chain.account import Account, ChangeSet
from devnet.chain.block import Log
from devnet.chain.keccak import keccak256
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.execution import AccessedState
from devnet.state import StateView

AccountTuple: TypeAlias = tuple[int, int, Hash32]
"""(nonce, balance, code hash): a tuple is several times cheaper to make than an `Account`."""

Checkpoint: TypeAlias = tuple[int, int, int]

NO_ACCOUNT: Final[AccountTuple] = (0, 0, EMPTY_CODE_HASH)
_MISSING: Final = object()


class World:
    """One execution's state. The block's values live as long as the object; those of a transaction (warm
    sets, originals, logs) are reset by `begin_transaction`."""

    __slots__ = (
        "_accounts",
        "_codes",
        "_dirty",
        "_journal",
        "_loaded_accounts",
        "_loaded_codes",
        "_loaded_slots",
        "_new_codes",
        "_original_accounts",
        "_original_slots",
        "_storage",
        "_transient",
        "_view",
        "_wiped",
        "blocks_asked",
        "created",
        "destroyed",
        "involved",
        "logs",
        "refund",
        "touched",
        "touched_slots",
        "warm_accounts",
        "warm_slots",
    )

    def __init__(self, view: StateView) -> None:
        self._view = view
        self._accounts: dict[Address, AccountTuple] = {}
        self._storage: dict[Address, dict[int, int]] = {}
        self._codes: dict[Hash32, bytes] = {EMPTY_CODE_HASH: b""}
        self._new_codes: dict[Hash32, bytes] = {}
        self._loaded_accounts: dict[Address, AccountTuple] = {}
        self._loaded_slots: dict[tuple[Address, int], int] = {}
        self._loaded_codes: set[Hash32] = set()
        self._dirty: set[Address] = set()
        # Accounts whose slots were all zeroed, and whether the view may have any.
        self._wiped: dict[Address, bool] = {}
        self.blocks_asked: set[int] = set()
        self.begin_transaction()

    def begin_transaction(self) -> None:
        """Forgets what belongs to one transaction; what is written so far can no longer be reverted."""
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []
        self._original_accounts: dict[Address, AccountTuple] = {}
        self._original_slots: dict[tuple[Address, int], int] = {}
        self._transient: dict[tuple[Address, int], int] = {}
        self.warm_accounts: dict[Address, bool] = {}
        self.warm_slots: dict[tuple[Address, int], bool] = {}
        self.created: dict[Address, bool] = {}
        self.destroyed: dict[Address, bool] = {}
        self.touched: set[Address] = set()
        self.touched_slots: set[tuple[Address, int]] = set()
        self.involved: set[Address] = set()
        self.logs: list[Log] = []
        self.refund = 0

    # Checkpoints

    def checkpoint(self) -> Checkpoint:
        return len(self._journal), self.refund, len(self.logs)

    def revert(self, checkpoint: Checkpoint) -> None:
        """Takes back every write since the checkpoint. Later checkpoints are void."""
        length, self.refund, log_count = checkpoint
        journal = self._journal
        while len(journal) > length:
            written, key, old = journal.pop()
            if old is _MISSING:
                del written[key]
            else:
                written[key] = old
        del self.logs[log_count:]

    # Accounts

    def get(self, address: Address) -> AccountTuple:
        """(nonce, balance, code hash); `NO_ACCOUNT` where there is none."""
        found = self._accounts.get(address)
        if found is not None:
            return found
        stored = self._view.account(address)
        value = NO_ACCOUNT if stored is None else (stored.nonce, stored.balance, stored.code_hash)
        self._accounts[address] = self._loaded_accounts[address] = value
        return value

    def put(self, address: Address, value: AccountTuple) -> None:
        old = self.get(address)
        self._journal.append((self._accounts, address, old))
        self._original_accounts.setdefault(address, old)
        self._accounts[address] = value
        self._dirty.add(address)

    def add_balance(self, address: Address, amount: int) -> None:
        nonce, balance, code_hash = self.get(address)
        self.put(address, (nonce, balance + amount, code_hash))

    def increment_nonce(self, address: Address) -> None:
        nonce, balance, code_hash = self.get(address)
        self.put(address, (nonce + 1, balance, code_hash))

    def transfer(self, sender: Address, recipient: Address, value: int) -> None:
        """Moves `value`, which the sender must have (the caller checks)."""
        self.add_balance(sender, -value)
        self.add_balance(recipient, value)

    # Code

    def get_code(self, address: Address) -> bytes:
        return self.code(self.get(address)[2])

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that hash. Raises KeyError where the state never stored it."""
        found = self._codes.get(code_hash)
        if found is not None:
            return found
        code = self._view.code(code_hash)
        self._loaded_codes.add(code_hash)
        self._codes[code_hash] = code
        return code

    def set_code(self, address: Address, code: bytes) -> None:
        code_hash = keccak256(code) if code else EMPTY_CODE_HASH
        if code_hash not in self._codes:
            self._codes[code_hash] = code
        if code:
            self._new_codes[code_hash] = code
        nonce, balance, _ = self.get(address)
        self.put(address, (nonce, balance, code_hash))

    # Storage

    def get_slot(self, address: Address, slot: int) -> int:
        slots = self._storage.get(address)
        if slots is None:
            slots = self._storage[address] = {}
        else:
            found = slots.get(slot)
            if found is not None:
                return found
        if address in self._wiped:
            return 0
        value = self._view.storage(address, slot)
        slots[slot] = self._loaded_slots[(address, slot)] = value
        return value

    def put_slot(self, address: Address, slot: int, value: int) -> None:
        """Writes a slot whose present value was read before."""
        slots = self._storage[address]
        old = slots.get(slot, _MISSING)
        self._journal.append((slots, slot, old))
        self._original_slots.setdefault((address, slot), 0 if old is _MISSING else old)  # type: ignore[arg-type]
        slots[slot] = value

    def set_slot(self, address: Address, slot: int, value: int) -> None:
        """Writes a slot outside the opcodes."""
        self.get_slot(address, slot)
        self.put_slot(address, slot, value)

    def original_slot(self, address: Address, slot: int) -> int:
        """The slot's value when the transaction began."""
        found = self._original_slots.get((address, slot))
        return self.get_slot(address, slot) if found is None else found

    def wipe_storage(self, address: Address, is_stored: bool = True) -> None:
        """Zeroes every slot of the account for good: only between transactions.

        `is_stored` is False where the view is known to hold no slot of it, which saves a full scan.
        """
        self._wiped[address] = is_stored or self._wiped.get(address, False)
        self._storage[address] = {}

    def get_transient(self, address: Address, slot: int) -> int:
        return self._transient.get((address, slot), 0)

    def set_transient(self, address: Address, slot: int, value: int) -> None:
        self._set(self._transient, (address, slot), value)

    # Warm sets and other marks

    def warm_account(self, address: Address) -> bool:
        """Marks the account as accessed; True when it was cold."""
        if address in self.warm_accounts:
            return False
        self._journal.append((self.warm_accounts, address, _MISSING))
        self.warm_accounts[address] = True
        return True

    def warm_slot(self, address: Address, slot: int) -> bool:
        """Marks the slot as accessed; True when it was cold."""
        key = (address, slot)
        if key in self.warm_slots:
            return False
        self._journal.append((self.warm_slots, key, _MISSING))
        self.warm_slots[key] = True
        return True

    def mark_created(self, address: Address) -> None:
        self._set(self.created, address, True)

    def mark_destroyed(self, address: Address) -> None:
        self._set(self.destroyed, address, True)

    def _set(self, marks: dict[Any, Any], key: Any, value: Any) -> None:
        self._journal.append((marks, key, marks.get(key, _MISSING)))
        marks[key] = value

    # The end of transactions and blocks

    def delete_destroyed(self) -> None:
        """Removes what SELFDESTRUCT marked; the end of a transaction."""
        for address in self.destroyed:
            for slot, value in self._storage.get(address, {}).items():
                self._original_slots.setdefault((address, slot), value)
            self.put(address, NO_ACCOUNT)
            # An account that had no code before the block got its slots within the block.
            self.wipe_storage(address, is_stored=self._loaded_accounts[address][2] != EMPTY_CODE_HASH)

    def changes(self) -> ChangeSet:
        """Accounts and slots whose value differs from the view's, and the codes that they need."""
        accounts: dict[Address, Account | None] = {}
        codes: dict[Hash32, bytes] = {}
        for address in self._dirty:
            value = self._accounts[address]
            if value == self._loaded_accounts[address]:
                continue
            if value == NO_ACCOUNT:
                accounts[address] = None
                continue
            nonce, balance, code_hash = value
            accounts[address] = Account(nonce, Wei(balance), code_hash)
            if code_hash in self._new_codes:
                codes[code_hash] = self._new_codes[code_hash]
        storage: dict[tuple[Address, int], int] = {}
        loaded_slots = self._loaded_slots
        for address, slots in self._storage.items():
            if address in self._wiped:
                before = dict(self._view.slots(address)) if self._wiped[address] else {}
                slots = {**dict.fromkeys(before, 0), **slots}
                for slot, word in slots.items():
                    if word != before.get(slot, 0):
                        storage[(address, slot)] = word
                continue
            for slot, word in slots.items():
                if loaded_slots.get((address, slot)) != word:
                    storage[(address, slot)] = word
        return ChangeSet(accounts, storage, codes)

    def reads(self) -> AccessedState:
        """What was asked of the view so far."""
        return AccessedState(
            frozenset(self._loaded_accounts),
            frozenset(self._loaded_slots),
            frozenset(self._loaded_codes),
            frozenset(self.blocks_asked),
        )


class WorldReader:
    """`hooks.WorldView` over a `World`: reads that do not show up as accesses of the execution."""

    __slots__ = ("_world",)

    def __init__(self, world: World) -> None:
        self._world = world

    def account(self, address: Address) -> Account | None:
        return _account(self._peek(address))

    def original_account(self, address: Address) -> Account | None:
        original = self._world._original_accounts.get(address)
        return _account(self._peek(address) if original is None else original)

    def storage(self, address: Address, slot: int) -> int:
        world = self._world
        found = world._storage.get(address, {}).get(slot)
        if found is not None:
            return found
        return 0 if address in world._wiped else world._view.storage(address, slot)

    def original_storage(self, address: Address, slot: int) -> int:
        found = self._world._original_slots.get((address, slot))
        return self.storage(address, slot) if found is None else found

    def transient_storage(self, address: Address, slot: int) -> int:
        return self._world.get_transient(address, slot)

    def code(self, code_hash: Hash32) -> bytes:
        found = self._world._codes.get(code_hash)
        return self._world._view.code(code_hash) if found is None else found

    @property
    def refund(self) -> int:
        return self._world.refund

    @property
    def touched_accounts(self) -> Set[Address]:
        return self._world.touched | self._world.involved

    @property
    def touched_slots(self) -> Set[tuple[Address, int]]:
        return self._world.touched_slots

    def _peek(self, address: Address) -> AccountTuple:
        found = self._world._accounts.get(address)
        if found is not None:
            return found
        stored = self._world._view.account(address)
        return NO_ACCOUNT if stored is None else (stored.nonce, stored.balance, stored.code_hash)


def _account(value: AccountTuple) -> Account | None:
    nonce, balance, code_hash = value
    return None if value == NO_ACCOUNT else Account(nonce, Wei(balance), code_hash)
