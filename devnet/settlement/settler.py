"""Settles what zones have that is not settled: updates made, judged, decided, appended to the chain.

    draft = settler.begin()              # reads zones and chain: their owner's thread
    agreed = settler.decide(draft)       # neither: any one thread, while the zones go on
    settled = settler.apply(agreed, ...) # the owner's thread again

In process the three happen in a row (`Settlement.settle`), without waiting, so that they give the same result
in every run. A slot in which nothing changed makes no settlement block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain as chained
from types import MappingProxyType

from devnet.availability import Coder
from devnet.availability.dispersal import encode
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32, ZoneName
from devnet.proving import Prover, Verifier
from devnet.proving.program import Program
from devnet.settlement.acceptance import Acceptance, UpdateFlaw, ZoneRules
from devnet.settlement.archive import Archive
from devnet.settlement.block import SettlementBlock, ZoneUpdate
from devnet.settlement.chain import ChainView, Settled, SettlementChain
from devnet.settlement.consensus.judging import Opinion
from devnet.settlement.consensus.messages import Decision
from devnet.settlement.consensus.setting import Height
from devnet.settlement.council import Council
from devnet.settlement.dispersed import DispersedBlock, DispersedUpdate
from devnet.settlement.draft import Agreed, Draft
from devnet.settlement.drafting import Drafting, Task, bounded
from devnet.settlement.due import NotDue, Overdue
from devnet.settlement.evidence import Evidence, EvidenceBook
from devnet.settlement.faults.conditions import Conditions
from devnet.settlement.faults.kinds import Lie
from devnet.settlement.faults.lying import told
from devnet.settlement.faults.plan import FaultPlan
from devnet.settlement.faults.wire import Statement
from devnet.settlement.genesis_keys import genesis_secret
from devnet.settlement.inclusion import Inclusion
from devnet.settlement.judging import Delivery, PayloadReader, RememberingVerifier, Share, ValidatorJudge
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.payload import Payload, decode_payload
from devnet.settlement.producers import Producers
from devnet.settlement.producing import Made, UpdateMaker, cut
from devnet.settlement.programs import ProgramAbsent, Programs
from devnet.settlement.proposal import Candidate
from devnet.settlement.remembering import RememberingSignatures
from devnet.settlement.remembering_codec import RememberingCodec
from devnet.settlement.remote.hub import Hub
from devnet.settlement.seating import Seating, Seatings
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.standstill import Undecided
from devnet.settlement.system_facts import (
    SYSTEM_ZONE_INDEX,
    ShownFacts,
    SystemFacts,
    SystemReader,
    nothing_of,
)
from devnet.settlement.troubles import Trouble, Troubles
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
    codec: RememberingCodec
    """The verifier's: told what the zones of this process decoded."""


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
        faults: FaultPlan,
        evidence: EvidenceBook,
        inclusion: Inclusion,
        hub: Hub | None = None,
    ) -> None:
        """`network` is the configuration's hash; `zones` are in the order of their indices, the system zone
        first. What is dispersed goes into `archive`, validators that contradict themselves into `evidence`;
        `faults` are the network's; `inclusion` says what zones owe their inboxes; `hub` is where validators
        come together that live elsewhere."""
        self._inclusion = inclusion
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
            inclusion.parameters,
        )
        self._reader = reader = PayloadReader()
        base = chain.view()
        self._rehearsed = self._seatings.of(base.validators_root, base.validators).parameters
        nothing = Share(self._rehearsed, range(0))

        def build_judge() -> ValidatorJudge:
            return ValidatorJudge(
                acceptance, base, self.producers, nothing, is_elected=is_elected, reader=reader
            )

        self._build_judge = build_judge
        judges = [build_judge() for _ in secrets]
        self._judges = dict(zip(map(scheme.public_key, secrets), judges, strict=True))
        """Of the validators whose keys this process has, by public key."""
        self._scheme = scheme
        self._secrets = dict(zip(self._judges, secrets, strict=True))
        self._coder = machinery.coder
        self._codec = machinery.codec
        seats = None if hub is None else hub.seats
        self._council = Council(scheme, secrets, judges, _NothingKept(), seats, evidence)
        self._maker = UpdateMaker(self.producers, machinery.prover, machinery.coder)
        self._hub = hub
        self._made: dict[Hash32, Made] = {}
        """What was handed out for the height that is agreed upon, by the hash of the update."""
        self._delivered_for: tuple[int, SettlementHead] | None = None
        self._faults = faults
        self._tried: tuple[int, SettlementHead, int] | None = None
        """(incarnation, newest settlement block, slot) of the last slot in which there was something."""
        self.troubles = Troubles()
        self.standstill: Undecided | None = None
        """Why the last slot was not decided, None where it was."""
        self.hindrances: dict[ZoneName, str] = {}
        """Why a zone's blocks cannot be settled; what is in the way is looked at again every time."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Of validators that contradicted themselves."""
        return tuple(self._council.evidence)

    @property
    def recovered(self) -> int:
        """How many transactions of others this process's validators decoded."""
        return self._codec.recovered

    def hold(self, secret: bytes) -> bytes:
        """This process votes with that key, too, from the next height on at which the set in force has it;
        gives the public key. Not while `decide` runs."""
        key = self._scheme.public_key(secret)
        judge = self._judges.setdefault(key, self._build_judge())
        self._secrets[key] = secret
        self._council.hold(secret, judge)
        return key

    def let_go(self, public_key: bytes) -> None:
        """This process votes with that key no more, be it one of genesis. Raises KeyError where it does not
        hold it. Not while `decide` runs."""
        self._council.let_go(public_key)

    def rehearse(self) -> None:
        """Does once what takes longer the first time: the coder's tables, keys of producers. Any thread,
        before the first slot."""
        encode(b"\0", self._rehearsed, self._coder)
        for zone in range(len(self._zones)):
            for slot in range(self.producers.count):
                self.producers.address(self.producers.turn(zone, slot))

    # ------------------------------------------------------------ in three steps

    def drafting(
        self,
        slot: int | None = None,
        most: int | None = None,
        shaken: Mapping[int, int] = MappingProxyType({}),
    ) -> Drafting | None:
        """Begins the draft of this slot (default: the next one), None where there is nothing to settle. With
        `most`, of each zone some so much gas of work. Of the zones in `shaken`, by index, blocks up to that
        number, unless there are no other blocks. Changes nothing, but reads the zones: it is for the thread
        that owns them, like all that is done with it."""
        waiting = self._waiting()
        if not waiting:
            return None
        base = self._chain.view()
        slot = self._next_slot(base) if slot is None else slot
        self._tried = (base.incarnation, base.head, slot)
        conditions = self._faults.begin_slot()
        waiting = [each for each in waiting if self._is_there(each[0], slot, conditions)]
        if not waiting:
            return None
        newest = {index: zone.number() for index, _, zone in waiting}
        steady = {index: min(number, shaken.get(index, number)) for index, number in newest.items()}
        if any(number > base.settled_number(index) for index, number in steady.items()):
            newest = steady
            waiting = [each for each in waiting if steady[each[0]] > base.settled_number(each[0])]
        try:
            facts = self._system.show(base, {index: nothing_of(base, index) for index, _, _ in waiting}).facts
        except (ZoneError, StateGone) as reason:
            # Without that state nobody can show what blocks are judged by.
            text = f"the settled state of the system zone cannot be read: {reason}"
            self.hindrances.update((name, text) for _, name, _ in waiting)
            return None
        tasks: list[Task] = []
        for index, name, zone in waiting:
            try:
                tasks.append(self._task(base, facts, index, name, zone, most, newest[index]))
            except (ProgramAbsent, NotDue, Overdue, ZoneError, StateGone) as reason:
                self.hindrances[name] = str(reason)
        if not tasks:
            return None
        return Drafting(base, slot, tasks, lambda zones: self._system.show(base, zones), conditions)

    def _task(
        self,
        base: ChainView,
        facts: SystemFacts,
        index: int,
        name: ZoneName,
        zone: ZonePort,
        most: int | None,
        last: int,
    ) -> Task:
        """Of the zone's blocks up to `last`, some `most` gas of work, None for all."""
        settled = base.settled_number(index)
        newest, work = (last, None) if most is None else bounded(zone, settled, last, most)
        program, last = self._programs.run_of(index, zone, base, facts, newest)
        spans = cut(settled, last, self._blocks)
        try:
            inbox = self._inclusion.span(base, self._system, index, spans[0].first, spans[-1].last)
        except Overdue:
            if newest == zone.number():
                raise
            # What is due comes in a later block: then these are settled together, whatever that costs.
            return self._task(base, facts, index, name, zone, None, zone.number())
        return Task(index, name, zone, program, spans, inbox, work)

    def _is_there(self, zone: int, slot: int, conditions: Conditions) -> bool:
        turn = self.producers.turn(zone, slot)
        absence = conditions.absence(turn)
        if absence is not None:
            self.troubles.add(Trouble(slot, UpdateFlaw.LATE, absence, zone, turn.index))
        return absence is None

    def _next_slot(self, base: ChainView) -> int:
        """The one after the newest settlement block's, and after those that were tried in vain since."""
        tried = self._tried
        if tried is not None and tried[:2] == (base.incarnation, base.head):
            return tried[2] + 1
        return base.head.slot + 1

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
        if self._hub is not None:
            self._hub.seats.resume()
        recorded = [each for section in draft.sections for each in section.recorded]
        with self._codec.knowing(chained.from_iterable(each.transactions for each in recorded)):
            return self._decide(draft)

    def _decide(self, draft: Draft) -> Agreed:
        base, slot, conditions = draft.base, draft.slot, draft.conditions
        seating = self._seatings.of(base.validators_root, base.validators)
        made: list[Made] = []
        omitted: set[Hash32] = set()
        delay = 0
        for section in draft.sections:
            witnesses = [recorded.witness for recorded in section.recorded]
            made += self._maker.make(
                section.program,
                witnesses,
                slot,
                base.previous_of(section.zone),
                seating.parameters,
                section.inbox[0],
            )
            turn = self.producers.turn(section.zone, slot)
            delay = max(delay, conditions.delay(turn))
            for lie, random in conditions.lies(turn):
                made[-1] = told(made[-1], lie, turn, self.producers, self._coder, random)
                if lie is Lie.OMISSION:
                    omitted.add(made[-1].update.signed_hash)
        self._deliver(base, seating, made, omitted, conditions)
        updates = tuple(entry.update for entry in made)
        domain = SigningDomain(self._network, base.incarnation)
        head = base.head
        setting = Height(domain, head.height + 1, head.root, head.slot, base.validators)
        try:
            decision = self._council.decide(
                setting,
                lambda proposer: self._author(draft, updates, proposer),
                conditions.wire(setting, self._sign),
                conditions.absent,
                delay,
                lambda proposer: self._author(draft, updates, proposer, is_elsewhere=True),
            )
        except Undecided as reason:
            self.standstill = Undecided(reason.standstill, conditions.text(tuple(self._zones)))
            self._forget_made()
            raise self.standstill from reason
        self.standstill = None
        self._note_dissent(slot)
        decided = self._reader.decoded(decision.candidate.payload)
        return Agreed(
            base,
            decision.candidate.block,
            decided.updates,
            decided.elected,
            decision.certificate,
            self._archive.prepare(self._dispersed(decision.candidate.block, decided.updates, seating.held)),
        )

    def _dispersed(
        self, block: SettlementBlock, updates: Sequence[ZoneUpdate], held: Sequence[range]
    ) -> DispersedBlock:
        made = [self._made[key] for update in updates if (key := update.signed_hash) in self._made]
        kept = (DispersedUpdate.of(each.update, each.dispersal, each.package.proof) for each in made)
        return DispersedBlock(block.height, block.root, tuple(held), tuple(kept))

    def cancel(self) -> None:
        """Any thread: a `decide` that waits for validators who live elsewhere gives up, with Undecided."""
        if self._hub is not None:
            self._hub.seats.cancel()

    def apply(self, agreed: Agreed, clock: int) -> Settled | None:
        """Appends it to the chain, None where the chain went back meanwhile, so that it is of another life.
        `clock` is the network's, in seconds since the epoch. For the thread that owns chain and zones."""
        chain = self._chain
        if (chain.incarnation, chain.head) != (agreed.base.incarnation, agreed.base.head):
            return None
        numbers = tuple(zone.number() for zone in self._zones.values())
        settled = Settled(agreed.block, agreed.updates, agreed.certificate, numbers, clock, agreed.elected)
        if agreed.dispersed is not None:
            self._archive.accept(agreed.dispersed)
        chain.apply(settled)
        self._faults.settled()
        self._look_ahead()
        return settled

    def _look_ahead(self) -> None:
        """Reads what the next blocks need of the system zone while the state that it is in is surely there:
        it is kept no longer than the zone's history."""
        with suppress(ZoneError, StateGone):
            base = self._chain.view()
            self._system.show(base, {index: nothing_of(base, index) for index in range(len(self._zones))})

    def is_waiting(self) -> bool:
        """Whether a zone has blocks that are to be settled and can be, as far as is known."""
        return bool(self._waiting())

    def work(self, most: int) -> int:
        """What a slot would have to do now that takes of each zone some `most` gas of work. For the thread
        that owns the zones."""
        work = 0
        for index, _, zone in self._waiting():
            # What cannot be read, `drafting` says.
            with suppress(ZoneError, StateGone):
                work += bounded(zone, self._chain.settled_number(index), zone.number(), most)[1]
        return work

    def _waiting(self) -> list[tuple[int, ZoneName, ZonePort]]:
        """Zones with blocks that are to be settled and can be, as far as is known."""
        return [
            (index, name, zone)
            for index, (name, zone) in enumerate(self._zones.items())
            if name not in self.hindrances and zone.number() > self._chain.settled_number(index)
        ]

    def _deliver(
        self,
        base: ChainView,
        seating: Seating,
        made: Sequence[Made],
        omitted: AbstractSet[Hash32],
        conditions: Conditions,
    ) -> None:
        if self._delivered_for != (base.incarnation, base.head):
            self._delivered_for = (base.incarnation, base.head)
            self._made.clear()
        # What was delivered for this height before stays: a validator may be locked on it.
        self._made.update((entry.update.signed_hash, entry) for entry in made)
        packages = {key: entry.package for key, entry in self._made.items() if key not in omitted}
        seats = zip(seating.validators.validators, seating.held, strict=True)
        deliveries: dict[int, Delivery] = {}
        for index, (validator, mine) in enumerate(seats):
            columns = {
                key: conditions.delivered(index, entry.update.statement.zone, entry.columns(mine))
                for key, entry in self._made.items()
            }
            deliveries[index] = Delivery(dict(packages), dict(columns))
            judge = self._judges.get(validator.public_key)
            if judge is not None:
                judge.turn_to(base, Share(seating.parameters, mine), deliveries[index])
        if self._hub is not None:
            self._hub.deliveries.offer(self._delivered_for, deliveries)

    def _forget_made(self) -> None:
        """Lets go what was handed out and nobody is bound to: every try brings more."""
        bound = {
            update.signed_hash
            for candidate in self._council.binding()
            for update in decode_payload(candidate.payload).updates
        }
        self._made = {key: entry for key, entry in self._made.items() if key in bound}

    def _author(
        self, draft: Draft, updates: Sequence[ZoneUpdate], proposer: int, *, is_elsewhere: bool = False
    ) -> Candidate | None:
        """What this validator proposes: everything, where it accepts that itself, else what it accepts."""
        candidate = _candidate(draft, updates, draft.shown, proposer)
        validators = draft.base.validators.validators
        own = self._judges.get(validators[proposer].public_key)
        # Who lives elsewhere is given what somebody here accepts.
        here = [self._judges[each.public_key] for each in validators if each.public_key in self._judges]
        judges = here if own is None or is_elsewhere else [own]
        if not judges or any(judge.judge(candidate).opinion is Opinion.ACCEPTED for judge in judges):
            return candidate
        refused = judges[0].refusals(candidate)
        for zone, reason in refused.items():
            turn = self.producers.turn(zone, draft.slot)
            self.troubles.add(Trouble(draft.slot, reason.flaw, reason.detail, zone, turn.index))
        accepted = {update.statement.zone for update in updates} - set(refused)
        zones = max((some for some in draft.fewer if some <= accepted), key=len, default=None)
        if zones is None:
            return None
        some = [update for update in updates if update.statement.zone in zones]
        return _candidate(draft, some, draft.fewer[zones], proposer)

    def _note_dissent(self, slot: int) -> None:
        reasons: dict[str, list[int]] = {}
        for index, reason in self._council.dissent.items():
            reasons.setdefault(reason, []).append(index)
        for reason, members in reasons.items():
            self.troubles.add(Trouble(slot, "judged", reason, validators=tuple(members)))

    def _sign(self, public_key: bytes, statement: Statement, domain: SigningDomain) -> Statement | None:
        secret = self._secrets.get(public_key)
        return None if secret is None else statement.signed(domain, self._scheme, secret)


def _candidate(draft: Draft, updates: Sequence[ZoneUpdate], shown: ShownFacts, proposer: int) -> Candidate:
    base = draft.base
    block = SettlementBlock(
        height=base.head.height + 1,
        parent_root=base.head.root,
        slot=draft.slot,
        incarnation=base.incarnation,
        proposer=proposer,
        zones_root=base.zones_root_with(updates),
        validators_root=shown.validators_root,
    )
    return Candidate(block, Payload(tuple(updates), shown.proof, shown.elected).encode())


class _NothingKept:
    """The `Archive` of validators of whom none is ever behind."""

    def decision(self, height: int) -> Decision | None:
        return None


def _rules(zone: ZonePort, program: Program) -> ZoneRules:
    genesis = zone.block("earliest")
    assert genesis is not None
    return ZoneRules(program.id, genesis.hash, genesis.header.state_root)
