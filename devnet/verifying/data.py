"""Proofs of updates, and samples of what was dispersed for them, as far as both are still kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from devnet.availability import Coder
from devnet.availability import Refused as DataRefused
from devnet.availability.checking import ColumnCheck, verify_batch, verify_header
from devnet.availability.columns import Column
from devnet.availability.header import DataHeader
from devnet.availability.holdings import assign, parameters_for
from devnet.availability.retrieval import reconstruct
from devnet.availability.sampling import error_probability, sample
from devnet.chain.forced import Posting
from devnet.chain.keccak import keccak256
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32
from devnet.proving import NotCovered, Proof, Verifier
from devnet.proving.flaws import Refused as ProofRefused
from devnet.proving.witness import KIND, MOST_BYTES, Witness
from devnet.settlement.block import ZoneUpdate
from devnet.verifying.asking import Asking, Denied
from devnet.verifying.genesis import Genesis
from devnet.verifying.reading import NotARecord, count, data, listing, mapping, number, record
from devnet.verifying.report import Lie, Report
from devnet.verifying.settled import SettledHere

PIECE = 2 * 1024 * 1024
"""Bytes that are asked for at once."""
_COLUMNS = 512
"""Columns that are asked for at once."""


@dataclass(frozen=True, slots=True)
class DataSettings:
    """What is looked at."""

    samples: int
    """Columns of each update."""
    seed: bytes | None
    """Of the samples; None draws a new one for every update. Who answers must not know it before."""
    with_proofs: bool


@dataclass(frozen=True, slots=True)
class _Dispersed:
    """What the network tells of an update's data."""

    header: DataHeader
    combination: bytes
    proof_size: int
    proof_kind: str


class DataChecks:
    """Checks what was dispersed for updates, and their proofs."""

    def __init__(
        self,
        ask: Asking,
        genesis: Genesis,
        coder: Coder,
        verifier: Verifier,
        known: dict[Hash32, SettlementHead],
        settings: DataSettings,
        report: Report,
    ) -> None:
        """`known` are the settlement blocks that hold, by root."""
        self._ask = ask
        self._genesis = genesis
        self._coder = coder
        self._verifier = verifier
        self._known = known
        self._settings = settings
        self._report = report
        self.worst = 0.0
        """The largest probability, of the updates that were sampled, that the samples are answered although
        the data cannot be had."""

    def check(self, settled: SettledHere, update: ZoneUpdate) -> Sequence[Posting] | None:
        """One update's. Gives the forced transactions that its proof shows; None without a proof that
        holds."""
        height, name = settled.block.height, self._genesis.names[update.statement.zone]
        key = "0x" + update.signed_hash.hex()
        (told,) = self._ask(None, [("zero_getDataHeader", [key])])
        if told is None or isinstance(told, Denied):
            self._report.gap("proofs and data of updates", "they are no longer kept (--archive)", 1)
            return None
        stakes = [validator.stake for validator in settled.validators.validators]
        try:
            found = record("what was dispersed", told, _read_dispersed)
            verify_header(found.header, parameters_for(stakes), update.statement.data_commitment)
            held = [[each.start, len(each)] for each in assign(found.header.parameters.columns, stakes)]
            if _read_held(told) != held:
                raise NotARecord("the columns are not held as the stakes say")
        except (NotARecord, DataRefused) as error:
            self._report.lie(Lie.DATA, str(error), height, name)
            return None
        forced = None
        if self._settings.with_proofs:
            forced = self._check_proof(update, found, key, height, name)
        self._check_samples(update, found, key, height, name)
        return forced

    # ------------------------------------------------------------ proofs

    def _check_proof(
        self, update: ZoneUpdate, found: _Dispersed, key: str, height: int, name: str
    ) -> Sequence[Posting] | None:
        report = self._report
        if found.proof_kind != update.proof_kind:
            report.lie(
                Lie.PROOF, f"of kind {found.proof_kind!r}, signed was {update.proof_kind!r}", height, name
            )
            return None
        if found.proof_kind != self._verifier.kind:
            report.gap("proofs", f"this version checks none of kind {found.proof_kind!r}", 1)
            return None
        encoded = self._proof(found, key)
        if encoded is None:
            report.gap("proofs of updates", "they are no longer told", 1)
            return None
        if keccak256(encoded) != update.proof_hash:
            report.lie(Lie.PROOF, "it is not the one that the producer signed", height, name)
            return None
        try:
            checked = self._verifier.verify(update.statement, Proof(found.proof_kind, encoded))
        except ProofRefused as refused:
            report.lie(Lie.PROOF, str(refused), height, name)
            return None
        if checked.batch_hash not in (None, found.header.batch_hash):
            report.lie(Lie.DATA, "other blocks were dispersed than the proof executes", height, name)
            return None
        for head in checked.settlement:
            if self._known.get(head.root, head) != head:
                report.lie(Lie.HEIGHTS, f"settlement block {head.height} is another one", height, name)
        if found.proof_kind == KIND:
            try:
                verify_batch(found.header, found.combination, Witness.decode(encoded).batch, self._coder)
            except (DataRefused, ValueError) as error:
                report.lie(Lie.DATA, str(error), height, name)
                return None
        if NotCovered.BLOBS in checked.not_covered:
            report.gap("blobs of transactions", NotCovered.BLOBS.value, 1)
        report.counts["proofs"] += 1
        report.counts["forced transactions"] += len(checked.forced)
        return checked.forced

    def _proof(self, found: _Dispersed, key: str) -> bytes | None:
        if found.proof_size > MOST_BYTES:
            return None
        pieces: list[bytes] = []
        for offset in range(0, found.proof_size, PIECE):
            (told,) = self._ask(None, [("zero_getUpdateProof", [key, offset, PIECE])])
            if told is None or isinstance(told, Denied):
                return None
            try:
                pieces.append(record("a proof", told, lambda value: data(value["data"])))
            except NotARecord:
                return b""
        return b"".join(pieces)

    # ------------------------------------------------------------ samples

    def _check_samples(self, update: ZoneUpdate, found: _Dispersed, key: str, height: int, name: str) -> None:
        parameters = found.header.parameters
        wanted = min(self._settings.samples, parameters.columns)
        if not wanted:
            return
        seed = self._settings.seed
        drawn = secrets.token_bytes(16) if seed is None else seed + update.signed_hash
        asked = sample(parameters.columns, wanted, drawn)
        given = self._columns(found, key, asked)
        self._refuse(found, [column for column in given if column is not None], height, name)
        report = self._report
        report.counts["samples"] += wanted
        self.worst = max(self.worst, error_probability(parameters, wanted))
        missing = sum(column is None for column in given)
        if missing and self._is_retrieved(found, key, height, name):
            report.note(
                f"settlement block {height}, zone {name}: {missing} of {wanted} samples were not given; "
                "the batch was put together from other columns"
            )

    def _is_retrieved(self, found: _Dispersed, key: str, height: int, name: str) -> bool:
        """Whether the batch can be had from what all holders give."""
        everything = self._columns(found, key, range(found.header.parameters.columns))
        columns = [column for column in everything if column is not None]
        try:
            reconstruct(found.header, found.combination, columns, self._coder)
        except DataRefused as refused:
            self._report.lie(Lie.AVAILABILITY, str(refused), height, name)
            return False
        return True

    def _refuse(self, found: _Dispersed, columns: Sequence[Column], height: int, name: str) -> None:
        refusals = ColumnCheck(found.header, found.combination, self._coder).refusals(columns)
        for column, refusal in zip(columns, refusals, strict=True):
            if refusal is not None:
                self._report.lie(Lie.COLUMN, f"column {column.index}: {refusal}", height, name)

    def _columns(self, found: _Dispersed, key: str, indices: Iterable[int]) -> list[Column | None]:
        wanted = list(indices)
        size = max(1, min(_COLUMNS, PIECE // found.header.column_bytes))
        columns: list[Column | None] = []
        for start in range(0, len(wanted), size):
            some = wanted[start : start + size]
            (told,) = self._ask(None, [("zero_getColumns", [key, some])])
            try:
                answers = record("columns", told, listing)
            except NotARecord:
                answers = []
            columns += [
                _read_column(answers[place] if place < len(answers) else None, index, found.header)
                for place, index in enumerate(some)
            ]
        return columns


def _read_dispersed(value: Any) -> _Dispersed:
    told = mapping(value)
    try:
        header = DataHeader.decode(data(told["header"]))
    except DataRefused as refused:
        raise ValueError(str(refused)) from None
    combination = data(told["combination"])
    if len(combination) != header.parameters.combination_bytes:
        raise ValueError(f"a combination of {len(combination)} bytes")
    return _Dispersed(header, combination, number(told["proofSize"]), str(told["proofKind"]))


def _read_held(value: Any) -> list[list[int]]:
    return record(
        "who holds what",
        value,
        lambda told: [[count(entry["first"]), count(entry["count"])] for entry in told["holders"]],
    )


def _read_column(value: Any, index: int, header: DataHeader) -> Column | None:
    """The column of that index; None where the answer gives none. One that cannot be read is as good as
    missing."""
    try:
        if value["column"] is None:
            return None
        column = Column.decode(data(value["column"]), header)
    except (KeyError, TypeError, ValueError, DataRefused):
        return None
    return column if column.index == index else None
