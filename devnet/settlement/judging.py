"""Judges of candidates: `Acceptance` asked in the words of consensus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from devnet.availability.columns import Column
from devnet.availability.parameters import Parameters
from devnet.chain.types import Hash32
from devnet.proving import Checked, Proof, Verifier
from devnet.proving.statement import Statement
from devnet.settlement.acceptance import Acceptance, NotAccepted, Package
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import ChainView
from devnet.settlement.consensus.judging import ACCEPTED, Opinion, Verdict
from devnet.settlement.producers import Producers
from devnet.settlement.proposal import Candidate
from devnet.settlement.update_codec import decode_updates


@dataclass(slots=True)
class Delivery:
    """What reached one validator of a slot's updates, by the hash of the update. Producers fill it."""

    packages: dict[Hash32, Package] = field(default_factory=dict)
    columns: dict[Hash32, Sequence[Column]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """Which columns of a dispersal are a validator's."""

    parameters: Parameters
    mine: range


class ValidatorJudge:
    """The `Judge` of one validator."""

    def __init__(self, acceptance: Acceptance, chain: ChainView, producers: Producers, share: Share) -> None:
        self._acceptance = acceptance
        self.chain = chain
        """What is judged must follow this."""
        self._producers = producers
        self._share = share
        self.delivery = Delivery()

    def belongs(self, candidate: Candidate) -> bool:
        """Whether the payload is the list of updates that the block's zones root commits to, every one signed
        by its producer."""
        updates = _updates_of(candidate)
        if updates is None or candidate.block.zones_root != self.chain.zones_root_with(updates):
            return False
        # Only the newest of a zone is under the root: the others are, as each names the one before it.
        before: dict[int, Hash32] = {}
        for update in updates:
            zone = update.statement.zone
            if update.previous != before.get(zone, self.chain.previous_of(zone)):
                return False
            before[zone] = update.signed_hash
        return all(self._producers.is_signed(update) for update in updates)

    def judge(self, candidate: Candidate) -> Verdict:
        """Whether all of it is accepted; else which rule is broken."""
        updates = _updates_of(candidate)
        block = candidate.block
        newest = self.chain.newest
        if updates is None or not updates:
            return Verdict(Opinion.REFUSED, "it settles nothing")
        if newest is not None and block.validators_root != newest.block.validators_root:
            return Verdict(Opinion.REFUSED, "it names another set of validators than is in force")
        delivery, share = self.delivery, self._share
        try:
            self._acceptance.check(
                self.chain,
                block.slot,
                updates,
                delivery.packages,
                delivery.columns,
                share.parameters,
                share.mine,
            )
        except NotAccepted as reason:
            return Verdict(Opinion.REFUSED, str(reason))
        return ACCEPTED


def _updates_of(candidate: Candidate) -> tuple[ZoneUpdate, ...] | None:
    try:
        return decode_updates(candidate.payload)
    except ValueError:
        return None


class RememberingVerifier:
    """Another verifier, with what it said lately: where several validators live in one process, a proof is
    checked once and not once for each of them. Only acceptances are remembered."""

    def __init__(self, verifier: Verifier, limit: int = 64) -> None:
        self._verifier = verifier
        self._limit = limit
        self._accepted: dict[tuple[Hash32, str, bytes], Checked] = {}

    @property
    def kind(self) -> str:
        return self._verifier.kind

    def verify(self, statement: Statement, proof: Proof) -> Checked:
        """As the other one."""
        key = (statement.hash, proof.kind, proof.data)
        known = self._accepted.get(key)
        if known is None:
            known = self._accepted[key] = self._verifier.verify(statement, proof)
            if len(self._accepted) > self._limit:
                del self._accepted[next(iter(self._accepted))]
        return known
