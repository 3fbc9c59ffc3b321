"""What cleaning up after a commit takes out of files."""

from __future__ import annotations

import enum


class Removal(enum.IntEnum):
    """What `Durable.committed` will take away. The maximum holds for several parts together."""

    NOTHING = 0
    UNSYNCED = 1
    """Only what no commit that survives a power cut can name."""
    SYNCED = 2
    """Something that a commit which survives a power cut may name: the new one must survive it first."""
