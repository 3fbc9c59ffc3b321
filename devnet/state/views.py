"""What readers see: values with their past, and views of one height over them.

Every key has a chain of `Version`s, newest first, and a view takes the first one that is not younger than
itself. A writer never changes a value in place. It puts a new version in front by one assignment to a dict,
which is atomic, so a reader on another thread finds either the chain with it or the chain without it, and a
view of an older height takes the same version from both. That is the whole synchronization of commits with
readers.

Rollback and the end of the kept history take versions away. Both first mark the blocks whose views die as
`is_gone`, then touch the chains; a view looks at that mark after it has read. A value that it returns was
therefore read before anything was taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Generic, TypeVar

from devnet.chain.account import Account
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.state import StateGone
from devnet.state.shard import ShardUndo

Value = TypeVar("Value")


_EMPTY_BLOCK_SIZE = 370
_ROOTS_SIZE = 345
_UNDO_SIZE = 255
_DISPLACED_SIZE = 200
_VERSION_SIZE = 210
_CREATION_SIZE = -300
"""Bytes that CPython 3.11 takes for a block, for roots and counters of one that changed something, for its
undo record of a shard, for an entry in that, for a value that was another one before; and how much less it is
where there was none before. Measured (`tests/state/test_history_size.py` measures again)."""


class Version(Generic[Value]):
    """A value from the block `height` on. `older` is what it was before, None where there is (or is kept)
    nothing."""

    __slots__ = ("height", "older", "value")

    def __init__(self, height: int, value: Value, older: Version[Value] | None) -> None:
        self.height = height
        self.value = value
        self.older = older


AccountVersion = Version["Account | None"]
SlotVersion = Version[int]


class Values:
    """The newest version of everything, and the code of every code hash."""

    __slots__ = ("accounts", "codes", "slots")

    def __init__(self) -> None:
        self.accounts: dict[Address, AccountVersion] = {}
        self.slots: dict[Address, dict[int, SlotVersion]] = {}
        self.codes: dict[Hash32, bytes] = {}

    def remove_slot(self, address: Address, slot: int) -> None:
        """Takes a slot away, and with the last one what holds an account's slots. A reader that still has the
        emptied dict misses only slots of blocks younger than its own."""
        of_address = self.slots[address]
        del of_address[slot]
        if not of_address:
            del self.slots[address]


class Block:
    """One kept height: its root, and what takes it back."""

    __slots__ = (
        "accounts",
        "codes",
        "height",
        "is_gone",
        "leaves",
        "root",
        "shards",
        "slots",
        "start",
    )

    def __init__(self, height: int, root: Hash32, start: tuple[int, ...], leaves: tuple[bytes, ...]) -> None:
        self.height = height
        self.root = root
        self.is_gone = False
        self.start = start
        """Of every shard, the first serial number that may be active after this block."""
        self.leaves = leaves
        """The shard leaves under the root."""
        self.shards: list[tuple[int, ShardUndo]] = []
        """For every shard that the block touched."""
        self.accounts: list[tuple[Address, AccountVersion]] = []
        """What the block changed, and what the zone's change set is made of."""
        self.slots: list[tuple[Address, int, SlotVersion]] = []
        self.codes: list[Hash32] = []
        """Code hashes that this block brought."""

    def history_size(self) -> int:
        """Bytes of memory that the block takes beside the newest state, estimated by counting."""
        if not self.shards:
            return _EMPTY_BLOCK_SIZE
        displaced = sum([len(undo.displaced) for _, undo in self.shards])
        versions = len(self.accounts) + len(self.slots)
        creations = 0
        for _, version in self.accounts:
            older = version.older
            creations += older is None or older.value is None
        for _, _, slot_version in self.slots:
            older_slot = slot_version.older
            creations += older_slot is None or not older_slot.value
        return (
            _EMPTY_BLOCK_SIZE
            + _ROOTS_SIZE
            + _UNDO_SIZE * len(self.shards)
            + _DISPLACED_SIZE * displaced
            + _VERSION_SIZE * versions
            + _CREATION_SIZE * creations
        )

    def forget_undo(self) -> None:
        """Nothing older is kept, so this block will not be undone any more."""
        self.shards = []
        self.accounts = []
        self.slots = []
        self.codes = []


class QmdbView:
    """The state after one block. See `devnet.state.StateView`; the rules of concurrency are this module's."""

    __slots__ = ("_accounts", "_block", "_codes", "_slots", "height")

    def __init__(self, block: Block, values: Values) -> None:
        self.height = block.height
        self._block = block
        self._accounts = values.accounts
        self._slots = values.slots
        self._codes = values.codes

    def account(self, address: Address) -> Account | None:
        version = self._accounts.get(address)
        height = self.height
        while version is not None and version.height > height:
            version = version.older
        if self._block.is_gone:
            raise self._gone()
        return None if version is None else version.value

    def storage(self, address: Address, slot: int) -> int:
        slots = self._slots.get(address)
        version = None if slots is None else slots.get(slot)
        height = self.height
        while version is not None and version.height > height:
            version = version.older
        if self._block.is_gone:
            raise self._gone()
        return 0 if version is None else version.value

    def code(self, code_hash: Hash32) -> bytes:
        if code_hash == EMPTY_CODE_HASH:
            return b""
        code = self._codes.get(code_hash)
        if self._block.is_gone:
            raise self._gone()
        if code is None:
            raise KeyError(f"no code is stored under {code_hash.hex()}")
        return code

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        # sorted() copies the keys in one step; the writer may add and remove some while they are read.
        numbers = sorted(self._slots.get(address, ()))
        if self._block.is_gone:
            raise self._gone()
        for slot in numbers:
            value = self.storage(address, slot)
            if value:
                yield slot, value

    def addresses(self) -> Iterator[Address]:
        addresses = sorted(self._accounts)
        if self._block.is_gone:
            raise self._gone()
        for address in addresses:
            if self.account(address) is not None:
                yield address

    def _gone(self) -> StateGone:
        return _gone(self._block)


def sums_of_balances(first: Block, last: Block, values: Values) -> list[Wei]:
    """The sum of all balances after each block from `first` to `last`. Raises StateGone."""
    sums = [0] * (last.height - first.height + 1)
    # Copied in one step; a chain of versions may be walked while a newer one is put in front of it.
    for newest in list(values.accounts.values()) if sums else ():
        version: AccountVersion | None = newest
        while version is not None and version.height > last.height:
            version = version.older
        while version is not None:
            account, older = version.value, version.older
            now = 0 if account is None else account.balance
            if version.height <= first.height:
                sums[0] += now
                break
            before = None if older is None else older.value
            sums[version.height - first.height] += now - (0 if before is None else before.balance)
            version = older
    for block in (first, last):
        if block.is_gone:
            raise _gone(block)
    return [Wei(total) for total in accumulate(sums)]


def _gone(block: Block) -> StateGone:
    return StateGone(f"the state of block {block.height} was rolled back or is no longer kept")
