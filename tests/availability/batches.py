"""Parameters and batches that tests draw, and what a producer does who colludes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from devnet.availability import Coder
from devnet.availability.column_tree import ColumnTree, leaf_of
from devnet.availability.columns import Column
from devnet.availability.dispersal import Dispersal, combination_of, encode
from devnet.availability.parameters import Parameters


@st.composite
def any_parameters(draw: st.DrawFn, most_columns: int = 200) -> Parameters:
    """Any that can be, with so many columns at most."""
    columns = draw(st.integers(3, most_columns))
    return Parameters(columns, draw(st.integers(0, (columns // 3 - 1) // 2)))


batches = st.binary(min_size=1, max_size=3_000)


def colluding(
    batch: bytes, parameters: Parameters, coder: Coder, bad: Mapping[int, bytes]
) -> tuple[Dispersal, dict[int, Column]]:
    """The dispersal of a producer who commits to other data in some columns, and these columns. All else is
    done right: the root is that of the columns handed out, the combination that of the batch."""
    true = encode(batch, parameters, coder)
    leaves = list(true.tree.levels[0][: parameters.columns])
    for index, data in bad.items():
        leaves[index] = leaf_of(data)
    tree = ColumnTree.over(b"".join(leaves))
    header = replace(true.header, columns_root=tree.root)
    dispersal = replace(true, header=header, combination=combination_of(header, batch, coder), tree=tree)
    return dispersal, {index: Column(index, data, tree.path(index)) for index, data in bad.items()}
