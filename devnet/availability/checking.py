"""The checks of who receives columns: a validator, or anyone who samples (protocol section 5).

A column that passes `ColumnCheck` with the combination of the batch is the true one, except with probability
n / 2^128 for each commitment that its producer tries. That the combination is the batch's, a proof shows, or
`verify_batch` does for who has the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from devnet.availability import WIDE_BYTES, Coder, Flaw, Refused
from devnet.availability.coefficients import draw
from devnet.availability.columns import HASH_BYTES, Column, Strip
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

    __slots__ = ("_coder", "_coefficients", "_column_bytes", "_columns", "_depth", "_encoded", "_root")

    def __init__(self, header: DataHeader, combination: bytes, coder: Coder) -> None:
        """Encodes the combination once. Raises Refused (COMBINATION_LENGTH)."""
        _verify_combination_length(header, combination)
        parameters = header.parameters
        extension, _ = coder.extend(parameters.data_columns, parameters.columns, WIDE_BYTES, combination)
        self._columns, self._depth = parameters.columns, parameters.depth
        self._column_bytes = header.column_bytes
        self._coder = coder
        self._encoded = combination + extension
        self._coefficients = draw(header)
        self._root = header.columns_root

    def verify(self, columns: Sequence[Column]) -> None:
        """Raises Refused for the first that fails (COLUMN_INDEX, COLUMN_LENGTH, PATH_LENGTH, PATH,
        ENCODING)."""
        if isinstance(columns, Strip) and self._holds(columns):
            return
        for refusal in self.refusals(columns):
            if refusal is not None:
                raise refusal

    def _holds(self, strip: Strip) -> bool:
        """Whether all of it does; which columns do not, `refusals` says."""
        indices, count = strip.indices, len(strip)
        if not count or indices.step != 1 or not 0 <= indices.start < indices.stop <= self._columns:
            return not count
        path_bytes = HASH_BYTES * self._depth
        if len(strip.data) != count * self._column_bytes or len(strip.paths) != count * path_bytes:
            return False
        if not all(self._coder.placed(self._root, self._column_bytes, indices, strip.data, strip.paths)):
            return False
        sums = self._coder.combine(self._column_bytes, strip.data, self._coefficients)
        return sums == self._encoded[indices.start * WIDE_BYTES : indices.stop * WIDE_BYTES]

    def refusals(self, columns: Sequence[Column]) -> list[Refused | None]:
        """For each column why it is refused, or None."""
        found = [self._shape(column) for column in columns]
        fitting = [at for at, refusal in enumerate(found) if refusal is None]
        group = max(1, _GROUP_BYTES // self._column_bytes)
        for start in range(0, len(fitting), group):
            self._check(columns, fitting[start : start + group], found)
        return found

    def _check(self, columns: Sequence[Column], places: Sequence[int], found: list[Refused | None]) -> None:
        """Those at these places, which are of the right shape."""
        some = [columns[at] for at in places]
        data = b"".join([column.data for column in some])
        paths = b"".join([peer for column in some for peer in column.path])
        indices = [column.index for column in some]
        are_placed = self._coder.placed(self._root, self._column_bytes, indices, data, paths)
        sums = self._coder.combine(self._column_bytes, data, self._coefficients)
        for place, (at, index, is_placed) in enumerate(zip(places, indices, are_placed, strict=True)):
            if not is_placed:
                found[at] = Refused(Flaw.PATH, f"column {index} does not lead to the columns root")
            elif sums[place * WIDE_BYTES : (place + 1) * WIDE_BYTES] != self._expected(index):
                found[at] = Refused(Flaw.ENCODING, f"column {index} is none of the encoded batch")

    def _expected(self, index: int) -> bytes:
        """The sum over the rows of the true column."""
        return self._encoded[index * WIDE_BYTES : (index + 1) * WIDE_BYTES]

    def _shape(self, column: Column) -> Refused | None:
        if not 0 <= column.index < self._columns:
            return Refused(Flaw.COLUMN_INDEX, f"column {column.index} of {self._columns}")
        if len(column.data) != self._column_bytes:
            return Refused(Flaw.COLUMN_LENGTH, f"{len(column.data)} bytes instead of {self._column_bytes}")
        if len(column.path) != self._depth or len(b"".join(column.path)) != HASH_BYTES * self._depth:
            return Refused(Flaw.PATH_LENGTH, f"{len(column.path)} hashes instead of {self._depth}")
        return None


def _verify_combination_length(header: DataHeader, combination: bytes) -> None:
    expected = header.parameters.combination_bytes
    if len(combination) != expected:
        raise Refused(Flaw.COMBINATION_LENGTH, f"{len(combination)} bytes instead of {expected}")
