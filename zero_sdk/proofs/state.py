"""Accounts and slots under a state root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devnet.chain.rlp import Decoded, RlpError, decode, decode_int
from devnet.chain.types import EMPTY_CODE_HASH
from devnet.state import verify as qmdb
from zero_sdk.proofs.errors import Flaw, InvalidProof
from zero_sdk.proofs.fields import (
    Data,
    agree,
    as_data,
    take,
    take_data,
    take_list,
    take_number,
    to_bytes,
)
from zero_sdk.proofs.headers import ProvenBlock, verify_header

_NONCE_LIMIT = 1 << 64
_WORD_LIMIT = 1 << 256


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """An account that is in the state."""

    nonce: int
    balance: int
    """In wei."""
    code_hash: bytes
    """keccak of the code; of nothing where there is no code."""


@dataclass(frozen=True, slots=True)
class ProvenState:
    """What a zero_getProof answer proves. `address` and the slots are the answer's: compare them with what
    you asked for."""

    state_root: bytes
    block: ProvenBlock | None
    """None where the answer was held against a state root: which block has it is then not proven."""
    address: bytes
    account: ProvenAccount | None
    """None: it is proven that there is none."""
    storage: Mapping[int, int]
    """Value by slot; 0 where it is proven that nothing is stored."""


def verify_account(state_root: Data, address: Data, proof: Data) -> ProvenAccount | None:
    """The account in the state with that root, None where the proof shows that there is none.

    `proof` is `accountProof` of zero_getProof. Raises `InvalidProof`.
    """
    root = to_bytes(state_root, 32, "state_root")
    key = to_bytes(address, 20, "address")
    value = _verify(root, key, proof)
    return None if value is None else _decode_account(value)


def verify_slot(state_root: Data, address: Data, slot: int, proof: Data) -> int:
    """The slot's value in the state with that root, 0 where the proof shows that nothing is stored.

    `proof` is one of `storage` of zero_getProof. Raises `InvalidProof`.
    """
    if not 0 <= slot < _WORD_LIMIT:
        raise ValueError("a slot is a number of 256 bits")
    root = to_bytes(state_root, 32, "state_root")
    key = to_bytes(address, 20, "address") + slot.to_bytes(32, "big")
    value = _verify(root, key, proof)
    if value is None:
        return 0
    if len(value) > 32 or not value[0]:
        raise InvalidProof(Flaw.STATE, "what is stored is no slot's value")
    return int.from_bytes(value, "big")


def verify_state(
    answer: Any, *, state_root: Data | None = None, block_hash: Data | None = None
) -> ProvenState:
    """A whole answer of zero_getProof, held against the hash of its block or against a state root; exactly
    one of them must be given. Raises `InvalidProof`."""
    if (state_root is None) == (block_hash is None):
        raise ValueError("give either state_root or block_hash")
    block = None
    if block_hash is not None:
        block = verify_header(block_hash, take_data(answer, "header"))
        agree(take_data(answer, "blockHash", 32), block.hash, "block hash")
        agree(take_number(answer, "blockNumber"), block.number, "block number")
        root = block.state_root
    else:
        assert state_root is not None
        root = to_bytes(state_root, 32, "state_root")
    agree(take_data(answer, "stateRoot", 32), root, "state root")
    address = take_data(answer, "address", 20)
    account = verify_account(root, address, take_data(answer, "accountProof"))
    agree(_said_account(answer), account, "account")
    storage: dict[int, int] = {}
    for entry in take_list(answer, "storage"):
        slot = int.from_bytes(take_data(entry, "key", 32), "big")
        storage[slot] = verify_slot(root, address, slot, take_data(entry, "proof"))
        agree(take_number(entry, "value"), storage[slot], f"value of slot {slot:#x}")
    return ProvenState(root, block, address, account, storage)


def _verify(root: bytes, key: bytes, proof: Data) -> bytes | None:
    encoded = proof if isinstance(proof, bytes) else as_data(proof, "proof")
    try:
        return qmdb.verify(root, key, encoded)
    except qmdb.InvalidProof as error:
        raise InvalidProof(Flaw.STATE, error.flaw.value) from error


def _said_account(answer: Any) -> ProvenAccount | None:
    account = take(answer, "account")
    if account is None:
        return None
    return ProvenAccount(
        take_number(account, "nonce"), take_number(account, "balance"), take_data(account, "codeHash", 32)
    )


def _decode_account(value: bytes) -> ProvenAccount:
    """RLP of [nonce, balance], or with code of [nonce, balance, code hash]."""
    try:
        fields = decode(value)
    except RlpError as error:
        raise InvalidProof(Flaw.STATE, f"what is stored is no account: {error}") from error
    if not isinstance(fields, list) or len(fields) not in (2, 3):
        raise InvalidProof(Flaw.STATE, "what is stored is no account")
    nonce, balance = _number(fields[0], _NONCE_LIMIT), _number(fields[1], _WORD_LIMIT)
    code_hash = fields[2] if len(fields) == 3 else EMPTY_CODE_HASH
    if not isinstance(code_hash, bytes) or len(code_hash) != 32:
        raise InvalidProof(Flaw.STATE, "what is stored is no account: its code hash has not 32 bytes")
    return ProvenAccount(nonce, balance, bytes(code_hash))


def _number(field: Decoded, limit: int) -> int:
    try:
        number = decode_int(field) if isinstance(field, bytes) else limit
    except RlpError:
        number = limit
    if number >= limit:
        raise InvalidProof(Flaw.STATE, "what is stored is no account: a number in it is none")
    return number
