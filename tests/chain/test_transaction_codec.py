"""Transactions of all types, against eth_account's encodings, and every way in which bytes can be wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.codec import DecodedTransaction
from devnet.chain.errors import Invalid, InvalidTransaction, MalformedTransaction
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import decode, encode, encode_int
from devnet.chain.signature import CURVE_ORDER, address_of
from devnet.chain.transaction import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessListEntry,
    BlobSidecar,
    Transaction,
)
from devnet.chain.transaction_codec import (
    UnsignedTransaction,
    decode_impersonated,
    encode_with_sidecar,
    impersonate,
    sign,
    sign_authorization,
)
from devnet.chain.types import Address, Hash32, Wei
from tests.chain.codecs import CODECS, codec_named
from tests.chain.transactions import CHAIN_ID, KEY, SENDER, transfer

Decode: TypeAlias = Callable[[bytes], DecodedTransaction]


@pytest.fixture(scope="module", params=CODECS)
def decode_transaction(request: pytest.FixtureRequest) -> Decode:
    """Each codec's."""
    return codec_named(request.param).decode


WORDS = st.integers(min_value=0, max_value=2**256 - 1)
UINT64 = st.integers(min_value=0, max_value=2**64 - 1)
ADDRESSES = st.binary(min_size=20, max_size=20).map(Address)
ENTRIES = st.builds(AccessListEntry, ADDRESSES, st.lists(WORDS, max_size=3).map(tuple))
KEYS = st.integers(min_value=1, max_value=CURVE_ORDER - 1).map(lambda value: value.to_bytes(32, "big"))


@st.composite
def unsigned_transactions(draw: st.DrawFn) -> UnsignedTransaction:
    kind = draw(st.sampled_from([LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE]))
    chain_id = draw(st.none() | st.integers(0, 2**62)) if kind == LEGACY else draw(st.integers(0, 2**62))
    max_fee = Wei(draw(WORDS))
    authorizations = ()
    if kind == SET_CODE:
        signed = st.builds(sign_authorization, UINT64, ADDRESSES, UINT64, KEYS)
        authorizations = tuple(draw(st.lists(signed, max_size=2)))
    return UnsignedTransaction(
        type=kind,
        chain_id=chain_id,
        nonce=draw(UINT64),
        gas_limit=draw(UINT64),
        max_fee_per_gas=max_fee,
        max_priority_fee_per_gas=max_fee if kind in (LEGACY, ACCESS_LIST) else Wei(draw(WORDS)),
        to=draw(ADDRESSES) if kind in (BLOB, SET_CODE) else draw(st.none() | ADDRESSES),
        value=Wei(draw(WORDS)),
        data=draw(st.binary(max_size=100)),
        access_list=() if kind == LEGACY else tuple(draw(st.lists(ENTRIES, max_size=3))),
        max_fee_per_blob_gas=Wei(draw(WORDS)) if kind == BLOB else Wei(0),
        blob_hashes=tuple(
            draw(st.lists(st.binary(min_size=32, max_size=32).map(Hash32), max_size=3))
            if kind == BLOB
            else ()
        ),
        authorizations=authorizations,
    )


def with_fields(transaction: Transaction, changes: dict[int, Any]) -> bytes:
    """The transaction's encoding with some of its RLP members replaced."""
    prefix = b"" if transaction.type == LEGACY else transaction.encoded[:1]
    fields = list(decode(transaction.encoded[len(prefix) :]))
    for index, value in changes.items():
        fields[index] = value
    return prefix + encode(fields)


@settings(max_examples=200)
@given(unsigned_transactions(), KEYS)
def test_what_is_signed_decodes_to_itself(
    decode_transaction: Decode, unsigned: UnsignedTransaction, key: bytes
) -> None:
    signed = sign(unsigned, key)
    assert decode_transaction(signed.encoded) == (signed, None)
    assert signed.sender == address_of(key)
    assert signed.hash == keccak256(signed.encoded)
    for field in dataclasses.fields(unsigned):
        assert getattr(signed, field.name) == getattr(unsigned, field.name)


def eth_account_fields(unsigned: UnsignedTransaction) -> dict[str, Any]:
    """The transaction as eth_account wants it described."""
    fields: dict[str, Any] = {
        "nonce": unsigned.nonce,
        "gas": unsigned.gas_limit,
        "to": unsigned.to or b"",
        "value": unsigned.value,
        "data": unsigned.data,
    }
    if unsigned.chain_id is not None:
        fields["chainId"] = unsigned.chain_id
    if unsigned.type in (LEGACY, ACCESS_LIST):
        fields["gasPrice"] = unsigned.max_fee_per_gas
    else:
        fields["maxFeePerGas"] = unsigned.max_fee_per_gas
        fields["maxPriorityFeePerGas"] = unsigned.max_priority_fee_per_gas
    if unsigned.type != LEGACY:
        fields["type"] = unsigned.type
        fields["accessList"] = [
            {"address": "0x" + entry.address.hex(), "storageKeys": [f"0x{slot:064x}" for slot in entry.slots]}
            for entry in unsigned.access_list
        ]
    if unsigned.type == SET_CODE:
        fields["authorizationList"] = [
            {
                "chainId": item.chain_id,
                "address": item.address,
                "nonce": item.nonce,
                "yParity": item.y_parity,
                "r": item.r,
                "s": item.s,
            }
            for item in unsigned.authorizations
        ]
    return fields


ENTRY = AccessListEntry(Address(b"\x11" * 20), (0, 2**255))
AUTHORIZATION = sign_authorization(CHAIN_ID, Address(b"\x22" * 20), 3, KEY)


@pytest.mark.parametrize(
    "unsigned",
    [
        transfer(LEGACY),
        transfer(LEGACY, chain_id=None),
        transfer(LEGACY, to=None, data=b"\x60\x00" * 40),
        transfer(ACCESS_LIST, access_list=(ENTRY,)),
        transfer(DYNAMIC_FEE, max_priority_fee_per_gas=Wei(1), access_list=(ENTRY, ENTRY)),
        transfer(DYNAMIC_FEE, to=None, value=Wei(0), nonce=0, data=b"\x00"),
        transfer(SET_CODE, authorizations=(AUTHORIZATION,)),
    ],
)
def test_encoding_hash_and_sender_equal_those_of_eth_account(
    decode_transaction: Decode, unsigned: UnsignedTransaction
) -> None:
    expected = Account.sign_transaction(eth_account_fields(unsigned), KEY)
    signed = sign(unsigned, KEY)
    assert signed.encoded == bytes(expected.raw_transaction)
    assert signed.hash == bytes(expected.hash)
    decoded, _ = decode_transaction(bytes(expected.raw_transaction))
    assert decoded.sender == bytes.fromhex(Account.recover_transaction(expected.raw_transaction)[2:])


def test_the_example_of_eip_155_has_its_published_sender(decode_transaction: Decode) -> None:
    raw = bytes.fromhex(
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc"
        "2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb196"
        "6a3b6d83"
    )
    transaction, _ = decode_transaction(raw)
    assert transaction.sender.hex() == "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"
    assert (transaction.chain_id, transaction.nonce, transaction.value) == (1, 9, 10**18)


def test_signatures_of_small_numbers_and_of_the_point_at_infinity(decode_transaction: Decode) -> None:
    """The ttSignature vectors libsecp256k1test and PointAtInfinity of ethereum/tests."""
    small, _ = decode_transaction(bytes.fromhex("d1808609184e72a00082f3888080801b2c04"))
    assert small.sender.hex() == "170ad78f26da62f591fa3fe3d54c30016167cbbf"
    assert small.hash.hex() == "ba09edc1275a285fb27bfe82c4eea240a907a0dbaf9e55764b8f318c37d5974f"
    infinity = bytes.fromhex(
        "f85f011082520894f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f001801ca06f0010ff4c31c2a6d0526c0d414e6cd01ad5d22e"
        "15bfff98af23867366b94d87a05413392d556119132da7056f8fb56a9138a36446a8a4ad7159c9d892d9f32284"
    )
    with pytest.raises(InvalidTransaction) as refused:
        decode_transaction(infinity)
    assert refused.value.kind is Invalid.INVALID_SENDER


def test_the_network_form_of_blobs_decodes_to_the_canonical_transaction_and_the_sidecar(
    decode_transaction: Decode,
) -> None:
    signed = sign(transfer(BLOB, blob_hashes=(Hash32(b"\1" * 32),), max_fee_per_blob_gas=Wei(1)), KEY)
    for version, proofs in ((0, 1), (1, 128)):
        sidecar = BlobSidecar(version, (bytes(131_072),), (b"\xc0" + bytes(47),), (b"\2" * 48,) * proofs)
        assert decode_transaction(encode_with_sidecar(signed, sidecar)) == (signed, sidecar)
    assert decode_transaction(signed.encoded) == (signed, None)


def test_impersonated_transactions_differ_for_every_sender_and_are_refused_from_outside(
    decode_transaction: Decode,
) -> None:
    unsigned = transfer()
    first = impersonate(unsigned, SENDER)
    second = impersonate(unsigned, Address(b"\x33" * 20))
    assert first.sender == SENDER
    assert first.is_impersonated
    assert first.hash == keccak256(first.encoded) != second.hash
    with pytest.raises(InvalidTransaction) as refused:
        decode_transaction(first.encoded)
    assert refused.value.kind is Invalid.INVALID_SENDER


@given(unsigned_transactions())
def test_impersonated_transactions_come_back_from_a_batch(unsigned: UnsignedTransaction) -> None:
    transaction = impersonate(unsigned, SENDER)
    assert decode_impersonated(transaction.encoded) == transaction
    with pytest.raises(MalformedTransaction):
        decode_impersonated(sign(unsigned, KEY).encoded)


@given(unsigned_transactions(), st.data())
def test_an_impersonated_transaction_has_one_encoding(
    unsigned: UnsignedTransaction, data: st.DataObject
) -> None:
    raw = bytearray(impersonate(unsigned, SENDER).encoded)
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        transaction = decode_impersonated(bytes(raw))
    except MalformedTransaction:
        return
    assert transaction.encoded == bytes(raw)
    assert transaction.is_impersonated
    assert impersonate_again(transaction) == transaction


def impersonate_again(transaction: Transaction) -> Transaction:
    names = [field.name for field in dataclasses.fields(UnsignedTransaction)]
    fields = {name: getattr(transaction, name) for name in names}
    return impersonate(UnsignedTransaction(**fields), transaction.sender)


@pytest.mark.parametrize("kind", [LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE])
def test_only_the_low_s_of_a_signature_is_accepted(decode_transaction: Decode, kind: int) -> None:
    signed = sign(transfer(kind), KEY)
    flipped = {LEGACY: {35 + 2 * CHAIN_ID: 36 + 2 * CHAIN_ID, 36 + 2 * CHAIN_ID: 35 + 2 * CHAIN_ID}}.get(
        kind, {0: 1, 1: 0}
    )[signed.v]
    high = {-1: (CURVE_ORDER - signed.s).to_bytes(32, "big"), -3: decode(encode_int(flipped))}
    with pytest.raises(InvalidTransaction) as refused:
        decode_transaction(with_fields(signed, high))
    assert refused.value.kind is Invalid.INVALID_SENDER
    assert str(refused.value) == "invalid sender: invalid transaction v, r, s values"


@pytest.mark.parametrize(
    "changes",
    [
        {-3: b"\x02"},
        {-3: b"\x1b"},
        {-2: b""},
        {-1: b""},
        {-2: CURVE_ORDER.to_bytes(32, "big")},
        {-2: b"\xff" * 32},
    ],
)
def test_signatures_out_of_range_have_no_sender(
    decode_transaction: Decode, changes: dict[int, bytes]
) -> None:
    with pytest.raises(InvalidTransaction) as refused:
        decode_transaction(with_fields(sign(transfer(), KEY), changes))
    assert refused.value.kind is Invalid.INVALID_SENDER


@pytest.mark.parametrize("v", [0, 1, 26, 29, 34])
def test_a_legacy_v_that_is_no_parity_has_no_sender(decode_transaction: Decode, v: int) -> None:
    signed = sign(transfer(LEGACY, chain_id=None), KEY)
    with pytest.raises(InvalidTransaction) as refused:
        decode_transaction(with_fields(signed, {-3: decode(encode_int(v))}))
    assert refused.value.kind is Invalid.INVALID_SENDER


ENTRY_RLP = [b"\x11" * 20, [b"\0" * 32]]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (LEGACY, {0: b"\0"}),  # leading zero
        (LEGACY, {0: b"\1" + bytes(8)}),  # nonce of more than 64 bits
        (LEGACY, {1: b"\1" + bytes(32)}),
        (LEGACY, {2: b"\1" + bytes(8)}),
        (LEGACY, {3: bytes(19)}),
        (LEGACY, {3: bytes(21)}),
        (LEGACY, {4: b"\1" + bytes(32)}),
        (LEGACY, {5: [b"data"]}),
        (LEGACY, {6: [b"v"]}),
        (LEGACY, {-1: b"\1" + bytes(32)}),
        (DYNAMIC_FEE, {0: []}),
        (DYNAMIC_FEE, {8: b""}),
        (DYNAMIC_FEE, {8: b"\1"}),
        (DYNAMIC_FEE, {8: [b"\1"]}),
        (DYNAMIC_FEE, {8: [[b"\x11" * 20]]}),
        (DYNAMIC_FEE, {8: [[b"\x11" * 19, []]]}),
        (DYNAMIC_FEE, {8: [[b"\x11" * 20, [b"\0" * 31]]]}),
        (DYNAMIC_FEE, {8: [[b"\x11" * 20, b"\0" * 32]]}),
        (DYNAMIC_FEE, {8: [[*ENTRY_RLP, b""]]}),
        (BLOB, {5: b""}),
        (BLOB, {10: b"\1" * 32}),
        (BLOB, {10: [b"\1" * 31]}),
        (SET_CODE, {5: b""}),
        (SET_CODE, {9: b"\1"}),
        (SET_CODE, {9: [[b"", b"\1" * 20, b"", b"", b"\1"]]}),
        (SET_CODE, {9: [[b"", b"\1" * 19, b"", b"", b"\1", b"\1"]]}),
        (SET_CODE, {9: [[b"", b"\1" * 20, b"", b"\1\0", b"\1", b"\1"]]}),
    ],
)
def test_fields_of_the_wrong_shape_are_malformed(
    decode_transaction: Decode, kind: int, changes: dict[int, Any]
) -> None:
    raw = with_fields(sign(transfer(kind), KEY), changes)
    with pytest.raises(MalformedTransaction):
        decode_transaction(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"\x01",
        b"\x02\xc0",
        b"\x03\xc0",
        b"\x03\xc1\xc0",
        b"\x05\xc0",
        b"\x7f",
        b"\x80",
        b"\xbf",
        b"\xc0",
        b"\xc1\x80",
        b"\xf8\x00",
        b"\xff" * 9,
    ],
)
def test_bytes_that_are_no_transaction_are_malformed(decode_transaction: Decode, raw: bytes) -> None:
    with pytest.raises(MalformedTransaction):
        decode_transaction(raw)


@given(st.data())
def test_no_mutation_of_a_transaction_does_anything_but_decode_or_raise_the_two_errors(
    decode_transaction: Decode, data: st.DataObject
) -> None:
    raw = bytearray(sign(data.draw(unsigned_transactions()), KEY).encoded)
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        transaction, _ = decode_transaction(bytes(raw))
    except (MalformedTransaction, InvalidTransaction):
        return
    assert transaction.encoded == bytes(raw)


def test_an_authorization_with_a_bad_signature_has_no_authority(decode_transaction: Decode) -> None:
    bad = dataclasses.replace(AUTHORIZATION, s=CURVE_ORDER - AUTHORIZATION.s)
    signed = sign(transfer(SET_CODE, authorizations=(bad, AUTHORIZATION)), KEY)
    decoded, _ = decode_transaction(signed.encoded)
    assert [item.authority for item in decoded.authorizations] == [None, SENDER]


@pytest.mark.parametrize(
    "unsigned",
    [
        transfer(5),
        transfer(LEGACY, access_list=(ENTRY,)),
        transfer(DYNAMIC_FEE, blob_hashes=(Hash32(bytes(32)),)),
        transfer(DYNAMIC_FEE, authorizations=(AUTHORIZATION,)),
        transfer(DYNAMIC_FEE, chain_id=None),
        transfer(LEGACY, max_priority_fee_per_gas=Wei(1)),
    ],
)
def test_fields_that_a_type_does_not_have_cannot_be_signed(unsigned: UnsignedTransaction) -> None:
    with pytest.raises(ValueError, match="transaction"):
        sign(unsigned, KEY)
