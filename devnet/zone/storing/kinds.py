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
    SIDECARS = 19
    OVERLAY = 20
    TIME = 21
    SETTINGS = 22
    MINING = 23
    CHAIN_ID = 24
    IMPERSONATION = 25
    SNAPSHOT = 26
    SNAPSHOTS_GONE = 27
    LOSSES = 28
    COUNTERS = 29
    OLDEST = 30
    HASHES = 31
    HEADERS = 32
