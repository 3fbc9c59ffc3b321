"""What a validator asks before it votes (protocol section 7, "Acceptance"): the whole of it.

My columns verify; the update chains; its producer's turn and signature; the proof verifies for the program in
force; settlement heights are on my chain; what the inbox says is due is in (`due.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import is_

from devnet.availability import Coder
from devnet.availability import Refused as DataRefused
from devnet.availability.checking import verify_header
from devnet.availability.columns import Column, indices_of
from devnet.availability.header import DataHeader
from devnet.availability.parameters import Parameters
from devnet.chain.forced import Posting
from devnet.chain.keccak import keccak256
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.contracts.forced_inbox import InboxParameters
from devnet.proving import Checked, Proof, Verifier
from devnet.proving.flaws import Refused as ProofRefused
from devnet.settlement.block import MOST_UPDATES, ZoneUpdate
from devnet.settlement.chain import ChainView
from devnet.settlement.dispersal_checks import DispersalChecks
from devnet.settlement.due import NotDue, Overdue, check_consumed, demand_of
from devnet.settlement.producers import Producers
from devnet.settlement.succession import Step, first_step, step_after, step_before
from devnet.settlement.system_facts import SYSTEM_ZONE_INDEX, SystemFacts, settled_root

_MOST_HELD = 4
"""Steps that hold: those of the candidates of one slot, where a leader leaves zones out."""


class UpdateFlaw(StrEnum):
    """Why an update is not accepted; names stay as they are once released."""

    NETWORK = "network"
    """Of another network: the configuration's hash differs."""
    ZONE = "zone"
    """There is no such zone."""
    PROGRAM = "program"
    """Not the program that is in force in the zone at the settlement heights that its blocks know."""
    SLOT = "slot"
    """Its slot is not the settlement block's."""
    CHAIN = "chain"
    """It does not follow the zone's update before it."""
    RANGE = "range"
    """It has no blocks, or too many."""
    TURN = "turn"
    """It is not of the producer whose turn the slot is, or that one did not sign it."""
    INBOX = "inbox"
    """It consumes forced transactions that there are not, in another order, or before they may be."""
    FORCED = "forced"
    """It skips a forced transaction that is due."""
    LAG = "lag"
    """Its blocks lag too far behind the settlement chain, and lack what is due by now."""
    HEIGHTS = "heights"
    """Its blocks know settlement blocks that are not on the chain."""
    DATA = "data"
    """The validator's columns, or the data's header, do not hold."""
    VALIDATORS = "validators"
    """The block names a set of validators that nobody elected: it is not the one that Staking has."""
    SYSTEM = "system"
    """What the block shows of the system zone does not hold, or is not what its updates are judged by."""
    MISSING = "missing"
    """What belongs to it did not come: columns, header, or proof."""
    PROOF = "proof"
    """The proof is another one than was signed, or does not verify."""
    LATE = "late"
    """None came in its producer's slot."""
    BATCH = "batch"
    """What was dispersed is not what the proof executes."""


class NotAccepted(Exception):
    """A validator does not vote for this update."""

    def __init__(self, flaw: UpdateFlaw, detail: str) -> None:
        super().__init__(f"{flaw.value}: {detail}")
        self.flaw = flaw
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Package:
    """What a producer hands out beside an update: the same for every validator."""

    header: DataHeader
    combination: bytes
    batch: bytes
    """With a proof of kind `witness` validators execute, so they receive it."""
    proof: Proof


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """What a zone's updates must keep to."""

    program_id: Hash32
    """Of the program that is in force where the registry names none."""
    genesis_hash: Hash32
    """Of the zone's genesis block."""
    genesis_root: Hash32
    """Of the state after it."""


class Acceptance:
    """A validator's questions; the rules are its own, and so is the chain that it is asked about. It keeps
    nothing but which of the newest dispersals and steps hold, so that validators of one process may share it:
    each of them looks at its own columns then, and what is the same for all is looked at once."""

    def __init__(
        self,
        network: Hash32,
        genesis_number: int,
        blocks: int,
        zones: Mapping[int, ZoneRules],
        producers: Producers,
        verifiers: Mapping[str, Verifier],
        coder: Coder,
        inbox: InboxParameters | None = None,
    ) -> None:
        """`blocks` is how many one update may have, `verifiers` are by the kind of proof; without `inbox`
        nobody is forced to anything."""
        self._inbox = inbox
        self._network = network
        self._genesis_number = genesis_number
        self._blocks = blocks
        self._zones = zones
        self._producers = producers
        self._verifiers = verifiers
        self._dispersals = DispersalChecks(coder)
        self._held: deque[_Step] = deque(maxlen=_MOST_HELD)
        self.examined = 0
        """How many steps were looked at whole, for those who count."""

    def check(
        self,
        chain: ChainView,
        slot: int,
        updates: Sequence[ZoneUpdate],
        packages: Mapping[Hash32, Package],
        columns: Mapping[Hash32, Sequence[Column]],
        parameters: Parameters,
        mine: range,
        facts: SystemFacts,
    ) -> None:
        """Raises NotAccepted unless all updates of the settlement block of that slot, the next one after
        `chain`, hold. `packages` and `columns` (this validator's, which must be those of `mine`) are by the
        hash of the update; `facts` are those of the system zone's state that `chain` settled."""
        given = tuple([packages.get(update.signed_hash) for update in updates])
        step = _Step(chain, slot, tuple(updates), given, parameters, facts)
        if any(step.is_same(held) for held in self._held):
            for update, package in step.pairs():
                assert package is not None, "what lacks something does not hold"
                self._check_data(update, package, columns.get(update.signed_hash, ()), parameters, mine)
            return
        self._examine(step, columns, mine)
        if self._held and self._held[0].chain is not chain:
            # Of a slot that is over.
            self._held.clear()
        self._held.append(step)

    def _examine(self, step: _Step, columns: Mapping[Hash32, Sequence[Column]], mine: range) -> None:
        """The whole of `check`."""
        self.examined += 1
        chain, slot, facts = step.chain, step.slot, step.facts
        steps: dict[int, Step] = {}
        counts: dict[int, int] = {}
        consumption: dict[int, _Consumption] = {}
        for update, package in step.pairs():
            zone = update.statement.zone
            counts[zone] = counts.get(zone, 0) + 1
            if counts[zone] > MOST_UPDATES:
                raise NotAccepted(UpdateFlaw.RANGE, f"more than {MOST_UPDATES} updates of zone {zone}")
            self._check_succession(chain, slot, update, steps, facts)
            key = update.signed_hash
            if package is None:
                raise NotAccepted(UpdateFlaw.MISSING, f"nothing came with update 0x{key.hex()}")
            self._check_data(update, package, columns.get(key, ()), step.parameters, mine)
            checked = self._check_proof(update, package)
            _check_heights(chain, checked.settlement)
            heights = known_heights(chain, checked)
            self._check_program(update, heights, facts)
            start = _Consumption(heights[0], update.statement.pre_inbox_index)
            consumption.setdefault(zone, start).add(heights[-1], checked.forced)
        for zone, consumed in consumption.items():
            self._check_inbox(chain, zone, consumed, facts)

    def _start_of(self, chain: ChainView, zone: int) -> Step:
        """Where the zone's next update begins on the chain."""
        newest = chain.update_of(zone)
        if newest is not None:
            return step_after(newest)
        rules = self._zones[zone]
        return first_step(self._genesis_number, rules.genesis_hash, rules.genesis_root)

    def _check_succession(
        self,
        chain: ChainView,
        slot: int,
        update: ZoneUpdate,
        steps: dict[int, Step],
        facts: SystemFacts,
    ) -> None:
        statement = update.statement
        zone = statement.zone
        if statement.config_hash != self._network:
            raise NotAccepted(UpdateFlaw.NETWORK, f"0x{statement.config_hash.hex()}")
        rules = self._zones.get(zone)
        if rules is None:
            raise NotAccepted(UpdateFlaw.ZONE, str(zone))
        # Whether it is in force at these blocks is known when the proof has shown what they know.
        if statement.program_id not in {rules.program_id, *(each.id for each in facts.programs[zone])}:
            raise NotAccepted(UpdateFlaw.PROGRAM, f"0x{statement.program_id.hex()} in zone {zone}")
        if update.slot != slot:
            raise NotAccepted(UpdateFlaw.SLOT, f"{update.slot}, the settlement block's is {slot}")
        if not self._producers.is_signed(update):
            raise NotAccepted(UpdateFlaw.TURN, f"0x{update.producer.hex()} in slot {slot} of zone {zone}")
        expected = steps.get(zone) or self._start_of(chain, zone)
        found = step_before(update)
        if found != expected:
            raise NotAccepted(
                UpdateFlaw.CHAIN, f"zone {zone}: it begins at {found}, and should at {expected}"
            )
        count = statement.last_height - statement.first_height + 1
        if not 0 < count <= self._blocks:
            raise NotAccepted(UpdateFlaw.RANGE, f"{count} blocks of zone {zone}")
        steps[zone] = step_after(update)

    def _check_inbox(self, chain: ChainView, zone: int, consumed: _Consumption, facts: SystemFacts) -> None:
        if self._inbox is None:
            if consumed.postings:
                raise NotAccepted(UpdateFlaw.INBOX, f"zone {zone} has none")
            return
        demand = demand_of(chain, zone, consumed.before, consumed.known, self._inbox)
        try:
            check_consumed(demand, zone, consumed.start, consumed.postings, facts.inboxes[zone])
        except NotDue as reason:
            raise NotAccepted(UpdateFlaw.INBOX, str(reason)) from reason
        except Overdue as reason:
            flaw = UpdateFlaw.LAG if demand.is_late else UpdateFlaw.FORCED
            raise NotAccepted(flaw, str(reason)) from reason

    def _check_program(self, update: ZoneUpdate, heights: Sequence[int], facts: SystemFacts) -> None:
        zone, named = update.statement.zone, update.statement.program_id
        for height in sorted(set(heights[1:])):
            expected = facts.program_at(zone, height) or self._zones[zone].program_id
            if named != expected:
                raise NotAccepted(
                    UpdateFlaw.PROGRAM,
                    f"0x{named.hex()} in zone {zone} at settlement height {height}, in force is "
                    f"0x{expected.hex()}",
                )

    def system_root(self, chain: ChainView) -> Hash32:
        """The state root of the system zone that the chain settled."""
        return settled_root(chain, self._zones[SYSTEM_ZONE_INDEX].genesis_root)

    def _check_data(
        self,
        update: ZoneUpdate,
        package: Package,
        columns: Sequence[Column],
        parameters: Parameters,
        mine: range,
    ) -> None:
        header = package.header
        if list(indices_of(columns)) != list(mine):
            raise NotAccepted(UpdateFlaw.MISSING, f"columns {mine.start} to {mine.stop - 1} did not come")
        try:
            verify_header(header, parameters, update.statement.data_commitment)
            self._dispersals.columns_of(header, package.combination, package.batch).verify(columns)
        except DataRefused as refused:
            raise NotAccepted(UpdateFlaw.DATA, str(refused)) from refused

    def _check_proof(self, update: ZoneUpdate, package: Package) -> Checked:
        proof = package.proof
        verifier = self._verifiers.get(update.proof_kind)
        if verifier is None or proof.kind != update.proof_kind:
            raise NotAccepted(UpdateFlaw.PROOF, f"of kind {proof.kind!r}, signed was {update.proof_kind!r}")
        if proof.hash != update.proof_hash:
            raise NotAccepted(UpdateFlaw.PROOF, "it is not the one that the producer signed")
        try:
            checked = verifier.verify(update.statement, proof)
        except ProofRefused as refused:
            raise NotAccepted(UpdateFlaw.PROOF, str(refused)) from refused
        if checked.batch_hash not in (None, package.header.batch_hash):
            raise NotAccepted(UpdateFlaw.BATCH, "the proof executes other blocks than were dispersed")
        if checked.combination_hash not in (None, keccak256(package.combination)):
            raise NotAccepted(UpdateFlaw.BATCH, "the proof shows another combination than was published")
        return checked


@dataclass(frozen=True, slots=True)
class _Step:
    """What a settlement block is judged by, but for the columns of whoever judges."""

    chain: ChainView
    slot: int
    updates: tuple[ZoneUpdate, ...]
    packages: tuple[Package | None, ...]
    """What came with each."""
    parameters: Parameters
    facts: SystemFacts

    def is_same(self, other: _Step) -> bool:
        """Whether it is judged by the very objects, none of which ever changes."""
        return (
            self.chain is other.chain
            and self.facts is other.facts
            and self.slot == other.slot
            and self.parameters == other.parameters
            and len(self.updates) == len(other.updates)
            and all(map(is_, self.updates, other.updates))
            and all(map(is_, self.packages, other.packages))
        )

    def pairs(self) -> Iterator[tuple[ZoneUpdate, Package | None]]:
        """Each update with what came with it."""
        return zip(self.updates, self.packages, strict=True)


@dataclass(slots=True)
class _Consumption:
    """What the updates of a zone in one settlement block consume of its inbox."""

    before: int
    """The settlement height that the block before their first one knows."""
    start: int
    """How much of the inbox was consumed before."""
    known: int = 0
    """The settlement height that their last block knows."""
    postings: list[Posting] = field(default_factory=list)

    def add(self, known: int, postings: Sequence[Posting]) -> None:
        """The next update's."""
        self.known = known
        self.postings += postings


def known_heights(chain: ChainView, checked: Checked) -> tuple[int, ...]:
    """The settlement heights that the block before an update knows, then each of its blocks. Raises
    NotAccepted (heights) where one is not on the chain."""
    heights = {head.root: head.height for head in checked.settlement}
    found: list[int] = []
    for root in checked.roots:
        height = heights.get(root)
        if height is None:
            height = 0 if root == ZERO_HASH else chain.height_of(root)
        if height is None:
            raise NotAccepted(UpdateFlaw.HEIGHTS, f"root 0x{root.hex()}")
        heights[root] = height
        found.append(height)
    return tuple(found)


def _check_heights(chain: ChainView, heads: Sequence[SettlementHead]) -> None:
    for head in heads:
        if chain.head_at(head.height) != head:
            raise NotAccepted(UpdateFlaw.HEIGHTS, f"height {head.height}, root 0x{head.root.hex()}")
