"""Statements, witnesses, provers and verifiers of zone updates (protocol section 6). Knows no zones.

    recording     what a producer does: runs the blocks again and writes down what they need (a `Witness`)
    prover        `WitnessProver`: the proof of kind `witness`
    stateless     `WitnessVerifier`: checks such a proof with the statement and an engine, nothing else
    statement     what is proven, and how it follows from blocks
    program       what a zone runs, exactly
    batch         the blocks of an update as they are dispersed and executed
    following     the rules of blocks, for recording and for checking

Parts import these and the Protocols below.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from devnet.chain.forced import Posting
from devnet.chain.hash_tree import Rooted
from devnet.chain.keccak import keccak256
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32

if TYPE_CHECKING:
    from devnet.proving.statement import Statement


@dataclass(frozen=True, slots=True)
class Proof(Rooted):
    """What shows a statement to whoever has a verifier for its kind."""

    kind: str
    """`witness`, later `zkvm`; ASCII, at most 32 bytes."""
    data: bytes

    @property
    def hash(self) -> Hash32:
        """keccak of the data: what the producer of an update signs."""
        return self._root()

    def _compute_root(self) -> Hash32:
        return keccak256(self.data)


class NotCovered(enum.Enum):
    """What a proof that was accepted leaves open; the values say who closes it (docs/proving.md)."""

    AVAILABILITY = (
        "that data_commitment is of this batch, and the batch available: the dispersal's columns say"
    )
    PROGRAM = (
        "that the program is the one in force and of this network: the registry and the configuration say"
    )
    SUCCESSION = "that the step begins where the zone's last settled one ended: the settled chain says"
    SETTLEMENT = (
        "that the settlement blocks it names are on the chain and not too old: the settled chain says"
    )
    FORCED = "that no forced transaction was due besides those consumed: the inbox in the system zone says"
    BLOBS = "the blobs of the batch's transactions, which it leaves out: whoever stores them says"
    OVERRIDES = (
        "what development calls overrode: nothing bounds it, and the blocks that carry some are counted"
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """What a verifier says of a proof that shows its statement."""

    not_covered: tuple[NotCovered, ...]
    batch_hash: Hash32 | None = None
    """keccak of the batch that was executed; None where the proof binds the data to the statement itself."""
    settlement: tuple[SettlementHead, ...] = ()
    """The settlement blocks that one of the blocks is the first to know, in their order."""
    roots: tuple[Hash32, ...] = ()
    """Of the newest settlement block that the block before the first one knows, then of that which each block
    of the step knows. Zero where a genesis names none."""
    forced: tuple[Posting, ...] = ()
    """Of the forced transactions that were consumed, in queue order."""
    overridden_blocks: int = 0
    """How many blocks carry overrides."""
    combination_hash: Hash32 | None = None
    """keccak of the combination of the batch under the statement's data commitment, where the proof shows it;
    None where whoever asks has the batch, and computes the combination."""


class Prover(Protocol):
    """Makes proofs of one kind."""

    @property
    def kind(self) -> str: ...

    def prove(self, statement: Statement, witness: Any) -> Proof:
        """The proof of a statement. What a witness is depends on the kind; `devnet.proving.witness.Witness`
        holds all that any prover could need. Raises `Refused` where it does not show the statement."""


class Verifier(Protocol):
    """Checks proofs of one kind."""

    @property
    def kind(self) -> str: ...

    def verify(self, statement: Statement, proof: Proof) -> Checked:
        """What the proof leaves open. Raises `Refused`, and nothing else whatever the bytes are."""
