"""A batch from any k columns that pass, and columns that are missing from the others (protocol section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from devnet.availability import Coder, Flaw, Refused
from devnet.availability.checking import ColumnCheck
from devnet.availability.column_tree import ColumnTree, climb, leaf_of
from devnet.availability.columns import Column
from devnet.availability.dispersal import Dispersal
from devnet.availability.header import DataHeader
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32


def reconstruct(header: DataHeader, combination: bytes, columns: Iterable[Column], coder: Coder) -> bytes:
    """The batch from columns of which any k pass; no more of them are taken than that needs. The header is
    one that `verify_header` let pass. Raises Refused (COMBINATION_LENGTH, TOO_FEW_COLUMNS, PADDING,
    BATCH_HASH)."""
    enough = header.parameters.data_columns
    return _restored(header, _passing(header, combination, columns, coder, enough), coder)


def repair(
    header: DataHeader, combination: bytes, columns: Iterable[Column], wanted: Sequence[int], coder: Coder
) -> tuple[Column, ...]:
    """The wanted columns with their paths, from others of which any k pass. A column to whose true content
    the producer did not commit cannot be repaired. Raises Refused (as `reconstruct`, COLUMN_INDEX, PATH)."""
    parameters, size = header.parameters, header.column_bytes
    for index in wanted:
        if not 0 <= index < parameters.columns:
            raise Refused(Flaw.COLUMN_INDEX, f"column {index} of {parameters.columns}")
    # All of them: the more paths, the more of the tree is known.
    passing = _passing(header, combination, columns, coder, parameters.columns)
    batch = _restored(header, passing, coder)
    parity, leaves = coder.extend(parameters.data_columns, parameters.columns, size, batch)
    # Where the producer committed to something else in a few places, their neighbours' paths still name it.
    tree = ColumnTree.over(leaves, _nodes(passing.values()))
    dispersal = Dispersal(header, combination, batch, parity, tree)
    repaired = tuple(dispersal.column(index) for index in wanted)
    for column in repaired:
        if climb(leaf_of(column.data), column.path, column.index) != header.columns_root:
            raise Refused(
                Flaw.PATH,
                f"the true column {column.index} is not the one that was committed to, or not provable",
            )
    return repaired


def _passing(
    header: DataHeader, combination: bytes, columns: Iterable[Column], coder: Coder, enough: int
) -> dict[int, Column]:
    """Columns that pass, by their index: all there are or, if that is fewer, `enough`. At least k."""
    check = ColumnCheck(header, combination, coder)
    needed = header.parameters.data_columns
    passing: dict[int, Column] = {}
    refusals: list[Refused] = []
    rest = iter(columns)
    while group := list(islice(rest, enough - len(passing))):
        for column, refusal in zip(group, check.refusals(group), strict=True):
            if refusal is None:
                passing[column.index] = column
            else:
                refusals.append(refusal)
    if len(passing) < needed:
        raise Refused(Flaw.TOO_FEW_COLUMNS, _shortage(len(passing), needed, refusals))
    return passing


def _shortage(passed: int, needed: int, refusals: Sequence[Refused]) -> str:
    refused = (
        f"; {len(refusals)} were refused, the first for its {refusals[0].flaw.value}" if refusals else ""
    )
    return f"{passed} of the {needed} that are needed passed{refused}"


def _restored(header: DataHeader, passing: dict[int, Column], coder: Coder) -> bytes:
    parameters = header.parameters
    known = {index: column.data for index, column in passing.items()}
    data = coder.restore(
        parameters.data_columns,
        parameters.columns,
        header.column_bytes,
        known,
        range(parameters.data_columns),
    )
    batch = data[: header.length]
    if any(data[header.length :]):
        raise Refused(Flaw.PADDING, "there is something behind the end of the batch")
    if keccak256(batch) != header.batch_hash:
        raise Refused(Flaw.BATCH_HASH, "the columns give another batch than the header names")
    return batch


def _nodes(columns: Iterable[Column]) -> dict[tuple[int, int], Hash32]:
    """All nodes of the tree that these columns show, by level and index."""
    nodes: dict[tuple[int, int], Hash32] = {}
    for column in columns:
        node, index = leaf_of(column.data), column.index
        for height, peer in enumerate(column.path):
            nodes[height, index] = node
            nodes[height, index ^ 1] = peer
            node = climb(node, (peer,), index)
            index >>= 1
    return nodes
