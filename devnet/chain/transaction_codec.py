"""Transactions as bytes: the EIP-2718 envelopes of all five types, signing, and recovery of the sender.

The bytes that a signature covers are the envelope's own fields before the signature, so decoding cuts them
out of the input instead of encoding them again; strict RLP makes both the same.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from devnet.chain.errors import Invalid, InvalidTransaction, MalformedTransaction
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import (
    Decoded,
    RlpError,
    decode,
    encode_bytes,
    encode_int,
    encode_list,
    wrap_list,
)
from devnet.chain.signature import SigningKey, recover
from devnet.chain.transaction import (
    ACCESS_LIST,
    BLOB,
    LEGACY,
    SET_CODE,
    AccessListEntry,
    Authorization,
    BlobSidecar,
    Transaction,
)
from devnet.chain.transaction_body import (
    FIELD_COUNTS,
    TYPE_NAMES,
    Signature,
    legacy_transaction,
    read_authorization,
    read_members,
    read_signature,
    typed_transaction,
)
from devnet.chain.transaction_fields import read_list, read_number, read_sized
from devnet.chain.types import Address, Hash32, Wei

AUTHORIZATION_MAGIC: Final = b"\x05"
"""What precedes a signed EIP-7702 authorization."""

_BAD_SIGNATURE: Final = "invalid transaction v, r, s values"


@dataclass(frozen=True, slots=True)
class UnsignedTransaction:
    """What a signature covers. For legacy and access list transactions both fees hold the one gas price."""

    type: int
    chain_id: int | None
    """None for a legacy transaction without EIP-155 replay protection."""
    nonce: int
    gas_limit: int
    max_fee_per_gas: Wei
    max_priority_fee_per_gas: Wei
    to: Address | None
    value: Wei
    data: bytes
    access_list: tuple[AccessListEntry, ...] = ()
    max_fee_per_blob_gas: Wei = Wei(0)
    blob_hashes: tuple[Hash32, ...] = ()
    authorizations: tuple[Authorization, ...] = ()


# ---------------------------------------------------------------- encoding


def sign(unsigned: UnsignedTransaction, key: bytes | SigningKey) -> Transaction:
    """The transaction signed with a 32-byte private key, low s. Raises ValueError for a bad key."""
    if isinstance(key, bytes):
        key = SigningKey(key)
    fields = _encode_fields(unsigned)
    y_parity, r, s = key.sign_digest(_signing_digest(unsigned.type, unsigned.chain_id, fields))
    return _complete(unsigned, fields, y_parity, r, s, key.address, is_impersonated=False)


def impersonate(unsigned: UnsignedTransaction, sender: Address) -> Transaction:
    """The transaction as if `sender` had signed it: r is the sender, s is 0, which no signature has."""
    r = int.from_bytes(sender, "big")
    return _complete(unsigned, _encode_fields(unsigned), 0, r, 0, sender, is_impersonated=True)


def encode_with_sidecar(transaction: Transaction, sidecar: BlobSidecar) -> bytes:
    """The network form of a blob transaction (EIP-4844, EIP-7594): what eth_sendRawTransaction takes."""
    if transaction.type != BLOB:
        raise ValueError(f"a {TYPE_NAMES[transaction.type]} transaction has no sidecar")
    parts = [transaction.encoded[1:]]
    if sidecar.wrapper_version:
        parts.append(encode_int(sidecar.wrapper_version))
    parts += (
        encode_list([encode_bytes(item) for item in items])
        for items in (sidecar.blobs, sidecar.commitments, sidecar.proofs)
    )
    return b"\x03" + encode_list(parts)


def authorization_digest(chain_id: int, address: Address, nonce: int) -> Hash32:
    """What the authority of an EIP-7702 authorization signs."""
    fields = (encode_int(chain_id), encode_bytes(address), encode_int(nonce))
    return keccak256(AUTHORIZATION_MAGIC + encode_list(fields))


def sign_authorization(chain_id: int, address: Address, nonce: int, key: bytes) -> Authorization:
    """An EIP-7702 authorization: the key's account delegates to the code at `address`."""
    signer = SigningKey(key)
    y_parity, r, s = signer.sign_digest(authorization_digest(chain_id, address, nonce))
    return Authorization(chain_id, address, nonce, y_parity, r, s, signer.address)


def _complete(
    unsigned: UnsignedTransaction,
    fields: bytes,
    y_parity: int,
    r: int,
    s: int,
    sender: Address,
    is_impersonated: bool,
) -> Transaction:
    if unsigned.type != LEGACY:
        v = y_parity
    elif unsigned.chain_id is None:
        v = 27 + y_parity
    else:
        v = 35 + 2 * unsigned.chain_id + y_parity
    encoded = wrap_list(fields + encode_int(v) + encode_int(r) + encode_int(s))
    if unsigned.type != LEGACY:
        encoded = bytes((unsigned.type,)) + encoded
    return Transaction(
        type=unsigned.type,
        chain_id=unsigned.chain_id,
        nonce=unsigned.nonce,
        gas_limit=unsigned.gas_limit,
        max_fee_per_gas=unsigned.max_fee_per_gas,
        max_priority_fee_per_gas=unsigned.max_priority_fee_per_gas,
        to=unsigned.to,
        value=unsigned.value,
        data=unsigned.data,
        v=v,
        r=r,
        s=s,
        sender=sender,
        hash=keccak256(encoded),
        encoded=encoded,
        access_list=unsigned.access_list,
        max_fee_per_blob_gas=unsigned.max_fee_per_blob_gas,
        blob_hashes=unsigned.blob_hashes,
        authorizations=unsigned.authorizations,
        is_impersonated=is_impersonated,
    )


def _encode_fields(unsigned: UnsignedTransaction) -> bytes:
    """The encoded fields before the signature, joined. Raises ValueError where the type lacks a field."""
    kind = unsigned.type
    if kind not in FIELD_COUNTS:
        raise ValueError(f"unknown transaction type {kind}")
    if unsigned.access_list and kind == LEGACY:
        raise ValueError("a legacy transaction has no access list")
    if unsigned.blob_hashes and kind != BLOB:
        raise ValueError(f"a {TYPE_NAMES[kind]} transaction has no blobs")
    if unsigned.authorizations and kind != SET_CODE:
        raise ValueError(f"a {TYPE_NAMES[kind]} transaction has no authorizations")
    one_price = kind in (LEGACY, ACCESS_LIST)
    if one_price and unsigned.max_fee_per_gas != unsigned.max_priority_fee_per_gas:
        raise ValueError(f"a {TYPE_NAMES[kind]} transaction has one gas price")
    parts = []
    if kind != LEGACY:
        if unsigned.chain_id is None:
            raise ValueError(f"a {TYPE_NAMES[kind]} transaction needs a chain id")
        parts.append(encode_int(unsigned.chain_id))
    parts.append(encode_int(unsigned.nonce))
    if not one_price:
        parts.append(encode_int(unsigned.max_priority_fee_per_gas))
    parts += (
        encode_int(unsigned.max_fee_per_gas),
        encode_int(unsigned.gas_limit),
        encode_bytes(unsigned.to or b""),
        encode_int(unsigned.value),
        encode_bytes(unsigned.data),
    )
    if kind != LEGACY:
        parts.append(_encode_access_list(unsigned.access_list))
    if kind == BLOB:
        parts.append(encode_int(unsigned.max_fee_per_blob_gas))
        parts.append(encode_list([encode_bytes(item) for item in unsigned.blob_hashes]))
    elif kind == SET_CODE:
        parts.append(encode_list([_encode_authorization(item) for item in unsigned.authorizations]))
    return b"".join(parts)


def _encode_access_list(entries: tuple[AccessListEntry, ...]) -> bytes:
    return encode_list(
        [
            encode_list(
                (
                    encode_bytes(entry.address),
                    encode_list([encode_bytes(slot.to_bytes(32, "big")) for slot in entry.slots]),
                )
            )
            for entry in entries
        ]
    )


def _encode_authorization(item: Authorization) -> bytes:
    numbers = (item.nonce, item.y_parity, item.r, item.s)
    return encode_list(
        (encode_int(item.chain_id), encode_bytes(item.address), *(encode_int(number) for number in numbers))
    )


def _signing_digest(kind: int, chain_id: int | None, fields: bytes) -> Hash32:
    """The hash that the sender signs. `fields` are the encoded fields before the signature."""
    if kind != LEGACY:
        return keccak256(bytes((kind,)) + wrap_list(fields))
    if chain_id is None:
        return keccak256(wrap_list(fields))
    return keccak256(wrap_list(fields + encode_int(chain_id) + b"\x80\x80"))


# ---------------------------------------------------------------- decoding


def decode_transaction(raw: bytes) -> tuple[Transaction, BlobSidecar | None]:
    """The transaction in `raw`, with its sender recovered, and the sidecar where `raw` is a blob
    transaction's network form.

    Raises MalformedTransaction where the bytes are no transaction, and InvalidTransaction (INVALID_SENDER)
    where the signature is no valid one.
    """
    if not raw:
        raise MalformedTransaction("typed transaction too short")
    try:
        if raw[0] >= 0xC0:
            return _decode_legacy(raw), None
        if raw[0] == BLOB:
            return _decode_blob(raw)
        if raw[0] in FIELD_COUNTS and raw[0] != LEGACY:
            return _decode_typed(raw), None
    except RlpError as error:
        raise MalformedTransaction(f"rlp: {error}") from error
    raise MalformedTransaction("transaction type not supported")


def decode_impersonated(raw: bytes) -> Transaction:
    """The transaction that `impersonate` gave these bytes. Raises MalformedTransaction for any other."""
    try:
        kind = LEGACY if raw[:1] >= b"\xc0" else raw[0] if raw else LEGACY
        if kind not in FIELD_COUNTS or raw[:1] == b"\0":
            raise MalformedTransaction("transaction type not supported")
        members = read_members(decode(raw if kind == LEGACY else raw[1:]), kind)
        signature = _, r, s = read_signature(members, kind)
        if s or r >> 160:
            raise MalformedTransaction("the sender of an impersonated transaction stands in its signature")
        sender = Address(r.to_bytes(20, "big"))
        if kind == LEGACY:
            transaction = legacy_transaction(members, signature, sender, keccak256(raw), raw)
        else:
            transaction = typed_transaction(
                kind, members, signature, sender, keccak256(raw), raw, _read_authorizations
            )
    except RlpError as error:
        raise MalformedTransaction(f"rlp: {error}") from error
    unsigned = UnsignedTransaction(
        **{field.name: getattr(transaction, field.name) for field in fields(UnsignedTransaction)}
    )
    if impersonate(unsigned, sender).encoded != raw:
        raise MalformedTransaction("an impersonated transaction has another encoding")
    return transaction


def _decode_legacy(raw: bytes) -> Transaction:
    members = read_members(decode(raw), LEGACY)
    signature = v, r, s = read_signature(members, LEGACY)
    if v >= 35:
        chain_id, y_parity = divmod(v - 35, 2)
    else:
        # Only 27 and 28 are parities; recovery refuses the rest.
        chain_id, y_parity = None, v - 27
    signed = _before_signature(raw, members)
    sender = _sender(_signing_digest(LEGACY, chain_id, signed), y_parity, r, s)
    return legacy_transaction(members, signature, sender, keccak256(raw), raw)


def _decode_typed(raw: bytes) -> Transaction:
    kind = raw[0]
    payload = raw[1:]
    return _from_members(kind, read_members(decode(payload), kind), payload, raw)


def _decode_blob(raw: bytes) -> tuple[Transaction, BlobSidecar | None]:
    payload = raw[1:]
    items = decode(payload)
    if not (isinstance(items, list) and items and isinstance(items[0], list)):
        return _from_members(BLOB, read_members(items, BLOB), payload, raw), None
    sidecar = _sidecar(items)
    start, end = _first_member(payload)
    body = payload[start:end]
    transaction = _from_members(BLOB, read_members(items[0], BLOB), body, raw[:1] + body)
    return transaction, sidecar


def _from_members(kind: int, members: list[Decoded], payload: bytes, encoded: bytes) -> Transaction:
    chain_id = read_number(members[0], 256, "chainId")
    signature = y_parity, r, s = read_signature(members, kind)
    sender = _sender(_signing_digest(kind, chain_id, _before_signature(payload, members)), y_parity, r, s)
    transaction_hash = keccak256(encoded)
    return typed_transaction(
        kind, members, signature, sender, transaction_hash, encoded, _read_authorizations
    )


def _read_authorizations(items: list[Decoded]) -> tuple[Authorization, ...]:
    return tuple(read_authorization(item, _authority) for item in items)


def _authority(chain_id: int, address: Address, nonce: int, signature: Signature) -> Address | None:
    return recover(authorization_digest(chain_id, address, nonce), *signature)


def _sender(digest: Hash32, y_parity: int, r: int, s: int) -> Address:
    sender = recover(digest, y_parity, r, s)
    if sender is None:
        raise InvalidTransaction(Invalid.INVALID_SENDER, _BAD_SIGNATURE)
    return sender


def _before_signature(payload: bytes, fields: list[Decoded]) -> bytes:
    """The encoded members of the list `payload` without the last three."""
    first = payload[0]
    start = 1 if first < 0xF8 else first - 0xF6
    end = len(payload)
    for field in fields[-3:]:
        # Numbers of at most 32 bytes: a byte below 0x80 has no header, all others one of a byte.
        assert isinstance(field, bytes)
        end -= 1 if len(field) == 1 and field[0] < 0x80 else 1 + len(field)
    return payload[start:end]


def _first_member(payload: bytes) -> tuple[int, int]:
    """Where the first member, a list, of the list `payload` begins and ends."""
    start = 1 if payload[0] < 0xF8 else payload[0] - 0xF6
    first = payload[start]
    if first < 0xF8:
        return start, start + 1 + first - 0xC0
    size = first - 0xF7
    body = start + 1 + size
    return start, body + int.from_bytes(payload[start + 1 : body], "big")


def _sidecar(items: list[Decoded]) -> BlobSidecar:
    """The members after the transaction: blobs, commitments and proofs, from EIP-7594 on behind a version."""
    version = 0
    rest = items[1:]
    if len(rest) == 4:
        version = read_number(rest[0], 8, "wrapper version")
        if version != 1:
            raise MalformedTransaction(f"wrapper version: {version} is unknown")
        rest = rest[1:]
    if len(rest) != 3:
        raise MalformedTransaction("a blob transaction's network form has 4 or 5 members")
    blobs = tuple(read_sized(blob, 131_072, "blobs") for blob in read_list(rest[0], "blobs"))
    commitments = tuple(read_sized(item, 48, "commitments") for item in read_list(rest[1], "commitments"))
    proofs = tuple(read_sized(item, 48, "proofs") for item in read_list(rest[2], "proofs"))
    return BlobSidecar(version, blobs, commitments, proofs)
