"""Columns as their holders serve them, and what can be made of them: samples, batches, repaired columns."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from devnet.availability import Coder, Flaw
from devnet.availability.checking import ColumnCheck
from devnet.availability.columns import Column
from devnet.availability.retrieval import reconstruct, repair
from devnet.availability.sampling import error_probability, sample
from devnet.chain.types import Hash32
from devnet.settlement.archive import Archive
from devnet.settlement.dispersed import DispersedBlock, DispersedUpdate
from devnet.settlement.faults.plan import FaultPlan

HandOut = Callable[[int, Column], Column | None]
"""(holder, column) -> the column as its holder gives it away, None where it withholds."""


def faithful(_holder: int, column: Column) -> Column | None:
    """Every holder gives what it holds."""
    return column


class NotKept(LookupError):
    """There is no such update, or its data was let go."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What samples found."""

    asked: tuple[int, ...]
    missing: tuple[int, ...]
    """Columns that nobody gave."""
    refused: tuple[tuple[int, Flaw], ...]
    """Columns that are none of the encoded batch, and why."""
    error_probability: float
    """That all samples are answered although fewer than k columns can be had."""
    seed: bytes

    @property
    def is_available(self) -> bool:
        """Whether every sample was answered with a true column."""
        return not self.missing and not self.refused


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A batch that was put together from columns."""

    batch: bytes
    missing: tuple[int, ...]
    """Columns that nobody gave."""
    refused: tuple[tuple[int, Flaw], ...]
    """Columns that did not pass, and why."""


class ColumnService:
    """Serves what an archive holds. Any thread may ask."""

    def __init__(self, archive: Archive, coder: Callable[[], Coder], faults: FaultPlan | None = None) -> None:
        """While there are `faults`, holders do what these say."""
        self._archive = archive
        self.faults = faults
        self._make_coder = coder
        self._lock = threading.Lock()
        self._newest: tuple[Hash32, Retrieved] | None = None
        self.hand_out: HandOut = faithful
        """What holders do when there are no faults."""

    def find(self, update: Hash32) -> tuple[DispersedBlock, DispersedUpdate]:
        """What was dispersed for the update with that hash. Raises NotKept."""
        found = self._archive.find(update)
        if found is None:
            raise NotKept(f"the data of update 0x{update.hex()} is not kept")
        return found

    def columns(
        self, update: Hash32, indices: Sequence[int], *, is_repaired: bool = False
    ) -> list[Column | None]:
        """These columns in their order, as their holders give them; None for one that is withheld. With
        `is_repaired` what is missing or false is computed from the others. Raises NotKept, IndexError for a
        column that there is not, and `devnet.availability.Refused` where a repair is not possible."""
        block, found = self.find(update)
        given = list(self._given(block, found, indices))
        if not is_repaired:
            return given
        check = ColumnCheck(found.header, found.combination, self._make_coder())
        present = [column for column in given if column is not None]
        refusals = iter(check.refusals(present))
        wanted = [
            index
            for index, column in zip(indices, given, strict=True)
            if column is None or next(refusals) is not None
        ]
        if not wanted:
            return given
        others = self._all_given(block, found)
        repaired = repair(found.header, found.combination, others, wanted, self._make_coder())
        by_index = {column.index: column for column in repaired}
        return [by_index.get(index, column) for index, column in zip(indices, given, strict=True)]

    def sample(self, update: Hash32, count: int, seed: bytes | None = None) -> Sampled:
        """Asks holders for so many columns, drawn by the seed (default: a new one), and checks them. Raises
        NotKept, and ValueError for more columns than there are."""
        block, found = self.find(update)
        seed = secrets.token_bytes(16) if seed is None else seed
        parameters = found.header.parameters
        asked = sample(parameters.columns, count, seed)
        missing, refused = self._judged(found, asked, list(self._given(block, found, asked)))
        return Sampled(asked, missing, refused, error_probability(parameters, count), seed)

    def batch(self, update: Hash32) -> Retrieved:
        """The batch out of the columns that holders give; those that fail are dropped. Raises NotKept, and
        `devnet.availability.Refused` where too few pass. Without faults what was
        retrieved last is remembered."""
        with self._lock:
            if self._newest is not None and self._newest[0] == update and self._handing is faithful:
                return self._newest[1]
        block, found = self.find(update)
        indices = range(found.header.parameters.columns)
        given = list(self._given(block, found, indices))
        missing, refused = self._judged(found, indices, given)
        bad = {index for index, _ in refused}
        good = [column for column in given if column is not None and column.index not in bad]
        batch = reconstruct(found.header, found.combination, good, self._make_coder())
        retrieved = Retrieved(batch, missing, refused)
        if self._handing is faithful:
            with self._lock:
                self._newest = (update, retrieved)
        return retrieved

    def _judged(
        self, found: DispersedUpdate, indices: Sequence[int], given: Sequence[Column | None]
    ) -> tuple[tuple[int, ...], tuple[tuple[int, Flaw], ...]]:
        """Which columns are missing, and which are refused."""
        missing = tuple(index for index, column in zip(indices, given, strict=True) if column is None)
        present = [column for column in given if column is not None]
        check = ColumnCheck(found.header, found.combination, self._make_coder())
        refusals = zip(present, check.refusals(present), strict=True)
        return missing, tuple((column.index, why.flaw) for column, why in refusals if why is not None)

    def _given(
        self, block: DispersedBlock, found: DispersedUpdate, indices: Sequence[int]
    ) -> Iterator[Column | None]:
        tree, hand_out = found.tree(), self._handing
        for index in indices:
            column, holder = found.column(index, tree), block.holder_of(index)
            yield None if holder is None else hand_out(holder, column)

    @property
    def _handing(self) -> HandOut:
        faults = self.faults
        return faults.conditions.handed_out if faults is not None and faults.faults else self.hand_out

    def _all_given(self, block: DispersedBlock, found: DispersedUpdate) -> list[Column]:
        indices = range(found.header.parameters.columns)
        return [column for column in self._given(block, found, indices) if column is not None]
