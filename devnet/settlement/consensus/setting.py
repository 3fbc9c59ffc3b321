"""What a height is agreed upon with: given from outside, the same for every validator but for its key."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.block import SettlementBlock
from devnet.settlement.certificate import Certificate
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import SigningDomain


@dataclass(frozen=True, slots=True)
class Height:
    """The height to agree upon next."""

    domain: SigningDomain
    height: int
    parent_root: Hash32
    """Of the settlement block before."""
    parent_slot: int
    validators: ValidatorSet
    """The set that the block before names."""

    def check(self, block: SettlementBlock) -> None:
        """Raises `Refused` unless this block can be the next one (height, parent, proposer)."""
        if block.height != self.height:
            raise Refused(Flaw.HEIGHT, f"{block.height}, not {self.height}")
        if block.parent_root != self.parent_root:
            raise Refused(Flaw.PARENT, f"0x{block.parent_root.hex()}, not 0x{self.parent_root.hex()}")
        if block.incarnation != self.domain.incarnation:
            raise Refused(Flaw.PARENT, f"incarnation {block.incarnation}, not {self.domain.incarnation}")
        if block.slot <= self.parent_slot:
            raise Refused(Flaw.PARENT, f"slot {block.slot}, the parent's is {self.parent_slot}")
        if block.proposer >= len(self.validators.validators):
            raise Refused(Flaw.PROPOSER, f"{block.proposer} of {len(self.validators.validators)}")

    def check_final(self, block: SettlementBlock, certificate: Certificate, scheme: SignatureScheme) -> None:
        """Raises `Refused` unless this block is the next one and the certificate makes it final."""
        self.check(block)
        certificate.verify_block(block, self.domain, self.validators, scheme)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long is waited, in milliseconds. Only progress hangs on these, never agreement."""

    propose: int = 1000
    prevote: int = 500
    precommit: int = 500
    growth: int = 250
    """Added with every round, so that some round is long enough for whatever the network is like."""
    gossip: int = 500
    """Between two questions to others, while a height is being agreed upon."""
    idle: int = 10_000
    """The same while nothing waits to be settled; 0 asks nobody then."""
