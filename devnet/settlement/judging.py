"""Judges of candidates: `Acceptance` asked in the words of consensus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from devnet.availability.columns import Column
from devnet.availability.parameters import Parameters
from devnet.chain.types import Hash32
from devnet.proving import Checked, Proof, Verifier
from devnet.proving.statement import Statement
from devnet.settlement.acceptance import Acceptance, NotAccepted, Package, UpdateFlaw
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import ChainView
from devnet.settlement.consensus.judging import ACCEPTED, Opinion, Verdict
from devnet.settlement.payload import Payload, decode_payload
from devnet.settlement.producers import Producers
from devnet.settlement.proposal import Candidate
from devnet.settlement.recent import Recent
from devnet.settlement.system_facts import SystemFacts, read_facts, spans_of
from devnet.settlement.system_proofs import BadSystemProof


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


@dataclass(frozen=True, slots=True)
class ReadPayload:
    """What a candidate carries, and what it shows."""

    payload: Payload
    facts: SystemFacts


class PayloadReader:
    """Reads what candidates carry: where several validators live in one process, once for all of them."""

    def __init__(self, limit: int = 16) -> None:
        """Remembers so many payloads that could be read."""
        self._limit = limit
        self._read: dict[tuple[bytes, Hash32], ReadPayload] = {}
        self._roots: tuple[ChainView, Sequence[ZoneUpdate], Hash32] | None = None

    def read(self, payload: bytes, system_root: Hash32) -> ReadPayload:
        """`system_root` is the system zone's state root that the chain settled. Raises ValueError, as
        BadSystemProof where what it shows does not hold, or is not exactly what these updates need."""
        key = (payload, system_root)
        known = self._read.get(key)
        if known is None:
            decoded = decode_payload(payload)
            shown = decoded.system.verify(system_root)
            facts = read_facts(shown.storage, spans_of(decoded.updates))
            shown.check_all_read()
            known = self._read[key] = ReadPayload(decoded, facts)
            if len(self._read) > self._limit:
                del self._read[next(iter(self._read))]
        return known

    def decoded(self, payload: bytes) -> Payload:
        """What a payload carries. Raises ValueError."""
        known = next((read for (key, _), read in self._read.items() if key == payload), None)
        return decode_payload(payload) if known is None else known.payload

    def zones_root(self, chain: ChainView, read: ReadPayload) -> Hash32:
        """Of a block that settles these updates after `chain`."""
        updates, known = read.payload.updates, self._roots
        if known is None or known[0] is not chain or known[1] is not updates:
            # In one step: any thread that judges may ask.
            self._roots = known = chain, updates, chain.zones_root_with(updates)
        return known[2]


class ValidatorJudge:
    """The `Judge` of one validator."""

    def __init__(
        self,
        acceptance: Acceptance,
        chain: ChainView,
        producers: Producers,
        share: Share,
        *,
        is_elected: bool = True,
        reader: PayloadReader | None = None,
    ) -> None:
        """`is_elected`: whether validators come from Staking. Else the set that is there stays."""
        self._acceptance = acceptance
        self.chain = chain
        """What is judged must follow this."""
        self._producers = producers
        self.share = share
        """What the set gives this validator that signs the block after `chain`."""
        self._is_elected = is_elected
        self._reader = reader or PayloadReader()
        self.delivery = Delivery()
        self._accepted: Hash32 | None = None
        """Root of the block that was accepted last, of this chain, share and delivery."""

    def turn_to(self, chain: ChainView, share: Share, delivery: Delivery) -> None:
        """From now on it is judged by this chain, by what the set that signs after it gives this validator,
        and by what was delivered."""
        self.chain, self.share, self.delivery, self._accepted = chain, share, delivery, None

    def belongs(self, candidate: Candidate) -> bool:
        """Whether the payload is what the block commits to: the updates, every one signed by its producer,
        and the set of validators, which must be there where it is another one; and whether what it shows of
        the system zone is true, and exactly what these updates are judged by."""
        block, chain = candidate.block, self.chain
        try:
            read = self._read(candidate)
        except ValueError:
            return False
        elected, updates = read.payload.elected, read.payload.updates
        if block.validators_root == chain.validators_root:
            if elected is not None:
                return False
        elif elected is None or elected.root != block.validators_root:
            return False
        if block.zones_root != self._reader.zones_root(chain, read):
            return False
        # Only the newest of a zone is under the root: the others are, as each names the one before it.
        before: dict[int, Hash32] = {}
        for update in updates:
            zone = update.statement.zone
            if update.previous != before.get(zone, chain.previous_of(zone)):
                return False
            before[zone] = update.signed_hash
        return all(self._producers.is_signed(update) for update in updates)

    def judge(self, candidate: Candidate) -> Verdict:
        """Whether all of it is accepted; else which rule is broken."""
        block, chain = candidate.block, self.chain
        try:
            read = self._read(candidate)
        except BadSystemProof as bad:
            return _refused(NotAccepted(UpdateFlaw.SYSTEM, str(bad)))
        except ValueError:
            return Verdict(Opinion.REFUSED, "its payload is none")
        if not read.payload.updates:
            return Verdict(Opinion.REFUSED, "it settles nothing")
        expected = read.facts.set_root if self._is_elected else chain.validators_root
        if block.validators_root != expected:
            detail = f"0x{block.validators_root.hex()} is a set that nobody elected"
            return _refused(NotAccepted(UpdateFlaw.VALIDATORS, detail))
        if block.root == self._accepted:
            return ACCEPTED
        try:
            self._check(block.slot, read.payload.updates, read.facts)
        except NotAccepted as reason:
            return _refused(reason)
        self._accepted = block.root
        return ACCEPTED

    def refusals(self, candidate: Candidate) -> dict[int, NotAccepted]:
        """Of a candidate that is refused: the zones whose updates are not accepted, each by itself, and why.
        None at all where something else is wrong."""
        try:
            read = self._read(candidate)
        except ValueError:
            return {}
        zones: dict[int, list[ZoneUpdate]] = {}
        for update in read.payload.updates:
            zones.setdefault(update.statement.zone, []).append(update)
        refused: dict[int, NotAccepted] = {}
        for zone, updates in zones.items():
            try:
                self._check(candidate.block.slot, updates, read.facts)
            except NotAccepted as reason:
                refused[zone] = reason
        return refused

    def _check(self, slot: int, updates: Sequence[ZoneUpdate], facts: SystemFacts) -> None:
        delivery, share = self.delivery, self.share
        self._acceptance.check(
            self.chain,
            slot,
            updates,
            delivery.packages,
            delivery.columns,
            share.parameters,
            share.mine,
            facts,
        )

    def _read(self, candidate: Candidate) -> ReadPayload:
        return self._reader.read(candidate.payload, self._acceptance.system_root(self.chain))


def _refused(reason: NotAccepted) -> Verdict:
    return Verdict(Opinion.REFUSED, str(reason))


class RememberingVerifier:
    """Another verifier, with what it said lately: where several validators live in one process, a proof is
    checked once and not once for each of them. Only acceptances are remembered."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._accepted: Recent[Checked] = Recent()

    @property
    def kind(self) -> str:
        return self._verifier.kind

    def verify(self, statement: Statement, proof: Proof) -> Checked:
        """As the other one."""
        question = (statement.hash, proof.kind, proof.data)
        return self._accepted.answer(
            question, len(proof.data), lambda: self._verifier.verify(statement, proof)
        )
