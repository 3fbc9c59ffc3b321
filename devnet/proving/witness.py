"""Everything that a prover of an update needs, and as bytes the proof of kind `witness` (docs/proving.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from devnet.chain.block import Header
from devnet.chain.block_codec import decode_header, encode_header
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import decode, encode_bytes, encode_list, split_list
from devnet.chain.rlp_items import hash32, members, text
from devnet.chain.types import Hash32
from devnet.proving.batch import BatchBlock, decode_batch
from devnet.proving.outbox import NO_MESSAGES, OutboxRoots
from devnet.proving.program import Program

KIND: Final = "witness"
FORMAT: Final = b"\x02"
FORMAT_BEFORE_MESSAGES: Final = b"\x01"
"""Of the proofs of programs without messages."""
MOST_BYTES: Final = 512 * 1024 * 1024
"""Of a proof: a batch of 128 MiB with all that it touches."""


class _Decoded:
    """A frozen record with a batch, which is decoded once, when it is asked for first."""

    __slots__ = ("_kept_content",)
    _kept_content: tuple[tuple[BatchBlock, ...], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Witness(_Decoded):
    """An update, and all that executing it needs."""

    program: Program
    batch: bytes
    """`devnet.proving.batch.encode_batch`."""
    parent: Header
    """Of the block before the first."""
    ancestors: tuple[Header, ...]
    """The headers before the parent, oldest first, as far as BLOCKHASH reached below it."""
    state: bytes
    """`devnet.state.state_witness`: the state before the first block."""
    codes: tuple[bytes, ...]
    """In the order of their hashes."""
    outbox: OutboxRoots = NO_MESSAGES

    def encode(self) -> bytes:
        """RLP of [format, program, batch, parent, ancestors, state, codes, outbox]; the batch and the state
        are byte strings, the outbox two roots. For a program without messages the format is 1, and the outbox
        is not there."""
        has_messages = self.program.has_messages
        outbox = [encode_bytes(self.outbox.before), encode_bytes(self.outbox.after)]
        return encode_list(
            (
                FORMAT if has_messages else FORMAT_BEFORE_MESSAGES,
                self.program.encode(),
                encode_bytes(self.batch),
                encode_header(self.parent),
                encode_list([encode_header(header) for header in self.ancestors]),
                encode_bytes(self.state),
                encode_list([encode_bytes(code) for code in self.codes]),
                *([encode_list(outbox)] if has_messages else []),
            )
        )

    @classmethod
    def decode(cls, encoded: bytes) -> Witness:
        """The inverse of `encode`. Raises ValueError, also for what is not the only form of anything."""
        parts = _parts(encoded)
        _, program, batch, parent, ancestors, state, codes, *outbox = parts
        decoded = Program.decode(program)
        if decoded.has_messages != bool(outbox):
            raise ValueError("a witness tells the roots of the outbox where its program has messages")
        return cls(
            decoded,
            text(decode(batch)),
            _header(parent),
            tuple([_header(item) for item in split_list(ancestors)]),
            text(decode(state)),
            tuple([text(decode(item)) for item in split_list(codes)]),
            OutboxRoots(*(hash32(root) for root in members(decode(outbox[0]), 2))) if outbox else NO_MESSAGES,
        )

    def content(self) -> tuple[tuple[BatchBlock, ...], tuple[bytes, ...]]:
        """The blocks and blobs of the batch. Raises ValueError."""
        try:
            return self._kept_content
        except AttributeError:
            content = decode_batch(self.batch)
            object.__setattr__(self, "_kept_content", content)
            return content

    def codes_by_hash(self) -> dict[Hash32, bytes]:
        """Raises ValueError where they are not in the order of their hashes, each once."""
        return dict(zip(_ascending([keccak256(code) for code in self.codes]), self.codes, strict=True))


def batch_of(encoded: bytes) -> bytes:
    """The batch in a proof that `Witness.encode` gave, without looking at the rest. Raises ValueError."""
    return text(decode(_parts(encoded)[2]))


def _parts(encoded: bytes) -> list[bytes]:
    parts = split_list(encoded)
    if not parts or (parts[0], len(parts)) not in ((FORMAT_BEFORE_MESSAGES, 7), (FORMAT, 8)):
        raise ValueError("a witness has seven parts and format 1, or eight and format 2")
    return parts


def _ascending(hashes: Sequence[Hash32]) -> Sequence[Hash32]:
    if any(one >= other for one, other in pairwise(hashes)):
        raise ValueError("codes stand in the order of their hashes, each once")
    return hashes


def _header(encoded: bytes) -> Header:
    header = decode_header(encoded)
    if encode_header(header) != encoded:
        raise ValueError("a header is not in its only form")
    return header
