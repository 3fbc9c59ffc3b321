"""Runs a plan of faults against a network with traffic, and says whether it kept its promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from zero_sdk.chaos.plan import Action, Shape
from zero_sdk.chaos.promises import Promise, Seen, judge
from zero_sdk.client.errors import Refused
from zero_sdk.client.faults import Equivocate
from zero_sdk.client.network import Network

HEALING = 20
"""Times that it is tried to settle everything after the faults were cleared."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What came of one slot."""

    number: int
    faults: int
    """In effect."""
    sent: int
    settled: int
    """Settlement blocks made."""
    standstill: str | None
    """Why nothing was decided, where nothing was."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to."""

    slots: tuple[Slot, ...]
    promises: tuple[Promise, ...]

    @property
    def is_kept(self) -> bool:
        """Whether all promises were kept."""
        return all(promise.is_kept for promise in self.promises)


def shape_of(network: Network) -> Shape:
    """What faults there can be in a network. Raises Refused where it is not a Zero devnet."""
    settlement = network.rpc("zero_getConfiguration")["settlement"]
    validators = network.rpc("zero_getValidators")
    total = int(validators["totalStake"], 16)
    stakes = [int(validator["stake"], 16) for validator in validators["validators"]]
    liars = tuple(index for index, stake in enumerate(stakes) if 3 * stake < total)
    zones = tuple(zone.name for zone in network.all_zones)
    return Shape(zones, int(settlement[2]), len(stakes), liars)


@dataclass(slots=True)
class Run:
    """One run. `tell` gets a line for every action."""

    network: Network
    seed: int
    actions: Sequence[Action]
    slots: int
    tell: Callable[[str], None]
    seen: Seen = field(default_factory=Seen)
    _ours: list[int] = field(default_factory=list)
    """Faults that were injected here."""
    _known: int = 0
    """Pieces of evidence that there were before."""

    def run(self) -> Verdict:
        """Goes through the slots, heals, and judges. Faults of its own are cleared in any case."""
        random = Random(~self.seed)
        done: list[Slot] = []
        self._known = len(self.network.rpc("zero_getEvidence"))
        self._look()
        try:
            for number in range(self.slots):
                done.append(self._slot(number, random))
        finally:
            for fault in self._ours:
                self.network.clear(fault)
        self.tell("all faults are cleared")
        return Verdict(tuple(done), self._heal())

    def _slot(self, number: int, random: Random) -> Slot:
        for action in self.actions:
            if action.slot == number:
                fault = self.network.inject(action.fault, seed=action.seed, slots=action.slots)
                self._ours.append(fault.id)
                if isinstance(action.fault, Equivocate):
                    self.seen.equivocators.add(action.fault.validator)
                many = "" if action.slots == 1 else "s"
                self.tell(f"slot {number}: {fault.text}, for {action.slots} slot{many}")
        sent = [self._pay(random) for _ in range(random.randint(1, 4))]
        standstill = None
        settled: Sequence[Any] = ()
        try:
            settled = self.network.settle()
        except Refused as refused:
            standstill = _reason(refused)
        self._look()
        faults = len(self.network.faults)
        heights = [str(int(block["height"], 16)) for block in settled]
        what = standstill or (f"settled {', '.join(heights)}" if heights else "nothing settled")
        self.tell(f"slot {number}: {len(sent)} transaction{'' if len(sent) == 1 else 's'}, {what}")
        return Slot(number, faults, len(sent), len(settled), standstill)

    def _pay(self, random: Random) -> str:
        """Sends something in some zone; the answer is the network's word that it has it."""
        zone = random.choice(list(self.network.zones.values()))
        sender, receiver = random.sample(range(len(self.network.accounts)), 2)
        accounts = self.network.accounts
        payment = {
            "from": accounts[sender].address,
            "to": accounts[receiver].address,
            "value": hex(random.randint(1, 1_000)),
        }
        sent: str = zone.rpc("eth_sendTransaction", payment)
        self.seen.acknowledged[sent] = zone.name
        return sent

    def _look(self) -> None:
        """Tags of all zones, and the settlement blocks that there are now."""
        seen = self.seen
        seen.looks += 1
        for zone in self.network.all_zones:
            for tag in ("safe", "finalized"):
                block = zone.rpc("eth_getBlockByNumber", tag, False)
                seen.tag(zone.name, tag, int(block["number"], 16))
        newest = int(self.network.rpc("zero_settlementStatus")["height"], 16)
        # The last one is asked for again: it could have become another.
        for height in range(max(1, max(seen.roots, default=newest)), newest + 1):
            block = self.network.rpc("zero_getSettlementBlock", hex(height))
            seen.block(height, block["root"])

    def _heal(self) -> tuple[Promise, ...]:
        network = self.network
        before = self._height()
        # So that there is something to settle even where everything was settled already.
        self._pay(Random(self.seed))
        for _ in range(HEALING):
            try:
                network.settle()
            except Refused as refused:
                self.tell(f"healing: {_reason(refused)}")
            status = network.rpc("zero_settlementStatus")
            if all(zone["settled"] == zone["newest"] for zone in status["zones"]):
                break
        self._look()
        self._check_certificates()
        zones = {zone.name: zone for zone in network.all_zones}
        finality: dict[str, str | None] = {}
        for sent, name in self.seen.acknowledged.items():
            told = zones[name].rpc("zero_getTransactionFinality", sent)
            finality[sent] = None if told is None else told["finality"]
        newest = {name: int(zone.rpc("eth_blockNumber"), 16) for name, zone in zones.items()}
        accused = Counter(piece["validator"] for piece in network.rpc("zero_getEvidence")[self._known :])
        return judge(self.seen, finality, newest, accused, (before, self._height()))

    def _height(self) -> int:
        return int(self.network.rpc("zero_settlementStatus")["height"], 16)

    def _check_certificates(self) -> None:
        for height in sorted(self.seen.roots):
            certificate = self.network.rpc("zero_getCertificate", hex(height))
            if certificate is None:
                self.seen.forks.append(f"height {height} is not there any more")
                continue
            signers = self.network.rpc("zero_getValidators", hex(height - 1))
            stakes = [int(validator["stake"], 16) for validator in signers["validators"]]
            signed = sum(stakes[member] for member in certificate["members"])
            self.seen.certificate(height, certificate["root"], signed, sum(stakes))


def _reason(refused: Refused) -> str:
    """Why nothing was decided, without what every such answer begins with."""
    return refused.reply.rpartition("did not agree: ")[2]
