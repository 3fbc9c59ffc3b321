"""What was dispersed for the newest settlement blocks: kept so that it can be asked for, and let go.

The validators of a network's own process hold their columns here. In a data folder it is files; else it is
in memory. The settlement chain does not depend on it: what is missing here is not served, and that is all.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from devnet.chain.types import Hash32
from devnet.persistence.errors import FolderError
from devnet.settlement.archive_files import ArchiveFiles
from devnet.settlement.dispersed import DispersedBlock, DispersedIndex, DispersedUpdate
from devnet.settlement.parameters import ArchiveLimits

_LOG = logging.getLogger(__name__)

_READ_AGAIN = 2
"""Blocks that are read from files and stay in memory: pieces of one are asked for one after the other."""


@dataclass(frozen=True, slots=True)
class ArchiveStatus:
    """What is kept."""

    heights: tuple[int, ...]
    """Of the settlement blocks, ascending."""
    size: int
    """Bytes."""
    limits: ArchiveLimits
    flaws: tuple[FolderError, ...]
    """Files that are damaged, and do not count."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was dispersed for a settlement block, ready to be kept."""

    index: DispersedIndex
    size: int
    """Bytes."""
    block: DispersedBlock | None
    """None where it is in a file."""


class Archive:
    """The network's owner fills it; any thread may ask."""

    def __init__(self, limits: ArchiveLimits, files: ArchiveFiles | None = None) -> None:
        """What the files hold counts at once; see `retain`."""
        self.limits = limits
        self._files = files
        self._lock = threading.Lock()
        self._entries: dict[int, Prepared] = {}
        """By height, ascending."""
        self._heights: dict[Hash32, int] = {}
        """By the hash of an update."""
        self._size = 0
        self._read: OrderedDict[int, DispersedBlock] = OrderedDict()
        self._flaws: dict[int, FolderError] = {}
        if files is not None:
            for height, found, size in files.listing():
                if isinstance(found, FolderError):
                    self._flaw(height, found)
                else:
                    self._put(Prepared(found, size, None))

    # ------------------------------------------------------------ filling it

    def prepare(self, block: DispersedBlock) -> Prepared | None:
        """Does what takes time of `accept`: on any thread. None where the block will not be kept; the log
        says why, where it could not be written."""
        size = block.size
        if self.limits.blocks == 0 or size > self.limits.size:
            return None
        if self._files is None:
            return Prepared(DispersedIndex.of(block), size, block)
        try:
            return Prepared(DispersedIndex.of(block), self._files.prepare(block), None)
        except OSError as error:
            _LOG.warning("the data of settlement block %d is not kept: %s", block.height, error)
            return None

    def accept(self, prepared: Prepared) -> None:
        """Takes in what was dispersed for a settlement block that is about to be on the chain, and lets the
        oldest go beyond the limits. For the network's owner, as all that follows."""
        height = prepared.index.height
        if self._files is not None:
            try:
                self._files.accept(height, prepared.index.root)
            except OSError as error:
                _LOG.warning("the data of settlement block %d is not kept: %s", height, error)
                return
        with self._lock:
            if height in self._entries:
                self._drop(height, is_file_kept=True)
            self._put(prepared)
            while len(self._entries) > self.limits.blocks or self._size > self.limits.size:
                self._drop(next(iter(self._entries)))

    def keep(self, block: DispersedBlock) -> None:
        """Both at once."""
        prepared = self.prepare(block)
        if prepared is not None:
            self.accept(prepared)

    def drop_above(self, height: int) -> None:
        """Settlement went back to that height."""
        with self._lock:
            for above in [kept for kept in self._entries if kept > height]:
                self._drop(above)

    def retain(self, root_at: Callable[[int], Hash32 | None]) -> None:
        """Lets go what is not of the settlement chain, which has these roots: a process may have been killed
        between the writing here and there."""
        with self._lock:
            for height, entry in list(self._entries.items()):
                if root_at(height) != entry.index.root:
                    self._drop(height)

    def adopt(self, other: Archive, root_at: Callable[[int], Hash32 | None]) -> None:
        """Takes from another one what is of this settlement chain too."""
        for height in other.status().heights:
            block = other.block(height)
            if block is not None and root_at(height) == block.root:
                self.keep(block)

    # ------------------------------------------------------------ any thread's

    def block(self, height: int) -> DispersedBlock | None:
        """What was dispersed for the settlement block of that height; None where it is not kept."""
        with self._lock:
            entry = self._entries.get(height)
            if entry is None:
                return None
            return entry.block or self._from_file(height)

    def updates_at(self, height: int) -> tuple[Hash32, ...]:
        """The hashes of the updates of that settlement block whose data is kept; reads no file."""
        with self._lock:
            entry = self._entries.get(height)
            return () if entry is None else entry.index.updates

    def find(self, update: Hash32) -> tuple[DispersedBlock, DispersedUpdate] | None:
        """The update with that hash and the block that it is in; None where it is not kept."""
        height = self._heights.get(update)
        block = None if height is None else self.block(height)
        found = None if block is None else block.update(update)
        return None if block is None or found is None else (block, found)

    def status(self) -> ArchiveStatus:
        """What is kept."""
        with self._lock:
            return ArchiveStatus(tuple(self._entries), self._size, self.limits, tuple(self._flaws.values()))

    def check(self) -> tuple[FolderError, ...]:
        """Reads all that is kept; what is damaged does not count from then on. Every flaw there is."""
        for height in self.status().heights:
            self.block(height)
        return self.status().flaws

    # ------------------------------------------------------------ under the lock

    def _put(self, entry: Prepared) -> None:
        self._entries[entry.index.height] = entry
        self._size += entry.size
        for update in entry.index.updates:
            self._heights[update] = entry.index.height

    def _drop(self, height: int, *, is_file_kept: bool = False) -> None:
        entry = self._entries.pop(height)
        self._size -= entry.size
        self._read.pop(height, None)
        for update in entry.index.updates:
            self._heights.pop(update, None)
        if self._files is not None and not is_file_kept:
            try:
                self._files.remove(height)
            except OSError as error:
                # It is of no chain or beyond the limits: the next start tries again.
                _LOG.warning("the data of settlement block %d could not be removed: %s", height, error)

    def _from_file(self, height: int) -> DispersedBlock | None:
        block = self._read.get(height)
        if block is None and self._files is not None:
            try:
                block = self._files.read(height)
            except FolderError as error:
                self._drop(height, is_file_kept=True)
                self._flaw(height, error)
                return None
            except OSError as error:
                _LOG.warning("the data of settlement block %d cannot be read: %s", height, error)
                return None
            self._read[height] = block
            if len(self._read) > _READ_AGAIN:
                self._read.popitem(last=False)
        return block

    def _flaw(self, height: int, error: FolderError) -> None:
        self._flaws[height] = error
        _LOG.warning("the data of settlement block %d is damaged and not served: %s", height, error)
