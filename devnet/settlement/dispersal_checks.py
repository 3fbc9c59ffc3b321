"""What all validators check alike of a dispersal."""

from __future__ import annotations

from devnet.availability import Coder
from devnet.availability.checking import ColumnCheck, verify_batch
from devnet.availability.header import DataHeader
from devnet.settlement.recent import Recent


class DispersalChecks:
    """Whether a batch and its combination are those of a header; asked again of the same bytes, the answer is
    remembered where it was yes."""

    def __init__(self, coder: Coder) -> None:
        self._coder = coder
        self._held: Recent[ColumnCheck] = Recent()

    def columns_of(self, header: DataHeader, combination: bytes, batch: bytes) -> ColumnCheck:
        """The check of this dispersal's columns. Raises `devnet.availability.Refused`."""

        def find() -> ColumnCheck:
            columns = ColumnCheck(header, combination, self._coder)
            verify_batch(header, combination, batch, self._coder)
            return columns

        return self._held.answer((header, combination, batch), len(combination) + len(batch), find)
