"""One of the sixteen shards of a zone's QMDB: its operations, the leaf it adds to the zone's tree, and its
undo.

The operations are upstream's (QMDB v0.2.0, `updater.rs`):

    UPDATE k    e = active(k)                      append (k, v', next of e)            deactivates e
    CREATE k    p = predecessor(k)                 append (k, v, next of p)
                                                   append (p, next = k)                 deactivates p
    DELETE k    e = active(k), p = predecessor(k)  append (p, next of e)                deactivates e, p
    COMPACT     e = the oldest active entry        append (e with its old version)      deactivates e

COMPACT follows an UPDATE once and a CREATE twice where the shard is compactible at that moment, a DELETE
never.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from hashlib import sha256

from devnet.state.config import QmdbConfig
from devnet.state.costs import Costs
from devnet.state.entries import (
    SENTRIES_PER_SHARD,
    encode_entry,
    is_sentry,
    key_hash_in,
    moved,
    next_key_hash_of,
    with_next_key_hash,
)
from devnet.state.index import Index, Unit
from devnet.state.log import EntryLog
from devnet.state.trees import PREFIX, ZONE_LEVEL

Operation = tuple[bytes, bytes, bytes | None]
"""Key hash, key, and the value at the block's end; None deletes the key."""

Displaced = tuple[bytes, int, bytes | None]
"""Key hash, serial number of the entry that the key had, and that entry; (-1, None) where it had none."""


@dataclass(frozen=True, slots=True)
class ShardUndo:
    """What takes one block's changes to a shard back."""

    start: int
    end: int
    active: int
    displaced: list[Displaced]
    """In the order in which it happened."""


class Shard:
    """Entries of the keys whose hash begins with one hexadecimal digit, sentries first.

    No entry below `start` is active; only compaction moves it. `active` entries are active.
    """

    def __init__(
        self,
        number: int,
        config: QmdbConfig,
        costs: Costs,
        log: EntryLog,
        index: Index,
        start: int = 0,
        active: int = SENTRIES_PER_SHARD,
    ) -> None:
        """Without `start` and `active` one in which nothing ever happened."""
        self.number = number
        self.start = start
        self.active = active
        self.log = log
        self.index = index
        self._config = config
        self._costs = costs

    def leaf(self) -> bytes:
        """What stands for this shard in the zone's tree: its root, and the counters that decide what comes
        next."""
        self._costs.hashes += 1
        return sha256(
            PREFIX[ZONE_LEVEL]
            + self.log.root
            + self.start.to_bytes(8, "little")
            + self.log.end.to_bytes(8, "little")
            + self.active.to_bytes(8, "little")
        ).digest()

    def apply(self, operations: list[Operation], version: int) -> ShardUndo:
        """Runs the operations of one block, which are in the order of their key hashes. The root is stale
        until `log.rehash`."""
        undo = ShardUndo(self.start, self.log.end, self.active, [])
        displaced = undo.displaced
        get_unit = self.index.unit
        for key_hash, key, value in operations:
            unit = get_unit(key_hash)
            key_hashes = unit.key_hashes
            at = bisect_left(key_hashes, key_hash)
            is_there = at < len(key_hashes) and key_hashes[at] == key_hash
            if value is None:
                assert is_there
                self._delete(unit, at, version, displaced)
            elif is_there:
                self._update(unit, at, key, value, version, displaced)
            else:
                self._create(unit, at, key_hash, key, value, version, displaced)
        self._costs.hashes += self.log.end - undo.end
        return undo

    def _update(
        self, unit: Unit, at: int, key: bytes, value: bytes, version: int, displaced: list[Displaced]
    ) -> None:
        log = self.log
        old = unit.serial_numbers[at]
        entry = log.entry(old)
        displaced.append((unit.key_hashes[at], old, entry))
        unit.serial_numbers[at] = log.end
        log.append(encode_entry(key, value, next_key_hash_of(entry), version, log.end, (old,)))
        log.deactivate(old)
        self._costs.entry_reads += 1
        self._costs.appends += 1
        if self._is_compactible():
            self._compact(displaced)

    def _create(
        self,
        unit: Unit,
        at: int,
        key_hash: bytes,
        key: bytes,
        value: bytes,
        version: int,
        displaced: list[Displaced],
    ) -> None:
        log = self.log
        old = unit.serial_numbers[at - 1]
        before = log.entry(old)
        displaced.append((key_hash, -1, None))
        displaced.append((unit.key_hashes[at - 1], old, before))
        unit.key_hashes.insert(at, key_hash)
        unit.serial_numbers.insert(at, log.end)
        log.append(encode_entry(key, value, next_key_hash_of(before), version, log.end))
        unit.serial_numbers[at - 1] = log.end
        log.append(with_next_key_hash(before, key_hash, version, log.end, (old,)))
        log.deactivate(old)
        self.active += 1
        self._costs.entry_reads += 1
        self._costs.appends += 2
        if self._is_compactible():
            # One test, two moves, as upstream.
            self._compact(displaced)
            self._compact(displaced)

    def _delete(self, unit: Unit, at: int, version: int, displaced: list[Displaced]) -> None:
        log = self.log
        gone = unit.serial_numbers[at]
        entry = log.entry(gone)
        old = unit.serial_numbers[at - 1]
        before = log.entry(old)
        displaced.append((unit.key_hashes[at], gone, entry))
        displaced.append((unit.key_hashes[at - 1], old, before))
        unit.serial_numbers[at - 1] = log.end
        log.append(with_next_key_hash(before, next_key_hash_of(entry), version, log.end, (gone, old)))
        log.deactivate(gone)
        log.deactivate(old)
        del unit.key_hashes[at]
        del unit.serial_numbers[at]
        self.active -= 1
        self._costs.entry_reads += 2
        self._costs.appends += 1

    def _is_compactible(self) -> bool:
        config = self._config
        active = self.active
        return (
            active >= config.compaction_threshold
            and active * config.compaction_divisor <= (self.log.end - self.start) * config.compaction_ratio
        )

    def _compact(self, displaced: list[Displaced]) -> None:
        log = self.log
        old = log.next_active(self.start)
        entry = log.entry(old)
        key_hash = key_hash_in(entry)
        displaced.append((key_hash, old, entry))
        self.index.put(key_hash, log.end)
        log.append(moved(entry, log.end, old))
        log.deactivate(old)
        self.start = old + 1
        self._costs.hashes += not is_sentry(entry)
        self._costs.compaction_reads += 1
        self._costs.compaction_appends += 1

    def undo(self, record: ShardUndo) -> None:
        """Takes the newest block back. The root is stale until `log.rehash`."""
        log = self.log
        log.truncate(record.end)
        for key_hash, serial_number, entry in reversed(record.displaced):
            if serial_number < 0:
                self.index.remove(key_hash)
                continue
            self.index.put(key_hash, serial_number)
            # What was appended and displaced inside the block went with the truncation.
            if serial_number < record.end:
                log.reactivate(serial_number, entry)
        self.start = record.start
        self.active = record.active
