"""Where a validator's chain is to go on: decisions of others by their certificates, and lives that ended."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from devnet.chain.types import Hash32
from devnet.settlement.chain import Settled
from devnet.settlement.remote.node import ValidatorNode


@dataclass(frozen=True, slots=True)
class Page:
    """Decisions from a height on, as far as they fit, and where the network stands."""

    incarnation: int
    height: int
    decisions: Sequence[Settled]


class Source(Protocol):
    """The network, asked."""

    def decisions(self, first: int) -> Awaitable[Page]:
        """From this height on. Raises what asking raises."""
        ...

    def root_at(self, height: int) -> Awaitable[Hash32 | None]:
        """Of the settlement block of that height, None where there is none."""
        ...


class Forked(Exception):
    """The network's chain is not the one that this validator saw become final, and nothing says that
    development took it back: whoever votes here would contradict what it signed."""


class TooFarBehind(Exception):
    """The network let the blocks go that this validator lacks."""


async def catch_up(node: ValidatorNode, source: Source) -> None:
    """Brings the node's chain to where the network stands. Raises Forked, `Refused` for a decision that does
    not hold, ValueError for what cannot be, TooFarBehind, and what the source raises."""
    following = node.following
    while True:
        page = await source.decisions(following.chain.height + 1)
        own = following.position
        if page.incarnation < own.incarnation:
            raise Forked(f"incarnation {page.incarnation} after {own.incarnation}")
        common = await _common_height(node, source, page.height)
        if common < own.head.height:
            incarnation, page = page.incarnation, await source.decisions(common + 1)
            if page.incarnation != incarnation:
                # It went back just now.
                continue
            first = page.decisions[0].block.incarnation if page.decisions else incarnation
            if first <= own.incarnation:
                raise Forked(f"block {common + 1} is another, or gone, in incarnation {first}")
            following.go_back(common, first)
        for settled in page.decisions:
            node.followed(settled)
        if following.chain.height >= page.height:
            if page.incarnation > following.chain.incarnation:
                following.go_back(following.chain.height, page.incarnation)
            return
        if not page.decisions:
            raise TooFarBehind(
                f"the network is at settlement block {page.height} and does not give {common + 1} any more"
            )


async def _common_height(node: ValidatorNode, source: Source, newest: int) -> int:
    """The newest height at which the network's block is the node's."""
    height, step = min(node.following.chain.height, newest), 1
    while height > 0:
        root = await source.root_at(height)
        if root is not None and node.following.has(height, root):
            break
        height, step = max(0, height - step), 2 * step
    if height == 0 and not node.following.has(0, await source.root_at(0) or Hash32(b"")):
        raise Forked("genesis is another one")
    while True:
        # The step may have been too wide.
        root = await source.root_at(height + 1)
        if root is None or not node.following.has(height + 1, root):
            return height
        height += 1
