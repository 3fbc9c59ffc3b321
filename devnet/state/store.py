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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from struct import error as StructError

from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.home import Home
from devnet.persistence.removal import Removal
from devnet.persistence.segment import REPAIR_ADVICE
from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from devnet.state.entries import SENTRIES_PER_SHARD, SHARD_COUNT
from devnet.state.past import PastShard
from devnet.state.records import HEAD, PIECE, piece_range
from devnet.state.restore import Restorer
from devnet.state.shard import Shard
from devnet.state.unloading import base_records, block_records, codes_of, heads, older_codes, pieces
from devnet.state.views import Block, Values

ENTRIES, CODES, BASE = "entries", "codes", "base"
KINDS = {ENTRIES: b"ENTR", CODES: b"CODE", BASE: b"BASE"}
"""The logs, and what their files say that they are."""

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
    def open(cls, home: Home, segment_size: int = SEGMENT_SIZE) -> tuple[Store, Position, Restorer]:
        """The logs as a commit describes them, and the records taken from them. Raises FolderError."""
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
            restorer = store._restore(position)
        except BaseException:
            for log in logs.values():
                log.close()
            raise
        return store, position, restorer

    def _restore(self, position: Position) -> Restorer:
        restorer = Restorer(position.oldest)
        name, offset = BASE, 0
        try:
            for offset, record in self._base_log.scan():
                if record[0] == HEAD:
                    head = restorer.head(record)
                    self._base_ends[head.number] = head.end
                    self._note(offset, len(record), None)
                elif record[0] == PIECE:
                    piece = restorer.piece(record)
                    self._note(offset, len(record), (piece.number, piece.first, len(piece.items)))
                else:
                    raise ValueError(f"there is no record of kind {record[0]} here")
            restorer.end_base(position.base)
            self.base = position.base
            name = CODES
            for offset, record in self._codes.scan():
                restorer.code(record, offset)
            name = ENTRIES
            for offset, record in self._entries.scan():
                restorer.block(record, offset)
            if restorer.height != position.height:
                raise ValueError(f"the blocks end at {restorer.height}, not at {position.height}")
        except ValueError as error:
            raise self.damage(name, str(error), offset) from None
        self.height = position.height
        return restorer

    def contradiction(self, detail: str) -> FolderError:
        """Records of which each is right by itself do not go together."""
        return FolderError(Flaw.DAMAGED, self.folder, detail, advice=REPAIR_ADVICE)

    def damage(self, name: str, detail: str, offset: int) -> FolderError:
        """The record at `offset` of a log cannot be, though its checksum is right."""
        return self._logs[name].damage(detail, offset)

    # What is added and taken away

    def append_blocks(self, shards: Sequence[Shard], values: Values, blocks: Sequence[Block]) -> None:
        """Adds blocks, up to the newest, that have no record yet, with the code that they brought."""
        for block, record in zip(blocks, block_records(shards, blocks), strict=True):
            block.code_offset = self._codes.end
            for code in codes_of(values, block):
                self._codes.append(code)
            block.offset = self._entries.append(record)
            self.height = block.height
            if self.is_rewriting_due:
                self._flush()

    def cut(self, undone: Sequence[Block]) -> None:
        """Takes blocks, in ascending order up to the newest, away again; those without a record are none of
        its business."""
        written = [block for block in undone if block.height <= self.height]
        if self.is_rewriting_due or not written:
            return
        self._entries.cut(written[0].offset)
        brought = [block.code_offset for block in written if block.codes]
        if brought:
            self._codes.cut(brought[0])
        self.height = written[0].height - 1

    def is_pruning_due(self, oldest: Block, following: Block | None) -> bool:
        """Whether a segment is freed by letting the blocks up to `oldest`, which `following` follows, go."""
        return (
            oldest.height > self.base
            and self._offset_of(following) - self._entries.first >= self._segment_size
        )

    def prune(self, oldest: Block, following: Block | None, past: Sequence[PastShard]) -> None:
        """Makes the base that of the oldest kept block, whose shards are `past`; the blocks up to it go."""
        count_before = len(self._base_records)
        added = self._append_base(heads(past, oldest.height, oldest.leaves))
        for shard, end in zip(past, self._base_ends, strict=True):
            added += self._append_base(pieces(shard, end, shard.end))
        budget = _RECYCLED * added
        for _ in range(count_before):
            if budget <= 0:
                break
            old = self._base_records.popleft()
            budget -= old.size
            if old.piece is not None:
                number, first, count = old.piece
                self._append_base(pieces(past[number], first, first + count))
        self._base_log.drop(self._base_records[0].offset)
        self._entries.drop(self._offset_of(following))
        self._set_base(oldest.height, past)

    def rewrite(
        self,
        shards: Sequence[Shard],
        values: Values,
        past: Sequence[PastShard],
        oldest: Block,
        kept: Sequence[Block],
    ) -> None:
        """Writes everything anew; nothing of what was there before stays. Raises WriteFailed; then the next
        call begins again, and nothing may be committed before."""
        for log in self._logs.values():
            log.start_anew()
        self._base_records.clear()
        for record in base_records(past, oldest):
            self._append_base((record,))
            self._flush()
        self._set_base(oldest.height, past)
        for code in older_codes(values, oldest.height, kept):
            self._codes.append(code)
        self.append_blocks(shards, values, kept)
        self.height = kept[-1].height if kept else oldest.height
        self.is_rewriting_due = False

    def _offset_of(self, block: Block | None) -> int:
        """Where the record of the block above the oldest kept one begins, or would."""
        return self._entries.end if block is None else block.offset

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

    def _set_base(self, height: int, shards: Sequence[PastShard]) -> None:
        self.base = height
        self._base_ends = [shard.end for shard in shards]

    # Files

    def write(self, height: int, oldest: int, root: bytes) -> bytes:
        """Gives everything to the operating system; what a commit must name. Raises WriteFailed."""
        logs = [self._logs[name].write() for name in (ENTRIES, CODES, BASE)]
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
