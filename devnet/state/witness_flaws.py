"""What can be wrong with a witness of a state."""

from __future__ import annotations

import enum


class WitnessFlaw(enum.Enum):
    """Why a state cannot be what its witness says, or why the witness does not suffice."""

    FORMAT = "the witness of the state is cut short, too long or contradicts itself"
    INACTIVE = "an entry in the witness is not active"
    ROOT = "the witness is not of the state with that root"
    KEY = "the witness says nothing about a key that was asked for"
    NEIGHBOUR = "the entry before one that is deleted is not in the witness"
    OLDEST = "the oldest active entry of a shard is not in the witness"
    FRONTIER = "the end of a shard that is appended to is not in the witness"
    NODE = "a node that the new root needs is not in the witness"
    CODE = "code that was asked for is not in the witness"
    ALL_SLOTS = "all slots of an account were asked for, which no witness can show"
    COUNTERS = "the counters of a shard contradict its entries"
    VALUE = "an entry's value is none that a state holds"
    UNUSED = "the witness holds something that nobody asked for"


class BadStateWitness(LookupError):
    """See `flaw`."""

    def __init__(self, flaw: WitnessFlaw, detail: str = "") -> None:
        super().__init__(f"{flaw.value}: {detail}" if detail else flaw.value)
        self.flaw = flaw
        self.detail = detail
