"""What settlement says of a zone's state and blocks, shown under one settlement block: what contracts of
other zones take (`SettledState.sol`, `SettledBlocks.sol`; docs/proofs.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass

from devnet.chain.hash_tree import climb, field_branch, list_branch, list_depth
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.proving.statement import Statement
from devnet.settlement.block import SettlementBlock, ZoneUpdate
from devnet.settlement.chain import SettlementChain
from devnet.settlement.settled_tree import (
    OUTBOX_LEVELS,
    UPDATE_LEVEL,
    Branch,
    settled_branch,
    state_root_place,
    update_branch,
    update_place,
)

MOST_LINKS = 512
"""Later updates that the way from a block may lead through: 96 bytes each."""
_STATEMENT_LEVELS, _UPDATE_LEVELS = 5, 3
_BLOCK_HASHES_ROOT = tuple(Statement.__dataclass_fields__).index("block_hashes_root")
_PREVIOUS = 2
"""Place among what a producer signs of an update; the statement's is 0."""


class NotShown(ValueError):
    """Settlement does not show it at that height; the message says why."""


@dataclass(frozen=True, slots=True)
class SettledRoot:
    """A zone's state root under a settlement block."""

    height: int
    """Of the settlement block."""
    state_root: Hash32
    """Of the zone's newest block that was settled up to there."""
    branch: Branch

    def settlement_root(self, zone: int) -> Hash32:
        """The root of the settlement block that this leads to. Raises ValueError."""
        return self.branch.root(self.state_root, state_root_place(zone), OUTBOX_LEVELS)


@dataclass(frozen=True, slots=True)
class SettledBlockHash:
    """A zone's block under a settlement block."""

    height: int
    """Of the settlement block: the one that settled the block, or a later one."""
    index: int
    """Of the block among those of its update."""
    count: int
    """Of the blocks of its update."""
    peers: tuple[Hash32, ...]
    """Up to the zone's newest update, lowest first: in the tree of the block hashes, then 5 of the
    statement's fields and 3 of the update's, then for every later update 3 of its fields."""
    branch: Branch
    """From there up to the settlement block."""

    def settlement_root(self, zone: int, block_hash: Hash32) -> Hash32:
        """The root of the settlement block that this leads to. Raises ValueError."""
        if not 0 <= self.index < self.count:
            raise ValueError("there is no such block in the update")
        depth = list_depth(self.count)
        first = depth + _STATEMENT_LEVELS + _UPDATE_LEVELS
        if len(self.peers) < first or (len(self.peers) - first) % _UPDATE_LEVELS:
            raise ValueError("there are more or fewer peers than levels")
        node = climb(block_hash, self.peers[:depth], self.index)
        node = keccak256(node + self.count.to_bytes(32, "big"))
        node = climb(node, self.peers[depth:first], _BLOCK_HASHES_ROOT)
        for start in range(first, len(self.peers), _UPDATE_LEVELS):
            node = climb(node, self.peers[start : start + _UPDATE_LEVELS], _PREVIOUS)
        return self.branch.root(node, update_place(zone), UPDATE_LEVEL)


def prove_state_root(chain: SettlementChain, zone: int, height: int) -> tuple[SettledRoot, ZoneUpdate]:
    """The zone's state root under the settlement block of that height, with the update that has it: its last
    block's state is meant. Any thread may ask. Raises NotShown."""
    block = _block_at(chain, height)
    update = _newest_at(chain, zone, height)
    branch = settled_branch(block, chain.newest_updates_at(height), update, "post_state_root")
    shown = SettledRoot(height, update.statement.post_state_root, branch)
    _require(shown.settlement_root(zone) == block.root)
    return shown, update


def prove_block_hash(
    chain: SettlementChain, zone: int, number: int, height: int, hash_of: Callable[[int], Hash32 | None]
) -> SettledBlockHash:
    """The zone's block with that number under the settlement block of that height. `hash_of` gives the hash
    of a block of the zone, None where there is none. Any thread may ask. Raises NotShown."""
    block = _block_at(chain, height)
    found = chain.update_for(zone, number)
    if found is None or found[0] > height:
        raise NotShown(f"settlement block {height} does not have block {number} of the zone")
    update = found[1]
    statement = update.statement
    hashes = []
    for each in range(statement.first_height, statement.last_height + 1):
        block_hash = hash_of(each)
        if block_hash is None:
            raise NotShown(f"block {each}, which was settled together with block {number}, is no longer kept")
        hashes.append(block_hash)
    peers = [
        *list_branch(hashes, number - statement.first_height),
        *field_branch(astuple(statement), _BLOCK_HASHES_ROOT),
        *field_branch(update.signed_fields, 0),
    ]
    newest = _newest_at(chain, zone, height)
    while update.signed_hash != newest.signed_hash:
        later = chain.update_for(zone, update.statement.last_height + 1)
        if later is None or len(peers) >= _UPDATE_LEVELS * MOST_LINKS:
            raise NotShown(
                f"more than {MOST_LINKS} updates lie between block {number} and settlement block {height};"
                f" one of height {found[0]} or little above shows it"
            )
        update = later[1]
        peers += field_branch(update.signed_fields, _PREVIOUS)
    branch = update_branch(block, chain.newest_updates_at(height), zone)
    shown = SettledBlockHash(height, number - statement.first_height, len(hashes), tuple(peers), branch)
    _require(shown.settlement_root(zone, hashes[shown.index]) == block.root)
    return shown


def _block_at(chain: SettlementChain, height: int) -> SettlementBlock:
    if height == 0:
        raise NotShown("the settlement block of genesis settled nothing")
    settled = chain.at(height)
    if settled is not None:
        return settled.block
    if height > chain.height:
        raise NotShown(f"there is no settlement block {height} yet; the newest is {chain.height}")
    raise NotShown(f"settlement block {height} was let go; the oldest that is kept is {chain.oldest}")


def _newest_at(chain: SettlementChain, zone: int, height: int) -> ZoneUpdate:
    update = chain.update_settled_at(zone, height)
    if update is None:
        raise NotShown(f"nothing of the zone is settled at height {height}")
    return update


def _require(leads_there: bool) -> None:
    if not leads_there:
        raise NotShown("settlement went back meanwhile; ask again")
