"""Two logs under one commit file beside a model of them, and system calls that fail or never return."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from devnet.persistence.commit_file import CommitFile
from devnet.persistence.header import NO_ZONE, Header
from devnet.persistence.segmented_log import LogPosition, SegmentedLog

IDENTITY = bytes(range(32))
SEGMENT_SIZE = 300
"""So small that a few records fill one."""

COMMIT_PREFIX = 24
"""Bytes that are written whole or not at all: `devnet.persistence.commit_file`."""

Records = list[tuple[int, bytes]]


def header(kind: bytes = b"TEST", zone: int = 1) -> Header:
    return Header(kind, IDENTITY, zone)


class Modelled:
    """A log and what must be in it."""

    def __init__(self, log: SegmentedLog, records: Records) -> None:
        self.log = log
        self.records = records

    def append(self, payload: bytes) -> None:
        self.records.append((self.log.append(payload), payload))

    def cut(self, index: int) -> None:
        """The record with that index goes, and all after it."""
        self.log.cut(self.records[index][0])
        del self.records[index:]

    def cut_to_end_at(self, offset: int) -> None:
        """Back to where the log ended once."""
        self.log.cut(offset)
        self.records = [record for record in self.records if record[0] < offset]

    def drop(self, index: int) -> None:
        """All before the record with that index go."""
        self.log.drop(self.records[index][0])
        del self.records[:index]

    def start_anew(self) -> None:
        self.log.start_anew()
        self.records.clear()

    def validate(self) -> None:
        """What is written is what the model says, read in both ways."""
        assert list(self.log.scan()) == self.records
        for offset, payload in self.records:
            assert self.log.read(offset) == payload


class Kept:
    """Two logs that are committed together. `commit` may be interrupted anywhere; `committed` is what the
    last one that ended said, `committing` what one that did not would have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commits = CommitFile.create(folder / "commit", header(zone=NO_ZONE), 100)
        self.logs = [
            Modelled(SegmentedLog.create(folder / name, header(kind), SEGMENT_SIZE), [])
            for name, kind in (("first", b"LOGA"), ("second", b"LOGB"))
        ]
        self.committed: list[Records] | None = None
        self.committing: list[Records] | None = None

    def commit(self) -> None:
        self.committing = [list(log.records) for log in self.logs]
        self.commits.write(b"".join(log.log.write().encode() for log in self.logs))
        for log in self.logs:
            log.log.committed()
        self.committed, self.committing = self.committing, None

    def close(self) -> None:
        self.commits.close()
        for log in self.logs:
            log.log.close()

    def reopen(self) -> None:
        """As another process would; the content is that of the last commit, or of the one on its way."""
        self.close()
        self.commits = CommitFile.open(self.folder / "commit", header(zone=NO_ZONE))
        newest = self.commits.newest
        positions: list[LogPosition] | None = None
        if newest is not None:
            half = LogPosition.SIZE
            positions = [
                LogPosition.decode(newest.payload[:half]),
                LogPosition.decode(newest.payload[half:]),
            ]
        logs = []
        for index, (name, kind) in enumerate((("first", b"LOGA"), ("second", b"LOGB"))):
            folder = self.folder / name
            if positions is None:
                log = SegmentedLog.create(folder, header(kind), SEGMENT_SIZE)
            else:
                log = SegmentedLog.open(folder, header(kind), positions[index], SEGMENT_SIZE)
            logs.append(Modelled(log, list(log.scan())))
        contents = [log.records for log in logs]
        expected = [[[], []] if self.committed is None else self.committed]
        if self.committing is not None:
            expected.append(self.committing)
        assert contents in expected
        self.logs = logs
        self.committed = None if newest is None else [list(content) for content in contents]
        self.committing = None
        for log in logs:
            log.validate()


def step(kept: Kept, random: Random) -> None:
    """One random change or commit."""
    log = random.choice(kept.logs)
    match random.randrange(12):
        case 0 | 1 | 2 | 3 | 4:
            log.append(random.randbytes(random.randrange(1, 120)))
        case 5 if log.records:
            log.cut(random.randrange(len(log.records)))
        case 6 if log.records:
            log.drop(random.randrange(len(log.records)))
        case 7 if random.randrange(3) == 0:
            log.start_anew()
        case 8 if random.randrange(3) == 0:
            # A commit of which only the writing was reached, by one log.
            log.log.write()
        case 9 | 10 | 11:
            kept.commit()


class Crash(BaseException):
    """Stands for the end of the process."""


class Disk:
    """Counts the system calls that change files, and lets the one with a given number fail."""

    def __init__(self) -> None:
        self.calls = 0
        self.crash_at = -1
        self.is_full = False
        self.torn = 0
        """How many bytes of the write at which it crashes, or for which there is no room, get through."""

    def call(self, function: Any, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.crash_at:
            raise Crash
        return function(*arguments, **named)

    def write(self, function: Any, file: int, content: bytes, offset: int) -> Any:
        self.calls += 1
        if self.calls == self.crash_at:
            if len(content) != COMMIT_PREFIX:
                function(file, content[: self.torn], offset)
            raise Crash
        if self.is_full and offset + len(content) > os.fstat(file).st_size:
            room = max(0, os.fstat(file).st_size - offset, self.torn)
            self.torn = 0
            if room:
                # As a real one: what fits is taken, and the next call gets the error.
                return function(file, content[:room], offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return function(file, content, offset)

    def open(self, function: Any, path: Any, flags: int, *arguments: Any, **named: Any) -> Any:
        if not flags & os.O_CREAT:
            return function(path, flags, *arguments, **named)
        return self.call(function, path, flags, *arguments, **named)


@contextmanager
def disk() -> Iterator[Disk]:
    """Every change of a file goes through it."""
    made = Disk()
    with pytest.MonkeyPatch.context() as patch:
        pwrite, ftruncate, unlink, opened = os.pwrite, os.ftruncate, os.unlink, os.open
        patch.setattr(os, "pwrite", lambda *given: made.write(pwrite, *given))
        patch.setattr(os, "ftruncate", lambda *given: made.call(ftruncate, *given))
        patch.setattr(os, "unlink", lambda *given, **named: made.call(unlink, *given, **named))
        patch.setattr(os, "open", lambda *given, **named: made.open(opened, *given, **named))
        yield made
