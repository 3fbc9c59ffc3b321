"""FAFO: which transactions of a block may run at the same time, and in which order (docs/scheduling.md).

Pure: what is here knows access sets, neither zones nor engines. `devnet.execution.framed` runs a block by it.

    access      short keys and sets of them
    bloom       ParaBloom: which frames may contain a key
    framer      ParaFramer: transactions into frames
    scheduler   ParaScheduler: after which ones a transaction may start
    profile     what a schedule says about a block: conflicts, critical path, speed-up
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from devnet.chain.types import Address
from devnet.scheduling.access import AccessSet, Key, account_key, slot_key

__all__ = ["AccessSet", "BlockOrder", "Key", "Location", "Schedule", "account_key", "slot_key"]

Location: TypeAlias = tuple[Address, int | None]
"""What a key stands for: an account (None), or one slot of its storage."""


class BlockOrder(enum.Enum):
    """Who decides the order of a block's transactions."""

    GIVEN = "given"
    """The caller: the scheduler only decides what may run at the same time."""
    FRAMED = "framed"
    """The framer, for the most parallelism (`--order fafo`)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a block was scheduled. A function of state, transactions and predictions: the same on every engine
    and any number of threads. "Index" is a transaction's place among those that were given."""

    predicted: tuple[AccessSet, ...]
    """What each transaction was expected to touch, by index."""
    frames: tuple[tuple[int, ...], ...]
    """Indexes, in the order of flushing and of insertion; every index is in one frame. All frames' indexes in
    a row are the frame order."""
    after: tuple[int, ...]
    """For each place in the frame order: it may start when all places up to and including this one are done;
    -1 for at once."""
    discarded: tuple[int, ...]
    """Indexes of those that left their predicted set, rising in block order."""
    serial: tuple[int, ...]
    """Indexes of those that (also) ran alone, in their order: reruns in a GIVEN block, the tail of a FRAMED
    one. The discarded ones are among them."""
    order: tuple[int, ...]
    """Indexes in block order, refused ones included: `BlockExecution.order`."""
    left: tuple[int, ...]
    """Indexes that go back to the mempool: `BlockExecution.left`."""
    locations: Mapping[Key, Location] = field(default_factory=dict)
    """What each key of the predicted sets stands for."""
