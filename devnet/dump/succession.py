"""What happens, as watchers see it, when a zone takes the place of another: blocks go and others come."""

from __future__ import annotations

from devnet.chain.block import Block
from devnet.zone.errors import ZoneError
from devnet.zone.messages import BlockAdded, BlockRemoved, Event, Watchers
from devnet.zone.port import ZonePort

BLOCK_LIMIT = 2_048
"""Blocks, gone and come, that are told one by one; with more, watchers are told that they missed some."""


def succeed(successor: ZonePort, predecessor: ZonePort) -> None:
    """Makes who watches `predecessor` watch `successor`, where nothing happened yet, and tells them what is
    different."""
    watchers = predecessor.watchers()
    events = _differences(predecessor, successor)
    if events is None:
        # An event that nobody can have seen, and that is not there any more.
        watchers = Watchers((), watchers.cursor + 1, watchers.filters, watchers.last_filter)
    successor.succeed(watchers, events or ())


def _differences(before: ZonePort, after: ZonePort) -> tuple[Event, ...] | None:
    """The blocks that go, newest first, then those that come; None where these are too many."""
    common = min(before.number(), after.number())
    told = before.number() + after.number() - 2 * common
    removed: list[Block] = []
    added: list[Block] = []
    while told <= BLOCK_LIMIT:
        old, new = _block(before, common), _block(after, common)
        if old is None or new is None or old.hash == new.hash:
            break
        common -= 1
        told += 2
    else:
        return None
    for zone, blocks in ((before, removed), (after, added)):
        for number in range(common + 1, zone.number() + 1):
            block = _block(zone, number)
            if block is None:
                return None
            blocks.append(block)
    return (*map(BlockRemoved, reversed(removed)), *map(BlockAdded, added))


def _block(zone: ZonePort, number: int) -> Block | None:
    """None also where history does not hold it any more."""
    try:
        return zone.block(number)
    except ZoneError:
        return None
