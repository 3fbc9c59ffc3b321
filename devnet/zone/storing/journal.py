"""What of a zone is not in its blocks, in a log: an image of everything, and after it what changed."""

from __future__ import annotations

from devnet.persistence.segmented_log import LogPosition, SegmentedLog
from devnet.zone.storing.image import ImageTeller
from devnet.zone.storing.parts import ZoneParts

KIND = b"JRNL"

GARBAGE_FACTOR = 4
GARBAGE_ALLOWANCE = 1 << 20
"""A new image is written when what follows the last one is larger than it by that factor, and by so many
bytes more."""


class Journal:
    """Writes the changes of a zone's parts. The first write after making one is a whole image."""

    def __init__(self, log: SegmentedLog, parts: ZoneParts) -> None:
        self._log = log
        self._teller = ImageTeller(parts)
        self._image_size = -1
        self._image_end = 0

    @property
    def is_behind(self) -> bool:
        """Whether something that callers see changed since `write`. Any thread may ask."""
        return self._teller.is_behind

    def write(self) -> LogPosition:
        """Gives what changed to the operating system. Raises WriteFailed; then the next call tries again."""
        log = self._log
        garbage = log.end - self._image_end
        if self._image_size < 0 or garbage > GARBAGE_FACTOR * self._image_size + GARBAGE_ALLOWANCE:
            log.start_anew()
            start = log.end
            for record in self._teller.whole():
                log.append(record)
            self._image_end = log.end
            self._image_size = log.end - start
        else:
            for record in self._teller.changes():
                log.append(record)
        return log.write()
