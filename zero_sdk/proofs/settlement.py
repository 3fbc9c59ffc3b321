"""The ways up to a settlement block's root (docs/proofs.md), climbed with nothing but keccak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devnet.chain.hash_tree import climb
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32
from zero_sdk.proofs.errors import Flaw, InvalidProof

_TREES = (32, 5, 3, 16, 3)
"""Depths of the five trees that lie upon each other: messages, statement, update, zones, settlement block."""
_LEVELS = sum(_TREES)
_STATEMENT_LEVEL, _ZONES_LEVEL, _BLOCK_LEVEL = 32, 40, 56
_ZONES_ROOT = 5
"""Place among the fields of a settlement block."""
_BLOCK_HASHES_ROOT, _POST_STATE_ROOT = 7, 9
"""Places among the fields of a statement, which is the first field of an update."""
_PREVIOUS = 2
"""Place among the fields of an update."""
_FIELDS, _UPDATE = 8, 3
"""Peers from a statement's field up to the update, and from a field of the update."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Peers on a way up, lowest first, without those that are trees of zeros."""

    zeros: int
    """Bit i: the peer at level i is left out."""
    peers: tuple[Hash32, ...]


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where a block of a zone is below the zone's newest update."""

    index: int
    """Among the blocks of its update."""
    count: int
    peers: tuple[Hash32, ...]


def root_over_state(state_root: bytes, zone: int, branch: Branch) -> bytes:
    """The root of the settlement block under which the zone has this state root. Raises InvalidProof."""
    place = _POST_STATE_ROOT << _STATEMENT_LEVEL | _place_of(zone)
    return _climb(Hash32(state_root), place, _STATEMENT_LEVEL, branch)


def root_over_block(block_hash: bytes, zone: int, block: BlockPlace, branch: Branch) -> bytes:
    """The root of the settlement block under which the zone has the block with this hash. Raises
    InvalidProof."""
    depth = max(0, block.count - 1).bit_length()
    first, peers = depth + _FIELDS, block.peers
    if not 0 <= block.index < block.count or len(peers) < first or (len(peers) - first) % _UPDATE:
        raise InvalidProof(Flaw.SETTLEMENT, "there is no such place, or it has more or fewer peers")
    tree = climb(Hash32(block_hash), peers[:depth], block.index)
    node = climb(_bound(tree, block.count), peers[depth:first], _BLOCK_HASHES_ROOT)
    for start in range(first, len(peers), _UPDATE):
        node = climb(node, peers[start : start + _UPDATE], _PREVIOUS)
    return _climb(node, _place_of(zone), _ZONES_LEVEL, branch)


def _bound(tree: bytes, length: int) -> Hash32:
    """The root of a list."""
    return keccak256(tree + length.to_bytes(32, "big"))


def _place_of(zone: int) -> int:
    return zone << _ZONES_LEVEL | _ZONES_ROOT << _BLOCK_LEVEL


def _climb(node: Hash32, place: int, start: int, branch: Branch) -> Hash32:
    if branch.zeros >> _LEVELS or branch.zeros & ((1 << start) - 1):
        raise InvalidProof(Flaw.SETTLEMENT, "levels are left out that the way does not have")
    zeros = list(_zero_trees())
    left_out = [bool(branch.zeros >> level & 1) for level in range(start, _LEVELS)]
    if left_out.count(False) != len(branch.peers):
        raise InvalidProof(Flaw.SETTLEMENT, "it has more or fewer peers than levels")
    given = iter(branch.peers)
    peers: Sequence[Hash32] = [
        zeros[level] if is_zero else next(given) for level, is_zero in enumerate(left_out, start)
    ]
    return climb(node, peers, place >> start)


def _zero_trees() -> Iterator[Hash32]:
    """Of each level the root of a tree of zeros; each of the trees begins anew."""
    for depth in _TREES:
        node = ZERO_HASH
        for _ in range(depth):
            yield node
            node = keccak256(node + node)
