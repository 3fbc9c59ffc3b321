"""A zone's files: the block log and the journal, opened, filled and written together."""

from __future__ import annotations

from collections.abc import Iterator

from devnet.chain.codec import REFERENCE, Codec
from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.home import Home
from devnet.persistence.removal import Removal
from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from devnet.zone.block_record import BlockRecord
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.storing.block_log import KIND as BLOCKS_KIND
from devnet.zone.storing.block_log import BlockLog
from devnet.zone.storing.image import ImageTeller
from devnet.zone.storing.journal import KIND as JOURNAL_KIND
from devnet.zone.storing.journal import Journal
from devnet.zone.storing.parts import ZoneParts
from devnet.zone.storing.remembered import Remembered

BLOCKS_FOLDER = "blocks"
JOURNAL_FOLDER = "journal"


class ZoneStore:
    """The files of one zone. `keep` must follow before anything is written."""

    def __init__(self, home: Home, codec: Codec = REFERENCE) -> None:
        """Opens what the home's position names; without one begins anew. Raises FolderError and
        WriteFailed."""
        blocks, journal = _positions(home)
        self.blocks = BlockLog(home.log(BLOCKS_FOLDER, BLOCKS_KIND, blocks), codec)
        try:
            self._journal_log: SegmentedLog = home.log(JOURNAL_FOLDER, JOURNAL_KIND, journal)
        except BaseException:
            self.blocks.close()
            raise
        self._journal: Journal | None = None

    def read_journal(self) -> Remembered:
        """What the journal says. Raises FolderError."""
        remembered = Remembered()
        for offset, payload in self._journal_log.scan():
            try:
                remembered.read(payload)
            except ValueError as error:
                raise self.damage(f"the record makes no sense: {error}", offset) from error
        return remembered

    def read_blocks(self, genesis: BlockRecord) -> Iterator[BlockRecord | ReservedRange]:
        """See `BlockLog.parts`."""
        return self.blocks.parts(genesis)

    def damage(self, detail: str, offset: int | None = None) -> FolderError:
        """What to raise where the journal says something that cannot be."""
        return self._journal_log.damage(detail, offset)

    def keep(self, parts: ZoneParts) -> None:
        """These are the parts whose changes `write` writes from now on."""
        self._journal = Journal(self._journal_log, parts)

    # ------------------------------------------------------------ what is not written

    @property
    def is_behind(self) -> bool:
        """Whether something that callers see changed since `write`. Any thread may ask."""
        return self.blocks.is_behind or (self._journal is not None and self._journal.is_behind)

    # ------------------------------------------------------------ `Durable`

    def write(self) -> bytes:
        """See `Durable`: the positions of both logs."""
        assert self._journal is not None, "nothing to write before there are parts"
        return self.blocks.write().encode() + self._journal.write().encode()

    def removes(self) -> Removal:
        """See `Durable`."""
        return max(self.blocks.removes(), self._journal_log.removes())

    def committed(self) -> None:
        """See `Durable`."""
        self.blocks.committed()
        self._journal_log.committed()

    def sync(self) -> None:
        """See `Durable`."""
        self.blocks.sync()
        self._journal_log.sync()

    def close(self) -> None:
        """See `Durable`."""
        self.blocks.close()
        self._journal_log.close()


def _positions(home: Home) -> tuple[LogPosition | None, LogPosition | None]:
    if home.position is None:
        return None, None
    if len(home.position) != 2 * LogPosition.SIZE:
        raise FolderError(
            Flaw.DAMAGED, home.folder, f"a commit has {len(home.position)} bytes of positions for it"
        )
    return (
        LogPosition.decode(home.position[: LogPosition.SIZE]),
        LogPosition.decode(home.position[LogPosition.SIZE :]),
    )


def image_of(parts: ZoneParts) -> list[bytes]:
    """Everything of a zone that is not in its blocks, as records; what is noted for files is not used up."""
    return ImageTeller(parts, takes_notes=False).whole()
