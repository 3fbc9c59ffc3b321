"""Damaged files are refused with the file and the place, or make no difference; nothing is silently wrong."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from devnet.persistence.commit_file import PAGE, CommitFile
from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.header import FORMAT_VERSION, HEADER_SIZE, NO_ZONE, Header
from devnet.persistence.records import crc32c
from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from tests.persistence.kept import IDENTITY, SEGMENT_SIZE, Records, header


def small_log(folder: Path, *, with_cut: bool = False) -> tuple[LogPosition, Records]:
    """Three segments, and with a cut a gap between the second and the third."""
    log = SegmentedLog.create(folder, header(), SEGMENT_SIZE)
    records = []
    for number in range(9):
        if number == 6 and with_cut:
            log.committed()
            log.cut(records[5][0])
            del records[5:]
        payload = bytes([number]) * (70 + number)
        records.append((log.append(payload), payload))
        position = log.write()
    log.committed()
    log.close()
    assert len(list(folder.iterdir())) >= 3
    return position, records


def read_all(folder: Path, position: LogPosition) -> Records:
    log = SegmentedLog.open(folder, header(), position, SEGMENT_SIZE)
    try:
        found = list(log.scan())
        assert [(at, log.read(at)) for at, _ in found] == found
        return found
    finally:
        log.close()


def refusal(folder: Path, position: LogPosition, records: Records) -> FolderError | None:
    """Why the log is not read; None where it is, and then as it was."""
    try:
        found = read_all(folder, position)
    except FolderError as error:
        return error
    assert found == records
    return None


def damaged(whole: Path, copy: Path, name: str, content: bytes) -> Path:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    (copy / name).write_bytes(content)
    return copy


def seals(path: Path) -> range:
    """Where the seal of a segment of this test is."""
    length = path.stat().st_size
    return range(length - 16, length)


@pytest.mark.parametrize("with_cut", [False, True])
def test_every_changed_byte_of_a_log_is_noticed(with_cut: bool, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    position, records = small_log(whole, with_cut=with_cut)
    assert refusal(whole, position, records) is None
    for path in sorted(whole.iterdir()):
        content = path.read_bytes()
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 1 << place % 8
            copy = damaged(whole, tmp_path / "copy", path.name, changed)
            error = refusal(copy, position, records)
            if error is None:
                # The commit itself says that a gap follows; the seal only repeats it.
                assert with_cut
                assert place in seals(path)
                continue
            assert error.path.parent == copy
            assert error.path.name == path.name or error.flaw is Flaw.MISSING
            assert error.flaw is Flaw.MISSING or (error.offset is not None and error.offset <= place)


@pytest.mark.parametrize("with_cut", [False, True])
def test_every_shortened_file_of_a_log_is_noticed(with_cut: bool, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    position, records = small_log(whole, with_cut=with_cut)
    for path in sorted(whole.iterdir()):
        content = path.read_bytes()
        for length in range(0, len(content), 3):
            copy = damaged(whole, tmp_path / "copy", path.name, content[:length])
            error = refusal(copy, position, records)
            if error is None:
                assert with_cut
                assert length in seals(path)
                continue
            assert error.flaw in (Flaw.DAMAGED, Flaw.MISSING)
            assert "zero data check" in error.advice or length < HEADER_SIZE


@pytest.mark.parametrize("with_cut", [False, True])
def test_every_missing_file_of_a_log_is_noticed(with_cut: bool, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    position, _ = small_log(whole, with_cut=with_cut)
    for path in sorted(whole.iterdir()):
        copy = tmp_path / "copy"
        shutil.copytree(whole, copy)
        (copy / path.name).unlink()
        with pytest.raises(FolderError) as raised:
            read_all(copy, position)
        assert raised.value.flaw in (Flaw.MISSING, Flaw.DAMAGED)
        shutil.rmtree(copy)


def test_what_lies_beyond_the_commit_is_removed_whatever_it_is(tmp_path: Path) -> None:
    log = SegmentedLog.create(tmp_path, header(), SEGMENT_SIZE)
    records = [(log.append(b"kept" * 20), b"kept" * 20)]
    position = log.write()
    log.committed()
    for _ in range(6):
        log.append(b"not reported" * 10)
        log.write()
    log.close()
    last = max(tmp_path.iterdir())
    last.write_bytes(last.read_bytes()[:-5] + b"torn!")
    (tmp_path / f"{1 << 40:016x}.log").write_bytes(b"")
    opened = SegmentedLog.open(tmp_path, header(), position, SEGMENT_SIZE)
    assert list(opened.scan()) == records
    assert len(list(tmp_path.iterdir())) == 1
    again = opened.append(b"goes on")
    opened.write()
    assert opened.read(again) == b"goes on"
    opened.close()


def test_a_log_that_is_only_read_is_left_as_it_is(tmp_path: Path) -> None:
    log = SegmentedLog.create(tmp_path, header(), SEGMENT_SIZE)
    for number in range(9):
        log.append(bytes([number]) * 90)
        before = position = log.write()
        log.committed()
    log.cut(5 * 98)
    position = log.write()
    log.append(b"after" * 20)
    log.write()
    log.close()
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for at, count in ((before, 9), (position, 5)):
        opened = SegmentedLog.open(tmp_path, header(), at, SEGMENT_SIZE, is_read_only=True)
        assert len(list(opened.scan())) == count
        opened.append(b"no")
        with pytest.raises(RuntimeError, match="opened to be read"):
            opened.write()
        opened.close()
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files


def stamped(path: Path, change: Header, version: int = FORMAT_VERSION) -> None:
    """Gives the file another header, with the right checksum."""
    encoded = bytearray(change.encode())
    encoded[12:16] = version.to_bytes(4, "little")
    encoded[60:64] = crc32c(bytes(encoded[:60])).to_bytes(4, "little")
    path.write_bytes(bytes(encoded) + path.read_bytes()[HEADER_SIZE:])


@pytest.mark.parametrize(
    ("change", "version", "flaw"),
    [
        ({"kind": b"ELSE"}, FORMAT_VERSION, Flaw.DAMAGED),
        ({"zone": 2}, FORMAT_VERSION, Flaw.DAMAGED),
        ({"number": 5}, FORMAT_VERSION, Flaw.DAMAGED),
        ({"identity": bytes(32)}, FORMAT_VERSION, Flaw.OTHER_NETWORK),
        ({}, FORMAT_VERSION + 1, Flaw.NEWER_FORMAT),
    ],
)
def test_a_file_of_another_kind_zone_network_or_version_is_refused(
    change: dict[str, object], version: int, flaw: Flaw, tmp_path: Path
) -> None:
    position, _ = small_log(tmp_path)
    path = min(tmp_path.iterdir())
    stamped(path, replace(header(), **change), version)
    with pytest.raises(FolderError) as raised:
        read_all(tmp_path, position)
    assert (raised.value.flaw, raised.value.path) == (flaw, path)
    if flaw is not Flaw.DAMAGED:
        assert raised.value.advice


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    position, _ = small_log(tmp_path)
    first = min(tmp_path.iterdir())
    content = first.read_bytes()
    first.write_bytes(b"SQLite format 3\0" * 10)
    with pytest.raises(FolderError) as raised:
        read_all(tmp_path, position)
    assert raised.value.flaw is Flaw.NOT_OURS
    first.write_bytes(content)
    odd = tmp_path / "notes.log"
    odd.write_bytes(b"mine")
    with pytest.raises(FolderError) as raised:
        read_all(tmp_path, position)
    assert (raised.value.flaw, raised.value.path) == (Flaw.NOT_OURS, odd)
    assert odd.read_bytes() == b"mine"


@pytest.mark.parametrize("position", [LogPosition(5, 4), LogPosition(0, 9, 8, 7), LogPosition(0, 9, 8, 10)])
def test_a_position_that_cannot_be_is_refused(position: LogPosition, tmp_path: Path) -> None:
    with pytest.raises(FolderError) as raised:
        SegmentedLog.open(tmp_path, header(), position)
    assert raised.value.flaw is Flaw.DAMAGED


# ---------------------------------------------------------------- the commit file


def commit_file(path: Path, count: int, size: int = 50) -> list[bytes]:
    """A file with that many commits, the first of them durable."""
    payloads = [bytes([number + 1]) * size for number in range(count)]
    file = CommitFile.create(path, header(zone=NO_ZONE), size)
    for payload in payloads:
        file.write(payload)
        if file.durable is None and file.newest is not None:
            file.make_durable(file.newest)
    file.close()
    return payloads


def newest(path: Path) -> bytes | None:
    file = CommitFile.open(path, header(zone=NO_ZONE))
    file.close()
    return None if file.newest is None else file.newest.payload


def newest_or_refusal(path: Path) -> bytes | FolderError | None:
    try:
        return newest(path)
    except FolderError as error:
        return error


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("size", [50, 5_000])
def test_the_newest_commit_is_found(count: int, size: int, tmp_path: Path) -> None:
    payloads = commit_file(tmp_path / "commit", count, size)
    assert newest(tmp_path / "commit") == (payloads[-1] if payloads else None)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_changed_byte_of_the_commit_file_never_gives_another_commit(count: int, tmp_path: Path) -> None:
    path = tmp_path / "commit"
    payloads = commit_file(path, count)
    content = path.read_bytes()
    slot = PAGE + ((count + 1) % 2) * PAGE
    refused = set()
    for start in range(0, len(content), PAGE):
        for place in range(start, start + 100):
            changed = bytearray(content)
            changed[place] ^= 0x10
            path.write_bytes(changed)
            found = newest_or_refusal(path)
            if isinstance(found, FolderError):
                assert found.flaw is Flaw.DAMAGED
                assert found.path == path
                refused.add(place)
            else:
                assert found == payloads[-1]
    # The header, and every byte of the newest commit.
    assert refused >= {*range(100), *range(slot, slot + 24 + 50)}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_newest_commit_of_zeros_is_refused(count: int, tmp_path: Path) -> None:
    path = tmp_path / "commit"
    commit_file(path, count)
    content = bytearray(path.read_bytes())
    slot = PAGE + ((count + 1) % 2) * PAGE
    content[slot : slot + PAGE] = bytes(PAGE)
    path.write_bytes(content)
    with pytest.raises(FolderError) as raised:
        newest(path)
    assert raised.value.flaw is Flaw.DAMAGED
    assert "zero data check --repair" in raised.value.advice


def test_a_commit_that_was_being_written_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "commit"
    payloads = commit_file(path, 4)
    content = bytearray(path.read_bytes())
    # The third commit is in the first slot; the fifth one's payload goes over it before its prefix.
    content[PAGE + 24 : PAGE + 60] = b"\x05" * 36
    path.write_bytes(content)
    assert newest(path) == payloads[-1]


def test_a_missing_or_shortened_commit_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "commit"
    with pytest.raises(FolderError) as raised:
        newest(path)
    assert raised.value.flaw is Flaw.MISSING
    commit_file(path, 3)
    content = path.read_bytes()
    for length in range(0, len(content), 500):
        path.write_bytes(content[:length])
        with pytest.raises(FolderError) as raised:
            newest(path)
        assert raised.value.flaw is Flaw.DAMAGED


def test_what_is_durable_stays_readable_while_the_next_one_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "commit"
    file = CommitFile.create(path, Header(b"CMIT", IDENTITY, NO_ZONE), 50)
    for number in range(1, 6):
        file.write(bytes([number]))
        assert file.newest is not None
        if number != 4:
            file.make_durable(file.newest)
    file.close()
    opened = CommitFile.open(path, header(zone=NO_ZONE))
    assert opened.durable is not None
    assert opened.durable == opened.newest
    assert opened.durable.payload == b"\x05"
    durable = sorted(slot.commit.payload for slot in opened.slots()[2:] if slot.commit is not None)
    assert durable == [b"\x03", b"\x05"]
    opened.forget_durable()
    opened.close()
    again = CommitFile.open(path, header(zone=NO_ZONE))
    assert again.durable is None
    assert again.newest is not None
    again.close()


def test_a_commit_too_large_for_its_slot_is_a_fault_of_the_program(tmp_path: Path) -> None:
    file = CommitFile.create(tmp_path / "commit", header(zone=NO_ZONE), 50)
    with pytest.raises(ValueError, match="does not fit"):
        file.write(bytes(PAGE))
    file.close()
