"""Where a call runs: what running a transaction needs to know of the block that a caller named."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.block import Header
from devnet.chain.rules import Rules
from devnet.chain.types import Hash32
from devnet.execution import BlockEnv, Engine
from devnet.state import StateView
from devnet.zone.messages import ZoneConfig


@dataclass(frozen=True, slots=True)
class CallSite:
    """One place to run calls, estimates and access lists; none of them changes anything."""

    engine: Engine
    rules: Rules
    env: BlockEnv
    """Of the block that the call pretends to be in."""
    view: StateView
    """The state that the call starts from. For a block that is not sealed yet, and for the newest one, it is
    the state after the next block's system calls (protocol section 2)."""
    config: ZoneConfig
    """For `call_gas_cap` and `call_time_limit`."""


@dataclass(frozen=True, slots=True)
class SimulationSite:
    """Where eth_simulateV1's blocks are put: on top of `base`."""

    engine: Engine
    rules: Rules
    base: Header
    base_hash: Hash32
    recent_hashes: tuple[Hash32, ...]
    """Hashes of the blocks up to and with `base`, newest last, at most 256."""
    view: StateView
    """The state after `base` (with the development overlay, where `base` is the newest block)."""
    config: ZoneConfig
