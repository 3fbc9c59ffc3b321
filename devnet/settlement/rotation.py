"""Whose turn it is to propose: a rotation in which everyone's share of turns is his share of the stake."""

from __future__ import annotations

from devnet.chain.validator_set import ValidatorSet

_STEP = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: its multiples modulo 2^64 spread more evenly than those of any other
number, so that nobody waits much longer than his share says."""


def leader_of(validators: ValidatorSet, height: int, round_: int) -> int:
    """The index of the validator who proposes in this round of this height.

    Turn t = height + round falls on the point t · φ (modulo 1) of a circle on which each validator's arc, in
    the order of the set, is as long as his share of the stake. The set, height and round say all.
    Raises ValueError where nobody has stake.
    """
    total = validators.total_stake
    if total <= 0:
        raise ValueError("nobody has stake")
    point = ((height + round_) * _STEP % (1 << 64)) * total >> 64
    for index, validator in enumerate(validators.validators):
        point -= validator.stake
        if point < 0:
            return index
    raise AssertionError("a point on the circle is on someone's arc")
