"""A data folder as it lies there: opened under its lock, and nothing of it changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from devnet.clock import WallClock
from devnet.folder import COMMIT_KIND, COMMIT_NAME, DataFolder, Fsync, content_folder, read_stored
from devnet.manifest import MANIFEST_NAME, Manifest
from devnet.network import Network, Parts
from devnet.persistence.commit_file import Commit, CommitFile
from devnet.persistence.errors import FolderError
from devnet.persistence.header import NO_ZONE, Header
from devnet.persistence.home import Home
from devnet.persistence.lock import FolderLock


class NothingThere(LookupError):
    """The folder is not there, is empty, or was never finished."""


class LookedAt(DataFolder):
    """A folder whose parts may not write. A network that is made in it keeps nothing."""

    is_read_only = True

    def zone_home(self, index: int, position: bytes | None) -> Home:
        """As in the base class, for reading."""
        return replace(super().zone_home(index, position), is_read_only=True)

    @property
    def network_home(self) -> Home:
        """As in the base class, for reading."""
        return replace(super().network_home, is_read_only=True)


@dataclass(frozen=True, slots=True)
class Look:
    """What can be seen without opening a zone."""

    folder: LookedAt
    """`commits.newest` is the newest commit that is whole, whatever the file's flaws."""
    manifest: Manifest
    commits: tuple[Commit, ...]
    """Every commit that is whole in the commit file, the newest first."""
    durable: Commit | None
    """The newest one that is known to survive a power cut."""
    left_by: str
    """The process that was killed in it last; "" where it was closed."""
    commit_flaw: FolderError | None
    """What is wrong with the commit file."""


@contextmanager
def looking(path: Path) -> Iterator[Look]:
    """Holds the folder's lock meanwhile. Raises NothingThere, FolderError and OSError."""
    if read_stored(path) is None:
        raise NothingThere(f"{path} holds no network: there is no {MANIFEST_NAME} in it")
    lock = FolderLock(path)
    try:
        manifest = read_stored(path)
        assert manifest is not None
        header = Header(COMMIT_KIND, manifest.config.hash, NO_ZONE)
        place = content_folder(path, manifest) / COMMIT_NAME
        flaw = _flaw_of_commits(place, header)
        commits = CommitFile.open_any(place, header)
        try:
            slots = commits.slots()
            whole = {slot.commit.sequence: slot.commit for slot in slots if slot.commit is not None}
            durable = [slot.commit for slot in slots[2:] if slot.commit is not None]
            ordered = tuple(whole[sequence] for sequence in sorted(whole, reverse=True))
            commits.newest = ordered[0] if ordered else None
            yield Look(
                LookedAt(path, manifest, lock, commits, Fsync.NEVER),
                manifest,
                ordered,
                max(durable, key=lambda commit: commit.sequence, default=None),
                lock.left_by,
                flaw,
            )
        finally:
            commits.close()
    finally:
        lock.release(as_found=True)


def _flaw_of_commits(path: Path, header: Header) -> FolderError | None:
    try:
        CommitFile.open(path, header).close()
    except FolderError as error:
        return error
    return None


def network_of(look: Look) -> Network:
    """The whole network, in memory, as the newest commit has it; nothing of it is kept. Raises
    FolderError."""
    return Network(look.manifest.config, Parts(), WallClock(), look.folder)
