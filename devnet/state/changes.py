"""What a block's change set does to a state: new versions of what really changes, operations on shards."""

from __future__ import annotations

from hashlib import sha256
from operator import itemgetter

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address
from devnet.state.shard import Operation
from devnet.state.values import account_key, encode_account, encode_slot, slot_key
from devnet.state.views import AccountVersion, Block, SlotVersion, Values, Version

_WORD = 1 << 256


def changed(
    values: Values, height: int, changes: ChangeSet
) -> tuple[list[tuple[Address, AccountVersion]], list[tuple[Address, int, SlotVersion]]]:
    """New versions of what really changes. Raises ValueError for what cannot exist."""
    accounts: list[tuple[Address, AccountVersion]] = []
    for address, given in changes.accounts.items():
        account = None if given is None or given.is_empty else given
        version = values.accounts.get(address)
        if account == (None if version is None else version.value):
            continue
        _validate_address(address)
        if account is not None:
            _validate_account(account)
        accounts.append((address, Version(height, account, version)))
    slots: list[tuple[Address, int, SlotVersion]] = []
    all_slots = values.slots
    for (address, slot), number in changes.storage.items():
        of_address = all_slots.get(address)
        slot_version = None if of_address is None else of_address.get(slot)
        if number == (0 if slot_version is None else slot_version.value):
            continue
        _validate_address(address)
        if not (0 <= slot < _WORD and 0 <= number < _WORD):
            raise ValueError(f"slot {slot:#x} = {number:#x}: both are words of 256 bits")
        slots.append((address, slot, Version(height, number, slot_version)))
    return accounts, slots


def operations(block: Block) -> list[Operation]:
    """What a block does to the shards, in the order of the key hashes."""
    found: list[Operation] = []
    for address, version in block.accounts:
        key = account_key(address)
        account = version.value
        found.append((sha256(key).digest(), key, None if account is None else encode_account(account)))
    for address, slot, slot_version in block.slots:
        key = slot_key(address, slot)
        number = slot_version.value
        found.append((sha256(key).digest(), key, encode_slot(number) if number else None))
    found.sort(key=itemgetter(0))
    return found


def _validate_address(address: Address) -> None:
    if len(address) != 20:
        raise ValueError(f"an address has 20 bytes, {address.hex()} has {len(address)}")


def _validate_account(account: Account) -> None:
    if not (0 <= account.nonce < 1 << 64 and 0 <= account.balance < _WORD and len(account.code_hash) == 32):
        raise ValueError(f"no such account can exist: {account}")
