"""The container of a dump: what goes in comes out; changed bytes are noticed; memory is bounded."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.dump import container
from devnet.dump.container import (
    DIGEST_SIZE,
    HEADER_SIZE,
    MAGIC,
    NETWORK,
    PIECE,
    DumpReader,
    DumpWriter,
    SectionName,
    validate_digest,
)
from devnet.dump.errors import DumpError, Fault
from devnet.persistence.records import frame

Content = list[tuple[SectionName, list[bytes]]]

NAMES = st.builds(
    SectionName,
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
    st.integers(0, NETWORK),
)
CONTENTS = st.lists(st.tuples(NAMES, st.lists(st.binary(min_size=1, max_size=300), max_size=6)), max_size=4)


def written(content: Content, level: int = 1) -> bytes:
    sink = io.BytesIO()
    writer = DumpWriter(sink, level)
    for name, records in content:
        writer.section(name, records)
    writer.finish()
    assert writer.size == len(sink.getvalue())
    return sink.getvalue()


def read(dump: bytes) -> Content:
    reader = DumpReader(io.BytesIO(dump))
    content = []
    while (name := reader.next_section()) is not None:
        content.append((name, list(reader.records())))
    return content


def checked(dump: bytes) -> Content:
    file = io.BytesIO(dump)
    assert validate_digest(file) == len(dump)
    return read(dump)


def with_digest(stored: bytes) -> bytes:
    return stored + hashlib.sha256(stored).digest()


SAMPLE: Content = [
    (SectionName("network"), [b"one", b"two"]),
    (SectionName("state", 0), []),
    (SectionName("zone", 7), [bytes(range(200))]),
]


@given(CONTENTS, st.integers(0, 9))
def test_what_is_written_is_read(content: Content, level: int) -> None:
    assert checked(written(content, level)) == content


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_long_records_go_in_pieces(size: int, level: int) -> None:
    content = [(SectionName("state", 1), [b"a", b"\x07" * size, b"b"])]
    assert checked(written(content, level)) == content


@pytest.mark.parametrize("level", [0, 1, 9])
def test_every_truncation_is_noticed(level: int) -> None:
    dump = written(SAMPLE, level)
    for length in range(len(dump)):
        with pytest.raises(DumpError):
            validate_digest(io.BytesIO(dump[:length]))
        with pytest.raises(DumpError):
            read(dump[:length])


@pytest.mark.parametrize("level", [0, 1, 9])
def test_every_flipped_bit_is_noticed(level: int) -> None:
    dump = written(SAMPLE, level)
    for place in range(len(dump)):
        for bit in range(8):
            changed = bytearray(dump)
            changed[place] ^= 1 << bit
            with pytest.raises(DumpError):
                validate_digest(io.BytesIO(changed))


@pytest.mark.parametrize("level", [0, 1])
def test_what_follows_the_end_is_refused(level: int) -> None:
    dump = written(SAMPLE, level)
    for longer in (dump + b"\0", with_digest(dump[:-DIGEST_SIZE] + b"\0")):
        with pytest.raises(DumpError):
            checked(longer)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.NOT_A_DUMP),
        (b"{}", Fault.NOT_A_DUMP),
        (b'{"accounts":' + b" " * 40 + b"{}}", Fault.NOT_A_DUMP),
        (MAGIC, Fault.DAMAGED),
        (MAGIC + bytes(60), Fault.DAMAGED),
    ],
)
def test_other_files_are_told_from_damaged_ones(content: bytes, fault: Fault) -> None:
    with pytest.raises(DumpError) as refused:
        validate_digest(io.BytesIO(content))
    assert refused.value.fault is fault


def test_a_newer_format_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(container, "FORMAT_VERSION", container.FORMAT_VERSION + 1)
        dump = written(SAMPLE)
    with pytest.raises(DumpError, match="format 4, this version reads up to 3; upgrade") as refused:
        validate_digest(io.BytesIO(dump))
    assert refused.value.fault is Fault.NEWER_FORMAT


def put_together(payloads: list[bytes]) -> bytes:
    header = written([], 0)[:HEADER_SIZE]
    return with_digest(header + b"".join(frame(payload) for payload in payloads))


NETWORK_SECTION = b"\x01" + b"\xff" * 4 + b"network"
NO_RECORDS = b"\x04" + bytes(16)
END = b"\x05" + bytes(12)
ONE_SECTION = b"\x05\x01" + bytes(11)


def test_a_dump_made_by_hand_reads_as_one() -> None:
    assert checked(put_together([NETWORK_SECTION, NO_RECORDS, ONE_SECTION])) == [(SectionName("network"), [])]


@pytest.mark.parametrize(
    "payloads",
    [
        [NETWORK_SECTION, NO_RECORDS, END],
        [NETWORK_SECTION, ONE_SECTION],
        [NETWORK_SECTION, b"\x02", NO_RECORDS, ONE_SECTION],
        [NETWORK_SECTION, b"\x02x", NO_RECORDS, ONE_SECTION],
        [NETWORK_SECTION, b"\x03x", NO_RECORDS, ONE_SECTION],
        [NETWORK_SECTION, b"\x09x", NO_RECORDS, ONE_SECTION],
        [NETWORK_SECTION, NETWORK_SECTION, NO_RECORDS, ONE_SECTION],
        [b"\x01" + b"\xff" * 4, NO_RECORDS, ONE_SECTION],
        [b"\x01" + b"\xff" * 4 + b"\xe4", NO_RECORDS, ONE_SECTION],
        [b"\x01" + b"\xff" * 4 + b"x" * 65, NO_RECORDS, ONE_SECTION],
        [b"\x02x", END],
        [END, END],
        [],
        [NETWORK_SECTION, b"\x02" + bytes(PIECE + 1), NO_RECORDS, ONE_SECTION],
    ],
)
def test_a_dump_with_a_right_digest_that_says_nonsense_is_refused(payloads: list[bytes]) -> None:
    dump = put_together(payloads)
    validate_digest(io.BytesIO(dump))
    with pytest.raises(DumpError) as refused:
        read(dump)
    assert refused.value.fault is Fault.DAMAGED


def test_a_stream_that_is_no_zlib_stream_is_refused() -> None:
    dump = written(SAMPLE, 1)
    with pytest.raises(DumpError, match="compressed"):
        read(with_digest(dump[:HEADER_SIZE] + b"\xff" * 100))
    ends_early = zlib.compress(frame(NETWORK_SECTION))
    with pytest.raises(DumpError, match="ends inside"):
        read(with_digest(dump[:HEADER_SIZE] + ends_early))


class Trickle(io.RawIOBase):
    """Gives a few bytes at a time, as pipes and sockets do."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(min(size, 7) if size >= 0 else 7)


@pytest.mark.parametrize("level", [0, 1])
def test_short_reads_make_no_difference(level: int) -> None:
    source: Any = Trickle(written(SAMPLE, level))
    reader = DumpReader(source)
    found = []
    while (name := reader.next_section()) is not None:
        found.append((name, list(reader.records())))
    assert found == SAMPLE


class Discarding:
    """A sink that keeps nothing."""

    def write(self, content: bytes, /) -> None:
        return None


@pytest.mark.parametrize("level", [0, 1])
def test_memory_does_not_grow_with_the_dump(level: int) -> None:
    count, size = 200, 64 * 1024

    def records() -> Iterator[bytes]:
        for index in range(count):
            yield hashlib.shake_128(index.to_bytes(4, "big")).digest(size)

    tracemalloc.start()
    try:
        writer = DumpWriter(Discarding(), level)
        writer.section(SectionName("state", 1), records())
        writer.finish()
        _, peak = tracemalloc.get_traced_memory()
        assert writer.size > count * size * 0.9
        assert peak < 3 * 1024 * 1024
        dump = io.BytesIO(written([(SectionName("state", 1), list(records()))], level))
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        validate_digest(dump)
        reader = DumpReader(dump)
        assert reader.next_section() is not None
        assert sum(len(record) for record in reader.records()) == count * size
        assert reader.next_section() is None
        _, peak = tracemalloc.get_traced_memory()
        assert peak - before < 3 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_small_dump_of_one_long_repetition_is_unpacked_bit_by_bit() -> None:
    # A bomb: 64 MiB of zeros in some 64 KiB.
    dump = io.BytesIO(written([(SectionName("state", 1), [bytes(PIECE)] * 64)], 9))
    assert len(dump.getvalue()) < 200_000
    tracemalloc.start()
    try:
        reader = DumpReader(dump)
        reader.next_section()
        assert sum(len(record) for record in reader.records()) == 64 * PIECE
        _, peak = tracemalloc.get_traced_memory()
        assert peak < 8 * PIECE
    finally:
        tracemalloc.stop()
