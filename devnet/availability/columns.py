"""What a validator holds of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from devnet.availability import Flaw, Refused
from devnet.availability.header import DataHeader
from devnet.chain.types import Hash32

INDEX_BYTES = 2
HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Column:
    """One column with its path under the columns root."""

    index: int
    data: bytes
    """Elements of GF(2^16), two bytes each, little-endian."""
    path: tuple[Hash32, ...]
    """The peers of its leaf, lowest first."""

    def encode(self) -> bytes:
        """index (two bytes, big-endian) ‖ path ‖ data. The lengths follow from the header."""
        return b"".join((self.index.to_bytes(INDEX_BYTES, "big"), *self.path, self.data))

    @classmethod
    def decode(cls, encoded: bytes, header: DataHeader) -> Column:
        """A column of the header's dispersal. Raises Refused (COLUMN_LENGTH, COLUMN_INDEX); whether it is a
        true one, `devnet.availability.checking` tells."""
        path_end = INDEX_BYTES + 32 * header.parameters.depth
        if len(encoded) != path_end + header.column_bytes:
            raise Refused(
                Flaw.COLUMN_LENGTH, f"{len(encoded)} bytes instead of {path_end + header.column_bytes}"
            )
        index = int.from_bytes(encoded[:INDEX_BYTES], "big")
        if index >= header.parameters.columns:
            raise Refused(Flaw.COLUMN_INDEX, f"column {index} of {header.parameters.columns}")
        path = (Hash32(encoded[at : at + 32]) for at in range(INDEX_BYTES, path_end, 32))
        return cls(index, encoded[path_end:], tuple(path))


@dataclass(frozen=True, slots=True)
class Strip(Sequence[Column]):
    """Columns side by side in one piece: each is made when somebody asks for it."""

    indices: range
    data: bytes
    """Of one column after the other, of all alike."""
    paths: bytes
    """Of one column after the other."""

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, place: int) -> Column: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Column, ...]: ...
    def __getitem__(self, place: int | slice) -> Column | tuple[Column, ...]:
        if isinstance(place, slice):
            return tuple([self[at] for at in range(*place.indices(len(self)))])
        index, at = self.indices[place], place % len(self)
        size, path = len(self.data) // len(self), len(self.paths) // len(self)
        peers = range(at * path, (at + 1) * path, HASH_BYTES)
        return Column(
            index,
            self.data[at * size : (at + 1) * size],
            tuple([Hash32(self.paths[start : start + HASH_BYTES]) for start in peers]),
        )


def indices_of(columns: Sequence[Column]) -> Sequence[int]:
    """Of these columns, in their order."""
    return columns.indices if isinstance(columns, Strip) else [column.index for column in columns]
