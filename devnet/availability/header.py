"""What a dispersal commits to (protocol section 5)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from devnet.availability import Flaw, Refused
from devnet.availability.parameters import MOST_BATCH_BYTES, Parameters
from devnet.chain.hash_tree import Rooted, fields_root
from devnet.chain.types import Hash32

VERSION = 1
_LAYOUT = struct.Struct(">BHHBI32s32s")
"""Version, columns, holders, coefficient bits, length, batch hash, columns root."""

HEADER_BYTES = _LAYOUT.size


@dataclass(frozen=True, slots=True)
class DataHeader(Rooted):
    """A dispersal in a few bytes. Raises ValueError for a length that no batch has."""

    parameters: Parameters
    length: int
    """Of the batch, bytes."""
    batch_hash: Hash32
    """keccak of the batch."""
    columns_root: Hash32
    """Root of the SHA-256 tree over the columns (`devnet.availability.column_tree`)."""

    def __post_init__(self) -> None:
        if not 1 <= self.length <= MOST_BATCH_BYTES:
            raise ValueError(f"a batch of {self.length} bytes: from 1 to {MOST_BATCH_BYTES} are possible")
        if len(self.batch_hash) != 32 or len(self.columns_root) != 32:
            raise ValueError("hashes have 32 bytes")

    @property
    def commitment(self) -> Hash32:
        """H(parameters, batch_hash, columns root): the keccak tree of the fields. It is the statement's
        `data_commitment`, and the coefficients of the encoding check are drawn from it."""
        return self._root()

    def _compute_root(self) -> Hash32:
        numbers = (self.parameters.columns, self.parameters.holders, self.parameters.coefficient_bits)
        return fields_root((VERSION, *numbers, self.length, self.batch_hash, self.columns_root))

    @property
    def column_bytes(self) -> int:
        return self.parameters.column_bytes(self.length)

    @property
    def rows(self) -> int:
        return self.parameters.rows(self.length)

    def encode(self) -> bytes:
        """`HEADER_BYTES` bytes, big-endian."""
        return _LAYOUT.pack(
            VERSION,
            self.parameters.columns,
            self.parameters.holders,
            self.parameters.coefficient_bits,
            self.length,
            self.batch_hash,
            self.columns_root,
        )

    @classmethod
    def decode(cls, encoded: bytes) -> DataHeader:
        """Raises Refused (HEADER_LENGTH, HEADER_VERSION, PARAMETERS, BATCH_LENGTH)."""
        if len(encoded) != HEADER_BYTES:
            raise Refused(Flaw.HEADER_LENGTH, f"{len(encoded)} bytes instead of {HEADER_BYTES}")
        version, columns, holders, bits, length, batch_hash, columns_root = _LAYOUT.unpack(encoded)
        if version != VERSION:
            raise Refused(Flaw.HEADER_VERSION, f"version {version} is not known")
        try:
            parameters = Parameters(columns, holders, bits)
        except ValueError as error:
            raise Refused(Flaw.PARAMETERS, str(error)) from error
        try:
            return cls(parameters, length, Hash32(batch_hash), Hash32(columns_root))
        except ValueError as error:
            raise Refused(Flaw.BATCH_LENGTH, str(error)) from error
