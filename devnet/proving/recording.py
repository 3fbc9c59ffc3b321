"""What a producer does for a proof: executes an update's blocks again, on a state that fetches what it lacks
from the whole one, and keeps what was fetched.

The blocks go through the very code by which a verifier follows them, so the witness is exactly what that
needs. It costs one more execution of each block, and what `devnet.state.recorder` says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devnet.chain.block import Header
from devnet.chain.block_codec import header_hash
from devnet.chain.codec import REFERENCE, Codec
from devnet.chain.transaction import Transaction
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.execution import Engine
from devnet.proving.batch import BatchBlock, encode_batch
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.following import BLOCKHASH_REACH, Following
from devnet.proving.program import FIRST_FORK, Program
from devnet.proving.witness import Witness
from devnet.state import State


class Recording:
    """The witness of blocks, followed one after the other; what they are run on may grow by further blocks
    between two of them."""

    def __init__(
        self,
        program: Program,
        parent: Header,
        state: State,
        recent_hashes: Sequence[Hash32],
        header_at: Callable[[int], Header],
        engine: Engine,
        codec: Codec = REFERENCE,
    ) -> None:
        """As `record`. Raises `Refused` and `StateGone`."""
        if program.rules.fork < FIRST_FORK:
            raise Refused(Flaw.PROGRAM, f"blocks of {program.rules.fork.name.lower()} cannot be proven")
        self._program = program
        self._parent = parent
        self._recorder = recorder = state.recorder(parent.number - program.genesis_number, program.state)
        if recorder.view.root != parent.state_root:
            raise Refused(Flaw.STATE_OTHER, f"the state's height is not that of block {parent.number}")
        self._ancestry = _WholeAncestry(program.genesis_number, parent, recent_hashes, header_at)
        self._following = Following(program, parent, recorder.view, self._ancestry, engine, codec)
        self._before = header_hash(parent)
        self._blocks: list[BatchBlock] = []

    def follow(self, block: BatchBlock, decoded: Sequence[Transaction] | None = None) -> None:
        """Runs the next block. `decoded` are its transactions, for who has them: their senders are not
        recovered again. Raises `Refused` and `StateGone`; nothing may follow then."""
        if block.header.parent_hash != self._before:
            raise Refused(Flaw.CHAIN, f"block {block.header.number}")
        self._following.follow(block, decoded)
        self._before = block.hash
        self._blocks.append(block)

    def witness(self, blobs: Sequence[bytes] = ()) -> Witness:
        """Of the blocks so far, at least one, and the blobs of their transactions."""
        outbox, codes = self._following.outbox, self._recorder.codes
        return Witness(
            self._program,
            encode_batch(self._blocks, blobs),
            self._parent,
            self._ancestry.headers(),
            self._recorder.witness(),
            tuple([codes[code_hash] for code_hash in sorted(codes)]),
            outbox,
        )


def record(
    program: Program,
    parent: Header,
    blocks: Sequence[BatchBlock],
    state: State,
    recent_hashes: Sequence[Hash32],
    header_at: Callable[[int], Header],
    engine: Engine,
    codec: Codec = REFERENCE,
    *,
    blobs: Sequence[bytes] = (),
) -> Witness:
    """The witness of the blocks, at least one, after `parent`.

    `state` must still have the height before the first block, and may have any number since; whether any
    thread may record, or only the one that commits to it, says `State.records_anywhere`. `recent_hashes` are
    those of up to 256 blocks up to `parent`, newest last; `header_at` gives the headers of earlier blocks by
    number. Raises `Refused` for blocks that do not follow by the rules (among them every block beside a
    reserved range), and `StateGone`.
    """
    recording = Recording(program, parent, state, recent_hashes, header_at, engine, codec)
    for block in blocks:
        recording.follow(block)
    return recording.witness(blobs)


class _WholeAncestry:
    """The `Ancestry` of whoever has the chain."""

    def __init__(
        self,
        genesis: int,
        parent: Header,
        recent_hashes: Sequence[Hash32],
        header_at: Callable[[int], Header],
    ) -> None:
        self._genesis = genesis
        self._parent = parent
        self._header_at = header_at
        newest = parent.number
        self._hashes = dict(zip(range(newest, -1, -1), reversed(recent_hashes), strict=False))
        self._newest = newest
        self._oldest_asked = newest

    def hashes_before(self, number: int) -> tuple[Hash32, ...]:
        oldest = max(self._genesis, number - BLOCKHASH_REACH)
        return tuple(self._hashes.get(at, ZERO_HASH) for at in range(oldest, number))

    def asked(self, numbers: frozenset[int]) -> None:
        for number in numbers:
            if number not in self._hashes:
                raise Refused(Flaw.ANCESTORS, f"the hash of block {number} is not kept")
        self._oldest_asked = min((*numbers, self._oldest_asked))

    def add(self, block_hash: Hash32) -> None:
        self._newest += 1
        self._hashes[self._newest] = block_hash

    def headers(self) -> tuple[Header, ...]:
        """Those from which the hash of the oldest block that was asked for follows."""
        return tuple(self._header_at(number) for number in range(self._oldest_asked + 1, self._parent.number))
