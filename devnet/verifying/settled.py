"""The settlement chain as an outsider checks it: roots, certificates, sets of validators, updates, producers.

Starting from a root that is trusted, every settlement block is held against the one before it, against the
certificate of the set that the one before it names, and against its updates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.contracts.addresses import STAKING, ZONE_REGISTRY
from devnet.contracts.staking import set_root
from devnet.contracts.zone_registry import programs_of
from devnet.settlement.block import MOST_UPDATES, SettlementBlock, ZoneUpdate, zones_root
from devnet.settlement.certificate import Certificate
from devnet.settlement.flaws import Refused
from devnet.settlement.producers import Producers
from devnet.settlement.rotation import leader_of
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.succession import Step, first_step, step_after, step_before
from devnet.settlement.system_facts import SYSTEM_ZONE_INDEX
from devnet.settlement.system_proofs import BadSystemProof
from devnet.settlement.votes import SigningDomain
from devnet.verifying.asking import Asking, Denied
from devnet.verifying.genesis import Genesis
from devnet.verifying.reading import (
    NotARecord,
    hash32,
    listing,
    mapping,
    number,
    read_block,
    read_certificate,
    read_update,
    read_validators,
    record,
)
from devnet.verifying.report import Lie, Report
from devnet.verifying.system_state import NotTold, SystemState

GROUP = 32
"""Settlement blocks that are asked for at once."""

_LEADER_ROUNDS = 1 << 12
"""Rounds of one height among whose leaders the proposer is looked for."""


@dataclass(frozen=True, slots=True)
class SettledHere:
    """A settlement block whose certificate holds, and its updates."""

    block: SettlementBlock
    root: Hash32
    validators: ValidatorSet
    """The set that signed it."""
    updates: tuple[ZoneUpdate, ...]
    certificate: Certificate
    elected: ValidatorSet | None
    """The set that signs the next one, where it is another."""


class Broken(Exception):
    """What follows cannot be judged; why is in the report."""


class SettledChain:
    """Walks the chain from a trusted start on."""

    def __init__(self, ask: Asking, genesis: Genesis, scheme: SignatureScheme, report: Report) -> None:
        self._ask = ask
        self._genesis = genesis
        self._scheme = scheme
        self._report = report
        self._producers = Producers(genesis.config_hash, genesis.config.settlement.producers)
        self._zone_count = len(genesis.names)
        self.head = SettlementHead(0, genesis.config_hash, 0, self._zone_count)
        """The newest settlement block that holds."""
        self._incarnation = 0
        self._validators: ValidatorSet | None = genesis.validators
        self._expected_set: Hash32 | None = None
        """The root of the set that signs the next block, where the one before says it."""
        self.steps: dict[int, Step] = {}
        """Of zones with updates, where the next begins."""
        self._leaves: dict[int, Hash32] = {}
        self.state = SystemState(ask, genesis)
        """What is stored in the system zone."""
        self.known: dict[Hash32, SettlementHead] = {self.head.root: self.head}
        """Settlement blocks that hold, by root."""
        self.sets: dict[Hash32, ValidatorSet] = {}
        """Sets of validators that were named by what holds, by root."""
        if genesis.validators is not None:
            self.sets[genesis.validators.root] = genesis.validators

    def step_of(self, zone: int) -> Step | None:
        """Where the zone's next update begins, None where the genesis block is not known."""
        step = self.steps.get(zone)
        if step is None and self._genesis.blocks:
            block_hash, state_root = self._genesis.blocks[zone]
            return first_step(self._genesis.config.genesis_number, block_hash, state_root)
        return step

    # ------------------------------------------------------------ a start that is not genesis

    def start_after(self, height: int, newest: int) -> None:
        """Takes the settlement block of that height as true. Raises Broken."""
        (told,) = self._ask(None, [("zero_getSettlementBlock", [hex(height)])])
        block = self._read("a settlement block", told, read_block, height)
        root = self._root_of(block, told, height)
        self.head = SettlementHead(height, root, block.slot, self._zone_count)
        self.known[root] = self.head
        self._incarnation = block.incarnation
        self._validators, self._expected_set = None, block.validators_root
        self._leaves = self._leaves_before(block, height, newest)

    def _leaves_before(self, block: SettlementBlock, height: int, newest: int) -> dict[int, Hash32]:
        """Of each zone the newest update up to that height. The zones root shows whether they are."""
        leaves: dict[int, Hash32] = {}
        for zone, name in enumerate(self._genesis.names):
            update = self._newest_until(name, height)
            if update is not None:
                leaves[zone] = update.signed_hash
                self.steps[zone] = step_after(update)
        if zones_root(leaves) != block.zones_root:
            self._lie(Lie.UPDATE, "the updates that are told up to here are not under its zones root", height)
            raise Broken
        return leaves

    def _newest_until(self, name: str, height: int) -> ZoneUpdate | None:
        """The zone's newest update in a settlement block up to that height."""
        low = self._genesis.config.genesis_number
        (status,) = self._ask(None, [("zero_settlementStatus", [])])
        high = self._read(
            "where settlement stands", status, lambda value: _settled_number(value, name), height
        )
        found: ZoneUpdate | None = None
        # Heights of updates rise with the numbers of their blocks; what is not told was let go, so is older.
        while low < high:
            middle = (low + high + 1) // 2
            (told,) = self._ask(name, [("zero_getZoneUpdate", [hex(middle)])])
            if told is None or isinstance(told, Denied):
                low = middle
                continue
            update = self._read("an update", told, read_update, height, name)
            if self._read("a height", told, _settlement_height, height) <= height:
                found, low = update, max(middle, update.statement.last_height)
            else:
                high = min(middle - 1, update.statement.first_height - 1)
        if found is None and low > self._genesis.config.genesis_number:
            self._report.gap(f"zone {name} up to settlement block {height}", "its updates are no longer told")
            raise Broken
        return found

    # ------------------------------------------------------------ walking

    def walk(self, last: int) -> Iterator[SettledHere]:
        """The settlement blocks up to that height, each when it is checked. Raises Broken."""
        height = self.head.height + 1
        while height <= last:
            group = range(height, min(height + GROUP, last + 1))
            calls: list[tuple[str, Sequence[Any]]] = []
            for each in group:
                calls += [("zero_getSettlementBlock", [hex(each)]), ("zero_getCertificate", [hex(each)])]
            answers = self._ask(None, calls)
            for position, each in enumerate(group):
                yield self._next(each, answers[2 * position], answers[2 * position + 1])
            height = group.stop

    def _next(self, height: int, told: Any, certificate: Any) -> SettledHere:
        block = self._read("a settlement block", told, read_block, height)
        root = self._root_of(block, told, height)
        self._check_follows(block, height)
        validators = self._signers(height, block)
        found = self._check_certificate(block, certificate, validators)
        elected = self._check_elected(block, validators)
        updates = self._updates(height, told, block)
        for update in updates:
            self._leaves[update.statement.zone] = update.signed_hash
        if zones_root(self._leaves) != block.zones_root:
            self._lie(Lie.UPDATE, "its zones root is not that of the updates that are told", height)
            raise Broken
        self.head = SettlementHead(height, root, block.slot, self._zone_count)
        self.known[root] = self.head
        self._incarnation = block.incarnation
        self._expected_set = block.validators_root
        counts = self._report.counts
        counts["settlement blocks"] += 1
        counts["certificates"] += 1
        counts["updates"] += len(updates)
        return SettledHere(block, root, validators, updates, found, elected)

    def _root_of(self, block: SettlementBlock, told: Any, height: int) -> Hash32:
        if self._read("a root", told, lambda value: hash32(value["root"]), height) != block.root:
            self._lie(Lie.BLOCK, "its root is not that of its fields", height)
            raise Broken
        return block.root

    def _check_follows(self, block: SettlementBlock, height: int) -> None:
        head = self.head
        reasons = {
            f"it says that it is {block.height}": block.height != height,
            "its parent is not the settlement block before it": block.parent_root != head.root,
            f"its slot {block.slot} does not come after {head.slot}": block.slot <= head.slot,
            "its incarnation is older than the one before": block.incarnation < self._incarnation,
        }
        for reason, is_so in reasons.items():
            if is_so:
                self._lie(Lie.BLOCK, reason, height)
                raise Broken

    def _check_certificate(self, block: SettlementBlock, told: Any, validators: ValidatorSet) -> Certificate:
        height = block.height
        certificate: Certificate = self._read(
            "a certificate", told, read_certificate, height, lie=Lie.CERTIFICATE
        )
        domain = SigningDomain(self._genesis.config_hash, block.incarnation)
        try:
            certificate.verify_block(block, domain, validators, self._scheme)
        except Refused as refused:
            self._lie(Lie.CERTIFICATE, str(refused), height)
            raise Broken from None
        rounds = range(min(certificate.round, _LEADER_ROUNDS) + 1)
        if block.proposer not in {leader_of(validators, height, each) for each in rounds}:
            self._lie(Lie.PROPOSER, f"validator {block.proposer} had no turn", height)
        return certificate

    # ------------------------------------------------------------ validators

    def _signers(self, height: int, block: SettlementBlock) -> ValidatorSet:
        """The set that signs the block of that height."""
        expected, known = self._expected_set, self._validators
        if expected is None and known is None:
            # Genesis is not known: nothing says who signs the first block, but the network.
            self._report.gap("the validators of genesis", "the configuration is not told in full")
            return self._told_set(height, None)
        if expected is None or (known is not None and known.root == expected):
            assert known is not None
            return known
        self._validators = self.sets.get(expected) or self._told_set(height, expected)
        return self._validators

    def _told_set(self, height: int, expected: Hash32 | None) -> ValidatorSet:
        (told,) = self._ask(None, [("zero_getValidators", [hex(height - 1)])])
        if isinstance(told, Denied):
            (told,) = self._ask(None, [("zero_getValidators", [])])
        found: ValidatorSet = self._read(
            "a set of validators", told, read_validators, height, lie=Lie.VALIDATORS
        )
        if expected is not None and found.root != expected:
            detail = f"its set has root 0x{found.root.hex()}, and should have 0x{expected.hex()}"
            self._lie(Lie.VALIDATORS, detail, height)
            raise Broken
        self._validators = self.sets[found.root] = found
        return found

    def _check_elected(self, block: SettlementBlock, signers: ValidatorSet) -> ValidatorSet | None:
        """The set that signs the next block, where it is another one; whether it is what Staking's slot says
        in the system zone's state that the chain before this block settled."""
        if block.validators_root == signers.root:
            return None
        height, step = block.height, self.step_of(SYSTEM_ZONE_INDEX)
        what = "that Staking elected a set of validators"
        if step is None:
            self._report.gap(what, "the state of the system zone is not known", 1)
        else:
            load = self.state.storage(STAKING, step.height - 1, step.state_root)
            try:
                if set_root(load) != block.validators_root:
                    self._lie(Lie.VALIDATORS, "it names a set of validators that nobody elected", height)
                self._report.counts["elections"] += 1
            except NotTold as error:
                self._report.gap(what, f"{error} is no longer shown", 1)
            except BadSystemProof as error:
                self._lie(Lie.VALIDATORS, f"what shows the set of validators: {error}", height)
        return self.sets.get(block.validators_root) or self._told_set(height + 1, block.validators_root)

    # ------------------------------------------------------------ updates

    def _updates(self, height: int, told: Any, block: SettlementBlock) -> tuple[ZoneUpdate, ...]:
        listed = self._read("a list of updates", told, lambda value: _listed(value), height)
        by_zone: dict[str, int] = {}
        updates: list[ZoneUpdate] = []
        for name, expected, first, last in listed:
            if name not in self._genesis.names:
                self._lie(Lie.UPDATE, f"there is no zone {name!r}", height)
                raise Broken
            by_zone[name] = by_zone.get(name, 0) + 1
            if by_zone[name] > MOST_UPDATES:
                self._lie(Lie.UPDATE, f"more than {MOST_UPDATES} updates", height, name)
                raise Broken
            (answer,) = self._ask(name, [("zero_getZoneUpdate", [hex(last)])])
            update = self._read("an update", answer, read_update, height, name, lie=Lie.UPDATE)
            statement = update.statement
            if update.signed_hash != expected or self._genesis.names[statement.zone] != name:
                self._lie(Lie.UPDATE, "the update that is told is not the one that was settled", height, name)
                raise Broken
            if (statement.first_height, statement.last_height) != (first, last):
                self._lie(Lie.UPDATE, "it is of other blocks than the settlement block says", height, name)
            if self._read("a height", answer, _settlement_height, height) != height:
                self._lie(Lie.UPDATE, "it says that it is in another settlement block", height, name)
            self._check_update(update, block, name)
            updates.append(update)
        return tuple(updates)

    def _check_update(self, update: ZoneUpdate, block: SettlementBlock, name: str) -> None:
        """Whether it may follow; the zone goes on from it in any case, as validators signed it."""
        statement, height = update.statement, block.height
        expected = self.step_of(statement.zone)
        found = step_before(update)
        if expected is not None and found != expected:
            self._lie(Lie.UPDATE, f"it begins at {found}, and should at {expected}", height, name)
        blocks = statement.last_height - statement.first_height + 1
        if not 0 < blocks <= self._genesis.config.settlement.blocks:
            self._lie(Lie.UPDATE, f"it has {blocks} blocks", height, name)
        if statement.config_hash != self._genesis.config_hash:
            self._lie(Lie.UPDATE, "it is of another network", height, name)
        if not self._is_program(statement.zone, statement.program_id):
            self._lie(Lie.PROGRAM, f"0x{statement.program_id.hex()} is not the zone's", height, name)
        if update.slot != block.slot:
            self._lie(Lie.UPDATE, f"it is of slot {update.slot}, the block of {block.slot}", height, name)
        if not self._producers.is_signed(update):
            self._lie(Lie.PRODUCER, f"0x{update.producer.hex()} in slot {update.slot}", height, name)
        self.steps[statement.zone] = step_after(update)

    def _is_program(self, zone: int, program: Hash32) -> bool:
        """Whether it is the configuration's, or the registry has it in the settled state."""
        step = self.step_of(SYSTEM_ZONE_INDEX)
        if program == self._genesis.programs[zone].id or step is None:
            return program == self._genesis.programs[zone].id
        try:
            load = self.state.storage(ZONE_REGISTRY, step.height - 1, step.state_root)
            return program in {each.id for each in programs_of(load, zone)}
        except NotTold:
            self._report.gap("programs that are not the configuration's", "the registry is not shown", 1)
            return True
        except BadSystemProof:
            return False

    # ------------------------------------------------------------

    def _read(
        self, what: str, told: Any, read: Any, height: int, zone: str | None = None, lie: Lie = Lie.ANSWER
    ) -> Any:
        """As `record`; what is none is a lie, after which nothing can be judged."""
        if isinstance(told, Denied):
            self._lie(lie, f"{what} is not told: {told.message}", height, zone)
            raise Broken
        try:
            return record(what, told, read)
        except NotARecord as error:
            self._lie(lie, str(error), height, zone)
            raise Broken from None

    def _lie(self, lie: Lie, detail: str, height: int, zone: str | None = None) -> None:
        self._report.lie(lie, detail, height, zone)


def _settled_number(told: Any, name: str) -> int:
    return next(number(zone["settled"]) for zone in listing(told["zones"]) if zone["name"] == name)


def _settlement_height(told: Any) -> int:
    return number(mapping(told)["settlementHeight"])


def _listed(told: Any) -> list[tuple[str, Hash32, int, int]]:
    return [
        (entry["zone"], hash32(entry["hash"]), number(entry["firstBlock"]), number(entry["lastBlock"]))
        for entry in map(mapping, listing(told["updates"]))
    ]
