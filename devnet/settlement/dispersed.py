"""What was dispersed for a settlement block, as it lies with the validators, and the proofs: as data and as
bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devnet.availability import Refused
from devnet.availability.column_tree import ColumnTree
from devnet.availability.columns import Column
from devnet.availability.header import DataHeader
from devnet.chain.rlp import Decoded, decode, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import hash32, members, text
from devnet.chain.types import Hash32
from devnet.proving import Proof
from devnet.settlement.block import ZoneUpdate

if TYPE_CHECKING:
    from devnet.availability.dispersal import Dispersal

_HASH = 32


@dataclass(frozen=True, slots=True)
class DispersedUpdate:
    """One update's data, and its proof."""

    update: Hash32
    """The update's hash."""
    zone: int
    header: DataHeader
    combination: bytes
    columns: bytes
    """All of them, one after the other, without their paths, which follow from the leaves."""
    leaves: bytes
    """Of the columns, 32 bytes each."""
    proof: Proof

    @classmethod
    def of(cls, update: ZoneUpdate, dispersal: Dispersal, proof: Proof) -> DispersedUpdate:
        """What a producer dispersed for its update."""
        header = dispersal.header
        parameters = header.parameters
        data = dispersal.batch.ljust(parameters.data_columns * header.column_bytes, b"\0")
        leaves = b"".join(dispersal.tree.levels[0][: parameters.columns])
        return cls(
            update.signed_hash,
            update.statement.zone,
            header,
            dispersal.combination,
            data + dispersal.parity,
            leaves,
            proof,
        )

    @property
    def size(self) -> int:
        """Bytes that it takes, nearly."""
        return len(self.columns) + len(self.leaves) + len(self.combination) + len(self.proof.data)

    def tree(self) -> ColumnTree:
        """The tree over the columns; it is computed each time."""
        return ColumnTree.over(self.leaves)

    def column(self, index: int, tree: ColumnTree) -> Column:
        """The column with its path. Raises IndexError for one that there is not."""
        if not 0 <= index < self.header.parameters.columns:
            raise IndexError(f"column {index} of {self.header.parameters.columns}")
        size = self.header.column_bytes
        return Column(index, self.columns[index * size : (index + 1) * size], tree.path(index))


@dataclass(frozen=True, slots=True)
class DispersedBlock:
    """All updates of a settlement block."""

    height: int
    root: Hash32
    """Of the settlement block."""
    held: tuple[range, ...]
    """Which columns each validator of the set that signed the block holds, by its index."""
    updates: tuple[DispersedUpdate, ...]

    @property
    def size(self) -> int:
        """Bytes that it takes, nearly."""
        return sum(update.size for update in self.updates)

    def update(self, update: Hash32) -> DispersedUpdate | None:
        """The update with that hash."""
        return next((entry for entry in self.updates if entry.update == update), None)

    def holder_of(self, index: int) -> int | None:
        """Which validator holds the column with that index; None where nobody does."""
        return next((holder for holder, held in enumerate(self.held) if index in held), None)


@dataclass(frozen=True, slots=True)
class DispersedIndex:
    """What is looked for in a `DispersedBlock`, without its content."""

    height: int
    root: Hash32
    updates: tuple[Hash32, ...]

    @classmethod
    def of(cls, block: DispersedBlock) -> DispersedIndex:
        return cls(block.height, block.root, tuple(update.update for update in block.updates))

    def encode(self) -> bytes:
        """RLP of [height, root, [update, …]]."""
        updates = encode_list([encode_bytes(update) for update in self.updates])
        return encode_list([encode_int(self.height), encode_bytes(self.root), updates])

    @classmethod
    def decode(cls, encoded: bytes) -> DispersedIndex:
        """The inverse of `encode`. Raises ValueError."""
        height, root, updates = members(decode(encoded), 3)
        return cls(decode_int(height), hash32(root), tuple(hash32(update) for update in members(updates)))


def encode_block(block: DispersedBlock) -> bytes:
    """RLP of [height, root, [[first column, column after the last], …], [update, …]]; an update is [hash,
    zone, header, combination, columns, leaves, kind of proof, proof]."""
    return encode_list(
        [
            encode_int(block.height),
            encode_bytes(block.root),
            encode_list([_ints((held.start, held.stop)) for held in block.held]),
            encode_list([_encode_update(update) for update in block.updates]),
        ]
    )


def decode_block(encoded: bytes) -> DispersedBlock:
    """The inverse of `encode_block`. Raises ValueError."""
    height, root, held, updates = members(decode(encoded), 4)
    return DispersedBlock(
        decode_int(height),
        hash32(root),
        tuple(range(*(decode_int(end) for end in members(entry, 2))) for entry in members(held)),
        tuple(_read_update(update) for update in members(updates)),
    )


def _ints(numbers: Iterable[int]) -> bytes:
    return encode_list([encode_int(number) for number in numbers])


def _encode_update(update: DispersedUpdate) -> bytes:
    return encode_list(
        [
            encode_bytes(update.update),
            encode_int(update.zone),
            encode_bytes(update.header.encode()),
            encode_bytes(update.combination),
            encode_bytes(update.columns),
            encode_bytes(update.leaves),
            encode_bytes(update.proof.kind.encode("ascii")),
            encode_bytes(update.proof.data),
        ]
    )


def _read_update(item: Decoded) -> DispersedUpdate:
    update, zone, header, combination, columns, leaves, kind, proof = members(item, 8)
    try:
        head = DataHeader.decode(text(header))
    except Refused as refused:
        raise ValueError(str(refused)) from None
    parameters = head.parameters
    if len(text(columns)) != parameters.columns * head.column_bytes:
        raise ValueError("columns of another size than their header says")
    if len(text(leaves)) != parameters.columns * _HASH:
        raise ValueError("another number of leaves than of columns")
    return DispersedUpdate(
        hash32(update),
        decode_int(zone),
        head,
        text(combination),
        text(columns),
        text(leaves),
        Proof(text(kind).decode("ascii"), text(proof)),
    )
