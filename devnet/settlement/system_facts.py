"""What a settlement block needs to know of the system zone, and how it is read there and shown.

Producers and validators read the same slots by the same function, the ones from the zone, the others from a
proof against the state root that the settled chain ends with: which slots these are follows from the zones
that have updates, and from what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from devnet.chain.types import Address, Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.contracts import staking, zone_registry
from devnet.contracts.addresses import FORCED_INBOX, STAKING, ZONE_REGISTRY
from devnet.contracts.forced_inbox import QueuePart, read_part
from devnet.contracts.layout import Load
from devnet.contracts.zone_registry import ScheduledProgram
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import ChainView
from devnet.settlement.system_proofs import SlotRecorder, SystemProof
from devnet.zone.port import ZonePort

SYSTEM_ZONE_INDEX = 0

Storage = Callable[[Address], Load]
"""Gives a contract's storage."""


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """What the system zone's settled state says."""

    set_root: Hash32
    """Of the validator set that was sealed last."""
    programs: Mapping[int, tuple[ScheduledProgram, ...]]
    """By zone, oldest first; none where the registry does not have the zone."""
    inboxes: Mapping[int, QueuePart]
    """By zone, the part of its inbox that updates say they consumed."""

    def program_at(self, zone: int, height: int) -> Hash32 | None:
        """The program of the zone's blocks that know this settlement height, None where the registry names
        none."""
        in_force = [program for program in self.programs[zone] if program.height <= height]
        return in_force[-1].id if in_force else None


Spans = Mapping[int, tuple[int, int]]
"""By zone, from where to where its updates consume the inbox; the end is not consumed."""


def spans_of(updates: Iterable[ZoneUpdate]) -> Spans:
    """As these updates state it."""
    spans: dict[int, tuple[int, int]] = {}
    for update in updates:
        statement = update.statement
        start, _ = spans.get(statement.zone, (statement.pre_inbox_index, 0))
        spans[statement.zone] = (start, statement.post_inbox_index)
    return spans


def nothing_of(chain: ChainView, zone: int) -> tuple[int, int]:
    """Nothing of the zone's inbox, from where its updates consumed it on."""
    index = chain.inbox_index(zone)
    return index, index


def read_facts(storage: Storage, spans: Spans) -> SystemFacts:
    """What it says of these zones. Raises what reading raises."""
    registry, inbox = storage(ZONE_REGISTRY), storage(FORCED_INBOX)
    zones = sorted(spans)
    return SystemFacts(
        staking.set_root(storage(STAKING)),
        {zone: zone_registry.programs_of(registry, zone) for zone in zones},
        {zone: read_part(inbox, zone, *spans[zone]) for zone in zones},
    )


def settled_root(chain: ChainView, genesis_root: Hash32) -> Hash32:
    """The state root of the system zone that the chain settled; `genesis_root` is that of its genesis."""
    newest = chain.update_of(SYSTEM_ZONE_INDEX)
    return genesis_root if newest is None else newest.statement.post_state_root


@dataclass(frozen=True, slots=True)
class ShownFacts:
    """Facts with what shows them to others, and the set of validators that follows from them."""

    facts: SystemFacts
    proof: SystemProof
    validators_root: Hash32
    """Of the set that signs after the next block."""
    elected: ValidatorSet | None
    """That set; None where it is the one that signs the next block."""


class SystemReader:
    """Reads the system zone for settlement, at the state that is settled: called by the zone's owner.

    It keeps what it read of the newest such state, so that nothing is read or proven twice, and so that what
    was settled is known even when the zone lets its state go.
    """

    def __init__(self, zone: ZonePort, genesis_root: Hash32, *, is_elected: bool) -> None:
        """`is_elected`: whether validators come from Staking. Else the set that is there stays."""
        self._zone = zone
        self._genesis_root = genesis_root
        self._is_elected = is_elected
        self._place: tuple[int, Hash32] | None = None
        self._recorder = SlotRecorder(zone, 0)
        self._sealed: ValidatorSet | None = None

    def show(self, chain: ChainView, spans: Spans) -> ShownFacts:
        """The facts of these zones in the state that `chain` settled. Raises ZoneError and StateGone where
        that state is not kept and was not read before."""
        number = chain.settled_number(SYSTEM_ZONE_INDEX)
        place = (number, settled_root(chain, self._genesis_root))
        if self._place != place:
            self._place, self._sealed = place, None
            self._recorder = SlotRecorder(self._zone, number)
        recorder = self._recorder
        recorder.forget_reads()
        facts = read_facts(recorder.storage, spans)
        proof = recorder.proof()
        if not self._is_elected or facts.set_root == chain.validators_root:
            return ShownFacts(facts, proof, chain.validators_root, None)
        if self._sealed is None:
            # Its members hash to its root, so that nobody needs a proof of each.
            self._sealed = staking.sealed_set(
                lambda slot: self._zone.committed_storage(STAKING, (slot,), number)[0]
            )
        return ShownFacts(facts, proof, facts.set_root, self._sealed)
