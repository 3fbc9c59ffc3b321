"""The checks of who receives columns: a validator, or anyone who samples (protocol section 5).

A column that passes `ColumnCheck` with the combination of the batch is the true one, except with probability
n / 2^128 for each commitment that its producer tries. That the combination is the batch's, a proof shows, or
`verify_batch` does for who has the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from devnet.availability import WIDE_BYTES, Coder, Flaw, Refused
from devnet.availability.coefficients import draw
from devnet.availability.column_tree import KnownNodes, leaf_of
from devnet.availability.columns import Column
from devnet.availability.dispersal import combination_of
from devnet.availability.header import DataHeader
from devnet.availability.parameters import Parameters
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32

_GROUP_BYTES = 2**24
"""Of columns that are checked together: they are copied for it."""


def verify_header(header: DataHeader, parameters: Parameters, commitment: Hash32) -> None:
    """Whether it is the header of this commitment under the network's parameters. Raises Refused (PARAMETERS,
    COMMITMENT)."""
    if header.parameters != parameters:
        raise Refused(Flaw.PARAMETERS, f"{header.parameters} instead of {parameters}")
    if header.commitment != commitment:
        raise Refused(Flaw.COMMITMENT, f"0x{header.commitment.hex()} instead of 0x{commitment.hex()}")


def verify_batch(header: DataHeader, combination: bytes, batch: bytes, coder: Coder) -> None:
    """Whether batch and combination are the header's: what a succinct proof shows to who never has the batch.
    Raises Refused (BATCH_LENGTH, BATCH_HASH, COMBINATION_LENGTH, COMBINATION)."""
    if len(batch) != header.length:
        raise Refused(Flaw.BATCH_LENGTH, f"{len(batch)} bytes instead of {header.length}")
    if keccak256(batch) != header.batch_hash:
        raise Refused(Flaw.BATCH_HASH, "the batch is not the one of the header")
    _verify_combination_length(header, combination)
    if combination_of(header, batch, coder) != combination:
        raise Refused(Flaw.COMBINATION, "the combination is not the batch's")


def verify_column(header: DataHeader, combination: bytes, column: Column, coder: Coder) -> None:
    """As `ColumnCheck(…).verify`, for one. Raises Refused."""
    ColumnCheck(header, combination, coder).verify((column,))


class ColumnCheck:
    """Checks columns of one dispersal: how they lie under the root, and the encoding by a random sum.

    The code acts on each coordinate of GF(2^128) alone, so that the sums of all columns are the code's
    columns for the sums of the data columns: eight encodings of one row.
    """

    __slots__ = ("_coder", "_coefficients", "_encoded", "_header", "_known")

    def __init__(self, header: DataHeader, combination: bytes, coder: Coder) -> None:
        """Encodes the combination once. Raises Refused (COMBINATION_LENGTH)."""
        _verify_combination_length(header, combination)
        parameters = header.parameters
        extension, _ = coder.extend(parameters.data_columns, parameters.columns, WIDE_BYTES, combination)
        self._header = header
        self._coder = coder
        self._encoded = combination + extension
        self._coefficients = draw(header)
        self._known = KnownNodes(header.columns_root)

    def verify(self, columns: Sequence[Column]) -> None:
        """Raises Refused for the first that fails (COLUMN_INDEX, COLUMN_LENGTH, PATH_LENGTH, PATH,
        ENCODING)."""
        for refusal in self.refusals(columns):
            if refusal is not None:
                raise refusal

    def refusals(self, columns: Sequence[Column]) -> list[Refused | None]:
        """For each column why it is refused, or None."""
        found = [self._placement(column) for column in columns]
        placed = [at for at, refusal in enumerate(found) if refusal is None]
        group = max(1, _GROUP_BYTES // self._header.column_bytes)
        for start in range(0, len(placed), group):
            self._check_encoding(columns, placed[start : start + group], found)
        return found

    def _check_encoding(
        self, columns: Sequence[Column], places: Sequence[int], found: list[Refused | None]
    ) -> None:
        data = b"".join(columns[at].data for at in places)
        sums = self._coder.combine(self._header.column_bytes, data, self._coefficients)
        for start, at in zip(range(0, len(sums), WIDE_BYTES), places, strict=True):
            expected_start = columns[at].index * WIDE_BYTES
            expected = self._encoded[expected_start : expected_start + WIDE_BYTES]
            if sums[start : start + WIDE_BYTES] != expected:
                found[at] = Refused(Flaw.ENCODING, f"column {columns[at].index} is none of the encoded batch")

    def _placement(self, column: Column) -> Refused | None:
        header = self._header
        if not 0 <= column.index < header.parameters.columns:
            return Refused(Flaw.COLUMN_INDEX, f"column {column.index} of {header.parameters.columns}")
        if len(column.data) != header.column_bytes:
            return Refused(Flaw.COLUMN_LENGTH, f"{len(column.data)} bytes instead of {header.column_bytes}")
        if len(column.path) != header.parameters.depth:
            return Refused(
                Flaw.PATH_LENGTH, f"{len(column.path)} hashes instead of {header.parameters.depth}"
            )
        if not self._known.leads(leaf_of(column.data), column.path, column.index):
            return Refused(Flaw.PATH, f"column {column.index} does not lead to the columns root")
        return None


def _verify_combination_length(header: DataHeader, combination: bytes) -> None:
    expected = header.parameters.combination_bytes
    if len(combination) != expected:
        raise Refused(Flaw.COMBINATION_LENGTH, f"{len(combination)} bytes instead of {expected}")
