"""A network's data folder: what lies where, whose it is, and one process at a time.

    DIR/manifest.json                which network this is (`devnet.manifest`)
    DIR/lock                         held while a process uses the folder
    DIR/commit                       what counts (`devnet.keeper`)
    DIR/network/*.log                the clock and the network's snapshots (`devnet.network_journal`)
    DIR/archive/*.data               what was dispersed for settlement (`devnet.settlement.archive_files`)
    DIR/archive/evidence             validators that signed two things (`devnet.settlement.evidence_file`)
    DIR/zones/<name>/                a zone's logs; `state/` in it is its state's

After a dump was loaded into a running network the last four are in DIR/content-<n>, which the manifest
names.
`docs/formats.md` has the bytes.
"""

from __future__ import annotations

import enum
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from devnet.config import NetworkConfig
from devnet.manifest import CONTENT_NAME, FORMAT, MANIFEST_NAME, Manifest, read_manifest, write_manifest
from devnet.persistence.commit_file import CommitFile
from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.persistence.header import NO_ZONE, Header
from devnet.persistence.home import Home
from devnet.persistence.lock import LOCK_NAME, FolderLock
from devnet.settlement.archive_files import ArchiveFiles
from devnet.settlement.evidence_file import EvidenceFile

COMMIT_NAME = "commit"
NETWORK_NAME = "network"
ZONES_NAME = "zones"
ARCHIVE_NAME = "archive"
EVIDENCE_NAME = "evidence"
STATE_NAME = "state"

COMMIT_KIND = b"CMIT"

_UNFINISHED = frozenset({LOCK_NAME, COMMIT_NAME, f"{MANIFEST_NAME}.new"})
"""What a process that was killed while it made the folder may have left there."""

_COMMIT_BYTES = 1024
"""Room in a commit for the network, and for each zone."""


class Fsync(enum.Enum):
    """When what was committed is made to survive a power cut (a killed process loses nothing anyway)."""

    BLOCK = "block"
    """Before every reply."""
    SLOT = "slot"
    """Every second, in the background."""
    NEVER = "never"
    """When the network is closed."""


class DataFolder:
    """An open folder: locked, and of the network with `config`. Belongs to one `Network`, which closes it."""

    is_read_only = False
    """Whether a network that is made in it keeps nothing: the folder is only looked at."""

    def __init__(
        self, path: Path, manifest: Manifest, lock: FolderLock | None, commits: CommitFile, fsync: Fsync
    ) -> None:
        self.path = path
        self.content = content_folder(path, manifest)
        """Where everything but the manifest and the lock is."""
        self.config = manifest.config
        """What the folder was made with; what the hash does not cover as it was asked for now."""
        self.config_hash = manifest.config.hash
        self.instance_id = manifest.instance_id
        self.fsync = fsync
        self.commits = commits
        self._lock = lock

    @property
    def left_by(self) -> str:
        """The number of the process that used the folder last, where it was killed; "" where it was not."""
        return "" if self._lock is None else self._lock.left_by

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever committed in it."""
        return self.commits.newest is None

    @classmethod
    def open(cls, path: Path, config: NetworkConfig, fsync: Fsync = Fsync.SLOT) -> DataFolder:
        """The folder of the network with this configuration; makes it where there is none or an empty one.

        Raises FolderError (IN_USE, NOT_OURS, OTHER_NETWORK, NEWER_FORMAT, DAMAGED, MISSING), having changed
        nothing, and WriteFailed.
        """
        try:
            stored = read_stored(path)
            path.mkdir(parents=True, exist_ok=True)
            lock = FolderLock(path)
        except WriteFailed:
            raise
        except OSError as error:
            raise WriteFailed(path, error) from error
        try:
            # Another process may have made or finished it meanwhile.
            stored = read_stored(path)
            if stored is None:
                return cls._create(path, config, lock, fsync)
            stored.validate(config, path)
            manifest = Manifest(config, stored.instance_id, stored.content)
            commits = CommitFile.open(content_folder(path, stored) / COMMIT_NAME, _commit_header(config))
            _remove_other_content(path, stored.content)
            if stored.format < FORMAT:
                # An older version would not understand what is written from now on, and must not try.
                write_manifest(path, manifest)
            return cls(path, manifest, lock, commits, fsync)
        except FolderError:
            lock.release()
            raise
        except OSError as error:
            lock.release()
            raise error if isinstance(error, WriteFailed) else WriteFailed(path, error) from error

    @classmethod
    def _create(cls, path: Path, config: NetworkConfig, lock: FolderLock, fsync: Fsync) -> DataFolder:
        for name in _UNFINISHED - {LOCK_NAME}:
            (path / name).unlink(missing_ok=True)
        manifest = Manifest(config, secrets.token_bytes(32))
        commits = _new_commits(path, config)
        try:
            # Last: a folder with a manifest is a whole one.
            write_manifest(path, manifest)
        except OSError:
            commits.close()
            raise
        return cls(path, manifest, lock, commits, fsync)

    @staticmethod
    def stored_config(path: Path, local: NetworkConfig | None = None) -> NetworkConfig | None:
        """The configuration of the network that the folder holds, None where it holds none yet. What the hash
        does not cover is as in `local`. Touches nothing; raises as `open` does, and OSError."""
        stored = read_stored(path)
        return None if stored is None else NetworkConfig.from_document(stored.config.to_document(), local)

    def zone_home(self, index: int, position: bytes | None) -> Home:
        """Of the zone with that index. `position` is what the last commit holds for it."""
        folder = self.content / ZONES_NAME / self.config.zone_names[index]
        return Home(folder, self.config_hash, index, position)

    def state_home(self, index: int, position: bytes | None) -> Home:
        """Of the state of the zone with that index."""
        home = self.zone_home(index, position)
        return replace(home, folder=home.folder / STATE_NAME)

    @property
    def network_home(self) -> Home:
        """Of the network's journal."""
        return Home(self.content / NETWORK_NAME, self.config_hash, NO_ZONE, None)

    @property
    def archive(self) -> Path:
        """The folder of what was dispersed for settlement blocks."""
        return self.content / ARCHIVE_NAME

    def archive_files(self) -> ArchiveFiles:
        """The files in it."""
        return ArchiveFiles(self.archive, self.config_hash, is_read_only=self.is_read_only)

    def evidence_file(self) -> EvidenceFile:
        """Beside them: validators that signed two things."""
        path = self.archive / EVIDENCE_NAME
        return EvidenceFile(path, self.config_hash, is_read_only=self.is_read_only)

    # ------------------------------------------------------------ another content in its place

    def begin_anew(self, config: NetworkConfig) -> DataFolder:
        """An empty content beside this one, for a network that will take this one's place. Until `replace_by`
        it does not count, and is removed by the next `open`. Raises WriteFailed."""
        manifest = Manifest(config, secrets.token_bytes(32), self._next_name())
        content = content_folder(self.path, manifest)
        try:
            if content.exists():
                shutil.rmtree(content)
            content.mkdir()
            commits = _new_commits(content, config)
        except WriteFailed:
            raise
        except OSError as error:
            raise WriteFailed(content, error) from error
        return DataFolder(self.path, manifest, None, commits, self.fsync)

    def replace_by(self, successor: DataFolder) -> None:
        """From now on what counts is the content of `successor` (from `begin_anew`, committed and synced);
        the lock is the successor's. Raises WriteFailed; then nothing is different."""
        try:
            write_manifest(
                self.path, Manifest(successor.config, successor.instance_id, successor.content.name)
            )
        except WriteFailed:
            # It may be there nevertheless.
            with suppress(WriteFailed):
                name = "" if self.content == self.path else self.content.name
                write_manifest(self.path, Manifest(self.config, self.instance_id, name))
            raise
        successor._lock, self._lock = self._lock, None

    def remove_content(self) -> None:
        """Removes the files of a closed folder whose content does not count."""
        _remove_content(self.path, self.content)

    def _next_name(self) -> str:
        number = 1 if self.content == self.path else int(self.content.name.removeprefix("content-")) + 1
        return f"content-{number}"

    def close(self) -> None:
        """Lets others in; writes nothing."""
        self.commits.close()
        if self._lock is not None:
            self._lock.release()


def content_folder(path: Path, manifest: Manifest) -> Path:
    """Where everything but the manifest and the lock of the folder at `path` is."""
    return path / manifest.content if manifest.content else path


def _new_commits(content: Path, config: NetworkConfig) -> CommitFile:
    capacity = _COMMIT_BYTES * (len(config.zone_names) + 1)
    return CommitFile.create(content / COMMIT_NAME, _commit_header(config), capacity)


def _remove_other_content(path: Path, counting: str) -> None:
    """Removes what a process left that was killed while it put one content in the place of another."""
    for entry in path.iterdir():
        if CONTENT_NAME.fullmatch(entry.name) and entry.name != counting:
            _remove_content(path, entry)
    if counting:
        _remove_content(path, path)


def _remove_content(path: Path, content: Path) -> None:
    if content != path:
        shutil.rmtree(content, ignore_errors=True)
        return
    (path / COMMIT_NAME).unlink(missing_ok=True)
    for name in (NETWORK_NAME, ZONES_NAME, ARCHIVE_NAME):
        shutil.rmtree(path / name, ignore_errors=True)


def read_stored(path: Path) -> Manifest | None:
    """What the folder says that it is; None where it is empty, not there, or was never finished. Touches
    nothing. Raises FolderError and OSError."""
    if not path.exists():
        return None
    if not path.is_dir():
        raise FolderError(Flaw.NOT_OURS, path, "it is not a folder", advice=_CHOOSE)
    names = set(os.listdir(path))
    if MANIFEST_NAME in names:
        return read_manifest(path)
    if names <= _UNFINISHED:
        return None
    if {COMMIT_NAME, ZONES_NAME} <= names:
        raise FolderError(
            Flaw.MISSING,
            path / MANIFEST_NAME,
            "the folder is a network's, and this file says which",
            advice="take the file from a copy of the folder",
        )
    shown = ", ".join(sorted(names)[:3])
    raise FolderError(
        Flaw.NOT_OURS, path, f"there is {shown}, and no {MANIFEST_NAME}: nothing was touched", advice=_CHOOSE
    )


def _commit_header(config: NetworkConfig) -> Header:
    return Header(COMMIT_KIND, config.hash, NO_ZONE)


_CHOOSE = "choose an empty folder, or one that does not exist"
