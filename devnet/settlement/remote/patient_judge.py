"""A judge for those who have to fetch what they judge: it says `PENDING` until somebody has looked."""

from __future__ import annotations

from collections.abc import Callable

from devnet.settlement.consensus.judging import PENDING, Verdict
from devnet.settlement.judging import ValidatorJudge
from devnet.settlement.proposal import Candidate

MOST_CANDIDATES = 8
"""Of one height that are looked at; leaders beyond that many have nothing new to say."""


def question_of(candidate: Candidate) -> tuple[object, ...]:
    """Equal for candidates that are judged alike: they may be of different proposers."""
    block = candidate.block
    return block.height, block.incarnation, block.slot, block.validators_root, candidate.payload


class PatientJudge:
    """The `Judge` of one validator at one height. `look` is called once for each question, must not block,
    and ends in `answer`."""

    def __init__(self, inner: ValidatorJudge, look: Callable[[Candidate], None]) -> None:
        self._inner = inner
        self._look = look
        self._verdicts: dict[tuple[object, ...], Verdict] = {}

    def is_of(self, judge: ValidatorJudge) -> bool:
        """Whether it asks this one."""
        return self._inner is judge

    def belongs(self, candidate: Candidate) -> bool:
        """See `ValidatorJudge`."""
        return self._inner.belongs(candidate)

    def judge(self, candidate: Candidate) -> Verdict:
        """What was found, `PENDING` until then."""
        question = question_of(candidate)
        known = self._verdicts.get(question)
        if known is not None:
            return known
        if len(self._verdicts) < MOST_CANDIDATES:
            self._verdicts[question] = PENDING
            self._look(candidate)
        return PENDING

    def answer(self, candidate: Candidate, verdict: Verdict) -> None:
        """What was found."""
        question = question_of(candidate)
        if question in self._verdicts:
            self._verdicts[question] = verdict
