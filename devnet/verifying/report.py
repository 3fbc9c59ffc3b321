"""What came of it."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from devnet.chain.types import Hash32

MOST_FINDINGS = 100
"""After so many lies nothing more is looked at."""

Progress = Callable[[str, int, int], None]
"""What is looked at, how much of it is done, and of how much (0: not known)."""


def no_progress(what: str, done: int, of: int) -> None:
    """For those who do not watch."""


class Lie(enum.StrEnum):
    """What does not hold; the values are stable."""

    ANSWER = "answer"
    """An answer is not what the method gives, or contradicts itself."""
    CONFIGURATION = "configuration"
    """The configuration does not have the hash that the network names, or not the one that was expected."""
    GENESIS = "genesis"
    """A zone's genesis block is not that of the configuration."""
    BLOCK = "settlement block"
    """The root is not that of the fields, or the block does not follow the one before."""
    VALIDATORS = "validators"
    """The set is not the one that the settlement block before names."""
    PROPOSER = "proposer"
    """It was none whose turn it was."""
    CERTIFICATE = "certificate"
    """Two thirds of the stake did not sign the block."""
    UPDATE = "update"
    """It is another one than was settled, or does not follow the zone's one before."""
    PRODUCER = "producer"
    """The producer whose turn the slot is did not sign the update."""
    PROGRAM = "program"
    """The update is of another program than the configuration's."""
    HEADER = "header"
    """A header is not one that was settled."""
    TRANSACTIONS = "transactions"
    """They are not those of their block."""
    RECEIPTS = "receipts"
    """They are not those of their block."""
    FINALITY = "finality"
    """A block is called safe or finalized that is not settled."""
    DATA = "data"
    """The data's header, combination or batch is not what the update names."""
    COLUMN = "column"
    """A column that a holder gives is none of the encoded batch."""
    AVAILABILITY = "availability"
    """The data cannot be had."""
    PROOF = "proof"
    """It is not the one that was signed, or does not show the statement."""
    HEIGHTS = "heights"
    """Blocks know settlement blocks that are not on the chain."""
    FORCED = "forced"
    """A forced transaction that was due is not in, or one that was not is."""
    EVIDENCE = "evidence"
    """What is given as evidence against a validator is none."""
    FILES = "files"
    """A file or a dump is not as it was written."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold."""

    lie: Lie
    detail: str
    height: int | None = None
    """Of the settlement block."""
    zone: str | None = None
    number: int | None = None
    """Of the zone's block."""

    def __str__(self) -> str:
        places = [
            f"settlement block {self.height}" if self.height is not None else "",
            f"zone {self.zone}" if self.zone is not None else "",
            f"block {self.number}" if self.number is not None else "",
        ]
        where = ", ".join(place for place in places if place)
        return f"{self.lie.value}: {where}: {self.detail}" if where else f"{self.lie.value}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not checked."""

    what: str
    why: str
    count: int | None = None
    """How many of them, where they can be counted."""


@dataclass(slots=True)
class Report:
    """Everything that was found."""

    network: Hash32 | None = None
    """The configuration hash that the network names."""
    first: int = 0
    last: int = 0
    """Settlement heights that were looked at; `last` is below `first` where there was none."""
    counts: Counter[str] = field(default_factory=Counter)
    """What was checked, by kind."""
    findings: list[Finding] = field(default_factory=list)
    gaps: dict[tuple[str, str], Gap] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What is no lie, and worth knowing."""

    @property
    def is_true(self) -> bool:
        """Whether no lie was found."""
        return not self.findings

    def lie(
        self,
        lie: Lie,
        detail: str,
        height: int | None = None,
        zone: str | None = None,
        number: int | None = None,
    ) -> None:
        """Takes a finding in. Raises `Enough` after `MOST_FINDINGS`."""
        self.findings.append(Finding(lie, detail, height, zone, number))
        if len(self.findings) >= MOST_FINDINGS:
            raise Enough

    def gap(self, what: str, why: str, count: int | None = None) -> None:
        """Notes what was not checked; counts of the same add up."""
        known = self.gaps.get((what, why))
        if known is not None and count is not None:
            count += known.count or 0
        self.gaps[what, why] = Gap(what, why, count)

    def note(self, text: str) -> None:
        """Notes something once."""
        if text not in self.notes:
            self.notes.append(text)


class Enough(Exception):
    """There are too many findings to go on."""
