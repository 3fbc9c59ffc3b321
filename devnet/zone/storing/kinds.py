"""The first byte of every record of a zone. Numbers are never used for something else; a version that adds
one raises the files' format version, so nobody meets a kind that it does not know in a file it accepts."""

from __future__ import annotations

import enum


class RecordKind(enum.IntEnum):
    """What a record holds. Below 16: the block log; the others: the journal."""

    BLOCK = 1
    RESERVED = 2

    GENESIS = 16
    WAITING = 17
    POOL = 18
    OVERLAY = 19
    TIME = 20
    SETTINGS = 21
    MINING = 22
    CHAIN_ID = 23
    IMPERSONATION = 24
    SIDECARS = 25
    SNAPSHOT = 26
    SNAPSHOTS_GONE = 27
    COUNTERS = 28
