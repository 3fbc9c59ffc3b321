"""The coder in Python, with NumPy: protocol section 5 as docs/availability.md words it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from devnet.availability import COORDINATES, ELEMENT_BYTES, WIDE_BYTES
from devnet.availability.column_tree import KnownNodes, leaf_of
from devnet.availability.field import ORDER, Elements, field
from devnet.availability.parameters import MOST_COLUMNS
from devnet.availability.transform import derive, to_coefficients, to_values
from devnet.chain.types import Hash32

_ELEMENT = np.dtype("<u2")
_STRIPE_ELEMENTS = 2**20
"""Of the arrays that are worked on at once."""


class ReferenceCoder:
    """See `devnet.availability.Coder`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return "reference"

    def extend(self, data_columns: int, columns: int, column_bytes: int, data: bytes) -> tuple[bytes, bytes]:
        """See `Coder`."""
        _verify_shape(data_columns, columns, column_bytes)
        if len(data) > data_columns * column_bytes:
            raise ValueError(f"{len(data)} bytes of data")
        originals = _columns(data.ljust(data_columns * column_bytes, b"\0"), column_bytes)
        parity = np.empty((columns - data_columns, originals.shape[1]), _ELEMENT)
        for rows in _stripes(originals.shape[1], columns):
            parity[:, rows] = _parity_of(originals[:, rows], columns)
        leaves = b"".join(leaf_of(column.tobytes()) for each in (originals, parity) for column in each)
        return parity.tobytes(), leaves

    def combine(self, column_bytes: int, data: bytes, coefficients: bytes) -> bytes:
        """See `Coder`."""
        height, half = divmod(column_bytes, ELEMENT_BYTES)
        if height < 1 or half or len(coefficients) != height * WIDE_BYTES:
            raise ValueError(f"{len(coefficients)} bytes of coefficients for columns of {column_bytes} bytes")
        columns = _columns(data.ljust(-(-len(data) // column_bytes) * column_bytes, b"\0"), column_bytes)
        factors = np.frombuffer(coefficients, _ELEMENT).reshape(-1, COORDINATES)
        sums = np.zeros((len(columns), COORDINATES), _ELEMENT)
        for rows in _stripes(columns.shape[1], COORDINATES * len(columns)):
            terms = field().multiply(columns[:, rows, None], factors[None, rows])
            sums ^= np.bitwise_xor.reduce(terms, axis=1)
        return sums.tobytes()

    def placed(
        self, root: bytes, column_bytes: int, indices: Sequence[int], data: bytes, paths: bytes
    ) -> list[bool]:
        """See `Coder`."""
        count = len(indices)
        if column_bytes < 1 or len(data) != count * column_bytes:
            raise ValueError(f"{len(data)} bytes of {count} columns of {column_bytes} bytes")
        if len(paths) % (32 * max(count, 1)):
            raise ValueError(f"{len(paths)} bytes of {count} paths")
        known = KnownNodes(Hash32(root))
        peers = [Hash32(paths[at : at + 32]) for at in range(0, len(paths), 32)]
        depth = len(peers) // max(count, 1)
        return [
            known.leads(
                leaf_of(data[place * column_bytes : (place + 1) * column_bytes]),
                peers[place * depth : (place + 1) * depth],
                index,
            )
            for place, index in enumerate(indices)
        ]

    def restore(
        self,
        data_columns: int,
        columns: int,
        column_bytes: int,
        known: Mapping[int, bytes],
        wanted: Sequence[int],
    ) -> bytes:
        """See `Coder`."""
        _verify_shape(data_columns, columns, column_bytes)
        if len(known) < data_columns:
            raise ValueError(f"{len(known)} columns are known, {data_columns} are needed")
        if len(wanted) > columns or not all(0 <= index < columns for index in (*known, *wanted)):
            raise ValueError(f"a column that is none of {columns}")
        if any(len(column) != column_bytes for column in known.values()):
            raise ValueError(f"a column that has not {column_bytes} bytes")
        here = sorted(known)
        values = np.stack([np.frombuffer(known[index], _ELEMENT) for index in here])
        first_parity = _chunk(data_columns)
        points = np.arange(columns) + (np.arange(columns) >= data_columns) * (first_parity - data_columns)
        locator = _locator(first_parity, data_columns, points[here], int(points[-1]))
        found = np.empty((len(wanted), values.shape[1]), _ELEMENT)
        for rows in _stripes(values.shape[1], len(locator)):
            work = _interpolated(values[:, rows], points[here], locator)
            found[:, rows] = work[points[list(wanted)]]
        return found.tobytes()


def _verify_shape(data_columns: int, columns: int, column_bytes: int) -> None:
    if not 3 <= 3 * data_columns <= columns <= MOST_COLUMNS:
        raise ValueError(f"{data_columns} data columns of {columns}")
    if column_bytes < ELEMENT_BYTES or column_bytes % ELEMENT_BYTES:
        raise ValueError(f"a column of {column_bytes} bytes")


def _columns(data: bytes, column_bytes: int) -> Elements:
    return np.frombuffer(data, _ELEMENT).reshape(-1, column_bytes // ELEMENT_BYTES)


def _stripes(rows: int, columns: int) -> Iterator[slice]:
    """The code acts on each row alone: rows that are worked on together."""
    step = max(1, _STRIPE_ELEMENTS // max(1, columns))
    return (slice(start, start + step) for start in range(0, rows, step))


def _chunk(data_columns: int) -> int:
    """K, the power of two from k on: data columns are the values at the points 0 … k − 1 of a polynomial of
    degree below K that is zero at the points k … K − 1; parity columns are its values from point K on."""
    return 1 << (data_columns - 1).bit_length()


def _parity_of(originals: Elements, columns: int) -> Elements:
    chunk = _chunk(len(originals))
    coefficients = np.zeros((chunk, originals.shape[1]), np.uint16)
    coefficients[: len(originals)] = originals
    to_coefficients(field(), coefficients, 0)
    parity = []
    for first_point in range(chunk, chunk + columns - len(originals), chunk):
        values = coefficients.copy()
        to_values(field(), values, first_point)
        parity.append(values)
    return np.concatenate(parity)[: columns - len(originals)]


def _locator(
    first_parity: int, data_columns: int, known_points: NDArray[np.int64], last_point: int
) -> NDArray[np.int64]:
    """For each point of the transform the logarithm of Π (point − e) over all points e whose value is not
    known, but for e = point itself.

    The sum of log(point − e) is a convolution over XOR, and so a product under the Walsh-Hadamard transform.
    """
    size = 1 << last_point.bit_length()
    unknown = np.ones(size, np.int64)
    unknown[known_points] = 0
    unknown[data_columns:first_parity] = 0
    logs = field().log[:size].astype(np.int64)
    logs[0] = 0
    product = _walsh_hadamard(unknown) * _walsh_hadamard(logs)
    return (_walsh_hadamard(product) // size) % ORDER


def _walsh_hadamard(values: NDArray[np.int64]) -> NDArray[np.int64]:
    for height in range(len(values).bit_length() - 1):
        halves = values.reshape(-1, 2, 1 << height)
        values = np.stack((halves[:, 0] + halves[:, 1], halves[:, 0] - halves[:, 1]), axis=1).reshape(-1)
    return values


def _interpolated(values: Elements, known_points: NDArray[np.int64], locator: NDArray[np.int64]) -> Elements:
    """The values of the polynomial at all points, from those at the known ones.

    With L vanishing where nothing is known, f · L is known everywhere. There (f · L)' is f · L', which
    gives f.
    """
    exp = field().exp
    work = np.zeros((len(locator), values.shape[1]), np.uint16)
    work[known_points] = field().multiply(values, exp[locator[known_points]][:, None])
    to_coefficients(field(), work, 0)
    derive(work)
    to_values(field(), work, 0)
    work = field().multiply(work, exp[ORDER - locator][:, None])
    work[known_points] = values
    return work
