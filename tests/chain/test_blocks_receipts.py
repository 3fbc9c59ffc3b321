"""Headers, blocks, receipts and blooms against the executable specification's."""

from __future__ import annotations

import dataclasses

from ethereum.forks.osaka import blocks as specified
from ethereum.forks.osaka.bloom import logs_bloom
from ethereum.forks.osaka.transactions import LegacyTransaction
from ethereum.forks.osaka.transactions import decode_transaction as specified_transaction
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes, Bytes8, Bytes20, Bytes32, Bytes256
from ethereum_types.numeric import U64, U256, Uint
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.block import Header, Log, Receipt
from devnet.chain.block_codec import (
    EMPTY_OMMERS_HASH,
    block_size,
    encode_block,
    encode_header,
    header_hash,
    transaction_size_in_block,
)
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import EMPTY_BLOOM, bloom_has, bloom_of, encode_receipt, join_blooms
from devnet.chain.rlp import decode
from devnet.chain.transaction import DYNAMIC_FEE, LEGACY
from devnet.chain.transaction_codec import sign
from devnet.chain.types import Address, Hash32, Wei
from tests.chain.transactions import KEY, transfer

HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
ADDRESSES = st.binary(min_size=20, max_size=20).map(Address)
UINT64 = st.integers(0, 2**64 - 1)
LOGS = st.builds(Log, ADDRESSES, st.lists(HASHES, max_size=4).map(tuple), st.binary(max_size=70))

HEADERS = st.builds(
    Header,
    parent_hash=HASHES,
    coinbase=ADDRESSES,
    state_root=HASHES,
    transactions_root=HASHES,
    receipts_root=HASHES,
    bloom=st.binary(min_size=256, max_size=256),
    number=UINT64,
    gas_limit=UINT64,
    gas_used=UINT64,
    timestamp=UINT64,
    extra_data=st.sampled_from([b"", b"\1" * 32]),
    prev_randao=HASHES,
    base_fee_per_gas=UINT64.map(Wei),
    withdrawals_root=HASHES,
    blob_gas_used=UINT64,
    excess_blob_gas=UINT64,
    parent_beacon_block_root=HASHES,
    requests_hash=HASHES,
)


def specified_header(header: Header) -> specified.Header:
    return specified.Header(
        parent_hash=Bytes32(header.parent_hash),
        ommers_hash=Bytes32(EMPTY_OMMERS_HASH),
        coinbase=Bytes20(header.coinbase),
        state_root=Bytes32(header.state_root),
        transactions_root=Bytes32(header.transactions_root),
        receipt_root=Bytes32(header.receipts_root),
        bloom=Bytes256(header.bloom),
        difficulty=Uint(0),
        number=Uint(header.number),
        gas_limit=Uint(header.gas_limit),
        gas_used=Uint(header.gas_used),
        timestamp=U256(header.timestamp),
        extra_data=Bytes(header.extra_data),
        prev_randao=Bytes32(header.prev_randao),
        nonce=Bytes8(bytes(8)),
        base_fee_per_gas=Uint(header.base_fee_per_gas),
        withdrawals_root=Bytes32(header.withdrawals_root or b""),
        blob_gas_used=U64(header.blob_gas_used or 0),
        excess_blob_gas=U64(header.excess_blob_gas or 0),
        parent_beacon_block_root=Bytes32(header.parent_beacon_block_root or b""),
        requests_hash=Bytes32(header.requests_hash or b""),
    )


@given(HEADERS)
def test_headers_are_encoded_and_hashed_as_specified(header: Header) -> None:
    expected = rlp.encode(specified_header(header))
    assert encode_header(header) == expected
    assert header_hash(header) == keccak256(expected)


@given(HEADERS)
def test_fields_that_a_fork_lacks_are_left_out(header: Header) -> None:
    paris = dataclasses.replace(
        header,
        withdrawals_root=None,
        blob_gas_used=None,
        excess_blob_gas=None,
        parent_beacon_block_root=None,
        requests_hash=None,
    )
    shanghai = dataclasses.replace(paris, withdrawals_root=header.withdrawals_root)
    assert [len(decode(encode_header(item))) for item in (paris, shanghai, header)] == [16, 17, 21]


@settings(max_examples=30)
@given(HEADERS, st.lists(st.sampled_from([LEGACY, DYNAMIC_FEE]), max_size=8), st.integers(0, 60))
def test_blocks_are_encoded_as_specified_and_their_size_is_known_without_encoding(
    header: Header, kinds: list[int], data_size: int
) -> None:
    transactions = [sign(transfer(kind, data=b"\1" * data_size), KEY) for kind in kinds]
    expected = rlp.encode(
        specified.Block(
            header=specified_header(header),
            transactions=tuple(
                rlp.decode_to(LegacyTransaction, item.encoded) if item.type == LEGACY else Bytes(item.encoded)
                for item in transactions
            ),
            ommers=(),
            withdrawals=(),
        )
    )
    assert encode_block(header, transactions) == expected
    assert block_size(header, transactions) == len(expected)
    for item in transactions:
        alone = len(encode_block(header, [item]))
        assert alone - len(encode_block(header, [])) - transaction_size_in_block(item) in range(4)
        if item.type != LEGACY:
            specified_transaction(Bytes(item.encoded))


@given(st.lists(LOGS, max_size=4), st.booleans(), UINT64, st.integers(0, 4))
def test_receipts_are_encoded_as_specified(logs: list[Log], status: bool, gas: int, kind: int) -> None:
    receipt = Receipt(
        transaction_type=kind,
        status=status,
        cumulative_gas_used=gas,
        bloom=bloom_of(logs),
        logs=tuple(logs),
        gas_used=21_000,
        effective_gas_price=Wei(1),
        contract_address=None,
        blob_gas_used=0,
        first_log_index=0,
    )
    specified_logs = tuple(
        specified.Log(Bytes20(log.address), tuple(Bytes32(topic) for topic in log.topics), Bytes(log.data))
        for log in logs
    )
    bloom = logs_bloom(specified_logs)
    expected = rlp.encode(specified.Receipt(status, Uint(gas), bloom, specified_logs))
    assert encode_receipt(receipt) == (bytes([kind]) if kind else b"") + expected


@given(st.lists(st.lists(LOGS, max_size=3), max_size=3), HASHES)
def test_blooms_have_every_address_and_topic_and_joining_them_loses_none(
    groups: list[list[Log]], absent: Hash32
) -> None:
    logs = [log for group in groups for log in group]
    joined = join_blooms(bloom_of(group) for group in groups)
    assert joined == bloom_of(logs)
    for log in logs:
        assert all(bloom_has(joined, item) for item in (log.address, *log.topics))
    assert not bloom_has(EMPTY_BLOOM, absent)
