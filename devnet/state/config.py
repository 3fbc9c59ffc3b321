"""The numbers of a zone's QMDB that are choices of the network, not constants of the format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QmdbConfig:
    """Compaction. It decides roots, so every node of a zone needs the same values.

    After an update, and twice after a creation, a shard with `active` active entries and `total` entries
    since the oldest one that may be active moves its oldest active entry to the end when

        active >= compaction_threshold  and  active * compaction_divisor <= total * compaction_ratio

    The rule is upstream's (threshold 20 000 000, 7 / 10). The defaults here are the devnet's own: they bound
    dead entries to three for each active one whatever the size of the state, and 65,536 sentries are
    rewritten only after some 200 000 changes.
    """

    compaction_threshold: int = 1
    compaction_ratio: int = 1
    compaction_divisor: int = 4

    def __post_init__(self) -> None:
        if self.compaction_threshold < 1 or self.compaction_ratio < 0 or self.compaction_divisor < 1:
            raise ValueError("compaction: the threshold and the divisor are at least 1, the ratio at least 0")
        if self.compaction_ratio >= self.compaction_divisor:
            raise ValueError(
                "compaction: the ratio must be below the divisor, or live entries are moved for ever"
            )


DEVNET = QmdbConfig()
"""What a devnet runs with unless it is configured otherwise."""
