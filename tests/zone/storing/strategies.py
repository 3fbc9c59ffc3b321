"""Random blocks and whatever else a zone keeps."""

from __future__ import annotations

from hypothesis import strategies as st

from devnet.blocks.overrides import NO_OVERRIDES, DevelopmentOverrides
from devnet.chain.block import Block, Header, Log, Receipt
from devnet.chain.block_codec import block_size, header_hash
from devnet.chain.fees import GAS_PER_BLOB
from devnet.chain.forced import ForcedTransaction
from devnet.chain.receipt_codec import EMPTY_BLOOM, bloom_of, join_blooms
from devnet.chain.rules import Fork, Rules
from devnet.chain.settlement_head import SettlementHead
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
from devnet.chain.transaction_codec import UnsignedTransaction, impersonate, sign, sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import AccountOverride
from devnet.zone.block_record import BlockRecord

uint64 = st.integers(0, (1 << 64) - 1)
uint256 = st.integers(0, (1 << 256) - 1)
amounts = uint256.map(Wei)
addresses = st.binary(min_size=20, max_size=20).map(Address)
hashes = st.binary(min_size=32, max_size=32).map(Hash32)
private_keys = st.integers(1, 1 << 200).map(lambda number: number.to_bytes(32, "big"))
access_lists = st.lists(
    st.builds(AccessListEntry, addresses, st.lists(uint256, max_size=2).map(tuple)), max_size=2
).map(tuple)


@st.composite
def authorizations(draw: st.DrawFn) -> Authorization:
    chain_id, address, nonce = draw(uint64), draw(addresses), draw(uint64)
    if draw(st.booleans()):
        return sign_authorization(chain_id, address, nonce, draw(private_keys))
    # No signature at all: nobody's.
    return Authorization(chain_id, address, nonce, draw(st.integers(0, 255)), draw(uint256), 0, None)


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    """A transaction of any type, signed or impersonated."""
    kind = draw(st.integers(0, 4))
    fee = draw(amounts)
    creates = kind not in (BLOB, SET_CODE) and draw(st.booleans())
    chain_ids = st.integers(1, (1 << 64) - 1)
    unsigned = UnsignedTransaction(
        type=kind,
        chain_id=draw(st.none() | chain_ids if kind == LEGACY else chain_ids),
        nonce=draw(uint64),
        gas_limit=draw(uint64),
        max_fee_per_gas=fee,
        max_priority_fee_per_gas=fee if kind in (LEGACY, ACCESS_LIST) else draw(amounts),
        to=None if creates else draw(addresses),
        value=draw(amounts),
        data=draw(st.binary(max_size=80)),
        access_list=draw(access_lists) if kind != LEGACY else (),
        max_fee_per_blob_gas=draw(amounts) if kind == BLOB else Wei(0),
        blob_hashes=tuple(draw(st.lists(hashes, min_size=1, max_size=3))) if kind == BLOB else (),
        authorizations=tuple(draw(st.lists(authorizations(), max_size=2))) if kind == SET_CODE else (),
    )
    if draw(st.booleans()):
        return impersonate(unsigned, draw(addresses))
    return sign(unsigned, draw(private_keys))


logs = st.builds(Log, addresses, st.lists(hashes, max_size=4).map(tuple), st.binary(max_size=70))


@st.composite
def receipts_of(draw: st.DrawFn, block_transactions: tuple[Transaction, ...]) -> tuple[Receipt, ...]:
    found = []
    cumulative = first_log_index = 0
    for transaction in block_transactions:
        emitted = tuple(draw(st.lists(logs, max_size=3)))
        gas_used = draw(uint64)
        cumulative += gas_used
        found.append(
            Receipt(
                transaction_type=transaction.type,
                status=draw(st.booleans()),
                cumulative_gas_used=cumulative,
                bloom=bloom_of(emitted) if emitted else EMPTY_BLOOM,
                logs=emitted,
                gas_used=gas_used,
                effective_gas_price=draw(amounts),
                contract_address=draw(st.none() | addresses),
                blob_gas_used=GAS_PER_BLOB * len(transaction.blob_hashes),
                first_log_index=first_log_index,
            )
        )
        first_log_index += len(emitted)
    return tuple(found)


account_overrides = st.builds(
    AccountOverride,
    balance=st.none() | amounts,
    nonce=st.none() | uint64,
    code=st.none() | st.binary(max_size=60),
    storage_changes=st.dictionaries(uint256, uint256, max_size=3),
)
overrides = st.dictionaries(addresses, account_overrides, max_size=3)
development_overrides = st.just(NO_OVERRIDES) | st.builds(
    DevelopmentOverrides, overrides, st.none() | hashes, st.none() | amounts
)
rules = st.builds(
    Rules.at,
    st.sampled_from(Fork),
    st.integers(1, (1 << 64) - 1),
    transaction_gas_cap=st.none() | uint64,
    code_size_limit=st.none() | uint64,
    block_size_limit=st.none() | uint64,
)


@st.composite
def headers(draw: st.DrawFn, fork: Fork, bloom: bytes = EMPTY_BLOOM) -> Header:
    has_blobs = fork >= Fork.CANCUN
    return Header(
        parent_hash=draw(hashes),
        coinbase=draw(addresses),
        state_root=draw(hashes),
        transactions_root=draw(hashes),
        receipts_root=draw(hashes),
        bloom=bloom,
        number=draw(uint64),
        gas_limit=draw(uint64),
        gas_used=draw(uint64),
        timestamp=draw(uint64),
        extra_data=draw(st.just(b"") | hashes),
        prev_randao=draw(hashes),
        base_fee_per_gas=draw(amounts),
        withdrawals_root=draw(hashes) if fork >= Fork.SHANGHAI else None,
        blob_gas_used=draw(uint64) if has_blobs else None,
        excess_blob_gas=draw(uint64) if has_blobs else None,
        parent_beacon_block_root=draw(hashes) if has_blobs else None,
        requests_hash=draw(hashes) if fork >= Fork.PRAGUE else None,
    )


@st.composite
def block_records(draw: st.DrawFn) -> BlockRecord:
    """A block whose receipts fit its transactions; everything else is random."""
    block_rules = draw(rules)
    held = tuple(draw(st.lists(transactions(), max_size=3)))
    receipts = draw(receipts_of(held))
    bloom = join_blooms([receipt.bloom for receipt in receipts])
    header = draw(headers(block_rules.fork, bloom))
    block = Block(header, header_hash(header), held, receipts, block_size(header, held))
    news = draw(st.none() | st.builds(SettlementHead, uint64, hashes, uint64, st.integers(0, 2**32 - 1)))
    entry = st.builds(ForcedTransaction, st.binary(max_size=40), uint64)
    forced = tuple(draw(st.lists(entry, max_size=3)))
    index = len(forced) + draw(st.just(0) | st.integers(0, 2**40))
    overridden = draw(development_overrides)
    return BlockRecord(block, draw(uint64), block_rules, overridden, news, forced, index)


proofs = st.lists(st.binary(min_size=48, max_size=48), max_size=2).map(tuple)
sidecars = st.builds(
    BlobSidecar, st.integers(0, 1), st.lists(st.binary(max_size=64), max_size=2).map(tuple), proofs, proofs
)
