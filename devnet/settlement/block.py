"""What validators agree on in one slot: settlement blocks and their zone updates (protocol section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

from devnet.chain.hash_tree import Rooted, fields_root, sparse_branch, sparse_root
from devnet.chain.types import Address, Hash32
from devnet.proving.statement import Statement

ZONE_TREE_DEPTH = 16
"""Of the tree under `zones_root`; it is indexed by zone."""

MOST_UPDATES = 16
"""Consecutive updates of one zone in one settlement block."""


@dataclass(frozen=True, slots=True)
class ZoneUpdate(Rooted):
    """One step of one zone, as its producer signed it."""

    statement: Statement
    slot: int
    """The slot whose producer made the update."""
    previous: Hash32
    """Hash of the zone's update before this one; zero for the first after genesis."""
    proof_kind: str
    """`witness`, later `zkvm`."""
    proof_hash: Hash32
    """keccak of the proof, which travels beside."""
    producer: Address
    signature: bytes
    """The producer's, 65 bytes, over `signed_hash`."""

    @property
    def signed_fields(self) -> tuple[bytes | int, ...]:
        """What the producer signs: everything but the signature, with the statement's hash first."""
        kind = self.proof_kind.encode("ascii").rjust(32, b"\0")
        producer = self.producer.rjust(32, b"\0")
        return (self.statement.hash, self.slot, self.previous, kind, self.proof_hash, producer)

    @property
    def signed_hash(self) -> Hash32:
        """The keccak tree of the signed fields: the leaf of the zones tree."""
        return self._root()

    def signed(self, signature: bytes) -> ZoneUpdate:
        """The same with this signature, which its hash does not cover."""
        update = replace(self, signature=signature)
        update._keep_root(self._root())
        return update

    def _compute_root(self) -> Hash32:
        return fields_root(self.signed_fields)


@dataclass(frozen=True, slots=True)
class SettlementBlock(Rooted):
    """The header of a settlement block; height 0 is genesis, whose root is the network's configuration hash
    (every zone's genesis knows it before any settlement block is made)."""

    height: int
    parent_root: Hash32
    slot: int
    incarnation: int
    """Grows when development takes settled history back, so that old signatures do not count."""
    proposer: int
    """Index in the validator set."""
    zones_root: Hash32
    """Root of the zones tree: each zone's newest update."""
    validators_root: Hash32
    """The set that signs the next height."""

    @property
    def root(self) -> Hash32:
        """The keccak tree of the fields in their order."""
        return self._root()

    def _compute_root(self) -> Hash32:
        return fields_root(astuple(self))


def zones_root(newest: Mapping[int, Hash32]) -> Hash32:
    """The root over the hash of each zone's newest update, by the zone's index."""
    return sparse_root(ZONE_TREE_DEPTH, newest)


def zone_branch(newest: Mapping[int, Hash32], zone: int) -> tuple[Hash32, ...]:
    """The peers of a zone's leaf under `zones_root`, lowest first."""
    return sparse_branch(ZONE_TREE_DEPTH, newest, zone)
