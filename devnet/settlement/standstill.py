"""Why a height was not decided: whose stake is missing, and what the others said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devnet.chain.validator_set import ValidatorSet


@dataclass(frozen=True, slots=True)
class Standstill:
    """What there was to see when an attempt at a height was given up."""

    height: int
    validators: ValidatorSet
    decided: tuple[int, ...]
    """Validators, by their index, that know a decision."""
    silent: tuple[int, ...]
    """Of whom no message reached anybody."""
    refused: Mapping[int, str]
    """Why a validator would not vote for what was proposed last, by its index."""
    is_empty: bool = False
    """Nobody had anything to propose that it would accept itself."""

    @property
    def silent_stake(self) -> int:
        """wei."""
        return self._stake(self.silent)

    @property
    def text(self) -> str:
        """One sentence a reason."""
        total = self.validators.total_stake
        parts = [f"height {self.height} is not decided"]
        if self.is_empty:
            parts.append("no validator accepts what there is to settle")
        if self.silent:
            share = 100 * self.silent_stake / total
            parts.append(f"{_named(self.silent)} of {share:.1f} % of the stake silent")
            if 3 * (total - self.silent_stake) <= 2 * total:
                parts.append("without them nobody has more than two thirds")
        if self.refused:
            members = tuple(self.refused)
            share = 100 * self._stake(members) / total
            reasons = "; ".join(dict.fromkeys(self.refused.values()))
            parts.append(f"{_named(members)} of {share:.1f} % of the stake refused: {reasons}")
        if self.decided:
            parts.append(f"only {_named(self.decided)} decided")
        return "; ".join(parts)

    def _stake(self, members: Sequence[int]) -> int:
        return sum(self.validators.validators[index].stake for index in members)


class Undecided(Exception):
    """The validators did not agree on a block; the message says why."""

    def __init__(self, standstill: Standstill, detail: str = "") -> None:
        super().__init__(f"{standstill.text}; {detail}" if detail else standstill.text)
        self.standstill = standstill


def _named(members: Sequence[int]) -> str:
    shown = ", ".join(str(index) for index in sorted(members)[:8])
    more = f" and {len(members) - 8} more" if len(members) > 8 else ""
    return f"validator{'' if len(members) == 1 else 's'} {shown}{more}"
