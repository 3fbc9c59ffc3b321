"""The file that knows what a deployment has sent: JSON lines, each on the disk before the next thing happens.

A line that a crash has torn is taken away when the file is opened; everything before it stands. A new
deployment on the same chain id (the devnet was started again, `--fresh`) begins with a new head in the same
file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from zero_sdk.errors import Problem, ZeroError

VERSION = 1
LOCKS = ".locks"
"""Folder beside the journals that version control passes over."""
LOCK_ADVICE = "wait for it, or end it"


class Journal(Protocol):
    """Records in the order in which they were made."""

    def records(self) -> Iterator[Mapping[str, Any]]:
        """Everything that has been written."""

    def append(self, record: Mapping[str, Any]) -> None:
        """Returns when the record survives whatever happens next."""


class MemoryJournal:
    """Of a network that ends with the process."""

    def __init__(self) -> None:
        self._records: list[Mapping[str, Any]] = []

    def records(self) -> Iterator[Mapping[str, Any]]:
        """As `Journal.records`."""
        return iter(list(self._records))

    def append(self, record: Mapping[str, Any]) -> None:
        """As `Journal.append`."""
        self._records.append(record)


class FileJournal:
    """A journal of one zone. One process at a time may have it open."""

    def __init__(self, path: Path) -> None:
        """Raises ZeroError where another process has it, or where it cannot be read or is no journal."""
        self.path = path
        self._lock = _locked(path)
        try:
            self._records = list(self._whole_lines())
            self._file: IO[bytes] = path.open("ab")
        except BaseException:
            self._lock.release()
            raise

    def records(self) -> Iterator[Mapping[str, Any]]:
        """As `Journal.records`."""
        return iter(list(self._records))

    def append(self, record: Mapping[str, Any]) -> None:
        """As `Journal.append`. Raises ZeroError where it cannot be written."""
        line = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise ZeroError(
                Problem.JOURNAL_UNUSABLE,
                f"{self.path}: {error.strerror or error}",
                "nothing was sent after that; the next run goes on from there",
            ) from error
        self._records.append(record)

    def close(self) -> None:
        """Lets others have it."""
        self._file.close()
        self._lock.release()

    def __enter__(self) -> FileJournal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _whole_lines(self) -> Iterator[Mapping[str, Any]]:
        content = self.path.read_bytes() if self.path.exists() else b""
        end = content.rfind(b"\n") + 1
        if end < len(content):
            with self.path.open("r+b") as file:
                file.truncate(end)
                os.fsync(file.fileno())
        yield from read_lines(self.path, content[:end])


def read_lines(path: Path, content: bytes) -> Iterator[Mapping[str, Any]]:
    """The records of a journal's whole lines. Raises ZeroError that names the line that is none."""
    for number, line in enumerate(content.splitlines(), 1):
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or "kind" not in record:
                raise ValueError("a record is an object with a kind")
        except ValueError as error:
            raise ZeroError(
                Problem.JOURNAL_UNUSABLE,
                f"{path}:{number}: {error}",
                "take the file back from version control, or begin another deployment with --name",
            ) from None
        if record["kind"] == "head" and record.get("version", 0) > VERSION:
            raise ZeroError(
                Problem.JOURNAL_UNUSABLE,
                f"{path}:{number}: written by a newer version of Zero SDK",
                "use that version, or begin another deployment with --name",
            )
        yield record


def _locked(path: Path) -> Any:
    from filelock import FileLock, Timeout

    folder = path.parent / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")
    lock = FileLock(folder / f"{path.stem}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ZeroError(
            Problem.DEPLOYMENT_RUNS, f"{path}: another process deploys with this journal", LOCK_ADVICE
        ) from None
    return lock
