"""Why a vote, a certificate, a proposal or a piece of evidence is refused."""

from __future__ import annotations

from enum import StrEnum


class Flaw(StrEnum):
    """Each reason has one name, which logs and replies show; names stay as they are once released."""

    MALFORMED = "malformed"
    """The bytes are no canonical record of this kind, or a number in it is out of range."""
    TOO_LARGE = "too-large"
    """Longer than anything honest can be."""
    KIND = "kind"
    """Not a kind of vote that is meant here."""
    NIL = "nil"
    """A certificate for nothing, or half a nil: a slot without a root or a root without a slot."""
    HEIGHT = "height"
    """Of another height than asked about."""
    PARENT = "parent"
    """The block does not follow the newest one: its parent, slot or incarnation is another."""
    ROOT = "root"
    """Names another block."""
    SLOT = "slot"
    """Names another slot than the block's."""
    ROUND = "round"
    """A round that cannot be: at or after its own round, or too far ahead."""
    PROPOSER = "proposer"
    """The block or the proposal is not of the one whose turn it was."""
    VALIDATOR = "validator"
    """No such validator in the set."""
    BITMAP = "bitmap"
    """The bitmap of signers has another length than the set asks for, or bits beyond it."""
    STAKE = "stake"
    """The signers hold no more than two thirds of the stake."""
    SIGNATURE = "signature"
    """The signature is not theirs on this message."""
    POSSESSION = "possession"
    """No proof that the holder of the public key knows its secret."""
    PROOF = "proof"
    """A proposal says that its block was accepted before and does not show it, or the other way round."""
    PAYLOAD = "payload"
    """What came with the block is not what its root commits to."""
    JUDGED = "judged"
    """The judge refused the proposal (its own words are in the detail)."""
    SAME = "same"
    """Evidence of two statements that do not contradict each other."""


class Refused(Exception):
    """Something that came from elsewhere does not hold."""

    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        super().__init__(f"{flaw.value}: {detail}" if detail else flaw.value)
        self.flaw = flaw
        self.detail = detail
