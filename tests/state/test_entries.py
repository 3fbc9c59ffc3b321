"""The bytes of entries."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.state.entries import (
    FIXED_LENGTH,
    LAST_KEY_HASH,
    decode_entry,
    encode_entry,
    key_hash_in,
    moved,
    next_key_hash_of,
    padded,
    sentry,
    with_next_key_hash,
)

serial_numbers = st.integers(0, 2**64 - 1)
hashes = st.binary(min_size=32, max_size=32)
fields = st.tuples(
    st.binary(min_size=1, max_size=255),
    st.binary(min_size=1, max_size=300),
    hashes,
    st.integers(-(2**63), 2**63 - 1),
    serial_numbers,
    st.lists(serial_numbers, max_size=2).map(tuple),
)


def test_the_layout_is_upstreams() -> None:
    entry = encode_entry(b"key", b"value", bytes(range(32)), 5 << 24, 0x0102, (7, 8))
    assert entry.hex() == (
        "03050000"  # value length * 256 + key length, little-endian
        "02"  # two deactivated serial numbers
        "6b6579"
        "76616c7565"
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "0000000500000000"
        "0201000000000000"
        "0700000000000000"
        "0800000000000000"
    )


@given(fields)
def test_decoding_gives_back_what_was_encoded(given_fields: tuple) -> None:
    payload = encode_entry(*given_fields)
    entry = decode_entry(payload)
    assert (
        entry.key,
        entry.value,
        entry.next_key_hash,
        entry.version,
        entry.serial_number,
        entry.deactivated,
    ) == given_fields
    assert len(payload) == FIXED_LENGTH + len(entry.key) + len(entry.value) + 8 * len(entry.deactivated)
    assert next_key_hash_of(payload) == entry.next_key_hash
    assert key_hash_in(payload) == entry.key_hash == sha256(entry.key).digest()


@given(fields, hashes, serial_numbers, st.lists(serial_numbers, max_size=2).map(tuple))
def test_an_entry_with_another_successor_keeps_key_and_value(
    given_fields: tuple, successor: bytes, serial_number: int, deactivated: tuple[int, ...]
) -> None:
    key, value = given_fields[:2]
    changed = with_next_key_hash(encode_entry(*given_fields), successor, 9, serial_number, deactivated)
    assert changed == encode_entry(key, value, successor, 9, serial_number, deactivated)


@given(fields, serial_numbers, serial_numbers)
def test_compaction_keeps_everything_but_the_serial_number(
    given_fields: tuple, serial_number: int, old: int
) -> None:
    key, value, successor, version = given_fields[:4]
    assert moved(encode_entry(*given_fields), serial_number, old) == encode_entry(
        key, value, successor, version, serial_number, (old,)
    )


@given(st.binary(max_size=120))
def test_bytes_whose_lengths_do_not_add_up_are_no_entry(data: bytes) -> None:
    adds_up = len(data) >= FIXED_LENGTH and len(data) == (
        FIXED_LENGTH + data[0] + int.from_bytes(data[1:4], "little") + 8 * data[4]
    )
    if adds_up:
        decode_entry(data)
    else:
        with pytest.raises(ValueError, match="entry"):
            decode_entry(data)


def test_sentries_split_the_key_hashes_into_65536_ranges() -> None:
    for shard in range(16):
        for number in (0, 1, 2047, 2048, 4095):
            entry = decode_entry(sentry(shard, number))
            first = shard << 12 | number
            assert entry.key == first.to_bytes(2, "big") + bytes(30)
            assert entry.key_hash == entry.key
            assert entry.value == b""
            assert (entry.version, entry.serial_number, entry.deactivated) == (0, number, ())
            if first < 0xFFFF:
                assert entry.next_key_hash == (first + 1).to_bytes(2, "big") + bytes(30)
            else:
                assert entry.next_key_hash == LAST_KEY_HASH


@given(st.binary(max_size=40))
def test_files_pad_to_a_multiple_of_eight(payload: bytes) -> None:
    assert len(padded(payload)) % 8 == 0
    assert padded(payload)[: len(payload)] == payload
    assert not any(padded(payload)[len(payload) :])
    assert len(padded(payload)) - len(payload) < 8
