"""A settlement chain that is built from certificates, and what a validator judges by it."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.availability import Coder
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.contracts.forced_inbox import InboxParameters
from devnet.proving import Verifier
from devnet.settlement.acceptance import Acceptance, ZoneRules
from devnet.settlement.chain import Settled, SettlementChain, WentBack
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.judging import Share, ValidatorJudge
from devnet.settlement.payload import decode_payload
from devnet.settlement.producers import Producers
from devnet.settlement.remote.genesis_facts import GenesisFacts
from devnet.settlement.seating import Seatings
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import SigningDomain

KEPT = 512
"""Settlement blocks below the newest that a validator remembers: judging takes sixteen, and development may
take more back. Below that it builds its chain again from genesis."""

_PRUNING = 64


@dataclass(frozen=True, slots=True)
class Position:
    """Where a settlement chain stands."""

    incarnation: int
    """Of the block to come."""
    head: SettlementHead


class Following:
    """One's own view of a settlement chain. Nothing gets onto it that two thirds of the stake did not
    sign."""

    def __init__(
        self, facts: GenesisFacts, scheme: SignatureScheme, verifier: Verifier, coder: Coder
    ) -> None:
        self.facts = facts
        self.chain = SettlementChain(facts.genesis, facts.genesis_number, facts.validators)
        self._seatings = Seatings()
        self._scheme = scheme
        self._producers = Producers(facts.network, facts.producers)
        rules = {
            index: ZoneRules(zone.program.id, zone.genesis_hash, zone.genesis_root)
            for index, zone in enumerate(facts.zones)
        }
        self._acceptance = Acceptance(
            facts.network,
            facts.genesis_number,
            facts.blocks,
            rules,
            self._producers,
            {verifier.kind: verifier},
            coder,
            InboxParameters() if facts.is_elected else None,
        )

    @property
    def position(self) -> Position:
        return Position(self.chain.incarnation, self.chain.head)

    @property
    def validators(self) -> ValidatorSet:
        """Those that sign the next block."""
        return self.chain.validators

    def setting(self) -> Height:
        """The height to agree upon next."""
        head = self.chain.head
        domain = SigningDomain(self.facts.network, self.chain.incarnation)
        return Height(domain, head.height + 1, head.root, head.slot, self.validators)

    def judge(self, index: int | None) -> ValidatorJudge:
        """The judge of the next height for the validator with this index, or for one who only follows. Its
        delivery is to be filled."""
        view = self.chain.view()
        seating = self._seatings.of(view.validators_root, view.validators)
        mine = range(0) if index is None else seating.held[index]
        return ValidatorJudge(
            self._acceptance,
            view,
            self._producers,
            Share(seating.parameters, mine),
            is_elected=self.facts.is_elected,
        )

    def index_of(self, public_key: bytes) -> int | None:
        """The validator's place in the set that signs the next block."""
        keys = [validator.public_key for validator in self.validators.validators]
        return keys.index(public_key) if public_key in keys else None

    def check(self, settled: Settled) -> None:
        """Raises `Refused` unless this is the next block, of this incarnation or a later one, and final: two
        thirds signed it, and what came with it is what it commits to."""
        block = settled.block
        if block.incarnation > self.chain.incarnation:
            self.chain.apply(WentBack(self.chain.height, block.incarnation))
        self.setting().check_final(block, settled.certificate, self._scheme)
        # That the rest follows, whoever signed has seen; that it is the block's, the chain sees to.
        before: dict[int, Hash32] = {}
        for update in settled.updates:
            zone = update.statement.zone
            if update.previous != before.get(zone, self.chain.previous_of(zone)):
                raise Refused(Flaw.PAYLOAD, f"an update of zone {zone} does not follow the one before it")
            before[zone] = update.signed_hash

    def append(self, settled: Settled) -> None:
        """Appends a block that was checked, here or by consensus. Raises `Refused` where what came with it is
        not what it commits to."""
        try:
            self.chain.apply(settled)
        except ValueError as error:
            raise Refused(Flaw.PAYLOAD, str(error)) from None
        if self.chain.height % _PRUNING == 0:
            self.chain.forget_below(self.chain.height - KEPT)

    def go_back(self, height: int, incarnation: int) -> None:
        """Development took history back; nobody signs for that. Raises ValueError for what cannot be."""
        self.chain.apply(WentBack(height, incarnation))

    def has(self, height: int, root: Hash32) -> bool:
        """Whether the block of that height has that root here."""
        return self.chain.root_at(height) == root


def settled_of(decision: Decision) -> Settled:
    """A decision of consensus as the chain takes it. Raises ValueError where its payload is none."""
    payload = decode_payload(decision.candidate.payload)
    return Settled(
        decision.candidate.block,
        payload.updates,
        decision.certificate,
        numbers=(),
        clock=0,
        elected=payload.elected,
    )
