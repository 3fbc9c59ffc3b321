"""The coder in the kernel: SIMD, on all threads of a pool, without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from devnet.kernel import load

if TYPE_CHECKING:
    from devnet.kernel.zero_kernel import Pool


class NativeCoder:
    """See `devnet.availability.Coder`."""

    __slots__ = ("_native",)

    def __init__(self, pool: Pool) -> None:
        """Raises KernelAbsent."""
        self._native = load().Coder(pool)

    @property
    def name(self) -> str:
        return "native"

    def extend(self, data_columns: int, columns: int, column_bytes: int, data: bytes) -> tuple[bytes, bytes]:
        """See `Coder`."""
        parity, leaves = self._native.extend(data_columns, columns, column_bytes, data)
        return parity, leaves

    def combine(self, column_bytes: int, data: bytes, coefficients: bytes) -> bytes:
        """See `Coder`."""
        sums: bytes = self._native.combine(column_bytes, data, coefficients)
        return sums

    def placed(
        self, root: bytes, column_bytes: int, indices: Sequence[int], data: bytes, paths: bytes
    ) -> list[bool]:
        """See `Coder`."""
        answers: list[bool] = self._native.placed(root, column_bytes, indices, data, paths)
        return answers

    def restore(
        self,
        data_columns: int,
        columns: int,
        column_bytes: int,
        known: Mapping[int, bytes],
        wanted: Sequence[int],
    ) -> bytes:
        """See `Coder`."""
        restored: bytes = self._native.restore(
            data_columns, columns, column_bytes, list(known.items()), list(wanted)
        )
        return restored
