"""SVID: a batch encoded, committed to, spread over validators, sampled, put together again.

Protocol section 5; docs/availability.md says what everything is made of.

Whoever needs all of it imports from here the Protocol and what it refuses, and from

    parameters   Parameters of a dispersal: how many columns, how many of them are enough
    header       DataHeader, whose commitment a statement names
    columns      Column: what a validator holds
    dispersal    encode: a batch becomes a header, a combination and columns
    checking     ColumnCheck, verify_column, verify_batch, verify_header
    retrieval    reconstruct, repair
    holdings     assign: which columns go to whom
    sampling     which columns to ask for, and what that shows
    reference    ReferenceCoder, with NumPy
    native       NativeCoder, in the kernel

Both coders give the same bytes. Nothing here knows zones, blocks or validators' keys.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Protocol

COORDINATES = 8
"""Elements of GF(2^16) in one of GF(2^128)."""

ELEMENT_BYTES = 2
"""An element of GF(2^16) in a column, little-endian."""

WIDE_BYTES = COORDINATES * ELEMENT_BYTES
"""An element of GF(2^128): its coordinates, the lowest first."""


class Flaw(enum.StrEnum):
    """What is wrong with something that was refused. The values are stable."""

    HEADER_LENGTH = "header length"
    HEADER_VERSION = "header version"
    PARAMETERS = "parameters"
    """They are none that can be, or not those that the network's rules give."""
    BATCH_LENGTH = "batch length"
    COMMITMENT = "commitment"
    """The header is not the one that was committed to."""
    COMBINATION_LENGTH = "combination length"
    COMBINATION = "combination"
    """It is not the one of the batch."""
    COLUMN_LENGTH = "column length"
    COLUMN_INDEX = "column index"
    PATH_LENGTH = "path length"
    PATH = "path"
    """The column is not the one that was committed to."""
    ENCODING = "encoding"
    """The column was committed to and is none of the encoded batch: its producer colluded."""
    TOO_FEW_COLUMNS = "too few columns"
    PADDING = "padding"
    """There is something behind the end of the batch."""
    BATCH_HASH = "batch hash"


class Refused(Exception):
    """Something from outside that does not hold: which flaw, and a detail for people."""

    def __init__(self, flaw: Flaw, detail: str) -> None:
        super().__init__(flaw, detail)
        self.flaw = flaw
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.flaw.value}: {self.detail}"


class Coder(Protocol):
    """The arithmetic: a systematic Reed-Solomon code over GF(2^16), and sums over GF(2^128).

    A coder keeps nothing between calls and may be called from several threads at once. Columns are whole
    elements: `column_bytes` is even and at least 2. The data columns are at most a third of all. What is
    out of range is the caller's mistake (ValueError): nothing from outside reaches a coder unchecked.
    """

    @property
    def name(self) -> str:
        """`reference` or `native`."""

    def extend(self, data_columns: int, columns: int, column_bytes: int, data: bytes) -> tuple[bytes, bytes]:
        """The parity columns `data_columns` … `columns` − 1, one after the other, and the SHA-256 leaf of
        each column (`column_tree`), 32 bytes. `data` is the data columns one after the other; zeros at its
        end may be missing."""

    def combine(self, column_bytes: int, data: bytes, coefficients: bytes) -> bytes:
        """For each column in `data` (the last one may lack zeros at its end) the sum over its rows of
        coefficient · element, an element of GF(2^128). `coefficients` is one of these for each row."""

    def placed(
        self, root: bytes, column_bytes: int, indices: Sequence[int], data: bytes, paths: bytes
    ) -> list[bool]:
        """For each column in `data` whether it lies at its index, below 2^32, under that root of the tree
        over all columns (`column_tree`). `paths` are the columns' paths one after the other, each of as many
        peers, lowest first."""

    def restore(
        self,
        data_columns: int,
        columns: int,
        column_bytes: int,
        known: Mapping[int, bytes],
        wanted: Sequence[int],
    ) -> bytes:
        """The wanted columns, one after the other, from at least `data_columns` known ones."""
