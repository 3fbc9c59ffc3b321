"""Who signs settlement blocks, and with how much stake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devnet.chain.hash_tree import Rooted, fields_root, list_root
from devnet.chain.types import Hash32


@dataclass(frozen=True, slots=True)
class Validator:
    """Who may vote, and with how much."""

    public_key: bytes
    """BLS12-381, 48 bytes (min-pubkey-size)."""
    stake: int
    """wei."""


@dataclass(frozen=True, slots=True)
class ValidatorSet(Rooted):
    """The validators of an epoch in the order of the staking contract."""

    validators: tuple[Validator, ...]

    @property
    def root(self) -> Hash32:
        """Over one leaf each: the fields tree of the key's first 32 bytes, its last 16 (left-aligned) and
        the stake."""
        return self._root()

    def _compute_root(self) -> Hash32:
        return list_root(
            fields_root((v.public_key[:32], v.public_key[32:].ljust(32, b"\0"), v.stake))
            for v in self.validators
        )

    @property
    def total_stake(self) -> int:
        return sum(validator.stake for validator in self.validators)

    def is_two_thirds(self, members: Sequence[int]) -> bool:
        """Whether these members (indices, each once) hold more than two thirds: 3 · signed > 2 · total."""
        signed = sum(self.validators[index].stake for index in set(members))
        return 3 * signed > 2 * self.total_stake
