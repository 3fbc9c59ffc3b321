"""Blocks as records: they come back as they were, and damaged ones are refused by ValueError alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.block import Header
from devnet.chain.block_codec import decode_header, encode_header
from devnet.chain.codec import REFERENCE, Codec
from devnet.chain.rlp import encode_list
from devnet.chain.rules import Fork
from devnet.chain.transaction import Transaction
from devnet.chain.trusted_transaction import decode_trusted
from devnet.zone.block_record import BlockRecord
from devnet.zone.bloom_probe import pack_bloom
from devnet.zone.storing.block_codec import decode_block, encode_block, read_outline
from tests.chain.codecs import CODECS, codec_named, exact
from tests.zone.storing.strategies import block_records, headers, transactions

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture(scope="module", params=CODECS)
def codec(request: pytest.FixtureRequest) -> Codec:
    """Each codec."""
    return codec_named(request.param)


@SLOW
@given(block_records())
def test_a_block_comes_back_as_it_was(codec: Codec, record: BlockRecord) -> None:
    encoded = encode_block(record, codec)
    assert encoded == encode_block(record)
    assert exact(decode_block(encoded, codec)) == exact(record)
    outline = read_outline(encoded)
    assert outline.number == record.number
    assert outline.state_height == record.state_height
    assert outline.hash == record.block.hash
    assert outline.parent_hash == record.block.header.parent_hash
    assert outline.has_account_overrides == bool(record.overrides.accounts)
    assert outline.bloom == pack_bloom(record.block.header.bloom)
    assert outline.transaction_hashes == b"".join(item.hash for item in record.block.transactions)


@SLOW
@given(transactions())
def test_a_transaction_comes_back_without_its_signature_being_looked_at(transaction: Transaction) -> None:
    authorities = [item.authority for item in transaction.authorizations]
    decoded = decode_trusted(transaction.encoded, transaction.sender, transaction.hash, authorities)
    assert decoded == transaction


@given(st.sampled_from(Fork).flatmap(headers))
def test_a_header_comes_back_as_it_was(header: Header) -> None:
    assert decode_header(encode_header(header)) == header


@SLOW
@given(block_records(), st.data())
def test_a_damaged_block_is_refused_or_another_block(
    codec: Codec, record: BlockRecord, data: st.DataObject
) -> None:
    encoded = encode_block(record)
    place = data.draw(st.integers(0, len(encoded) - 1))
    damaged = bytearray(encoded)
    damaged[place] ^= data.draw(st.integers(1, 255))
    damaged = damaged[: data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))]
    found = decoded(bytes(damaged), codec)
    assert exact(found) == exact(decoded(bytes(damaged), REFERENCE))
    if isinstance(found, BlockRecord):
        assert encode_block(found, codec) == damaged


def decoded(content: bytes, codec: Codec) -> BlockRecord | ValueError:
    try:
        return decode_block(content, codec)
    except ValueError as error:
        return error


@SLOW
@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_value_errors(codec: Codec, content: bytes) -> None:
    for decode in (lambda content: decode_block(content, codec), read_outline, decode_header):
        try:
            decode(content)
        except ValueError:
            continue


@pytest.mark.parametrize("count", [0, 15, 22])
def test_a_header_has_16_to_21_fields(count: int) -> None:
    with pytest.raises(ValueError, match="16 to 21 fields"):
        decode_header(encode_list([b"\x80"] * count))
