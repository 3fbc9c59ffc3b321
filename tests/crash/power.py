"""A disk that loses power: what was not synced is there in part, or not at all.

While `Disk` is switched on it notes what is written below a folder, and what of it was synced. `cut` makes
the folder that is found after a power cut: every file with what was synced of it and some of what was not,
page by page; every name that was synced, and some of the others. It is stricter than the systems that there
are: syncing a new file does not keep its name, and what was written later may be there without what was
written before.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = 4096


@dataclass(frozen=True, slots=True)
class Written:
    """A part of a file that is not synced."""

    number: int
    """Counts everything that happened on the disk."""
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Shortened:
    """A file was cut to `size`, and that is not synced."""

    number: int
    size: int


@dataclass(eq=False)
class File:
    synced: bytearray = field(default_factory=bytearray)
    unsynced: list[Written | Shortened] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.unsynced:
            _apply(self.synced, change)
        self.unsynced = []


@dataclass(frozen=True, slots=True)
class Named:
    """A name got or lost its file or folder, and that is not synced. With `old` it had that name before."""

    number: int
    name: str
    node: File | Folder | None
    old: str | None = None


@dataclass(eq=False)
class Folder:
    names: dict[str, File | Folder] = field(default_factory=dict)
    """As they are now."""
    synced: dict[str, File | Folder] = field(default_factory=dict)
    unsynced: list[Named] = field(default_factory=list)

    def sync(self) -> None:
        self.synced = dict(self.names)
        self.unsynced = []


def _apply(content: bytearray, change: Written | Shortened) -> None:
    if isinstance(change, Shortened):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.content)] = change.content


class Chance:
    """What of the unsynced is there after the cut: nothing, all, everything up to a moment, or anything."""

    def __init__(self, rng: random.Random, count: int) -> None:
        self._rng = rng
        self._kind = rng.choice(("nothing", "all", "prefix", "any", "any", "any"))
        self._last = rng.randrange(count + 1)
        self._likely = rng.choice((0.1, 0.5, 0.9))

    def keeps(self, number: int) -> bool:
        if self._kind == "any":
            return self._rng.random() < self._likely
        return self._kind == "all" or (self._kind == "prefix" and number <= self._last)

    def keeps_size(self) -> bool:
        """Whether a file became longer though what was written there is not."""
        return self._kind == "any" and self._rng.random() < 0.3


class Disk:
    """Everything below `root`, a folder that exists; what is in it at first counts as synced."""

    def __init__(self, root: Path) -> None:
        self._root_path = os.path.abspath(root)
        self._count = 0
        self._open: dict[int, File | Folder] = {}
        self._root = self._read(self._root_path)

    def _read(self, path: str) -> Folder:
        folder = Folder()
        for entry in os.scandir(path):
            inside = self._read(entry.path) if entry.is_dir() else File(bytearray(Path(entry).read_bytes()))
            folder.names[entry.name] = inside
        folder.sync()
        return folder

    # ------------------------------------------------------------ noting

    @contextmanager
    def on(self) -> Iterator[None]:
        """Inside, `os` functions tell what they do. For one thread."""
        before = {name: getattr(os, name) for name in _NOTED}
        for name, call in before.items():
            setattr(os, name, getattr(self, f"_noted_{name}")(call))
        try:
            yield
        finally:
            for name, call in before.items():
                setattr(os, name, call)

    def _place(self, path: Any) -> tuple[Folder, str] | None:
        """The folder in which a path's last name is; None where it is somewhere else, or the root itself."""
        text = os.path.abspath(os.fspath(path))
        if not text.startswith(self._root_path + os.sep):
            return None
        *above, name = text[len(self._root_path) + 1 :].split(os.sep)
        folder = self._root
        for part in above:
            inside = folder.names[part]
            assert isinstance(inside, Folder)
            folder = inside
        return folder, name

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _name(self, folder: Folder, name: str, node: File | Folder | None, old: str | None = None) -> None:
        if old is not None:
            node = folder.names.pop(old)
        if node is None:
            del folder.names[name]
        else:
            folder.names[name] = node
        folder.unsynced.append(Named(self._next(), name, node, old))

    def _noted_open(self, call: Callable[..., int]) -> Callable[..., int]:
        def patched(path: Any, flags: int, *args: Any, **named: Any) -> int:
            number = call(path, flags, *args, **named)
            is_root = not isinstance(path, int) and os.path.abspath(os.fspath(path)) == self._root_path
            place = None if named.get("dir_fd") is not None or is_root else self._place(path)
            if is_root:
                self._open[number] = self._root
            elif place is not None:
                folder, name = place
                node = folder.names.get(name)
                if node is None:
                    node = Folder() if stat.S_ISDIR(os.fstat(number).st_mode) else File()
                    self._name(folder, name, node)
                if flags & os.O_TRUNC and isinstance(node, File):
                    node.unsynced.append(Shortened(self._next(), 0))
                self._open[number] = node
            return number

        return patched

    def _noted_close(self, call: Callable[..., None]) -> Callable[..., None]:
        def patched(number: int) -> None:
            self._open.pop(number, None)
            call(number)

        return patched

    def _noted_pwrite(self, call: Callable[..., int]) -> Callable[..., int]:
        def patched(number: int, content: bytes, offset: int) -> int:
            done = call(number, content, offset)
            node = self._open.get(number)
            if isinstance(node, File):
                node.unsynced.append(Written(self._next(), offset, bytes(content[:done])))
            return done

        return patched

    def _noted_ftruncate(self, call: Callable[..., None]) -> Callable[..., None]:
        def patched(number: int, size: int) -> None:
            call(number, size)
            node = self._open.get(number)
            if isinstance(node, File):
                node.unsynced.append(Shortened(self._next(), size))

        return patched

    def _noted_fsync(self, call: Callable[..., None]) -> Callable[..., None]:
        def patched(number: int) -> None:
            node = self._open.get(number)
            if node is None:
                call(number)
            else:
                node.sync()

        return patched

    def _noted_unlink(self, call: Callable[..., None]) -> Callable[..., None]:
        def patched(path: Any, **named: Any) -> None:
            if named.get("dir_fd") is not None:
                folder = self._open[named["dir_fd"]]
                assert isinstance(folder, Folder)
                call(path, **named)
                self._name(folder, path, None)
                return
            place = self._place(path)
            call(path, **named)
            if place is not None:
                self._name(*place, None)

        return patched

    _noted_remove = _noted_rmdir = _noted_unlink

    def _noted_mkdir(self, call: Callable[..., None]) -> Callable[..., None]:
        def patched(path: Any, *args: Any, **named: Any) -> None:
            call(path, *args, **named)
            place = self._place(path)
            if place is not None:
                self._name(*place, Folder())

        return patched

    def _noted_rename(self, call: Callable[..., None]) -> Callable[..., None]:
        def patched(old: Any, new: Any, **named: Any) -> None:
            before, after = self._place(old), self._place(new)
            call(old, new, **named)
            if before is not None and after is not None:
                assert before[0] is after[0], "nothing is moved from one folder to another"
                self._name(after[0], after[1], None, before[1])

        return patched

    _noted_replace = _noted_rename

    # ------------------------------------------------------------ the cut

    def cut(self, rng: random.Random, target: Path) -> None:
        """Makes `target`, which is not there, what is found after a power cut at this moment."""
        self._make(self._root, target, Chance(rng, self._count))

    def _make(self, folder: Folder, target: Path, chance: Chance) -> None:
        target.mkdir()
        names = dict(folder.synced)
        for change in folder.unsynced:
            if not chance.keeps(change.number):
                continue
            node = change.node
            if change.old is not None:
                names.pop(change.old, None)
            if node is None:
                names.pop(change.name, None)
            else:
                names[change.name] = node
        for name, found in names.items():
            if isinstance(found, Folder):
                self._make(found, target / name, chance)
            else:
                (target / name).write_bytes(_after(found, chance))


def _after(file: File, chance: Chance) -> bytes:
    content = bytearray(file.synced)
    for change in file.unsynced:
        if isinstance(change, Shortened):
            if chance.keeps(change.number):
                _apply(content, change)
            continue
        for page in _pages(change):
            if chance.keeps(change.number):
                _apply(content, page)
            elif chance.keeps_size():
                content.extend(bytes(max(0, page.offset + len(page.content) - len(content))))
    return bytes(content)


def _pages(written: Written) -> Iterator[Written]:
    offset, end = written.offset, written.offset + len(written.content)
    while offset < end:
        following = min(end, (offset // PAGE + 1) * PAGE)
        piece = written.content[offset - written.offset : following - written.offset]
        yield Written(written.number, offset, piece)
        offset = following


_NOTED = (
    "close",
    "fsync",
    "ftruncate",
    "mkdir",
    "open",
    "pwrite",
    "remove",
    "rename",
    "replace",
    "rmdir",
    "unlink",
)
