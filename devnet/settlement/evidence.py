"""Evidence: two signed statements of one validator that contradict each other, which anyone can check.

Zero takes nobody's stake for it; it is kept and served (protocol section 7).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from devnet.chain.rlp import Decoded, decode_int, encode_int, encode_list
from devnet.chain.rlp_items import members
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.proposal import Heading, heading_of
from devnet.settlement.signatures import SignatureScheme
from devnet.settlement.votes import NUMBER_LIMIT, SigningDomain, Vote, bounded, read_record, vote_of

_SIZE_LIMIT = 512
_HEADINGS, _VOTES = 0, 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two votes of one kind, or two proposals, of one validator in one round, that differ."""

    incarnation: int
    first: Vote | Heading
    second: Vote | Heading

    @property
    def height(self) -> int:
        return self.first.height

    @property
    def validator(self) -> int:
        """Index in the set of validators of this height."""
        return self.first.validator

    def verify(self, domain: SigningDomain, validators: ValidatorSet, scheme: SignatureScheme) -> None:
        """Raises `Refused` unless this validator, of the set of this height, signed both."""
        if self.incarnation != domain.incarnation:
            raise Refused(Flaw.PARENT, f"incarnation {self.incarnation}, not {domain.incarnation}")
        if _duty(self.first) != _duty(self.second):
            raise Refused(Flaw.SAME, "they are of different validators, rounds or kinds")
        if self.first.signed_hash(domain) == self.second.signed_hash(domain):
            raise Refused(Flaw.SAME, "they say the same")
        self.first.verify(domain, validators, scheme)
        self.second.verify(domain, validators, scheme)

    def encode(self) -> bytes:
        """RLP of [incarnation, 1 for votes or 0 for headings of proposals, first, second]."""
        kind = _VOTES if isinstance(self.first, Vote) else _HEADINGS
        return encode_list(
            [encode_int(self.incarnation), encode_int(kind), self.first.encode(), self.second.encode()]
        )


def evidence_of(incarnation: int, one: Vote | Heading, other: Vote | Heading) -> Evidence:
    """The evidence that two statements are, the same whichever was seen first."""
    first, second = sorted((one, other), key=lambda statement: statement.encode())
    return Evidence(incarnation, first, second)


def decode_evidence(data: bytes) -> Evidence:
    """The evidence that these bytes encode. Raises `Refused` (malformed, too-large, kind, nil)."""
    return read_record(data, _SIZE_LIMIT, _read)


def _read(item: Decoded) -> Evidence:
    incarnation, kind, first, second = members(item, 4)
    number = decode_int(kind)
    if number not in (_HEADINGS, _VOTES):
        raise ValueError(f"kind {number} of evidence")
    read = vote_of if number == _VOTES else heading_of
    return Evidence(bounded(incarnation, NUMBER_LIMIT), read(first), read(second))


def _duty(statement: Vote | Heading) -> tuple[object, ...]:
    kind = statement.kind if isinstance(statement, Vote) else None
    return kind, statement.height, statement.round, statement.validator


class Shelf(Protocol):
    """Where evidence outlives the process (`devnet.settlement.evidence_file`)."""

    def read(self) -> Iterator[tuple[Evidence, ValidatorSet]]:
        """What is there, oldest first, each with the set of its height."""
        ...

    def append(self, evidence: Evidence, validators: ValidatorSet) -> None:
        """Keeps one more."""
        ...


class EvidenceBook:
    """What was found, for those who ask: of each validator one piece a height, and so many in all."""

    def __init__(self, limit: int = 1024, file: Shelf | None = None) -> None:
        """With a `file` it begins with what is in it, and what is added with its set goes there, too."""
        self._limit = limit
        self._kept: dict[tuple[int, int, int], Evidence] = {}
        self._sets: dict[tuple[int, int], ValidatorSet] = {}
        self._file: Shelf | None = None
        for evidence, validators in () if file is None else file.read():
            self.add(evidence, validators)
        self._file = file

    def add(self, evidence: Evidence, validators: ValidatorSet | None = None) -> bool:
        """Keeps it, unless there is one of this validator and height, and the set of that height with it. It
        is the caller who verified it.

        A full book forgets the oldest incarnations and heights first. Whether it is kept now.
        """
        place = (evidence.incarnation, evidence.height, evidence.validator)
        if place in self._kept:
            return False
        self._kept[place] = evidence
        if validators is not None:
            self._sets[place[:2]] = validators
            if self._file is not None:
                self._file.append(evidence, validators)
        if len(self._kept) > self._limit:
            oldest = min(self._kept)
            del self._kept[oldest]
            if min(self._kept)[:2] != oldest[:2]:
                self._sets.pop(oldest[:2], None)
        return place in self._kept

    def validators_of(self, evidence: Evidence) -> ValidatorSet | None:
        """The set of the evidence's height in its incarnation, None where it was not told."""
        return self._sets.get((evidence.incarnation, evidence.height))

    def __iter__(self) -> Iterator[Evidence]:
        """By incarnation, height and validator."""
        # sorted() copies first, in one step under the interpreter's lock: any thread may ask.
        return iter([piece for _, piece in sorted(self._kept.items(), key=lambda entry: entry[0])])

    def __len__(self) -> int:
        return len(self._kept)
