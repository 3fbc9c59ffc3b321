"""The numbers of a dispersal and what follows from them (protocol section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.availability import ELEMENT_BYTES, WIDE_BYTES

MOST_COLUMNS = 32_768
"""The code has 2^16 points; with more columns its data and parity no longer fit beside each other."""

MOST_BATCH_BYTES = 2**27
"""128 MiB: the largest batch. A producer whose blocks are larger makes more updates."""

FULL_COEFFICIENT_BITS = 8 * WIDE_BYTES

COLUMNS_PER_HOLDER = 24
"""What `suggested_columns` takes, so that rounding to whole columns costs at most a quarter of the data
columns: k >= n / 4. It gives 32,768 columns for 1,200 validators."""

FEWEST_SUGGESTED = 32


@dataclass(frozen=True, slots=True)
class Parameters:
    """Of one dispersal. They are part of what is committed to. Raises ValueError for what cannot be."""

    columns: int
    """n, data and parity."""
    holders: int
    """V, validators that hold at least one column."""
    coefficient_bits: int = FULL_COEFFICIENT_BITS
    """Of the coefficients of the encoding check. Anything but 128 is for measuring how often it errs."""

    def __post_init__(self) -> None:
        if not 3 <= self.columns <= MOST_COLUMNS:
            raise ValueError(f"{self.columns} columns: from 3 to {MOST_COLUMNS} are possible")
        if not 0 <= self.holders <= self.columns:
            raise ValueError(f"{self.holders} holders of {self.columns} columns")
        if self.data_columns < 1:
            raise ValueError(
                f"{self.columns} columns are too few for {self.holders} holders: no data is left"
            )
        if not 1 <= self.coefficient_bits <= FULL_COEFFICIENT_BITS:
            raise ValueError(f"coefficients of {self.coefficient_bits} bits: from 1 to 128 are possible")

    @property
    def data_columns(self) -> int:
        """k = ⌊n/3⌋ − 2V: so many columns, any of them, give the batch."""
        return self.columns // 3 - 2 * self.holders

    @property
    def attested_columns(self) -> int:
        """⌈2n/3⌉ − V: so many columns attested make the batch available. Less than a third of the stake holds
        at most ⌈n/3⌉ − 1 + V of them; should it lie, what is left is still at least k."""
        return -(-2 * self.columns // 3) - self.holders

    def is_available(self, attested: int) -> bool:
        """Whether so many attested columns are enough."""
        return attested >= self.attested_columns

    @property
    def depth(self) -> int:
        """Hashes in the path of a column."""
        return (self.columns - 1).bit_length()

    @property
    def combination_bytes(self) -> int:
        """Of the published combination: one element of GF(2^128) for each data column."""
        return self.data_columns * WIDE_BYTES

    def column_bytes(self, length: int) -> int:
        """Of each column of a batch of so many bytes."""
        return ELEMENT_BYTES * self.rows(length)

    def rows(self, length: int) -> int:
        """Elements in each column of a batch of so many bytes."""
        return -(-length // (self.data_columns * ELEMENT_BYTES))

    def share_bytes(self, length: int, held: int) -> int:
        """What somebody with so many columns receives for a batch of so many bytes: the columns, their paths,
        and the combination."""
        return held * (self.column_bytes(length) + 32 * self.depth) + self.combination_bytes


def suggested_columns(validators: int) -> int:
    """How many columns suit so many validators: the power of two from 24 for each on, at least 32, at most
    32,768. Raises ValueError beyond what 32,768 columns can serve."""
    columns = max(FEWEST_SUGGESTED, 1 << (COLUMNS_PER_HOLDER * validators - 1).bit_length())
    columns = min(columns, MOST_COLUMNS)
    if columns // 3 <= 2 * validators:
        raise ValueError(f"{validators} validators are more than {columns} columns can be spread over")
    return columns
