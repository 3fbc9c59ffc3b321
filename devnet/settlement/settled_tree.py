"""The way from something that a zone settled up to a settlement block, as contracts of other zones check it.

Five trees lie upon each other, together one of 59 levels (`SettledTree` in Solidity is the other side):

    levels 0-31   messages of the zone's outbox, by number
           32-36  fields of the update's statement
           37-39  fields of the update
           40-55  newest updates of all zones, by zone
           56-58  fields of the settlement block
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

from devnet.chain.hash_tree import field_branch
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.proving.statement import Statement
from devnet.settlement.block import ZONE_TREE_DEPTH, SettlementBlock, ZoneUpdate, zone_branch

OUTBOX_LEVELS = 32
UPDATE_LEVEL = 40
"""Where the hash of a zone's update stands."""
_TREES = (32, 5, 3, 16, 3)
_STATEMENT_FIELDS = tuple(Statement.__dataclass_fields__)
_ZONES_ROOT = 5
"""Place among the fields of a settlement block."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Peers on the way up, lowest first, without those that are trees of zeros."""

    zeros: int
    """Bit i: the peer at level i is left out."""
    peers: tuple[Hash32, ...]

    def root(self, node: Hash32, place: int, start: int) -> Hash32:
        """The root of the settlement block that `node` at level `start` leads to; bit i of `place` says that
        the way comes from the right at level i. Raises ValueError where there are more or fewer peers than
        the way takes, or levels are left out that it does not have."""
        if self.zeros >> len(_ZERO_AT) or self.zeros & ((1 << start) - 1):
            raise ValueError("levels are left out that the way does not have")
        remaining = iter(self.peers)
        for level in range(start, len(_ZERO_AT)):
            if self.zeros >> level & 1:
                peer: Hash32 | None = _ZERO_AT[level]
            else:
                peer = next(remaining, None)
            if peer is None:
                raise ValueError("the way has more levels than there are peers")
            node = keccak256(peer + node if place >> level & 1 else node + peer)
        if next(remaining, None) is not None:
            raise ValueError("there are more peers than levels")
        return node


def settled_branch(
    block: SettlementBlock,
    newest: Mapping[int, Hash32],
    update: ZoneUpdate,
    field: str,
    message: Sequence[Hash32] = (),
) -> Branch:
    """The way of a field of the statement of `update`, the newest of its zone under `block`; or, where
    `message` are the 32 peers of one in the outbox, of that message (then the field is `post_outbox_root`).

    `newest` are the leaves of the zones tree, the hash of each zone's newest update.
    """
    statement = update.statement
    levels = (
        *message,
        *field_branch(astuple(statement), _STATEMENT_FIELDS.index(field)),
        *field_branch(update.signed_fields, 0),
        *zone_branch(newest, statement.zone),
        *field_branch(astuple(block), _ZONES_ROOT),
    )
    return _without_zeros(levels, 0 if message else OUTBOX_LEVELS)


def update_branch(block: SettlementBlock, newest: Mapping[int, Hash32], zone: int) -> Branch:
    """The way of the hash of the zone's newest update under `block`, from `UPDATE_LEVEL` on. `newest` as
    above."""
    levels = (*zone_branch(newest, zone), *field_branch(astuple(block), _ZONES_ROOT))
    return _without_zeros(levels, UPDATE_LEVEL)


def state_root_place(zone: int) -> int:
    """The place of the zone's state root, for `Branch.root` from level `OUTBOX_LEVELS` on."""
    return _STATEMENT_FIELDS.index("post_state_root") << OUTBOX_LEVELS | update_place(zone)


def update_place(zone: int) -> int:
    """The place of the hash of the zone's newest update, for `Branch.root` from level `UPDATE_LEVEL` on."""
    return zone << UPDATE_LEVEL | _ZONES_ROOT << UPDATE_LEVEL + ZONE_TREE_DEPTH


def under(upper: Branch, message: Sequence[Hash32]) -> Branch:
    """The way of a message, given its 32 peers in the outbox and the way of `post_outbox_root`: what
    `settled_branch` gives for it, without making again what all messages have in common."""
    lower = _without_zeros(message, 0)
    return Branch(lower.zeros | upper.zeros, lower.peers + upper.peers)


def _without_zeros(levels: Iterable[Hash32], start: int) -> Branch:
    zeros, peers = 0, []
    for level, peer in enumerate(levels, start):
        if peer == _ZERO_AT[level]:
            zeros |= 1 << level
        else:
            peers.append(peer)
    return Branch(zeros, tuple(peers))


def _zero_trees() -> Iterable[Hash32]:
    """Of each level the root of a tree of zeros; each of the five trees begins anew."""
    for depth in _TREES:
        node = ZERO_HASH
        for _ in range(depth):
            yield node
            node = keccak256(node + node)


_ZERO_AT = tuple(_zero_trees())
