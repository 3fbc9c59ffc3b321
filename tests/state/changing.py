"""Random change sets over few keys, so that keys are created, written, deleted and created again."""

from __future__ import annotations

import random

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.state.config import QmdbConfig

CONFIGS = (
    QmdbConfig(),
    QmdbConfig(4096, 95, 100),
    QmdbConfig(4100, 999, 1000),
    QmdbConfig(20_000_000, 7, 10),
)
"""The default, two that compact soon, upstream's that never does here."""


class Changing:
    """Makes change sets; the same for a seed."""

    def __init__(self, seed: int, accounts: int = 60) -> None:
        self.rng = random.Random(seed)
        self.addresses = [Address(self.rng.randbytes(20)) for _ in range(accounts)]

    def changes(self, most: int = 30) -> ChangeSet:
        """Some accounts and slots get other values or none; others are named and stay what they are."""
        rng = self.rng
        owners = rng.sample(self.addresses, rng.randrange(min(most, len(self.addresses)) + 1))
        accounts = {
            address: None if rng.random() < 0.3 else Account(rng.randrange(3), Wei(rng.randrange(5)))
            for address in owners
        }
        holders = rng.sample(self.addresses, rng.randrange(len(self.addresses) // 2))
        storage = {(address, rng.randrange(3)): rng.choice((0, 1, 2**200)) for address in holders}
        return ChangeSet(accounts, storage)
