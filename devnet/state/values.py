"""Keys and values of accounts and slots in QMDB (protocol section 3; a choice of this project)."""

from __future__ import annotations

from devnet.chain import rlp
from devnet.chain.account import Account
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei

ACCOUNT_KEY_LENGTH = 20
SLOT_KEY_LENGTH = 52


def account_key(address: Address) -> bytes:
    """An account's key: the 20-byte address."""
    return address


def slot_key(address: Address, slot: int) -> bytes:
    """A slot's key: the address and the slot's number in 32 bytes, big-endian."""
    return address + slot.to_bytes(32, "big")


def encode_account(account: Account) -> bytes:
    """RLP of [nonce, balance], or of [nonce, balance, code hash] for an account with code."""
    nonce_and_balance = rlp.encode_int(account.nonce) + rlp.encode_int(account.balance)
    if account.code_hash == EMPTY_CODE_HASH:
        return rlp.wrap_list(nonce_and_balance)
    return rlp.wrap_list(nonce_and_balance + rlp.encode_bytes(account.code_hash))


def decode_account(value: bytes) -> Account:
    """The account that an entry's value holds. Raises ValueError for anything else."""
    size = len(value)
    # Most accounts by far: a short list of a small nonce and a balance of more than a byte, without code.
    is_usual = size > 4 and value[0] == 0xBF + size and 0 < value[1] <= 0x80 and 0x82 <= value[2] <= 0xA0
    if is_usual and size == value[2] - 0x80 + 3 and value[3]:
        return Account(value[1] & 0x7F, Wei(int.from_bytes(value[3:], "big")))
    fields = rlp.decode(value)
    if not isinstance(fields, list) or len(fields) not in (2, 3):
        raise ValueError("an account's value is a list of two or three fields")
    nonce, balance, *code_hash = fields
    if not isinstance(nonce, bytes) or not isinstance(balance, bytes):
        raise ValueError("an account's nonce and balance are byte strings")
    if not code_hash:
        return Account(rlp.decode_int(nonce), Wei(rlp.decode_int(balance)))
    if not isinstance(code_hash[0], bytes) or len(code_hash[0]) != 32:
        raise ValueError("an account's code hash has 32 bytes")
    return Account(rlp.decode_int(nonce), Wei(rlp.decode_int(balance)), Hash32(code_hash[0]))


def encode_slot(value: int) -> bytes:
    """A slot's value: big-endian without leading zeros. Zero has no encoding: a zero slot is deleted."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
