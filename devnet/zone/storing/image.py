"""What of a zone is not in its blocks, told as records: what changed since the last ones, or everything.

What changed is found by comparing with what was told last; most parts replace whole values, so looking
whether they are still the same objects costs nothing. The mempool and the sidecars, which may be large, say
themselves what came and went.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from devnet.chain.block_codec import header_hash
from devnet.chain.rlp import encode_bytes, encode_int, encode_list
from devnet.chain.types import Hash32
from devnet.zone.block_archive import HASH_REACH
from devnet.zone.chain_store import ChainStore
from devnet.zone.environment import BlockSettings
from devnet.zone.messages import Mining
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.sender_queue import Waiting
from devnet.zone.snapshot_losses import SnapshotLoss
from devnet.zone.snapshot_marks import Mark
from devnet.zone.storing.block_codec import encode_block_as
from devnet.zone.storing.header_codec import encode_headers
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.storing.override_codec import encode_overrides
from devnet.zone.storing.parts import ZoneParts
from devnet.zone.storing.settings_codec import (
    encode_impersonation,
    encode_mining,
    encode_settings,
    encode_time,
)
from devnet.zone.storing.snapshot_codec import encode_loss, encode_mark
from devnet.zone.storing.waiting_codec import encode_waiting
from devnet.zone.timestamps import TimeSettings


@dataclass(slots=True)
class _Told:
    """What the records so far say; None and empty: nothing."""

    waiting: set[int] = field(default_factory=set)
    """Arrivals of the mempool entries that were described."""
    pool: set[int] = field(default_factory=set)
    """Of those that are in the mempool."""
    overlay: DevelopmentOverlay | None = None
    time: TimeSettings | None = None
    settings: BlockSettings | None = None
    mining: Mining | None = None
    chain_id: int = 0
    impersonation: tuple[frozenset[bytes], bool] | None = None
    marks: dict[int, Mark] = field(default_factory=dict)
    loss: SnapshotLoss | None = None
    counters: tuple[int, int, int] | None = None
    oldest: int = -1


class ImageTeller:
    """Tells a zone's image, or what changed in it."""

    def __init__(self, parts: ZoneParts, takes_notes: bool = True) -> None:
        """Without notes only `whole` can be asked for, and nothing that others noted is used up."""
        self._parts = parts
        self._takes_notes = takes_notes
        self._told = _Told()
        self._records: list[bytes] = []

    def whole(self) -> list[bytes]:
        """Everything, from the genesis block on. `changes` goes on from here."""
        parts = self._parts
        self._told = _Told()
        self._records = [encode_block_as(RecordKind.GENESIS, parts.ledger.chain.genesis)]
        self._tell_hashes(parts.ledger.chain)
        self._tell_pool(parts.pool.snapshot(), ())
        self._tell_sidecars(parts.sidecars.entries)
        if self._takes_notes:
            # From now on the mempool and the sidecars note what changes.
            parts.pool.touched = {}
            parts.sidecars.touched = []
        return self._tell_rest()

    def changes(self) -> list[bytes]:
        """What changed since the last call of this or `whole`."""
        parts = self._parts
        self._records = []
        if parts.pool.touched:
            touched, parts.pool.touched = parts.pool.touched, {}
            self._tell_touched(touched.values())
        if parts.sidecars.touched:
            kept, parts.sidecars.touched = parts.sidecars.touched, []
            self._tell_sidecars(kept)
        return self._tell_rest()

    @property
    def is_behind(self) -> bool:
        """Whether something that callers see is not as it was told. Any thread may ask; the owner notes or
        replaces what it changes before others see it."""
        parts, told = self._parts, self._told
        overlay, marks = parts.ledger.tip.overlay, parts.marks
        return (
            bool(parts.pool.touched)
            or bool(parts.sidecars.touched)
            or overlay.has_changes
            or (overlay is not told.overlay and (bool(overlay) or bool(told.overlay)))
            or parts.time.settings is not told.time
            or parts.producer.settings is not told.settings
            or parts.producer.mining is not told.mining
            or parts.ledger.rules.chain_id != told.chain_id
            or (parts.impersonation.accounts, parts.impersonation.is_automatic) != told.impersonation
            or len(marks.marks) != len(told.marks)
            or (told.counters is not None and marks.last_id != told.counters[1])
            or parts.ledger.chain.oldest != told.oldest
        )

    def _tell(self, kind: RecordKind, encoded: bytes) -> None:
        self._records.append(bytes((kind,)) + encoded)

    def _tell_hashes(self, chain: ChainStore) -> None:
        """What BLOCKHASH reaches below the oldest block, and what proves it: a dump does not hold those
        blocks."""
        lowest = number = max(chain.genesis.number + 1, chain.oldest - HASH_REACH)
        hashes: list[Hash32] = []
        while number < chain.oldest and (found := chain.hash_of(number)) is not None:
            hashes.append(found)
            number += 1
        if hashes:
            self._tell(RecordKind.HASHES, encode_list((encode_int(lowest), encode_bytes(b"".join(hashes)))))
        headers = [
            header
            for header in chain.headers_below(lowest)
            if header_hash(header) == chain.hash_of(header.number)
        ]
        if headers:
            self._tell(RecordKind.HEADERS, encode_headers(headers))

    # ------------------------------------------------------------ mempool and sidecars

    def _tell_touched(self, touched: Iterable[Waiting]) -> None:
        pool = self._parts.pool
        told = self._told.pool
        added: list[Waiting] = []
        gone: list[int] = []
        for entry in touched:
            is_there = pool.get(entry.transaction.hash) is entry
            if is_there != (entry.arrival in told):
                if is_there:
                    added.append(entry)
                else:
                    gone.append(entry.arrival)
        if added or gone:
            self._tell_pool(added, gone)

    def _tell_pool(self, added: Sequence[Waiting], gone: Sequence[int]) -> None:
        if not (added or gone):
            return
        self._describe(added)
        arrivals = [entry.arrival for entry in added]
        self._tell(RecordKind.POOL, encode_list((_encode_numbers(gone), _encode_numbers(arrivals))))
        self._told.pool.difference_update(gone)
        self._told.pool.update(arrivals)

    def _tell_sidecars(self, kept: Sequence[Waiting]) -> None:
        if kept:
            self._describe(kept)
            self._tell(RecordKind.SIDECARS, _encode_numbers([entry.arrival for entry in kept]))

    def _describe(self, entries: Iterable[Waiting]) -> None:
        """Other records name a mempool entry by its arrival only."""
        described = self._told.waiting
        for entry in entries:
            if entry.arrival not in described:
                described.add(entry.arrival)
                self._tell(RecordKind.WAITING, encode_waiting(entry))

    # ------------------------------------------------------------ small things

    def _tell_rest(self) -> list[bytes]:
        parts, told = self._parts, self._told
        self._tell_overlay(parts.ledger.tip.overlay)
        time, settings, mining = parts.time.settings, parts.producer.settings, parts.producer.mining
        if time is not told.time:
            if time != told.time:
                self._tell(RecordKind.TIME, encode_time(time))
            told.time = time
        if settings is not told.settings:
            if settings != told.settings:
                self._tell(RecordKind.SETTINGS, encode_settings(settings))
            told.settings = settings
        if mining is not told.mining:
            if mining != told.mining:
                self._tell(RecordKind.MINING, encode_mining(mining))
            told.mining = mining
        chain_id = parts.ledger.rules.chain_id
        if chain_id != told.chain_id:
            told.chain_id = chain_id
            self._tell(RecordKind.CHAIN_ID, encode_int(chain_id))
        impersonation = parts.impersonation.accounts, parts.impersonation.is_automatic
        if impersonation != told.impersonation:
            told.impersonation = impersonation
            self._tell(RecordKind.IMPERSONATION, encode_impersonation(*impersonation))
        self._tell_marks()
        oldest = parts.ledger.chain.oldest
        if oldest != told.oldest:
            told.oldest = oldest
            self._tell(RecordKind.OLDEST, encode_int(oldest))
        return self._records

    def _tell_overlay(self, overlay: DevelopmentOverlay) -> None:
        before = self._told.overlay
        if overlay is before:
            changes = overlay.take_changes()
            if changes:
                self._tell(RecordKind.OVERLAY, encode_list((encode_int(0), encode_overrides(changes))))
            return
        self._told.overlay = overlay
        if overlay or before:
            self._tell(RecordKind.OVERLAY, encode_list((encode_int(1), encode_overrides(overlay.freeze()))))
        if self._takes_notes:
            overlay.take_changes()

    # ------------------------------------------------------------ snapshots

    def _tell_marks(self) -> None:
        marks, told = self._parts.marks, self._told
        counters = self._parts.filters.last_id, marks.last_id, marks.losses.forgotten
        present, known = marks.marks, told.marks
        gone: list[int] = []
        while known and (newest := next(reversed(known))) not in present:
            gone.append(newest)
            del known[newest]
        last = next(reversed(known)) if known else 0
        added: list[int] = []
        for identifier in marks.newest_first():
            if identifier <= last:
                break
            added.append(identifier)
        if len(known) + len(added) != len(present):
            gone.extend([identifier for identifier in known if identifier not in present])
            for identifier in gone:
                known.pop(identifier, None)
        if gone:
            self._tell(RecordKind.SNAPSHOTS_GONE, _encode_numbers(gone))
        for identifier in reversed(added):
            self._tell_mark(identifier, present[identifier])
        if gone or counters != told.counters:
            self._tell_losses()
        if counters != told.counters:
            told.counters = counters
            self._tell(RecordKind.COUNTERS, _encode_numbers(counters))

    def _tell_mark(self, identifier: int, mark: Mark) -> None:
        known = self._told.marks
        newest = next(reversed(known.items())) if known else None
        if newest is not None and newest[1] is mark:
            shared = encode_int(newest[0])
        else:
            self._describe(mark.pool)
            shared = encode_mark(mark)
        known[identifier] = mark
        self._tell(RecordKind.SNAPSHOT, encode_list((encode_int(identifier), shared)))

    def _tell_losses(self) -> None:
        before = self._told.loss
        found: list[SnapshotLoss] = []
        for loss in reversed(tuple(self._parts.marks.losses)):
            if loss is before:
                break
            found.append(loss)
            if before is not None and loss.first == before.first:
                # It covers more than it did.
                break
        if found:
            self._told.loss = found[0]
            found.reverse()
            self._tell(RecordKind.LOSSES, encode_list([encode_loss(loss) for loss in found]))


def _encode_numbers(numbers: Iterable[int]) -> bytes:
    return encode_list([encode_int(number) for number in numbers])
