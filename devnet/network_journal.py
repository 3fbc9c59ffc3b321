"""What a network keeps beside its zones: its clock, its list of snapshots, its settlement chain.

A log of records, each a kind and what it says; `docs/formats.md` has the bytes. It begins anew, with
everything there is, when it has grown to many times that size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError

from devnet.chain import rlp
from devnet.clock import KeptTime
from devnet.persistence.removal import Removal
from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from devnet.settlement.chain import ChainChange, SettlementChain
from devnet.settlement.chain_codec import decode_change, encode_change
from devnet.snapshot_book import BookState, Ended, SnapshotBook, Taken
from devnet.zone.snapshot_losses import SnapshotLoss

JOURNAL_KIND = b"NETJ"

CLOCK, BOOK, TAKEN, ENDED, SETTLEMENT = 1, 2, 3, 4, 5
"""Kinds of records. BOOK is a whole list of snapshots and ends what came before of it; SETTLEMENT is a change
of the settlement chain."""

_CLOCK = Struct("<Bq")

_LEAST_GROWTH = 256 * 1024
"""Bytes after which a journal may begin anew, however little is in it."""


@dataclass(frozen=True, slots=True)
class KeptNetwork:
    """What the journal, or a dump's part for the network, says."""

    clock: KeptTime
    book: SnapshotBook
    settlement: tuple[ChainChange, ...] = ()
    """What makes the settlement chain again, in order."""

    def records(self) -> Iterator[bytes]:
        """From which `read_records` makes it again."""
        yield _clock_record(self.clock)
        yield bytes([BOOK]) + _book_bytes(self.book.state())
        for change in self.settlement:
            yield _settlement_record(change)


def read_records(records: Iterator[bytes]) -> KeptNetwork:
    """What records say together. Raises ValueError and struct.error."""
    clock: KeptTime | None = None
    book = SnapshotBook()
    settlement: list[ChainChange] = []
    for record in records:
        kind, content = record[0], record[1:]
        if kind == CLOCK:
            is_wall, seconds = _CLOCK.unpack(content)
            clock = KeptTime(bool(is_wall), seconds)
        elif kind == BOOK:
            book = SnapshotBook.from_state(_read_book(content))
        elif kind == TAKEN:
            book.apply(_read_taken(_list(rlp.decode(content))))
        elif kind == ENDED:
            book.apply(_read_ended(_list(rlp.decode(content))))
        elif kind == SETTLEMENT:
            settlement.append(decode_change(content))
        else:
            raise ValueError(f"there is no kind {kind} of records")
    if clock is None:
        raise ValueError("the clock is missing")
    return KeptNetwork(clock, book, tuple(settlement))


class NetworkJournal:
    """The journal of an open folder. `write` takes in what changed by then."""

    def __init__(self, log: SegmentedLog) -> None:
        self._log = log
        self._clock: KeptTime | None = None
        self._whole_size = 0

    def read(self) -> KeptNetwork:
        """What was kept. Raises FolderError."""
        try:
            kept = read_records(payload for _, payload in self._log.scan())
        except (ValueError, StructError) as error:
            raise self._log.damage(f"the network's journal makes no sense: {error}") from None
        self._clock = kept.clock
        return kept

    def is_behind(self, clock: KeptTime, book: SnapshotBook, chain: SettlementChain) -> bool:
        """Whether something changed since `write`. Any thread may ask."""
        return book.has_changes or chain.has_changes or clock != self._clock

    def write(self, clock: KeptTime, book: SnapshotBook, chain: SettlementChain) -> LogPosition:
        """Gives to the operating system what changed since the last time. Raises WriteFailed."""
        log = self._log
        changes, settled = book.take_changes(), chain.take_changes()
        if log.end - log.first > max(_LEAST_GROWTH, 8 * self._whole_size) or self._clock is None:
            log.start_anew()
            start = log.end
            for record in KeptNetwork(clock, book, chain.history()).records():
                log.append(record)
            self._whole_size = log.end - start
        else:
            for change in changes:
                log.append(_change_record(change))
            for step in settled:
                log.append(_settlement_record(step))
            if clock != self._clock:
                log.append(_clock_record(clock))
        self._clock = clock
        return log.write()

    def removes(self) -> Removal:
        """As `Durable.removes`."""
        return self._log.removes()

    def committed(self) -> None:
        """As `Durable.committed`."""
        self._log.committed()

    def sync(self) -> None:
        """As `Durable.sync`."""
        self._log.sync()

    def close(self) -> None:
        """As `Durable.close`."""
        self._log.close()


# ---------------------------------------------------------------- records


def _clock_record(clock: KeptTime) -> bytes:
    return bytes([CLOCK]) + _CLOCK.pack(clock.is_wall, clock.seconds)


def _change_record(change: Taken | Ended) -> bytes:
    if isinstance(change, Taken):
        return bytes([TAKEN]) + rlp.encode(_taken_item(change))
    return bytes([ENDED]) + rlp.encode(_range_item(change.first, change.last, change.reason))


def _settlement_record(change: ChainChange) -> bytes:
    return bytes([SETTLEMENT]) + encode_change(change)


def _book_bytes(state: BookState) -> bytes:
    return rlp.encode(
        [
            [_taken_item(taken) for taken in state.taken],
            _uint(state.last_id),
            [_range_item(loss.first, loss.last, loss.reason) for loss in state.losses],
            _uint(state.forgotten),
            [[name.encode(), _uint(identifier)] for name, identifier in state.ended_names],
        ]
    )


def _read_book(content: bytes) -> BookState:
    taken, last_id, losses, forgotten, ended_names = _list(rlp.decode(content))
    return BookState(
        tuple(_read_taken(_list(item)) for item in _list(taken)),
        _int(last_id),
        tuple(_read_loss(_list(item)) for item in _list(losses)),
        _int(forgotten),
        tuple((_text(name), _int(identifier)) for name, identifier in map(_list, _list(ended_names))),
    )


def _taken_item(taken: Taken) -> rlp.Item:
    return [
        _uint(taken.identifier),
        [] if taken.name is None else [taken.name.encode()],
        _uint(taken.clock),
        _uint(taken.taken_at),
        [_uint(number) for number in taken.numbers],
    ]


def _read_taken(item: list[rlp.Decoded]) -> Taken:
    identifier, names, clock, taken_at, numbers = item
    name = [_text(part) for part in _list(names)]
    return Taken(
        _int(identifier),
        name[0] if name else None,
        _int(clock),
        _int(taken_at),
        tuple(_int(number) for number in _list(numbers)),
    )


def _range_item(first: int, last: int, reason: str) -> rlp.Item:
    return [_uint(first), _uint(last), reason.encode()]


def _read_ended(item: list[rlp.Decoded]) -> Ended:
    first, last, reason = item
    return Ended(_int(first), _int(last), _text(reason))


def _read_loss(item: list[rlp.Decoded]) -> SnapshotLoss:
    first, last, reason = item
    return SnapshotLoss(_int(first), _int(last), _text(reason))


def _uint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _list(item: rlp.Decoded) -> list[rlp.Decoded]:
    if isinstance(item, bytes):
        raise ValueError("a list should be where bytes are")
    return item


def _int(item: rlp.Decoded) -> int:
    return rlp.decode_int(item)


def _text(item: rlp.Decoded) -> str:
    return _bytes(item).decode()


def _bytes(item: rlp.Decoded) -> bytes:
    if not isinstance(item, bytes):
        raise ValueError("bytes should be where a list is")
    return item
