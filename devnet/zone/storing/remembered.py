"""What records say of a zone beside its blocks."""

from __future__ import annotations

from collections.abc import Callable

from devnet.chain.block import Header
from devnet.chain.block_codec import header_hash
from devnet.chain.rlp import Decoded, decode, decode_int
from devnet.chain.rlp_items import flag, members, text
from devnet.chain.types import Address, Hash32
from devnet.execution import AccountOverride
from devnet.zone.block_record import BlockRecord
from devnet.zone.environment import BlockSettings
from devnet.zone.messages import Mining
from devnet.zone.sender_queue import Waiting
from devnet.zone.snapshot_losses import SnapshotLoss
from devnet.zone.snapshot_marks import Mark
from devnet.zone.storing.block_codec import decode_block_as
from devnet.zone.storing.header_codec import read_headers
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.storing.override_codec import read_overrides
from devnet.zone.storing.settings_codec import read_impersonation, read_mining, read_settings, read_time
from devnet.zone.storing.snapshot_codec import read_loss, read_mark
from devnet.zone.storing.waiting_codec import read_waiting
from devnet.zone.timestamps import TimeSettings


class Remembered:
    """Fills itself from records in their order; the last one of each kind counts. What no record said is None
    or empty."""

    def __init__(self) -> None:
        self.genesis: BlockRecord | None = None
        self.arrivals = 0
        """The highest arrival of a mempool entry."""
        self.pool: dict[int, Waiting] = {}
        """By arrival, in order."""
        self.sidecars: list[Waiting] = []
        self.overlay: dict[Address, AccountOverride] = {}
        self.time: TimeSettings | None = None
        self.settings: BlockSettings | None = None
        self.mining: Mining | None = None
        self.chain_id: int | None = None
        self.impersonation: tuple[frozenset[Address], bool] | None = None
        self.marks: dict[int, Mark] = {}
        self.losses: list[SnapshotLoss] = []
        self.last_filter = 0
        self.last_snapshot = 0
        self.losses_forgotten = 0
        self.oldest: int | None = None
        self.hashes_below: dict[int, Hash32] = {}
        """By number, of blocks just below the first that is there."""
        self.headers_below: dict[int, Header] = {}
        """The same of those of them whose headers are known."""
        self._waiting: dict[int, Waiting] = {}
        self._readers: dict[int, Callable[[Decoded], None]] = {
            RecordKind.WAITING: self._read_waiting,
            RecordKind.POOL: self._read_pool,
            RecordKind.SIDECARS: self._read_sidecars,
            RecordKind.OVERLAY: self._read_overlay,
            RecordKind.TIME: self._read_time,
            RecordKind.SETTINGS: self._read_settings,
            RecordKind.MINING: self._read_mining,
            RecordKind.CHAIN_ID: self._read_chain_id,
            RecordKind.IMPERSONATION: self._read_impersonation,
            RecordKind.SNAPSHOT: self._read_snapshot,
            RecordKind.SNAPSHOTS_GONE: self._read_snapshots_gone,
            RecordKind.LOSSES: self._read_losses,
            RecordKind.COUNTERS: self._read_counters,
            RecordKind.OLDEST: self._read_oldest,
            RecordKind.HASHES: self._read_hashes,
            RecordKind.HEADERS: self._read_headers,
        }

    def read(self, record: bytes) -> None:
        """Takes the next record in. Raises ValueError where it is none."""
        kind = record[0] if record else 0
        if kind == RecordKind.GENESIS:
            self.genesis = decode_block_as(RecordKind.GENESIS, record)
            return
        reader = self._readers.get(kind)
        if reader is None:
            raise ValueError(f"no record of a journal has kind {kind}")
        reader(decode(record[1:]))

    def _entry(self, arrival: int) -> Waiting:
        entry = self._waiting.get(arrival)
        if entry is None:
            raise ValueError(f"transaction {arrival} of the mempool is named and was not described")
        return entry

    # ------------------------------------------------------------ readers by kind

    def _read_waiting(self, item: Decoded) -> None:
        entry = read_waiting(item)
        self._waiting[entry.arrival] = entry
        self.arrivals = max(self.arrivals, entry.arrival)

    def _read_pool(self, item: Decoded) -> None:
        gone, added = members(item, 2)
        for arrival in _numbers(gone):
            if self.pool.pop(arrival, None) is None:
                raise ValueError(f"transaction {arrival} leaves the mempool, in which it is not")
        for arrival in _numbers(added):
            self.pool[arrival] = self._entry(arrival)

    def _read_sidecars(self, item: Decoded) -> None:
        self.sidecars.extend(map(self._entry, _numbers(item)))

    def _read_overlay(self, item: Decoded) -> None:
        is_anew, written = members(item, 2)
        if flag(is_anew):
            self.overlay = read_overrides(written)
            return
        for address, override in read_overrides(written).items():
            known = self.overlay.get(address)
            self.overlay[address] = override if known is None else _joined(known, override)

    def _read_time(self, item: Decoded) -> None:
        self.time = read_time(item)

    def _read_settings(self, item: Decoded) -> None:
        self.settings = read_settings(item)

    def _read_mining(self, item: Decoded) -> None:
        self.mining = read_mining(item)

    def _read_chain_id(self, item: Decoded) -> None:
        self.chain_id = decode_int(item)

    def _read_impersonation(self, item: Decoded) -> None:
        self.impersonation = read_impersonation(item)

    def _read_snapshot(self, item: Decoded) -> None:
        identifier, mark = members(item, 2)
        if isinstance(mark, list):
            self.marks[decode_int(identifier)] = read_mark(mark, self._entry)
            return
        shared = self.marks.get(decode_int(mark))
        if shared is None:
            raise ValueError("a snapshot is equal to one that there is not")
        self.marks[decode_int(identifier)] = shared

    def _read_snapshots_gone(self, item: Decoded) -> None:
        for identifier in _numbers(item):
            if self.marks.pop(identifier, None) is None:
                raise ValueError(f"snapshot {identifier} ends, and there is none")

    def _read_losses(self, item: Decoded) -> None:
        for loss in map(read_loss, members(item)):
            if self.losses and self.losses[-1].first == loss.first:
                self.losses.pop()
            self.losses.append(loss)

    def _read_counters(self, item: Decoded) -> None:
        self.last_filter, self.last_snapshot, self.losses_forgotten = map(decode_int, members(item, 3))

    def _read_oldest(self, item: Decoded) -> None:
        self.oldest = decode_int(item)

    def _read_hashes(self, item: Decoded) -> None:
        first, joined = members(item, 2)
        content = text(joined)
        if len(content) % 32:
            raise ValueError(f"{len(content)} bytes of hashes")
        number = decode_int(first)
        for index in range(len(content) // 32):
            self.hashes_below[number + index] = Hash32(content[32 * index : 32 * index + 32])

    def _read_headers(self, item: Decoded) -> None:
        for header in read_headers(item):
            if header_hash(header) != self.hashes_below.get(header.number):
                raise ValueError(f"the header of block {header.number} does not have its hash")
            self.headers_below[header.number] = header


def _numbers(item: Decoded) -> list[int]:
    return [decode_int(number) for number in members(item)]


def _joined(below: AccountOverride, above: AccountOverride) -> AccountOverride:
    return AccountOverride(
        balance=below.balance if above.balance is None else above.balance,
        nonce=below.nonce if above.nonce is None else above.nonce,
        code=below.code if above.code is None else above.code,
        storage_changes={**below.storage_changes, **above.storage_changes},
    )
