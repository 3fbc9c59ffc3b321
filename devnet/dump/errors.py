"""What can be wrong with a dump, by a stable kind."""

from __future__ import annotations

import enum


class Fault(enum.Enum):
    """Kinds of `DumpError`; the names are stable."""

    NOT_A_DUMP = "this is no dump of a Zero network"
    NEWER_FORMAT = "the dump was written by a newer version"
    DAMAGED = "the dump is damaged"
    OTHER_NETWORK = "the dump is of another network"
    TOO_LARGE = "the dump is larger than what is accepted"


class DumpError(Exception):
    """The dump cannot be loaded; nothing was changed. `advice` says what to do about it."""

    def __init__(self, fault: Fault, detail: str, advice: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" + (f"; {advice}" if advice else ""))
        self.fault = fault
        self.detail = detail
        self.advice = advice


def damaged(detail: str) -> DumpError:
    """The dump is not what was written."""
    return DumpError(Fault.DAMAGED, detail, "get the file again, or make the dump again")
