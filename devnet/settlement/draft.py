"""What settling one slot goes through: a draft, what was agreed on, and then a settlement block.

A draft holds everything that the zones contribute; what comes after needs no zone and may happen on another
thread, while the zones go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devnet.chain.transaction import Transaction
from devnet.chain.validator_set import ValidatorSet
from devnet.proving.program import Program
from devnet.proving.witness import Witness
from devnet.settlement.archive import Prepared
from devnet.settlement.block import SettlementBlock, ZoneUpdate
from devnet.settlement.certificate import Certificate
from devnet.settlement.chain import ChainView
from devnet.settlement.faults.conditions import Conditions
from devnet.settlement.producing import Span
from devnet.settlement.system_facts import ShownFacts


@dataclass(frozen=True, slots=True)
class Recorded:
    """The blocks of one update, and the witness of executing them."""

    span: Span
    witness: Witness
    transactions: tuple[Transaction, ...] = ()
    """Of its blocks as their zone decoded them: who lives in this process recovers no sender again."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one zone puts into a slot."""

    zone: int
    program: Program
    """In force at these blocks."""
    recorded: tuple[Recorded, ...]
    """One for each update, in their order; at least one."""
    inbox: tuple[int, int] = (0, 0)
    """From where to where they consume the zone's inbox."""

    @property
    def newest(self) -> int:
        """The newest block of it."""
        return self.recorded[-1].span.last


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be settled in a slot."""

    base: ChainView
    """The chain that it continues."""
    slot: int
    sections: tuple[Section, ...]
    """In the order of the zones, at least one."""
    shown: ShownFacts
    """Of the system zone's state that `base` settled, for these zones."""
    fewer: Mapping[frozenset[int], ShownFacts] = field(default_factory=dict)
    """The same for some of these zones only, where not all may be accepted."""
    conditions: Conditions = field(default_factory=Conditions)
    """Faults of this slot."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the validators decided; the chain does not have it yet."""

    base: ChainView
    """The chain that it continues."""
    block: SettlementBlock
    updates: tuple[ZoneUpdate, ...]
    """By zone, those of one zone in their order."""
    elected: ValidatorSet | None
    """The set that signs after this block; None where it is the one that signed it."""
    certificate: Certificate
    dispersed: Prepared | None
    """What was handed out beside the updates, as far as this process made them; None where that is not
    kept."""
