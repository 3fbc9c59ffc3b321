"""Transactions as bytes: the EIP-2718 envelopes of all five types, signing, and recovery of the sender.

The bytes that a signature covers are the envelope's own fields before the signature, so decoding cuts them
out of the input instead of encoding them again; strict RLP makes both the same.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessListEntry,
    Authorization,
    BlobSidecar,
    Transaction,
)
from devnet.chain.transaction_fields import (
    read_access_list,
    read_bytes,
    read_list,
    read_number,
    read_recipient,
    read_sized,
)
from devnet.chain.types import Address, Hash32, Wei

AUTHORIZATION_MAGIC: Final = b"\x05"
"""What precedes a signed EIP-7702 authorization."""

_FIELD_COUNTS: Final = {LEGACY: 9, ACCESS_LIST: 11, DYNAMIC_FEE: 12, BLOB: 14, SET_CODE: 13}
_NAMES: Final = {
    LEGACY: "legacy",
    ACCESS_LIST: "access list",
    DYNAMIC_FEE: "dynamic fee",
    BLOB: "blob",
    SET_CODE: "set code",
}
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
        raise ValueError(f"a {_NAMES[transaction.type]} transaction has no sidecar")
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
    if kind not in _FIELD_COUNTS:
        raise ValueError(f"unknown transaction type {kind}")
    if unsigned.access_list and kind == LEGACY:
        raise ValueError("a legacy transaction has no access list")
    if unsigned.blob_hashes and kind != BLOB:
        raise ValueError(f"a {_NAMES[kind]} transaction has no blobs")
    if unsigned.authorizations and kind != SET_CODE:
        raise ValueError(f"a {_NAMES[kind]} transaction has no authorizations")
    one_price = kind in (LEGACY, ACCESS_LIST)
    if one_price and unsigned.max_fee_per_gas != unsigned.max_priority_fee_per_gas:
        raise ValueError(f"a {_NAMES[kind]} transaction has one gas price")
    parts = []
    if kind != LEGACY:
        if unsigned.chain_id is None:
            raise ValueError(f"a {_NAMES[kind]} transaction needs a chain id")
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
        if raw[0] in _FIELD_COUNTS and raw[0] != LEGACY:
            return _decode_typed(raw), None
    except RlpError as error:
        raise MalformedTransaction(f"rlp: {error}") from error
    raise MalformedTransaction("transaction type not supported")


def _decode_legacy(raw: bytes) -> Transaction:
    fields = _fields(decode(raw), LEGACY)
    v, r, s = (
        read_number(fields[6], 256, "v"),
        read_number(fields[7], 256, "r"),
        read_number(fields[8], 256, "s"),
    )
    if v >= 35:
        chain_id, y_parity = divmod(v - 35, 2)
    else:
        # Only 27 and 28 are parities; recovery refuses the rest.
        chain_id, y_parity = None, v - 27
    signed = _before_signature(raw, fields)
    sender = _sender(_signing_digest(LEGACY, chain_id, signed), y_parity, r, s)
    gas_price = Wei(read_number(fields[1], 256, "gasPrice"))
    return Transaction(
        LEGACY,
        chain_id,
        read_number(fields[0], 64, "nonce"),
        read_number(fields[2], 64, "gas"),
        gas_price,
        gas_price,
        read_recipient(fields[3]),
        Wei(read_number(fields[4], 256, "value")),
        read_bytes(fields[5], "data"),
        v,
        r,
        s,
        sender,
        keccak256(raw),
        raw,
    )


def _decode_typed(raw: bytes) -> Transaction:
    kind = raw[0]
    payload = raw[1:]
    return _from_fields(kind, _fields(decode(payload), kind), payload, raw)


def _decode_blob(raw: bytes) -> tuple[Transaction, BlobSidecar | None]:
    payload = raw[1:]
    items = decode(payload)
    if not (isinstance(items, list) and items and isinstance(items[0], list)):
        return _from_fields(BLOB, _fields(items, BLOB), payload, raw), None
    sidecar = _sidecar(items)
    start, end = _first_member(payload)
    body = payload[start:end]
    transaction = _from_fields(BLOB, _fields(items[0], BLOB), body, raw[:1] + body)
    return transaction, sidecar


def _from_fields(kind: int, fields: list[Decoded], payload: bytes, encoded: bytes) -> Transaction:
    chain_id = read_number(fields[0], 256, "chainId")
    nonce = read_number(fields[1], 64, "nonce")
    y_parity = read_number(fields[-3], 256, "yParity")
    r, s = read_number(fields[-2], 256, "r"), read_number(fields[-1], 256, "s")
    sender = _sender(_signing_digest(kind, chain_id, _before_signature(payload, fields)), y_parity, r, s)
    priority_fee = Wei(read_number(fields[2], 256, "maxPriorityFeePerGas"))
    if kind == ACCESS_LIST:
        max_fee = priority_fee
        gas, to, value, data, access_list = fields[3:8]
    else:
        max_fee = Wei(read_number(fields[3], 256, "maxFeePerGas"))
        gas, to, value, data, access_list = fields[4:9]
    max_fee_per_blob_gas = Wei(0)
    blob_hashes: tuple[Hash32, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    if kind == BLOB:
        max_fee_per_blob_gas = Wei(read_number(fields[9], 256, "maxFeePerBlobGas"))
        blob_hashes = tuple(
            Hash32(read_sized(item, 32, "blobVersionedHashes"))
            for item in read_list(fields[10], "blobVersionedHashes")
        )
    elif kind == SET_CODE:
        authorizations = tuple(_authorization(item) for item in read_list(fields[9], "authorizationList"))
    recipient = read_recipient(to)
    if recipient is None and kind in (BLOB, SET_CODE):
        raise MalformedTransaction(f"a {_NAMES[kind]} transaction cannot create a contract: to is missing")
    return Transaction(
        kind,
        chain_id,
        nonce,
        read_number(gas, 64, "gas"),
        max_fee,
        priority_fee,
        recipient,
        Wei(read_number(value, 256, "value")),
        read_bytes(data, "data"),
        y_parity,
        r,
        s,
        sender,
        keccak256(encoded),
        encoded,
        read_access_list(access_list) if access_list else (),
        max_fee_per_blob_gas,
        blob_hashes,
        authorizations,
    )


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


def _fields(decoded: Decoded, kind: int) -> list[Decoded]:
    if not isinstance(decoded, list):
        raise MalformedTransaction(f"a {_NAMES[kind]} transaction must be a list")
    if len(decoded) != _FIELD_COUNTS[kind]:
        raise MalformedTransaction(
            f"a {_NAMES[kind]} transaction has {_FIELD_COUNTS[kind]} fields, not {len(decoded)}"
        )
    return decoded


def _authorization(value: Decoded) -> Authorization:
    name = "authorizationList"
    fields = read_list(value, name)
    if len(fields) != 6:
        raise MalformedTransaction(f"{name}: an authorization has 6 fields, not {len(fields)}")
    chain_id = read_number(fields[0], 256, name)
    address = Address(read_sized(fields[1], 20, name))
    nonce = read_number(fields[2], 64, name)
    y_parity = read_number(fields[3], 8, name)
    r, s = read_number(fields[4], 256, name), read_number(fields[5], 256, name)
    authority = recover(authorization_digest(chain_id, address, nonce), y_parity, r, s)
    return Authorization(chain_id, address, nonce, y_parity, r, s, authority)


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
