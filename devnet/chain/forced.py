"""Forced transactions: what was posted to a zone's inbox in the system zone (protocol section 7)."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32


@dataclass(frozen=True, slots=True)
class Posting:
    """What the inbox holds of a posted transaction."""

    hash: Hash32
    """keccak of what was posted."""
    gas: int
    """What was paid for: a transaction that may take more is passed over."""


@dataclass(frozen=True, slots=True)
class ForcedTransaction:
    """What was posted, whether it is a transaction or not."""

    encoded: bytes
    gas: int
    """As in `Posting`."""

    @property
    def posting(self) -> Posting:
        """What stands for it where its bytes are not at hand."""
        return Posting(keccak256(self.encoded), self.gas)


@dataclass(frozen=True, slots=True)
class DueSection:
    """The part of a zone's queue that its next blocks have to consume, in order."""

    first: int = 0
    """The place in the queue of the first one, from 0 on."""
    transactions: tuple[ForcedTransaction, ...] = ()

    @property
    def end(self) -> int:
        """The place after the last one."""
        return self.first + len(self.transactions)

    def after(self, index: int) -> tuple[ForcedTransaction, ...]:
        """Those from the place `index` on; none where the section does not reach it."""
        return self.transactions[index - self.first :] if index >= self.first else ()


NOTHING_DUE = DueSection()
