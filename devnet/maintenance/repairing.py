"""Goes back to the newest commit of a folder that is whole, and keeps what is taken away.

The commit file holds up to four commits: the last two, and the last two that survive a power cut. Each is
looked at as a start would, from the newest on. The folder's files are first put into a side file; then the
commit file is replaced, which is the moment of the repair. The next start removes what no longer counts.
"""

from __future__ import annotations

import os
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from devnet.folder import COMMIT_KIND, COMMIT_NAME
from devnet.keeper import KeptHead, content_of
from devnet.maintenance.checking import Progress, Report, check_commit, no_progress
from devnet.maintenance.looking import Look, looking
from devnet.persistence.commit_file import Commit, CommitFile
from devnet.persistence.errors import FolderError
from devnet.persistence.header import HEADER_SIZE, NO_ZONE, Header, decode_header
from devnet.persistence.platform import sync_folder

SIDE_FOLDER = "removed"
"""In the data folder: a tar file for each repair."""


@dataclass(frozen=True, slots=True)
class LostBlocks:
    """Blocks of a zone that a repair took away."""

    zone: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done. Without a side file nothing was: no commit is whole."""

    before: Report
    """What was wrong."""
    commits: tuple[int, ...]
    """Sequence numbers of the commits that are not whole, the newest first."""
    went_back_to: int | None
    """The commit that counts now."""
    lost: tuple[LostBlocks, ...]
    side_file: Path | None


def repair(path: Path, progress: Progress = no_progress) -> Repair:
    """Looks at the commits from the newest on, and makes the first one that is whole the one that counts.
    Changes nothing where the newest is whole, or none is. Raises as `check` does."""
    with looking(path) as look:
        before = check_commit(look, progress)
        newest = look.commits[0] if look.commits else None
        if before.is_whole or newest is None:
            return Repair(before, (), before.sequence if before.is_whole else None, (), None)
        broken: list[int] = []
        for commit in look.commits:
            look.folder.commits.newest = commit
            report = check_commit(look, progress)
            # What is wrong with the commit file itself is put right by writing it anew; dispersed data that
            # is damaged is missed by nobody.
            lost_data = [each.path for each in report.findings if each.path.parent == look.folder.archive]
            if all(
                finding.path == look.folder.content / COMMIT_NAME or finding.path in lost_data
                for finding in report.findings
            ):
                side_file = _go_back(look, commit)
                for data in lost_data:
                    data.unlink(missing_ok=True)
                return Repair(before, tuple(broken), commit.sequence, _lost(look, newest, commit), side_file)
            broken.append(commit.sequence)
        return Repair(before, tuple(broken), None, (), None)


def _lost(look: Look, newest: Commit, kept: Commit) -> tuple[LostBlocks, ...]:
    try:
        before = content_of(newest, look.folder).heads
    except FolderError:
        before = ()
    after: tuple[KeptHead, ...] = content_of(kept, look.folder).heads
    names = look.manifest.config.zone_names
    return tuple(
        LostBlocks(name, new.number + 1, old.number)
        for name, old, new in zip(names, before, after, strict=False)
        if old.number > new.number
    )


def _go_back(look: Look, commit: Commit) -> Path:
    folder = look.folder.path
    side_file = _side_file(folder)
    with tarfile.open(side_file, "x") as archive:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and inside.parts[0] != SIDE_FOLDER:
                archive.add(path, str(inside), recursive=False)
    _sync(side_file)
    _replace_commits(look, commit)
    return side_file


def _side_file(folder: Path) -> Path:
    """A name that is free. The whole folder goes into it, because a repair is rare and files are small."""
    side = folder / SIDE_FOLDER
    side.mkdir(mode=0o700, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    names = (f"{stamp}.tar", *(f"{stamp}-{number}.tar" for number in range(2, 1000)))
    return next(path for name in names if not (path := side / name).exists())


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(file.parent)


def _replace_commits(look: Look, commit: Commit) -> None:
    """A new commit file with this commit alone takes the other one's place, at one moment."""
    folder = look.folder.content
    old, new = folder / COMMIT_NAME, folder / f"{COMMIT_NAME}.new"
    new.unlink(missing_ok=True)
    with old.open("rb") as file:
        slot_size = decode_header(file.read(HEADER_SIZE), old).number
    header = Header(COMMIT_KIND, look.folder.config_hash, NO_ZONE)
    made = CommitFile.create(new, header, slot_size - _SLOT_PREFIX)
    try:
        made.write(commit.payload)
        assert made.newest is not None
        made.make_durable(made.newest)
    finally:
        made.close()
    new.replace(old)
    sync_folder(folder)


_SLOT_PREFIX = 24
"""Bytes of a slot before its payload (docs/formats.md)."""
