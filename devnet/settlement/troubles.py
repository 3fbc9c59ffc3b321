"""What went wrong lately while settling, for those who ask why."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)

_MOST = 64


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that was refused, or did not come."""

    slot: int
    flaw: str
    """An `UpdateFlaw`, or "judged" where a validator refused a block as a whole."""
    detail: str
    zone: int | None = None
    producer: int | None = None
    """Of that zone, the one whose turn the slot was."""
    validators: tuple[int, ...] = ()
    """Who refused it; empty where it was not even proposed."""


class Troubles:
    """The newest of them. One thread adds, any may ask."""

    def __init__(self) -> None:
        self._newest: deque[Trouble] = deque(maxlen=_MOST)

    def add(self, trouble: Trouble) -> None:
        """Keeps it and says so in the log, once."""
        if trouble in self._newest:
            return
        self._newest.append(trouble)
        where = ""
        if trouble.zone is not None:
            where = f" of zone {trouble.zone}, producer {trouble.producer}"
        _LOG.warning("slot %d%s: %s: %s", trouble.slot, where, trouble.flaw, trouble.detail)

    def __iter__(self) -> Iterator[Trouble]:
        """Oldest first."""
        # list() copies in one step under the interpreter's lock.
        return iter(list(self._newest))
