"""The kernel's codec gives what the reference gives: the same fields, of the same types, the same errors."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devnet.blocks.sealing import build_block, build_header
from devnet.chain.block import Log
from devnet.chain.block_codec import block_size, encode_block, header_hash
from devnet.chain.codec import NO_CONTENT, REFERENCE, BlockContent, Codec
from devnet.chain.errors import InvalidTransaction, MalformedTransaction
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import EMPTY_BLOOM
from devnet.chain.rlp import decode, encode, split_list, wrap_list
from devnet.chain.rules import Fork, Rules
from devnet.chain.signature import CURVE_ORDER, SigningKey, recover
from devnet.chain.transaction import BLOB, LEGACY, SET_CODE, BlobSidecar, Transaction
from devnet.chain.transaction_codec import encode_with_sidecar, impersonate, sign
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import BlockEnv, Failure, FailureKind, TransactionResult
from devnet.kernel import load
from tests.chain.codecs import CODECS, codec_named, exact, native_codec, needs_kernel
from tests.chain.test_transaction_codec import KEYS, unsigned_transactions
from tests.chain.transactions import KEY, SENDER, transfer

pytestmark = needs_kernel

HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
ADDRESSES = st.binary(min_size=20, max_size=20).map(Address)
LOGS = st.builds(Log, ADDRESSES, st.lists(HASHES, max_size=4).map(tuple), st.binary(max_size=70))
ITEMS = st.recursive(st.binary(max_size=34), lambda inner: st.lists(inner, max_size=4), max_leaves=8)
SIDECAR = BlobSidecar(0, (bytes(131_072),), (b"\xc0" + bytes(47),), (b"\2" * 48,))
NATIVE = ("native-1", "native-3")


def decoded(codec: Codec, raw: bytes) -> Any:
    try:
        return exact(codec.decode(raw))
    except (MalformedTransaction, InvalidTransaction) as error:
        return exact(error)


def agree(raw: bytes) -> Any:
    """What both codecs say of the bytes. What the reference takes, the kernel takes by itself."""
    expected = decoded(REFERENCE, raw)
    assert decoded(native_codec(1), raw) == expected
    is_taken = load().Codec(load().Pool(1)).decode(raw) is not None
    assert is_taken == (expected[0] is tuple and expected[2] == (type(None), None))
    return expected


# ---------------------------------------------------------------- decoding


@settings(max_examples=200)
@given(unsigned_transactions(), KEYS)
def test_transactions_of_all_types_are_the_same_in_all_fields(unsigned: Any, key: bytes) -> None:
    signed = sign(unsigned, key)
    assert agree(signed.encoded) == exact((signed, None))


@settings(max_examples=300)
@given(unsigned_transactions(), st.data())
def test_mutated_bytes_are_taken_by_both_or_refused_in_the_same_words(unsigned: Any, data: Any) -> None:
    raw = bytearray(sign(unsigned, KEY).encoded)
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    agree(bytes(raw))


@settings(max_examples=300)
@given(unsigned_transactions(), st.data())
def test_transactions_with_any_rlp_in_one_field_agree(unsigned: Any, data: Any) -> None:
    signed = sign(unsigned, KEY)
    prefix = b"" if signed.type == LEGACY else signed.encoded[:1]
    fields: Any = decode(signed.encoded[len(prefix) :])
    changed = fields
    # Or in a field of the access list, of one of its entries, of an authorization.
    for _ in range(data.draw(st.integers(0, 3))):
        lists = [item for item in changed if isinstance(item, list)]
        changed = data.draw(st.sampled_from(lists)) if lists else changed
    at = data.draw(st.integers(0, len(changed)))
    changed[at : at + data.draw(st.integers(0, 1))] = data.draw(st.lists(ITEMS, max_size=1))
    agree(prefix + encode(fields))


@given(st.binary(max_size=80))
@example(b"")
@example(b"\xf8\x00")
@example(b"\xff" * 9)
@example(b"\xbf" + b"\xff" * 8)
def test_any_bytes_agree(raw: bytes) -> None:
    agree(raw)


@pytest.mark.full
def test_a_hundred_thousand_mutations_agree() -> None:
    chance = random.Random(5)
    sources = _some_of_each_type()
    native = native_codec(1)
    for _ in range(100_000):
        raw = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 3)):
            # Mostly in the headers and the short fields, where bytes mean more.
            position = min(int(chance.expovariate(1 / 40)), len(raw) - 1)
            raw[position : position + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
            raw = raw or bytearray(b"\x80")
        assert decoded(native, bytes(raw)) == decoded(REFERENCE, bytes(raw))


def _some_of_each_type() -> list[bytes]:
    found: list[bytes] = []

    @settings(max_examples=60, derandomize=True, database=None)
    @given(unsigned_transactions())
    def collect(unsigned: Any) -> None:
        found.append(sign(unsigned, KEY).encoded)

    collect()
    return found


@pytest.mark.parametrize("name", NATIVE)
def test_many_are_decoded_in_their_order_with_the_errors_in_their_places(name: str) -> None:
    signed = [sign(transfer(kind % 3, nonce=kind), KEY) for kind in range(40)]
    blobs = sign(transfer(BLOB, blob_hashes=(Hash32(b"\1" * 32),)), KEY)
    raws = [item.encoded for item in signed]
    raws[3] = b"\x05\xc0"
    raws[7] = impersonate(transfer(), SENDER).encoded
    raws[20] = encode_with_sidecar(blobs, SIDECAR)
    raws[39] = b""
    codec = codec_named(name)
    many = codec.decode_many(raws)
    assert exact(tuple(many)) == exact(tuple(REFERENCE.decode_many(raws)))
    assert many[20] == (blobs, SIDECAR)
    assert [index for index, item in enumerate(many) if isinstance(item, Exception)] == [3, 7, 39]
    assert [many[index] for index in (0, 38)] == [(signed[0], None), (signed[38], None)]
    assert codec.decode_many([]) == []
    begun = codec.begin(raws)
    assert exact(tuple(begun.finish())) == exact(tuple(many))
    assert begun.is_done
    assert exact(tuple(begun.finish())) == exact(tuple(many))


@pytest.mark.parametrize("name", NATIVE)
def test_what_is_begun_gives_the_same_in_any_number_and_whatever_is_finished_first(name: str) -> None:
    raws = [sign(transfer(nonce=nonce), KEY).encoded for nonce in range(70)]
    pairs = REFERENCE.decode_many(raws)
    codec = codec_named(name)
    begun = [(count, codec.begin(raws[:count])) for count in (0, 1, 7, 8, 9, 64, 70)]
    for count, decoding in reversed(begun):
        assert decoding.finish() == pairs[:count]
        assert decoding.is_done


def test_what_is_begun_goes_on_without_being_asked_for() -> None:
    raws = [sign(transfer(nonce=nonce), KEY).encoded for nonce in range(20)]
    begun = native_codec(3).begin(raws)
    deadline = time.monotonic() + 60
    while not begun.is_done and time.monotonic() < deadline:
        time.sleep(0.001)
    assert begun.is_done


def test_the_reference_begins_nothing_before_it_is_asked() -> None:
    raws = [sign(transfer(), KEY).encoded, b""]
    begun = REFERENCE.begin(raws)
    assert not begun.is_done
    assert exact(tuple(begun.finish())) == exact(tuple(REFERENCE.decode_many(raws)))


@pytest.mark.parametrize("threads", [1, 3])
def test_recovery_gives_the_addresses_that_the_reference_recovers(threads: int) -> None:
    chance = random.Random(1)
    digests, signatures = [], []
    for _ in range(30):
        digest = Hash32(chance.randbytes(32))
        parity, r, s = SigningKey(chance.randbytes(32)).sign_digest(digest)
        for one in (
            (parity, r, s),
            (parity ^ 1, r, CURVE_ORDER - s),
            (parity ^ 1, r, s),
            (2, r, s),
            (0, 0, s),
        ):
            digests.append(digest)
            signatures.append(one)
    codec = load().Codec(load().Pool(threads))
    raw = [r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,)) for parity, r, s in signatures]
    expected = [recover(digest, *one) for digest, one in zip(digests, signatures, strict=True)]
    assert codec.recover_many(digests, raw) == expected
    assert expected.count(None) >= 90
    assert codec.recover_many([digests[0]], [raw[0][:64]]) == [None]
    with pytest.raises(ValueError, match="150 digests and 149 signatures"):
        codec.recover_many(digests, raw[1:])


def test_one_codec_serves_many_threads_at_once() -> None:
    signed = [sign(transfer(index % 3, nonce=index), KEY) for index in range(100)]
    raws = [item.encoded for item in signed]
    outcomes = [result(21_000 + index) for index in range(100)]
    content = REFERENCE.seal_content(signed, outcomes)
    codec = native_codec(3)

    def work(_: int) -> bool:
        pairs = [(item, None) for item in signed]
        begun = codec.begin(raws)
        return (
            codec.decode_many(raws) == pairs == begun.finish()
            and codec.seal_content(signed, outcomes) == content
        )

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(24)))


# ---------------------------------------------------------------- blocks


def included(kind: int, nonce: int) -> Transaction:
    """A transaction whose signature nobody looks at: making real ones would take longer than the test."""
    hashes = (Hash32(b"\1" * 32),) * 2 if kind == BLOB else ()
    return impersonate(transfer(kind, nonce=nonce, data=bytes(nonce % 50), blob_hashes=hashes), SENDER)


def result(
    gas: int, logs: Sequence[Log] = (), *, fails: bool = False, creates: bool = False
) -> TransactionResult:
    return TransactionResult(
        gas_used=gas,
        gas_refunded=0,
        gas_peak=gas,
        output=b"",
        logs=tuple(logs),
        contract_address=Address(b"\7" * 20) if creates else None,
        effective_gas_price=Wei(gas * 10**10),
        tip=Wei(0),
        failure=Failure(FailureKind.REVERT) if fails else None,
        console=(),
    )


def same_packing(content: BlockContent) -> None:
    transactions, receipts = content.transactions, content.receipts
    packed = REFERENCE.pack_content(transactions, receipts)
    lists = [wrap_list(b"".join(split_list(part))) for part in split_list(wrap_list(packed))]
    hashes = b"".join(item.hash for item in transactions)
    expected = REFERENCE.unpack_content(*lists, hashes)
    assert exact(expected) == exact((transactions, receipts, content.bloom))
    kernel = load().Codec(load().Pool(1))
    assert kernel.pack_content(transactions, receipts) == packed
    assert exact(kernel.unpack_content(*lists, hashes)) == exact(expected)


def same_content(transactions: Sequence[Transaction], results: Sequence[TransactionResult]) -> BlockContent:
    expected = REFERENCE.seal_content(transactions, results)
    for name in NATIVE:
        assert exact(codec_named(name).seal_content(transactions, results)) == exact(expected)
    return expected


RESULTS = st.builds(
    result, st.integers(1, 2**40), st.lists(LOGS, max_size=5), fails=st.booleans(), creates=st.booleans()
)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(LEGACY, SET_CODE), RESULTS), max_size=12))
def test_receipts_roots_and_blooms_are_the_same(items: list[tuple[int, TransactionResult]]) -> None:
    transactions = [included(kind, index) for index, (kind, _) in enumerate(items)]
    same_packing(same_content(transactions, [result for _, result in items]))


@given(st.lists(unsigned_transactions(), max_size=3))
def test_transactions_of_all_types_are_packed_alike(unsigned: list[Any]) -> None:
    transactions = [sign(item, KEY) for item in unsigned]
    same_packing(same_content(transactions, [result(index * 2**32) for index in range(len(transactions))]))


def test_what_the_kernel_cannot_pack_is_packed_by_the_reference() -> None:
    costly = replace(result(21_000), effective_gas_price=Wei(2**256))
    content = REFERENCE.seal_content([included(2, 0)], [costly])
    packed = native_codec(1).pack_content(content.transactions, content.receipts)
    assert packed == REFERENCE.pack_content(content.transactions, content.receipts)
    lists = split_list(wrap_list(packed))
    unpacked = native_codec(1).unpack_content(lists[0], lists[1], content.transactions[0].hash)
    assert unpacked == (content.transactions, content.receipts, content.bloom)


def test_blocks_of_every_size_have_the_same_roots() -> None:
    transactions = [included(index % 5, index) for index in range(300)]
    results = [result(21_000 + index) for index in range(300)]
    # Around 16, 17, 128 and 256 the tries change their shapes.
    for count in (*range(140), 255, 256, 257, 258, 300):
        same_content(transactions[:count], results[:count])


def test_a_transaction_with_thousands_of_logs_has_the_same_receipt() -> None:
    chance = random.Random(3)
    logs = [
        Log(
            Address(chance.randbytes(20)),
            tuple(Hash32(chance.randbytes(32)) for _ in range(index % 5)),
            chance.randbytes(index % 300),
        )
        for index in range(3_000)
    ]
    content = same_content([included(2, 0), included(0, 1)], [result(10**7, logs), result(21_000)])
    assert content.receipts[0].bloom == b"\xff" * 256 == content.bloom
    assert content.receipts[1].first_log_index == 3_000


@pytest.mark.parametrize("size", [1_000, pytest.param(10_000, marks=pytest.mark.full)])
def test_a_block_that_the_threads_share_is_the_same(size: int) -> None:
    transactions = [included(index % 5, index) for index in range(size)]
    same_content(transactions, [result(21_000 + index % 7) for index in range(size)])


@pytest.mark.parametrize("name", CODECS)
def test_filters_without_logs_are_the_one_empty_filter(name: str) -> None:
    content = codec_named(name).seal_content([included(2, 0)], [result(21_000)])
    # `join_blooms` knows it by identity.
    assert content.bloom is EMPTY_BLOOM
    assert content.receipts[0].bloom is EMPTY_BLOOM
    assert codec_named(name).seal_content([], []) == NO_CONTENT


@pytest.mark.parametrize("name", CODECS)
def test_as_many_results_as_transactions_are_needed(name: str) -> None:
    with pytest.raises(ValueError, match=r"argument|results"):
        codec_named(name).seal_content([included(2, 0)], [])


@pytest.mark.parametrize("fork", list(Fork))
@pytest.mark.parametrize("count", [0, 1, 130])
def test_blocks_of_all_forks_have_the_same_headers_hashes_and_sizes(fork: Fork, count: int) -> None:
    transactions = [included(index % 3, index) for index in range(count)]
    content = same_content(transactions, [result(30_000 + index) for index in range(count)])
    env = BlockEnv(
        number=7,
        timestamp=1_700_000_000,
        coinbase=Address(b"\5" * 20),
        gas_limit=30_000_000,
        base_fee=Wei(10**9),
        prev_randao=Hash32(b"\6" * 32),
        excess_blob_gas=131_072,
        parent_hash=keccak256(b"parent"),
        parent_beacon_block_root=keccak256(b"beacon"),
        recent_hashes=(),
    )
    rules = Rules.at(fork, 7_700_001)
    header = build_header(rules, env, keccak256(b"state"), content, b"")
    block = build_block(header, content)
    assert block.hash == header_hash(header)
    assert block.size == block_size(header, transactions) == len(encode_block(header, transactions))
    for name in NATIVE:
        native = codec_named(name).seal_content(
            transactions, [result(30_000 + index) for index in range(count)]
        )
        assert build_block(build_header(rules, env, keccak256(b"state"), native, b""), native) == block
