"""What files and dumps of a state are written from, and what takes their records: the one file protocol
(`devnet.state.store`, `devnet.state.kept`) of the reference and of the native state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from devnet.chain.types import Hash32
from devnet.state.records import BLOCK, CODE, HEAD, PIECE

Item = TypeVar("Item")


class Content(Protocol):
    """The kept heights of a state. It must not change while records are taken."""

    @property
    def height(self) -> int:
        """Of the newest block."""

    @property
    def oldest(self) -> int:
        """The lowest kept height."""

    @property
    def root(self) -> Hash32:
        """After the newest block."""

    def block_records(self, first: int) -> Iterable[bytes]:
        """A BLOCK for every block from the kept height `first` on, ascending."""

    def codes_of(self, height: int) -> Sequence[bytes]:
        """CODEs of what one kept block brought."""

    def older_codes(self) -> Iterable[bytes]:
        """CODEs of what came up to the oldest kept height, as of that height."""

    def heads(self) -> Iterable[bytes]:
        """HEADs of all shards at the oldest kept height, which is not that before genesis."""

    def pieces(self, shard: int, first: int, end: int) -> Iterable[bytes]:
        """PIECEs of the serial numbers from `first` on and before `end` at the oldest kept height, without
        dead twigs and without sentries in their first places."""

    def ends(self) -> list[int]:
        """Of every shard at the oldest kept height, the serial number of the next entry."""


class RecordRefused(ValueError):
    """A record cannot be, or cannot come here. `index`: which one of those given it was."""

    def __init__(self, index: int, detail: str) -> None:
        super().__init__(detail)
        self.index = index


class Restoring(Protocol):
    """Takes records: the base's, `end_base`, then code and blocks. Every method raises ValueError, those that
    take records RecordRefused."""

    @property
    def height(self) -> int:
        """Of the newest block so far."""

    def take_base(self, records: Sequence[bytes]) -> None:
        """Takes HEADs and PIECEs; a later HEAD of the same shard takes the place of an earlier one."""

    def end_base(self, height: int | None = None) -> None:
        """All HEADs and PIECEs were taken. `height`: what the base must be of."""

    def take_codes(self, records: Sequence[bytes]) -> None:
        """Takes CODEs."""

    def take_blocks(self, records: Sequence[bytes]) -> None:
        """Takes BLOCKs, each of which must be the next one."""


def base_records(content: Content) -> Iterator[bytes]:
    """HEADs and PIECEs of the state at the oldest kept height; none before genesis."""
    if content.oldest >= 0:
        yield from content.heads()
        for shard, end in enumerate(content.ends()):
            yield from content.pieces(shard, 0, end)


def all_records(content: Content) -> Iterator[bytes]:
    """Everything: the state at the oldest kept height, code, the blocks above."""
    yield from base_records(content)
    yield from content.older_codes()
    for height in range(content.oldest + 1, content.height + 1):
        yield from content.codes_of(height)
    yield from content.block_records(content.oldest + 1)


_BATCH = 4 * 1024 * 1024
"""Bytes of records that are taken at once."""


def batches(records: Iterable[Item], size_of: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Records in lists of some megabytes, so that taking them is few calls and no copy of everything."""
    batch: list[Item] = []
    size = 0
    for record in records:
        batch.append(record)
        size += size_of(record)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def take_all(restoring: Restoring, records: Iterable[bytes]) -> None:
    """Has everything taken that `all_records` gave. Raises ValueError."""
    is_base = True
    for batch in batches(records, len):
        for kind, group in groupby(batch, key=lambda record: record[0] if record else 0):
            is_of_base = kind in (HEAD, PIECE)
            if kind not in (HEAD, PIECE, CODE, BLOCK) or (is_of_base and not is_base):
                raise ValueError(f"a record of kind {kind} cannot come here")
            if is_base and not is_of_base:
                restoring.end_base()
                is_base = False
            if is_of_base:
                restoring.take_base(list(group))
            elif kind == CODE:
                restoring.take_codes(list(group))
            else:
                restoring.take_blocks(list(group))
    if is_base:
        restoring.end_base()
