"""The files of a state: three logs in its folder, and what of them a commit has to name.

    entries/   a BLOCK a block
    codes/     a CODE for every code
    base/      HEADs and PIECEs: the state at one height, below which nothing of `entries/` is needed

Pruning copies what is still needed of the oldest blocks to the end of `base/` and lets the front of
`entries/` go. Each time it also copies what is still needed of the oldest records of `base/`, going through
twice as many bytes as it added, so that dead records do not stay there for ever. Nothing is written over:
a crash leaves the files of the last commit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from struct import Struct
from struct import error as StructError
from typing import TypeVar

from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.home import Home
from devnet.persistence.removal import Removal
from devnet.persistence.segment import REPAIR_ADVICE
from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from devnet.state.content import Content, RecordRefused, Restoring, base_records, batches
from devnet.state.entries import SENTRIES_PER_SHARD, SHARD_COUNT
from devnet.state.records import PIECE, head_end, piece_range, record_height

ENTRIES, CODES, BASE = "entries", "codes", "base"
KINDS = {ENTRIES: b"ENTR", CODES: b"CODE", BASE: b"BASE"}
"""The logs, and what their files say that they are."""

Taking = TypeVar("Taking", bound=Restoring)

_POSITION = Struct("<qqq32s")

SEGMENT_SIZE = 8 * 1024 * 1024
"""Bytes of a file after which the next one is begun. Pruning frees whole files, so this is also about how
much is gone through at once then: some 90,000 entries, and twice as much of the base."""

_FLUSHED = 4 * 1024 * 1024
"""Bytes that are given to the system at once while everything is written anew."""

_RECYCLED = 2
"""Bytes of old records of the base that are gone through for each byte that is added."""


@dataclass(frozen=True, slots=True)
class Position:
    """What a commit names: height and root of the newest block, the lowest kept height, the height of the
    base, and how far the logs count."""

    height: int
    oldest: int
    base: int
    root: bytes
    entries: LogPosition
    codes: LogPosition
    base_log: LogPosition

    SIZE = _POSITION.size + 3 * LogPosition.SIZE

    def encode(self) -> bytes:
        """152 bytes."""
        fixed = _POSITION.pack(self.height, self.oldest, self.base, self.root)
        return fixed + self.entries.encode() + self.codes.encode() + self.base_log.encode()

    @classmethod
    def decode(cls, content: bytes) -> Position:
        """The inverse of `encode`. Raises ValueError."""
        if len(content) != cls.SIZE:
            raise ValueError(f"a state's position has {cls.SIZE} bytes, not {len(content)}")
        height, oldest, base, root = _POSITION.unpack_from(content)
        logs = [
            LogPosition.decode(content[at : at + LogPosition.SIZE])
            for at in range(_POSITION.size, cls.SIZE, LogPosition.SIZE)
        ]
        return cls(height, oldest, base, root, *logs)


@dataclass(frozen=True, slots=True)
class _BaseRecord:
    """A record of the base: where it stands, how long it is, and of a PIECE what it holds."""

    offset: int
    size: int
    piece: tuple[int, int, int] | None
    """Shard, first serial number, number of entries; None for a HEAD."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block's record begins, and the first of the codes that it brought, if it brought any."""

    entries: int
    codes: int | None


class Store:
    """The open logs. `height` is the newest block in `entries`, `base` the height of the base."""

    def __init__(self, folder: Path, logs: dict[str, SegmentedLog], segment_size: int) -> None:
        self.folder = folder
        self.height = -1
        self.base = -1
        self._entries = logs[ENTRIES]
        self._codes = logs[CODES]
        self._base_log = logs[BASE]
        self._base_records: deque[_BaseRecord] = deque()
        self._places: dict[int, _Place] = {}
        """Of the blocks in `entries` by ascending height, from the oldest kept one on."""
        self._base_ends = [SENTRIES_PER_SHARD] * SHARD_COUNT
        """Of every shard, the serial number after the last one in the base."""
        self._logs = logs
        self._segment_size = segment_size
        self.is_rewriting_due = False
        """Whether the next `write` of the state writes everything anew."""
        self._flushed: dict[SegmentedLog, int] = {}

    @classmethod
    def create(cls, home: Home, segment_size: int = SEGMENT_SIZE) -> Store:
        """Empty logs. Raises WriteFailed."""
        logs = {name: home.log(name, kind, None, segment_size) for name, kind in KINDS.items()}
        return cls(home.folder, logs, segment_size)

    @classmethod
    def open(
        cls, home: Home, restoring: Callable[[int], Taking], segment_size: int = SEGMENT_SIZE
    ) -> tuple[Store, Position, Taking]:
        """The logs as a commit describes them. `restoring` is given the oldest kept height; what it gives
        has taken all records. Raises FolderError."""
        assert home.position is not None
        try:
            position = Position.decode(home.position)
        except (ValueError, StructError) as error:
            raise FolderError(Flaw.DAMAGED, home.folder, f"the commit: {error}") from None
        positions = {ENTRIES: position.entries, CODES: position.codes, BASE: position.base_log}
        logs: dict[str, SegmentedLog] = {}
        try:
            for name, of_log in positions.items():
                logs[name] = home.log(name, KINDS[name], of_log, segment_size)
            store = cls(home.folder, logs, segment_size)
            taking = restoring(position.oldest)
            store._restore(position, taking)
        except BaseException:
            for log in logs.values():
                log.close()
            raise
        return store, position, taking

    def _restore(self, position: Position, restoring: Restoring) -> None:
        try:
            for offset, record in self._scan(BASE, restoring.take_base):
                if record[0] == PIECE:
                    self._note(offset, len(record), piece_range(record))
                else:
                    number, end = head_end(record)
                    self._base_ends[number] = end
                    self._note(offset, len(record), None)
            restoring.end_base(position.base)
            self.base = position.base
            brought: dict[int, int] = {}
            for offset, record in self._scan(CODES, restoring.take_codes):
                brought.setdefault(record_height(record), offset)
            for offset, record in self._scan(ENTRIES, restoring.take_blocks):
                height = record_height(record)
                self._places[height] = _Place(offset, brought.get(height))
            if restoring.height != position.height:
                raise ValueError(f"the blocks end at {restoring.height}, not at {position.height}")
        except ValueError as error:
            raise self.contradiction(str(error)) from None
        self.height = position.height

    def _scan(self, name: str, take: Callable[[Sequence[bytes]], None]) -> Iterable[tuple[int, bytes]]:
        """Every record of a log with its offset, after it was taken."""
        for batch in batches(self._logs[name].scan(), lambda item: len(item[1])):
            try:
                take([record for _, record in batch])
            except RecordRefused as error:
                raise self.damage(name, str(error), batch[error.index][0]) from None
            yield from batch

    def contradiction(self, detail: str) -> FolderError:
        """Records of which each is right by itself do not go together."""
        return FolderError(Flaw.DAMAGED, self.folder, detail, advice=REPAIR_ADVICE)

    def damage(self, name: str, detail: str, offset: int) -> FolderError:
        """The record at `offset` of a log cannot be, though its checksum is right."""
        return self._logs[name].damage(detail, offset)

    def wrong_root(self, height: int) -> FolderError:
        """The entries do not give what a block names."""
        detail = f"the entries do not give the root that block {height} names"
        place = self._places.get(height)
        return self.contradiction(detail) if place is None else self.damage(ENTRIES, detail, place.entries)

    # What is added and taken away

    def append_blocks(self, content: Content) -> None:
        """Adds the blocks that have no record yet, with the code that they brought."""
        first = self.height + 1
        for height, record in zip(
            range(first, content.height + 1), content.block_records(first), strict=True
        ):
            codes = content.codes_of(height)
            codes_start = self._codes.end if codes else None
            for code in codes:
                self._codes.append(code)
            self._places[height] = _Place(self._entries.append(record), codes_start)
            self.height = height
            if self.is_rewriting_due:
                self._flush()

    def cut(self, height: int) -> None:
        """Takes the blocks above a kept height away again, as far as they have a record."""
        if self.is_rewriting_due or self.height <= height:
            return
        cut_off = [self._places.pop(above) for above in range(height + 1, self.height + 1)]
        self._entries.cut(cut_off[0].entries)
        brought = [place.codes for place in cut_off if place.codes is not None]
        if brought:
            self._codes.cut(brought[0])
        self.height = height

    def is_pruning_due(self, oldest: int) -> bool:
        """Whether a segment is freed by letting the blocks up to the oldest kept one go."""
        return oldest > self.base and self._offset_after(oldest) - self._entries.first >= self._segment_size

    def prune(self, content: Content) -> None:
        """Makes the base that of the oldest kept block; the blocks up to it go."""
        count_before = len(self._base_records)
        added = self._append_base(content.heads())
        ends = content.ends()
        for number, (known, end) in enumerate(zip(self._base_ends, ends, strict=True)):
            added += self._append_base(content.pieces(number, known, end))
        budget = _RECYCLED * added
        for _ in range(count_before):
            if budget <= 0:
                break
            old = self._base_records.popleft()
            budget -= old.size
            if old.piece is not None:
                number, first, count = old.piece
                self._append_base(content.pieces(number, first, first + count))
        self._base_log.drop(self._base_records[0].offset)
        self._entries.drop(self._offset_after(content.oldest))
        self.base, self._base_ends = content.oldest, ends

    def rewrite(self, content: Content) -> None:
        """Writes everything anew; nothing of what was there before stays. Raises WriteFailed; then the next
        call begins again, and nothing may be committed before."""
        for log in self._logs.values():
            log.start_anew()
        self._base_records.clear()
        self._places.clear()
        for record in base_records(content):
            self._append_base((record,))
            self._flush()
        self.base, self._base_ends = content.oldest, content.ends()
        for code in content.older_codes():
            self._codes.append(code)
        self.height = content.oldest
        self.append_blocks(content)
        self.is_rewriting_due = False

    def _offset_after(self, height: int) -> int:
        """Where the record of the block above a height begins, or would."""
        place = self._places.get(height + 1)
        return self._entries.end if place is None else place.entries

    def _flush(self) -> None:
        """Gives what was appended to the system if it is much. Raises WriteFailed."""
        for log in self._logs.values():
            if log.end - self._flushed.get(log, 0) >= _FLUSHED:
                log.write()
                self._flushed[log] = log.end

    def _append_base(self, records: Iterable[bytes]) -> int:
        count = 0
        for record in records:
            piece = piece_range(record) if record[0] == PIECE else None
            self._note(self._base_log.append(record), len(record), piece)
            count += len(record)
        return count

    def _note(self, offset: int, size: int, piece: tuple[int, int, int] | None) -> None:
        self._base_records.append(_BaseRecord(offset, size, piece))

    # Files

    def write(self, height: int, oldest: int, root: bytes) -> bytes:
        """Gives everything to the operating system; what a commit must name. Raises WriteFailed."""
        logs = [self._logs[name].write() for name in (ENTRIES, CODES, BASE)]
        for forgotten in list(takewhile(lambda at: at < oldest, self._places)):
            del self._places[forgotten]
        return Position(height, oldest, self.base, root, *logs).encode()

    def removes(self) -> Removal:
        """What `committed` will take away."""
        return max(log.removes() for log in self._logs.values())

    def committed(self) -> None:
        """A commit with what `write` gave was written. Raises WriteFailed."""
        for log in self._logs.values():
            log.committed()

    def sync(self) -> None:
        """Makes what was written survive a power cut. Raises WriteFailed."""
        for log in self._logs.values():
            log.sync()

    def close(self) -> None:
        """Lets the files go."""
        for log in self._logs.values():
            log.close()

    def size(self) -> int:
        """Bytes of all files."""
        return sum(log.size() for log in self._logs.values())
