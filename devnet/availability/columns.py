"""What a validator holds of a batch."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.availability import Flaw, Refused
from devnet.availability.header import DataHeader
from devnet.chain.types import Hash32

INDEX_BYTES = 2


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
