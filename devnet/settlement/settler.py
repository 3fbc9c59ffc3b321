"""Settles what zones have that is not settled: updates made, judged, decided, appended to the chain.

Everything happens where it is called, in one process and without waiting, so that it gives the same result in
every run. A slot in which nothing changed makes no settlement block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devnet.availability import Coder
from devnet.availability.holdings import assign, parameters_for
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32, ZoneName
from devnet.proving import Prover, Verifier
from devnet.proving.flaws import Refused
from devnet.proving.program import Program
from devnet.settlement.acceptance import Acceptance, ZoneRules
from devnet.settlement.block import SettlementBlock, Validator, ValidatorSet, ZoneUpdate
from devnet.settlement.chain import Settled, SettlementChain
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height
from devnet.settlement.council import Council
from devnet.settlement.evidence import Evidence
from devnet.settlement.judging import Delivery, RememberingVerifier, Share, ValidatorJudge
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.producers import Producers, Turn
from devnet.settlement.producing import Made, UpdateMaker, cut
from devnet.settlement.proposal import Candidate
from devnet.settlement.remembering import RememberingSignatures
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.update_codec import encode_updates
from devnet.settlement.votes import SigningDomain
from devnet.state import StateGone
from devnet.zone.errors import ZoneError
from devnet.zone.port import ZonePort

_VALIDATOR_TAG = b"zero validator 1"


@dataclass(frozen=True, slots=True)
class Machinery:
    """What settling is done with."""

    scheme: SignatureScheme
    prover: Prover
    verifier: Verifier
    coder: Coder


class Settler:
    """The producers and validators of a network's own process."""

    def __init__(
        self,
        network: Hash32,
        parameters: SettlementParameters,
        programs: Sequence[Program],
        zones: Mapping[ZoneName, ZonePort],
        chain: SettlementChain,
        machinery: Machinery,
    ) -> None:
        """`network` is the configuration's hash; `programs` are those of the zones, in their order."""
        self._network = network
        self._zones = zones
        self._programs = programs
        self._chain = chain
        self._blocks = parameters.blocks
        self.producers = Producers(network, parameters.producers)
        scheme = RememberingSignatures(machinery.scheme)
        secrets = [_secret(scheme, network, index) for index in range(parameters.validators)]
        self.validators = ValidatorSet(
            tuple(Validator(scheme.public_key(secret), parameters.stake) for secret in secrets)
        )
        stakes = [validator.stake for validator in self.validators.validators]
        spread = parameters_for(stakes)
        self._shares = [Share(spread, mine) for mine in assign(spread.columns, stakes)]
        rules = {index: _rules(zone, programs[index]) for index, zone in enumerate(zones.values())}
        acceptance = Acceptance(
            network,
            programs[0].genesis_number,
            parameters.blocks,
            rules,
            self.producers,
            chain,
            {machinery.verifier.kind: RememberingVerifier(machinery.verifier)},
            machinery.coder,
        )
        self._judges = [ValidatorJudge(acceptance, chain, self.producers, share) for share in self._shares]
        self._council = Council(scheme, secrets, self._judges, _NothingKept())
        self._maker = UpdateMaker(self.producers, machinery.prover, machinery.coder, spread)
        self.stopped: set[Turn] = set()
        """Producers that do nothing; others take their turns."""
        self.hindrances: dict[ZoneName, str] = {}
        """Why a zone's blocks cannot be settled; what is in the way is looked at again every time."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Of validators that contradicted themselves."""
        return tuple(self._council.evidence)

    def settle(self, clock: int) -> tuple[Settled, ...]:
        """Makes settlement blocks until every zone is settled that can be. `clock` is the network's, in
        seconds since the epoch. Raises Undecided, with what was decided before it kept."""
        self.hindrances.clear()
        made: list[Settled] = []
        idle = 0
        slot = self._chain.head.slot
        # A slot may be of stopped producers only; after as many as there are producers all had their turn.
        while idle < self.producers.count and self._waiting():
            slot += 1
            settled = self._settle_slot(slot, clock)
            idle = idle + 1 if settled is None else 0
            if settled is not None:
                made.append(settled)
        return tuple(made)

    def _waiting(self) -> list[tuple[int, ZoneName, ZonePort]]:
        """Zones with blocks that are to be settled and can be, as far as is known."""
        return [
            (index, name, zone)
            for index, (name, zone) in enumerate(self._zones.items())
            if name not in self.hindrances and zone.number() > self._chain.settled_number(index)
        ]

    def _settle_slot(self, slot: int, clock: int) -> Settled | None:
        """The settlement block of that slot, None where nothing changes."""
        made: list[Made] = []
        for index, name, zone in self._waiting():
            if self.producers.turn(index, slot) in self.stopped:
                continue
            spans = cut(self._chain.settled_number(index), zone.number(), self._blocks)
            try:
                made += self._maker.make(
                    zone, self._programs[index], spans, slot, self._chain.previous_of(index)
                )
            except (Refused, ZoneError, StateGone) as reason:
                self.hindrances[name] = str(reason)
        if not made:
            return None
        self._deliver(made)
        updates = tuple(entry.update for entry in made)
        decision = self._council.decide(
            self._setting(), lambda proposer: self._author(slot, updates, proposer)
        )
        settled = Settled(
            decision.candidate.block,
            updates,
            decision.certificate,
            tuple(zone.number() for zone in self._zones.values()),
            clock,
        )
        self._chain.apply(settled)
        return settled

    def _deliver(self, made: Sequence[Made]) -> None:
        packages = {entry.update.signed_hash: entry.package for entry in made}
        for judge, share in zip(self._judges, self._shares, strict=True):
            columns = {entry.update.signed_hash: entry.columns(share.mine) for entry in made}
            judge.delivery = Delivery(dict(packages), dict(columns))

    def _setting(self) -> Height:
        head = self._chain.head
        domain = SigningDomain(self._network, self._chain.incarnation)
        return Height(domain, head.height + 1, head.root, head.slot, self.validators)

    def _author(self, slot: int, updates: Sequence[ZoneUpdate], proposer: int) -> Candidate:
        head = self._chain.head
        block = SettlementBlock(
            height=head.height + 1,
            parent_root=head.root,
            slot=slot,
            incarnation=self._chain.incarnation,
            proposer=proposer,
            zones_root=self._chain.zones_root_with(updates),
            validators_root=self.validators.root,
        )
        return Candidate(block, encode_updates(updates))


class _NothingKept:
    """The `Archive` of validators of whom none is ever behind."""

    def decision(self, height: int) -> Decision | None:
        return None


def _secret(scheme: SignatureScheme, network: Hash32, index: int) -> bytes:
    return scheme.make_secret(keccak256(_VALIDATOR_TAG + network + index.to_bytes(4, "big")))


def _rules(zone: ZonePort, program: Program) -> ZoneRules:
    genesis = zone.block("earliest")
    assert genesis is not None
    return ZoneRules(program.id, genesis.hash, genesis.header.state_root)
