"""Keeps a network in its data folder: one commit for all zones, and what survives a power cut.

    commit   every zone and the network's journal write what changed; then the commit with all their positions
             is written, which is the moment from which on they count; then is removed what no longer does
    sync     what was committed is made to survive a power cut, and the commit is noted as one that does

A killed process loses nothing that was committed: the operating system has it. `docs/persistence.md`.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct

from devnet.chain.types import Hash32, ZoneName
from devnet.clock import Clock
from devnet.folder import DataFolder, Fsync
from devnet.network_journal import JOURNAL_KIND, NetworkJournal
from devnet.persistence.commit_file import Commit
from devnet.persistence.errors import Flaw, FolderError, SyncFailed, WriteFailed
from devnet.persistence.platform import sync_tree
from devnet.persistence.removal import Removal
from devnet.persistence.segmented_log import LogPosition
from devnet.settlement.chain import SettlementChain
from devnet.snapshot_book import SnapshotBook
from devnet.zone.messages import Positions
from devnet.zone.port import ZonePort

_LOG = logging.getLogger(__name__)

_COUNT = Struct("<I")
_HEAD = Struct("<Q32sHH")


@dataclass(frozen=True, slots=True)
class KeptHead:
    """The newest block of a zone in a commit."""

    number: int
    hash: Hash32


@dataclass(frozen=True, slots=True)
class CommitContent:
    """What a commit says."""

    journal: LogPosition
    heads: tuple[KeptHead, ...]
    """Of the zones, by their index."""
    positions: tuple[Positions, ...]
    """Of the zones, by their index."""

    def encode(self) -> bytes:
        """The commit's payload."""
        parts = [self.journal.encode(), _COUNT.pack(len(self.heads))]
        for head, positions in zip(self.heads, self.positions, strict=True):
            state, zone = positions.state, positions.zone
            parts += (_HEAD.pack(head.number, head.hash, len(state), len(zone)), state, zone)
        return b"".join(parts)

    @classmethod
    def decode(cls, content: bytes) -> CommitContent:
        """The inverse of `encode`. Raises ValueError."""
        place = LogPosition.SIZE + _COUNT.size
        if len(content) < place:
            raise ValueError(f"a commit of {len(content)} bytes is too short")
        journal = LogPosition.decode(content[: LogPosition.SIZE])
        heads, positions = [], []
        for _ in range(_COUNT.unpack_from(content, LogPosition.SIZE)[0]):
            if len(content) < place + _HEAD.size:
                raise ValueError("a commit ends inside a zone")
            number, block_hash, state_size, zone_size = _HEAD.unpack_from(content, place)
            place += _HEAD.size
            state = content[place : place + state_size]
            zone = content[place + state_size : place + state_size + zone_size]
            place += state_size + zone_size
            heads.append(KeptHead(number, Hash32(block_hash)))
            positions.append(Positions(state, zone))
        if place != len(content):
            raise ValueError(f"a commit of {len(content)} bytes should have {place}")
        return cls(journal, tuple(heads), tuple(positions))


def content_of(commit: Commit, folder: DataFolder) -> CommitContent:
    """What the commit of a folder says. Raises FolderError."""
    try:
        content = CommitContent.decode(commit.payload)
    except ValueError as error:
        raise FolderError(Flaw.DAMAGED, folder.commits.path, f"a commit makes no sense: {error}") from None
    if len(content.heads) != len(folder.config.zone_names):
        detail = f"a commit has {len(content.heads)} zones, the network {len(folder.config.zone_names)}"
        raise FolderError(Flaw.DAMAGED, folder.commits.path, detail)
    return content


class Keeper:
    """Belongs to a network and its owner, but for `sync` and the questions, which any thread may call."""

    def __init__(
        self,
        folder: DataFolder,
        journal: NetworkJournal,
        zones: Mapping[ZoneName, ZonePort],
        clock: Clock,
        book: SnapshotBook,
        chain: SettlementChain,
    ) -> None:
        self.folder = folder
        self.fsync = folder.fsync
        self._commits = folder.commits
        self._journal = journal
        self._zones = zones
        self._clock = clock
        self._book = book
        self._chain = chain
        self._syncing = threading.Lock()
        """Held while files are synced, and while something is removed that the commit which is being made
        durable may name."""
        newest = self._commits.newest
        self._newest = None if newest is None else content_of(newest, folder)
        self._is_clean_up_due = False
        """Whether a commit was written and not yet made durable where it must be, or cleaned up after."""
        self._is_broken = False
        """Whether a commit was left in the middle: nothing is written any more."""
        self._is_closed = False
        self._process = os.getpid()
        self._is_inherited = self.has_unsynced
        """Whether a process that was killed wrote what is not known to survive a power cut: which files those
        are only it knew."""
        self._sync_fault: SyncFailed | None = None
        self.fault: WriteFailed | None = None
        """Why the last `commit` could not write; None where it could."""
        book.record_changes()
        chain.record_changes()

    # ------------------------------------------------------------ the owner's

    def commit(self) -> None:
        """Writes what changed since the last commit, if anything did. When it returns, a killed process loses
        nothing of it. Raises WriteFailed; then nothing is lost either, and the next call tries again. Raises
        FolderError in a process forked from the one that opened the folder: two would write into one file."""
        if os.getpid() != self._process:
            detail = f"process {self._process} has it open, and this one was forked from it"
            advice = "write in that process, or open another folder in this one"
            raise FolderError(Flaw.IN_USE, self.folder.path, detail, advice=advice)
        if self._is_broken:
            assert self.fault is not None
            raise self.fault
        try:
            if self._is_clean_up_due:
                self._clean_up()
            if self._write():
                self._clean_up()
        except WriteFailed as error:
            self.fault = error
            raise
        except BaseException as error:
            # A fault of the program, or Ctrl-C. What was noted of the changes may be used up: then no later
            # commit would be whole.
            self._is_broken = True
            cause = OSError(errno.EIO, f"{error!r}; start the network again, with what was committed before")
            self.fault = WriteFailed(self.folder.path, cause)
            if not isinstance(error, Exception):
                raise
            _LOG.exception("the network could not be written")
            raise self.fault from error
        self.fault = None

    def _write(self) -> bool:
        """Whether there was something to write."""
        before = self._newest
        heads: list[KeptHead] = []
        positions: list[Positions] = []
        for index, zone in enumerate(self._zones.values()):
            written = zone.write()
            is_same = before is not None and before.positions[index] == written
            positions.append(written)
            heads.append(before.heads[index] if before is not None and is_same else _head_of(zone))
        content = CommitContent(
            self._journal.write(self._clock.kept(), self._book, self._chain), tuple(heads), tuple(positions)
        )
        if content == before:
            return False
        self._commits.write(content.encode())
        self._newest = content
        self._is_clean_up_due = True
        return True

    def _clean_up(self) -> None:
        if self._removes() is Removal.NOTHING and self.fsync is not Fsync.BLOCK:
            self._committed()
            return
        with self._syncing:
            if self.fsync is Fsync.BLOCK:
                self._sync()
            elif self._removes() is Removal.SYNCED:
                if self.fsync is Fsync.NEVER:
                    # What was durable is about to go, and nothing takes its place until the end.
                    self._commits.forget_durable()
                else:
                    self._sync()
            self._committed()

    def _removes(self) -> Removal:
        return max(self._journal.removes(), *(zone.removes() for zone in self._zones.values()))

    def _committed(self) -> None:
        self._is_clean_up_due = False
        try:
            self._journal.committed()
            for zone in self._zones.values():
                zone.committed()
        except WriteFailed as error:
            # The commit stands; the parts clean up before they write again.
            _LOG.warning("what was cut off could not be removed yet: %s", error)

    def close(self, *, commit: bool = True) -> None:
        """Writes and syncs what is not yet, and closes everything. Raises WriteFailed, having closed
        everything nevertheless. Without `commit`, and in a process forked from the one that opened the
        folder, it only closes."""
        try:
            if commit and os.getpid() == self._process:
                self.commit()
                self.sync()
        finally:
            with self._syncing:
                self._is_closed = True
                for zone in self._zones.values():
                    zone.close()
                self._journal.close()
                self.folder.close()

    # ------------------------------------------------------------ any thread's

    @property
    def is_ahead(self) -> bool:
        """Whether the clock, the snapshots or the settlement chain changed since they were written."""
        return self._journal.is_behind(self._clock.kept(), self._book, self._chain)

    @property
    def syncs_in_background(self) -> bool:
        """Whether somebody should call `sync` every second."""
        return self.fsync is Fsync.SLOT

    @property
    def has_unsynced(self) -> bool:
        """Whether the newest commit is not known to survive a power cut."""
        newest, durable = self._commits.newest, self._commits.durable
        return newest is not None and (durable is None or durable.sequence != newest.sequence)

    def sync(self) -> None:
        """Makes the newest commit survive a power cut; does nothing once closed. Raises WriteFailed."""
        with self._syncing:
            if not self._is_closed:
                self._sync()

    def _sync(self) -> None:
        if self._sync_fault is not None:
            # The system may have thrown away what it could not write, and would say nothing of it now.
            raise self._sync_fault
        # Taken first: what is written meanwhile belongs to a later one.
        newest = self._commits.newest
        if newest is None or not self.has_unsynced:
            return
        try:
            if self._is_inherited:
                self._sync_inherited()
            for zone in self._zones.values():
                zone.sync()
            self._journal.sync()
            self._commits.make_durable(newest)
        except SyncFailed as error:
            self._sync_fault = error
            raise

    def _sync_inherited(self) -> None:
        try:
            sync_tree(self.folder.content)
        except OSError as error:
            raise SyncFailed(self.folder.content, error) from error
        self._is_inherited = False

    def durable_heads(self) -> Mapping[ZoneName, KeptHead | None]:
        """Of each zone the newest block that survives a power cut; None before the first one does."""
        durable = self._commits.durable
        if durable is None:
            return dict.fromkeys(self._zones)
        heads = CommitContent.decode(durable.payload).heads
        return dict(zip(self._zones, heads, strict=True))


def open_journal(folder: DataFolder, position: LogPosition | None) -> NetworkJournal:
    """The journal of a folder, a new one without a position. Raises FolderError and WriteFailed."""
    return NetworkJournal(folder.network_home.log("", JOURNAL_KIND, position))


def _head_of(zone: ZonePort) -> KeptHead:
    newest = zone.block("latest")
    assert newest is not None
    return KeptHead(newest.header.number, newest.hash)


__all__ = ["CommitContent", "Keeper", "KeptHead", "content_of", "open_journal"]
