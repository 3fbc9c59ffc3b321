"""Settles what zones have that is not settled: updates made, judged, decided, appended to the chain.

    draft = settler.begin()              # reads zones and chain: their owner's thread
    agreed = settler.decide(draft)       # neither: any one thread, while the zones go on
    settled = settler.apply(agreed, ...) # the owner's thread again

In process the three happen in a row (`Settlement.settle`), without waiting, so that they give the same result
in every run. A slot in which nothing changed makes no settlement block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from devnet.availability import Coder
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32, ZoneName
from devnet.proving import Prover, Verifier
from devnet.proving.program import Program
from devnet.settlement.acceptance import Acceptance, ZoneRules
from devnet.settlement.archive import Archive
from devnet.settlement.block import SettlementBlock, ZoneUpdate
from devnet.settlement.chain import ChainView, Settled, SettlementChain
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height
from devnet.settlement.council import Council
from devnet.settlement.dispersed import DispersedBlock, DispersedUpdate
from devnet.settlement.draft import Agreed, Draft
from devnet.settlement.drafting import Drafting, Task, bounded
from devnet.settlement.evidence import Evidence
from devnet.settlement.genesis_keys import genesis_secret
from devnet.settlement.judging import Delivery, PayloadReader, RememberingVerifier, Share, ValidatorJudge
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.payload import Payload, decode_payload
from devnet.settlement.producers import Producers, Turn
from devnet.settlement.producing import Made, UpdateMaker, cut
from devnet.settlement.programs import ProgramAbsent, Programs
from devnet.settlement.proposal import Candidate
from devnet.settlement.remembering import RememberingSignatures
from devnet.settlement.seating import Seating, Seatings
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.system_facts import SYSTEM_ZONE_INDEX, SystemReader
from devnet.settlement.votes import SigningDomain
from devnet.state import StateGone
from devnet.zone.errors import ZoneError
from devnet.zone.port import ZonePort


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
        programs: Programs,
        zones: Mapping[ZoneName, ZonePort],
        chain: SettlementChain,
        machinery: Machinery,
        archive: Archive,
    ) -> None:
        """`network` is the configuration's hash; `zones` are in the order of their indices, the system zone
        first. What is dispersed goes into `archive`."""
        self._network = network
        self._zones = zones
        self._programs = programs
        self._chain = chain
        self._archive = archive
        self._blocks = parameters.blocks
        self.producers = Producers(network, parameters.producers)
        scheme = RememberingSignatures(machinery.scheme)
        rules = {index: _rules(zone, programs.first_of(index)) for index, zone in enumerate(zones.values())}
        is_elected = parameters.epoch is not None
        self._system = SystemReader(
            next(iter(zones.values())), rules[SYSTEM_ZONE_INDEX].genesis_root, is_elected=is_elected
        )
        self._seatings = Seatings()
        secrets = [genesis_secret(scheme, network, index) for index in range(parameters.validators)]
        acceptance = Acceptance(
            network,
            programs.first_of(SYSTEM_ZONE_INDEX).genesis_number,
            parameters.blocks,
            rules,
            self.producers,
            {machinery.verifier.kind: RememberingVerifier(machinery.verifier)},
            machinery.coder,
        )
        reader, base = PayloadReader(), chain.view()
        nothing = Share(self._seatings.of(base.validators_root, base.validators).parameters, range(0))
        judges = [
            ValidatorJudge(acceptance, base, self.producers, nothing, is_elected=is_elected, reader=reader)
            for _ in secrets
        ]
        self._judges = dict(zip(map(scheme.public_key, secrets), judges, strict=True))
        """Of the validators whose keys this process has, by public key."""
        self._council = Council(scheme, secrets, judges, _NothingKept())
        self._maker = UpdateMaker(self.producers, machinery.prover, machinery.coder)
        self._made: dict[Hash32, Made] = {}
        """What was handed out for the height that is agreed upon, by the hash of the update."""
        self._delivered_for: tuple[int, SettlementHead] | None = None
        self.stopped: set[Turn] = set()
        """Producers that do nothing; others take their turns."""
        self.hindrances: dict[ZoneName, str] = {}
        """Why a zone's blocks cannot be settled; what is in the way is looked at again every time."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Of validators that contradicted themselves."""
        return tuple(self._council.evidence)

    # ------------------------------------------------------------ in three steps

    def drafting(self, slot: int | None = None, most: int | None = None) -> Drafting | None:
        """Begins the draft of this slot (default: the next one), None where there is nothing to settle. With
        `most`, of each zone some so much gas of work. Changes nothing, but reads the zones: it is for the
        thread that owns them, like all that is done with it."""
        base = self._chain.view()
        slot = base.head.slot + 1 if slot is None else slot
        waiting = [
            (index, name, zone)
            for index, name, zone in self._waiting()
            if self.producers.turn(index, slot) not in self.stopped
        ]
        if not waiting:
            return None
        try:
            facts = self._system.show(base, [index for index, _, _ in waiting]).facts
        except (ZoneError, StateGone) as reason:
            # Without that state nobody can show what blocks are judged by.
            text = f"the settled state of the system zone cannot be read: {reason}"
            self.hindrances.update((name, text) for _, name, _ in waiting)
            return None
        tasks: list[Task] = []
        for index, name, zone in waiting:
            settled = base.settled_number(index)
            newest = zone.number() if most is None else bounded(zone, settled, most)
            try:
                program, last = self._programs.run_of(index, zone, base, facts, newest)
            except (ProgramAbsent, ZoneError) as reason:
                self.hindrances[name] = str(reason)
            else:
                tasks.append(Task(index, name, zone, program, cut(settled, last, self._blocks)))
        return Drafting(base, slot, tasks, lambda zones: self._system.show(base, zones)) if tasks else None

    def begin(self, slot: int | None = None) -> Draft | None:
        """The whole of `drafting` at once; None where there is nothing that can be settled."""
        drafting = self.drafting(slot)
        if drafting is None:
            return None
        while not drafting.turn():
            pass
        self.hindrances.update(drafting.hindrances)
        return drafting.draft

    def decide(self, draft: Draft) -> Agreed:
        """Makes the updates, hands them out, and lets the validators agree: on a block with them, or with
        those of an earlier draft for the same height that they did not agree on then. Touches neither zones
        nor chain: any thread may do it, one at a time. Raises Undecided."""
        base, slot = draft.base, draft.slot
        seating = self._seatings.of(base.validators_root, base.validators)
        made: list[Made] = []
        for section in draft.sections:
            witnesses = [recorded.witness for recorded in section.recorded]
            made += self._maker.make(
                section.program, witnesses, slot, base.previous_of(section.zone), seating.parameters
            )
        self._deliver(base, seating, made)
        updates = tuple(entry.update for entry in made)
        payload = Payload(updates, draft.shown.proof, draft.shown.elected).encode()
        domain = SigningDomain(self._network, base.incarnation)
        head = base.head
        setting = Height(domain, head.height + 1, head.root, head.slot, base.validators)
        decision = self._council.decide(setting, lambda proposer: _author(draft, updates, payload, proposer))
        decided = decode_payload(decision.candidate.payload)
        return Agreed(
            base,
            decision.candidate.block,
            decided.updates,
            decided.elected,
            decision.certificate,
            tuple(self._made[key] for update in decided.updates if (key := update.signed_hash) in self._made),
            seating.held,
        )

    def apply(self, agreed: Agreed, clock: int) -> Settled | None:
        """Appends it to the chain, None where the chain went back meanwhile, so that it is of another life.
        `clock` is the network's, in seconds since the epoch. For the thread that owns chain and zones."""
        chain = self._chain
        if (chain.incarnation, chain.head) != (agreed.base.incarnation, agreed.base.head):
            return None
        numbers = tuple(zone.number() for zone in self._zones.values())
        settled = Settled(agreed.block, agreed.updates, agreed.certificate, numbers, clock, agreed.elected)
        self._archive.keep(_dispersed(agreed))
        chain.apply(settled)
        self._look_ahead()
        return settled

    def _look_ahead(self) -> None:
        """Reads what the next blocks need of the system zone while the state that it is in is surely there:
        it is kept no longer than the zone's history."""
        with suppress(ZoneError, StateGone):
            self._system.show(self._chain.view(), range(len(self._zones)))

    def is_waiting(self) -> bool:
        """Whether a zone has blocks that are to be settled and can be, as far as is known."""
        return bool(self._waiting())

    def _waiting(self) -> list[tuple[int, ZoneName, ZonePort]]:
        """Zones with blocks that are to be settled and can be, as far as is known."""
        return [
            (index, name, zone)
            for index, (name, zone) in enumerate(self._zones.items())
            if name not in self.hindrances and zone.number() > self._chain.settled_number(index)
        ]

    def _deliver(self, base: ChainView, seating: Seating, made: Sequence[Made]) -> None:
        if self._delivered_for != (base.incarnation, base.head):
            self._delivered_for = (base.incarnation, base.head)
            self._made.clear()
        # What was delivered for this height before stays: a validator may be locked on it.
        self._made.update((entry.update.signed_hash, entry) for entry in made)
        packages = {key: entry.package for key, entry in self._made.items()}
        for validator, mine in zip(seating.validators.validators, seating.held, strict=True):
            judge = self._judges.get(validator.public_key)
            if judge is not None:
                columns = {key: entry.columns(mine) for key, entry in self._made.items()}
                judge.chain, judge.share = base, Share(seating.parameters, mine)
                judge.delivery = Delivery(dict(packages), dict(columns))


def _author(draft: Draft, updates: Sequence[ZoneUpdate], payload: bytes, proposer: int) -> Candidate:
    base = draft.base
    block = SettlementBlock(
        height=base.head.height + 1,
        parent_root=base.head.root,
        slot=draft.slot,
        incarnation=base.incarnation,
        proposer=proposer,
        zones_root=base.zones_root_with(updates),
        validators_root=draft.shown.validators_root,
    )
    return Candidate(block, payload)


class _NothingKept:
    """The `Archive` of validators of whom none is ever behind."""

    def decision(self, height: int) -> Decision | None:
        return None


def _dispersed(agreed: Agreed) -> DispersedBlock:
    updates = [DispersedUpdate.of(made.update, made.dispersal, made.package.proof) for made in agreed.made]
    return DispersedBlock(agreed.block.height, agreed.block.root, agreed.held, tuple(updates))


def _rules(zone: ZonePort, program: Program) -> ZoneRules:
    genesis = zone.block("earliest")
    assert genesis is not None
    return ZoneRules(program.id, genesis.hash, genesis.header.state_root)
