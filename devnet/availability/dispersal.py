"""A batch becomes a header, a combination and columns: what a producer does (protocol section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.availability import Coder
from devnet.availability.coefficients import draw
from devnet.availability.column_tree import ColumnTree
from devnet.availability.columns import Column, Strip
from devnet.availability.header import DataHeader
from devnet.availability.parameters import MOST_BATCH_BYTES, Parameters
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32


@dataclass(frozen=True, slots=True)
class Dispersal:
    """All of a dispersed batch. It takes n / k times the batch's memory beside the batch."""

    header: DataHeader
    combination: bytes
    """w, one element of GF(2^128) for each data column."""
    batch: bytes
    parity: bytes
    """The parity columns one after the other."""
    tree: ColumnTree

    @property
    def commitment(self) -> Hash32:
        return self.header.commitment

    def column(self, index: int) -> Column:
        """Raises IndexError for one that there is not."""
        return self.columns(range(index, index + 1))[0]

    def columns(self, held: range) -> Strip:
        """Those that `devnet.availability.holdings.assign` gives somebody. Raises as `column`."""
        parameters, size = self.header.parameters, self.header.column_bytes
        if held and not 0 <= held.start < held.stop <= parameters.columns:
            raise IndexError(f"columns {held.start} to {held.stop - 1} of {parameters.columns}")
        first, end, known = held.start, held.stop, parameters.data_columns
        some = self.batch[first * size : min(end, known) * size]
        data = some.ljust((min(end, known) - first) * size, b"\0")
        parity = self.parity[max(first - known, 0) * size : max(end - known, 0) * size]
        return Strip(held, data + parity, self.tree.paths(held))


def encode(batch: bytes, parameters: Parameters, coder: Coder) -> Dispersal:
    """The dispersal of a batch: the same for every coder. Raises ValueError for an empty batch and for one of
    more than `MOST_BATCH_BYTES`."""
    if not 1 <= len(batch) <= MOST_BATCH_BYTES:
        raise ValueError(f"a batch of {len(batch)} bytes: from 1 to {MOST_BATCH_BYTES} are possible")
    size = parameters.column_bytes(len(batch))
    parity, leaves = coder.extend(parameters.data_columns, parameters.columns, size, batch)
    tree = ColumnTree.over(leaves)
    header = DataHeader(parameters, len(batch), keccak256(batch), tree.root)
    return Dispersal(header, combination_of(header, batch, coder), batch, parity, tree)


def combination_of(header: DataHeader, batch: bytes, coder: Coder) -> bytes:
    """w = r · batch: for each data column the sum over the rows of coefficient · element."""
    found = coder.combine(header.column_bytes, batch, draw(header))
    # Columns of nothing but padding are zero, and so are their sums.
    return found.ljust(header.parameters.combination_bytes, b"\0")
