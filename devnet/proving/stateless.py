"""The stateless verifier: checks a proof of kind `witness` by executing the blocks on nothing but the proof.

    checked = WitnessVerifier(engine).verify(statement, proof)

It needs the statement, the proof and an engine, any that there is; it keeps nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

from devnet.chain.blobs import blob_hash
from devnet.chain.block import Header
from devnet.chain.block_codec import header_hash
from devnet.chain.codec import REFERENCE, Codec
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.execution import Engine
from devnet.proving import Checked, NotCovered, Proof
from devnet.proving.batch import BatchBlock
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.following import BLOCKHASH_REACH, Following, check_parent, refused_for
from devnet.proving.outbox import OutboxRoots
from devnet.proving.program import Program
from devnet.proving.statement import (
    Statement,
    build_statement,
    postings_of,
    settlement_heads,
    settlement_roots,
)
from devnet.proving.witness import KIND, MOST_BYTES, Witness
from devnet.state import OpenState
from devnet.state.state_witness import open_state
from devnet.state.witness_flaws import BadStateWitness


class WitnessVerifier:
    """See `devnet.proving.Verifier`."""

    kind = KIND

    def __init__(
        self,
        engine: Engine,
        codec: Codec = REFERENCE,
        *,
        open_state: OpenState = open_state,
        size_limit: int = MOST_BYTES,
        block_seconds: float | None = None,
    ) -> None:
        """`open_state` opens the witness of the state (`devnet.parts.Parts.open_state`). `size_limit`: bytes
        of a proof that are looked at. `block_seconds`: how long the execution of one block may take; without,
        as long as its gas lasts."""
        self._engine = engine
        self._codec = codec
        self._open_state = open_state
        self._size_limit = size_limit
        self._block_seconds = block_seconds

    def verify(self, statement: Statement, proof: Proof) -> Checked:
        """See `devnet.proving.Verifier`. Raises `Refused`."""
        if proof.kind != KIND:
            raise Refused(Flaw.KIND, proof.kind)
        if len(proof.data) > self._size_limit:
            raise Refused(Flaw.SIZE, f"{len(proof.data)} bytes")
        try:
            witness = Witness.decode(proof.data)
            blocks, blobs = witness.content()
            codes = witness.codes_by_hash()
        except ValueError as error:
            raise Refused(Flaw.FORMAT, str(error)) from error
        program, parent = witness.program, witness.parent
        check_statement(statement, program, parent, blocks, witness.outbox)
        hashes = known_hashes(parent, witness.ancestors)
        ancestry = _KnownAncestry(program.genesis_number, parent.number, hashes)
        height = parent.number - program.genesis_number
        if height < 0:
            raise Refused(Flaw.PARENT, f"block {parent.number} is before the genesis block")
        try:
            state = self._open_state(witness.state, parent.state_root, height, program.state, codes)
        except BadStateWitness as error:
            raise refused_for(error) from error
        following = Following(
            program, parent, state, ancestry, self._engine, self._codec, self._block_seconds
        )
        for block in blocks:
            following.follow(block)
        if following.outbox != witness.outbox:
            raise Refused(Flaw.OUTBOX)
        try:
            state.check_used()
        except BadStateWitness as error:
            raise refused_for(error) from error
        ancestry.check_used()
        check_blobs(following.blob_hashes, blobs)
        return _checked(witness, blocks, bool(following.blob_hashes) and not blobs)


def check_statement(
    statement: Statement,
    program: Program,
    parent: Header,
    blocks: Sequence[BatchBlock],
    outbox: OutboxRoots,
) -> None:
    """Raises `Refused` where a field of the statement does not follow from the blocks, or the first block
    does not from the parent."""
    if program.id != statement.program_id:
        raise Refused(Flaw.PROGRAM)
    check_parent(parent)
    if header_hash(parent) != statement.parent_block_hash:
        raise Refused(Flaw.PARENT)
    before = statement.parent_block_hash
    for block in blocks:
        if block.header.parent_hash != before:
            raise Refused(Flaw.CHAIN, f"block {block.header.number}")
        before = block.hash
    expected = build_statement(
        program, parent, blocks, statement.data_commitment, statement.pre_inbox_index, outbox
    )
    for field in dataclasses.fields(Statement):
        if getattr(expected, field.name) != getattr(statement, field.name):
            raise Refused(Flaw.STATEMENT, field.name)


def known_hashes(parent: Header, ancestors: Sequence[Header]) -> tuple[Hash32, ...]:
    """The hashes of the blocks up to the parent that the headers give, newest last. Raises `Refused` where
    the headers do not lead to the parent."""
    hashes = []
    for header, following in pairwise((*ancestors, parent)):
        if header_hash(header) != following.parent_hash or header.number + 1 != following.number:
            raise Refused(Flaw.ANCESTORS, f"block {header.number}")
        hashes.append(header.parent_hash)
    return (*hashes, parent.parent_hash, header_hash(parent))


class _KnownAncestry:
    """The `Ancestry` that the headers in a proof give."""

    def __init__(self, genesis: int, parent: int, hashes: tuple[Hash32, ...]) -> None:
        self._genesis = genesis
        self._hashes = dict(zip(range(parent, -1, -1), reversed(hashes), strict=False))
        self._newest = parent
        self._oldest_given = parent - len(hashes) + 1
        # What the parent's header gives costs nothing.
        self._is_oldest_asked = len(hashes) == 2

    def hashes_before(self, number: int) -> tuple[Hash32, ...]:
        oldest = max(self._genesis, number - BLOCKHASH_REACH)
        return tuple(self._hashes.get(at, ZERO_HASH) for at in range(oldest, number))

    def asked(self, numbers: frozenset[int]) -> None:
        for number in sorted(numbers):
            if number not in self._hashes:
                raise Refused(Flaw.ANCESTORS, f"the hash of block {number} is asked for")
            if number == self._oldest_given:
                self._is_oldest_asked = True

    def add(self, block_hash: Hash32) -> None:
        self._newest += 1
        self._hashes[self._newest] = block_hash

    def check_used(self) -> None:
        """Raises `Refused` where there are headers that reach further down than anyone asked."""
        if not self._is_oldest_asked:
            raise Refused(Flaw.UNUSED, f"the header that gives the hash of block {self._oldest_given}")


def check_blobs(hashes: Sequence[Hash32], blobs: Sequence[bytes]) -> None:
    """Raises `Refused` where a batch holds blobs, and other ones than its transactions name, in order."""
    if blobs and len(blobs) != len(hashes):
        raise Refused(Flaw.BLOBS, f"{len(blobs)} of {len(hashes)}")
    for index, (blob, expected) in enumerate(zip(blobs, hashes, strict=False)):
        try:
            found = blob_hash(blob)
        except ValueError as error:
            raise Refused(Flaw.BLOBS, f"blob {index}: {error}") from error
        if found != expected:
            raise Refused(Flaw.BLOBS, f"blob {index}")


def _checked(witness: Witness, blocks: Sequence[BatchBlock], lacks_blobs: bool) -> Checked:
    not_covered = [
        NotCovered.AVAILABILITY,
        NotCovered.PROGRAM,
        NotCovered.SUCCESSION,
        NotCovered.SETTLEMENT,
        NotCovered.FORCED,
    ]
    if lacks_blobs:
        not_covered.append(NotCovered.BLOBS)
    overridden = sum(bool(block.overrides) for block in blocks)
    if overridden:
        not_covered.append(NotCovered.OVERRIDES)
    return Checked(
        tuple(not_covered),
        keccak256(witness.batch),
        settlement_heads(blocks),
        settlement_roots(witness.parent, blocks),
        postings_of(blocks),
        overridden,
    )
