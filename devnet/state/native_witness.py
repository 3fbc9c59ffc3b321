"""Witnesses of a state, opened by the compiled kernel: `devnet.state.state_witness.open_state`, with the same
roots and flaws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from devnet.chain.types import Hash32
from devnet.kernel import load
from devnet.state import WitnessedState
from devnet.state.config import QmdbConfig

if TYPE_CHECKING:
    from devnet.kernel import zero_kernel


def open_state(
    content: bytes, root: Hash32, height: int, config: QmdbConfig, codes: Mapping[Hash32, bytes]
) -> WitnessedState:
    """See `devnet.state.OpenState`. Raises KernelAbsent, too."""
    compaction = (config.compaction_threshold, config.compaction_ratio, config.compaction_divisor)
    state: zero_kernel.PartialState = load().open_state(
        content, root, height, *compaction, list(codes.items())
    )
    return state
