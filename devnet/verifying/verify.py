"""All of it: a network is asked, everything that it says is held against what shows it.

from devnet.verifying.verify import VerifySettings, verify
report = verify(AskingHere(network), VerifySettings(), choose_parts())
report.is_true, report.findings, report.gaps
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devnet.chain.block_codec import header_hash
from devnet.chain.forced import Posting
from devnet.chain.types import Hash32
from devnet.parts import Parts
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import Settled, SettlementChain, WentBack
from devnet.settlement.evidence import decode_evidence
from devnet.settlement.flaws import Refused
from devnet.settlement.votes import SigningDomain
from devnet.verifying.asking import Asking, Denied, Unreachable
from devnet.verifying.genesis import Genesis, genesis_of, read_configuration, told_genesis
from devnet.verifying.inbox import Consumed, InboxChecks
from devnet.verifying.reading import (
    NotARecord,
    data,
    hash32,
    listing,
    mapping,
    number,
    read_header,
    read_validators,
    record,
)
from devnet.verifying.report import Enough, Lie, Progress, Report, no_progress
from devnet.verifying.settled import Broken, SettledChain, SettledHere


@dataclass(frozen=True, slots=True)
class VerifySettings:
    """What is looked at, and what is known beforehand."""

    first: int = 1
    """The settlement height from which on; the block before it is taken as true, unless it is genesis."""
    samples: int = 16
    """Columns of each update that are asked for; 0 samples nothing."""
    seed: bytes | None = None
    """Of the samples, for a run that is to be repeated. Without one they are drawn at random."""
    with_proofs: bool = True
    with_content: bool = True
    """Whether transactions and receipts are held against their roots."""
    config_hash: Hash32 | None = None
    """What the network's configuration hash must be, from who is trusted."""


class WentBackMeanwhile(Exception):
    """The network went back while it was asked: what was told is of two lives. Ask again."""


def verify(ask: Asking, settings: VerifySettings, parts: Parts, progress: Progress = no_progress) -> Report:
    """Looks at the whole network. Raises Unreachable where it does not answer, WentBackMeanwhile, and
    ValueError for a height to begin at that there is not. Everything that does not hold is in the report."""
    report = Report()
    try:
        _Verification(ask, settings, parts, progress, report).run()
    except Enough:
        report.gap("what else there may be", f"after {len(report.findings)} lies nothing more was looked at")
    return report


@dataclass(frozen=True, slots=True)
class _Tags:
    """What a zone says of itself."""

    latest: int
    finalized: tuple[int, Hash32]
    safe: tuple[int, Hash32]


class _Verification:
    def __init__(
        self, ask: Asking, settings: VerifySettings, parts: Parts, progress: Progress, report: Report
    ) -> None:
        self._ask = ask
        self._settings = settings
        self._parts = parts
        self._progress = progress
        self._report = report

    def run(self) -> None:
        genesis = self._genesis()
        if genesis is None:
            return
        # In this order: what is called final has to be settled when the height is asked for.
        tags = {name: self._tags(name) for name in genesis.names}
        status = self._status()
        height, incarnation = number(status["height"]), number(status["incarnation"])
        first = self._settings.first
        if not 1 <= first <= height + 1:
            raise ValueError(f"settlement height {first}: there are 1 to {height}")
        first = self._first_told(first, height)
        self._report.first, self._report.last = first, height
        try:
            self._walk(genesis, tags, first, height)
        finally:
            # What looked like a lie may be of another life.
            if number(self._status()["incarnation"]) != incarnation:
                raise WentBackMeanwhile("the network went back to an earlier moment while it was asked")

    # ------------------------------------------------------------ what is asked at the beginning

    def _genesis(self) -> Genesis | None:
        report = self._report
        self._progress("genesis", 0, 0)
        network, document = self._ask(None, [("zero_network", []), ("zero_getConfiguration", [])])
        try:
            told = record("the network", network, lambda value: hash32(value["configHash"]))
            config, is_whole = record("the configuration", document, lambda value: read_configuration(value))
        except NotARecord as error:
            report.lie(Lie.CONFIGURATION, str(error))
            return None
        report.network = told
        if self._settings.config_hash not in (None, told):
            expected = self._settings.config_hash
            assert expected is not None
            detail = f"the network is 0x{told.hex()}, and 0x{expected.hex()} was expected"
            report.lie(Lie.CONFIGURATION, detail)
            return None
        if self._settings.config_hash is None:
            report.gap("that this is the network that is meant", "give its configuration hash to be sure")
        if is_whole and config.hash != told:
            report.lie(Lie.CONFIGURATION, f"it has the hash 0x{config.hash.hex()}, told is 0x{told.hex()}")
            return None
        if not is_whole:
            why = "the configuration's mnemonic is not told"
            report.gap("the genesis of every zone, and the configuration's hash", why)
            return told_genesis(config, told)
        genesis = genesis_of(config, self._parts)
        self._check_genesis(genesis)
        return genesis

    def _check_genesis(self, genesis: Genesis) -> None:
        number_of = hex(genesis.config.genesis_number)
        for name, (expected, _) in zip(genesis.names, genesis.blocks, strict=True):
            (told,) = self._ask(name, [("eth_getBlockByNumber", [number_of, False])])
            if told is None or isinstance(told, Denied):
                self._report.gap("genesis blocks", "they are no longer told (--history)", 1)
                continue
            try:
                found = record("a block", told, lambda value: (hash32(value["hash"]), read_header(value)))
            except NotARecord as error:
                self._report.lie(Lie.GENESIS, str(error), zone=name)
                continue
            if (found[0], header_hash(found[1])) != (expected, expected):
                self._report.lie(Lie.GENESIS, "it is not the configuration's", zone=name)
            self._report.counts["genesis blocks"] += 1

    def _status(self) -> Any:
        (status,) = self._ask(None, [("zero_settlementStatus", [])])
        if isinstance(status, Denied):
            raise Unreachable(f"zero_settlementStatus: {status.message}")
        return record("where settlement stands", status, mapping)

    def _tags(self, name: str) -> _Tags | None:
        calls = [("eth_getBlockByNumber", [tag, False]) for tag in ("finalized", "safe", "latest")]
        answers = self._ask(name, calls)
        if any(isinstance(answer, Denied) for answer in answers):
            self._report.gap("which blocks are called safe and finalized", "they are not told", 1)
            return None
        try:
            read = [record("a block", answer, _number_and_hash) for answer in answers]
        except NotARecord as error:
            self._report.lie(Lie.ANSWER, str(error), zone=name)
            return None
        return _Tags(read[2][0], read[0], read[1])

    def _first_told(self, first: int, last: int) -> int:
        """The height to begin at: a later one where the network has let settlement blocks go."""
        if first > last or self._is_told(first):
            return first
        low, high = first, last
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._is_told(middle) else (middle + 1, high)
        if not self._is_told(low):
            # None of them: that is no matter of age.
            return first
        self._report.gap("settlement blocks", "they are no longer told (--history)", low - first)
        return low + 1

    def _is_told(self, height: int) -> bool:
        (told,) = self._ask(None, [("zero_getSettlementBlock", [hex(height)])])
        return told is not None and not isinstance(told, Denied)

    # ------------------------------------------------------------ the walk

    def _walk(self, genesis: Genesis, tags: dict[str, _Tags | None], first: int, last: int) -> None:
        from devnet.proving.stateless import WitnessVerifier
        from devnet.verifying.data import DataChecks, DataSettings
        from devnet.verifying.zone_blocks import ZoneBlocks

        settings, report = self._settings, self._report
        chain = SettledChain(self._ask, genesis, self._parts.signatures(), report)
        blocks = ZoneBlocks(self._ask, genesis, chain.known, report, with_content=settings.with_content)
        dispersed = DataChecks(
            self._ask,
            genesis,
            self._parts.coder(),
            WitnessVerifier(self._parts.engine(), self._parts.codec(), open_state=self._parts.open_state),
            chain.known,
            DataSettings(settings.samples, settings.seed, settings.with_proofs),
            report,
        )
        inboxes = InboxChecks(genesis, chain.state, report)
        own = _own_chain(genesis) if first == 1 else None
        ends: dict[str, dict[int, Hash32]] = {name: {} for name in genesis.names}
        for name, (block_hash, _) in zip(genesis.names, genesis.blocks, strict=False):
            ends[name][genesis.config.genesis_number] = block_hash
        try:
            if first > 1:
                chain.start_after(first - 1, last)
                report.gap("what is before", f"settlement block {first - 1} is taken as true", first - 1)
                for zone, step in chain.steps.items():
                    ends[genesis.names[zone]][step.height - 1] = step.block_hash
            for settled in chain.walk(last):
                consumed: dict[int, Consumed | None] = {}
                for update in settled.updates:
                    heights = blocks.check(update, settled.block.height)
                    _consume(consumed, update, heights, dispersed.check(settled, update))
                    end = ends[genesis.names[update.statement.zone]]
                    end[update.statement.last_height] = update.statement.last_block_hash
                self._check_inboxes(inboxes, own, consumed)
                if own is not None:
                    _follow(own, settled)
                self._progress("settlement blocks", settled.block.height - first + 1, last - first + 1)
        except Broken:
            unseen = last - chain.head.height
            report.gap("settlement blocks", "what one of them says of itself does not hold", unseen)
            return
        self._check_tags(genesis, tags, ends)
        self._check_evidence(genesis, chain)
        self._tell_settings(dispersed.worst)

    def _check_inboxes(
        self, inboxes: InboxChecks, own: SettlementChain | None, consumed: dict[int, Consumed | None]
    ) -> None:
        if own is None:
            self._report.gap("forced transactions that were due", "the chain is not known from genesis on")
            return
        view = own.view()
        for zone, found in consumed.items():
            if found is None:
                self._report.gap("forced transactions that were due", "blocks of the zone are not told", 1)
            else:
                inboxes.check(view, zone, found)

    def _check_tags(
        self, genesis: Genesis, tags: dict[str, _Tags | None], ends: dict[str, dict[int, Hash32]]
    ) -> None:
        report = self._report
        for name in genesis.names:
            told, end = tags[name], ends[name]
            if told is None or not end:
                continue
            for word, (block, block_hash) in (("finalized", told.finalized), ("safe", told.safe)):
                if block < min(end):
                    continue
                if end.get(block) != block_hash:
                    report.lie(
                        Lie.FINALITY, f"it is called {word}, and is not settled", zone=name, number=block
                    )
            report.counts["finality tags"] += 2
            if told.latest > max(end):
                why = "nobody voted on them: they are latest, and not final"
                report.gap("blocks above the newest settled ones", why, told.latest - max(end))

    def _check_evidence(self, genesis: Genesis, chain: SettledChain) -> None:
        """What the network says that validators did: whether it shows that, and whose they are."""
        report = self._report
        (told,) = self._ask(None, [("zero_getEvidence", [])])
        if isinstance(told, Denied):
            report.gap("evidence against validators", "the network gives none", None)
            return
        try:
            for given in record("evidence", told, listing):
                piece = record("evidence", given, lambda value: decode_evidence(data(value["encoded"])))
                if given.get("validators") is None:
                    report.gap("evidence against validators", "the set of that height is not told", 1)
                    continue
                validators = record("a set of validators", given["validators"], read_validators)
                if validators.root not in chain.sets:
                    report.gap("evidence against validators", "it is of a set that was not looked at", 1)
                    continue
                domain = SigningDomain(genesis.config_hash, piece.incarnation)
                piece.verify(domain, validators, self._parts.signatures())
                report.counts["evidence"] += 1
                report.note(f"validator {piece.validator} contradicted itself at height {piece.height}")
        except (NotARecord, Refused) as error:
            report.lie(Lie.EVIDENCE, str(error))

    def _tell_settings(self, worst: float) -> None:
        settings, report = self._settings, self._report
        if not settings.with_proofs:
            report.gap("proofs of updates", "it was not asked for (--no-proofs)")
        if not settings.with_content:
            report.gap("transactions and receipts", "it was not asked for (--no-transactions)")
        if not settings.samples:
            report.gap("that data is available", "it was not asked for (--samples 0)")
        elif report.counts["samples"]:
            asked = f"samples only: of each update {settings.samples} columns were asked for"
            report.gap(
                "all columns of the data",
                f"{asked}, as many as it takes to have the batch"
                if worst == 0
                else f"{asked}. If fewer than are needed could be had, all would be given with a probability "
                f"of at most {worst:.1e}",
            )
        if not settings.with_proofs and report.counts["samples"]:
            report.gap(
                "that the combinations are those of the batches", "a proof shows it, and none was looked at"
            )


def _own_chain(genesis: Genesis) -> SettlementChain | None:
    """A chain of one's own, which takes in what holds; None where genesis is not known."""
    if genesis.validators is None:
        return None
    config = genesis.config
    return SettlementChain(config.genesis_settlement, config.genesis_number, genesis.validators)


def _follow(own: SettlementChain, settled: SettledHere) -> None:
    block = settled.block
    if block.incarnation > own.incarnation:
        own.apply(WentBack(own.height, block.incarnation))
    own.apply(Settled(block, settled.updates, settled.certificate, (), 0, settled.elected))


def _consume(
    consumed: dict[int, Consumed | None],
    update: ZoneUpdate,
    heights: tuple[int, int] | None,
    postings: Sequence[Posting] | None,
) -> None:
    """Takes in what an update consumed; None stands for a zone of which that is not known."""
    statement = update.statement
    if heights is None:
        consumed[statement.zone] = None
        return
    found = consumed.setdefault(statement.zone, Consumed(heights[0], statement.pre_inbox_index))
    if found is not None:
        found.add(heights[1], statement.post_inbox_index, postings)


def _number_and_hash(value: Any) -> tuple[int, Hash32]:
    told = mapping(value)
    return number(told["number"]), hash32(told["hash"])
