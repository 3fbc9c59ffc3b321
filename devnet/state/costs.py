"""What QMDB's operations cost, counted: the store's promises are about these numbers, not about time."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(slots=True)
class Costs:
    """Running totals. Compaction's own reads and appends are counted apart from those of the operations."""

    entry_reads: int = 0
    appends: int = 0
    compaction_reads: int = 0
    compaction_appends: int = 0
    hashes: int = 0
    """SHA-256 computations: keys, entries, tree nodes, shard leaves, the zone's tree."""

    def copy(self) -> Costs:
        """The totals of now, to subtract from later ones."""
        return replace(self)

    def __sub__(self, earlier: Costs) -> Costs:
        return Costs(
            self.entry_reads - earlier.entry_reads,
            self.appends - earlier.appends,
            self.compaction_reads - earlier.compaction_reads,
            self.compaction_appends - earlier.compaction_appends,
            self.hashes - earlier.hashes,
        )
