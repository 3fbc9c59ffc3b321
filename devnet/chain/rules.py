"""Hard forks and the numbers that change with them; the engine executes by them and never chooses them."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Fork(enum.IntEnum):
    """Ethereum's hard forks that a zone can follow, oldest first, so that `>=` means "has the rules of"."""

    PARIS = 15
    SHANGHAI = 16
    CANCUN = 17
    PRAGUE = 18
    OSAKA = 19

    @classmethod
    def from_name(cls, name: str) -> Fork:
        """The fork called `name` (any case; "merge" is Paris). Raises ValueError with the known names."""
        key = name.strip().upper()
        if key == "MERGE":
            return cls.PARIS
        try:
            return cls[key]
        except KeyError:
            known = ", ".join(fork.name.lower() for fork in cls)
            raise ValueError(f"unknown hard fork {name!r}; known: {known}") from None


@dataclass(frozen=True, slots=True)
class BlobSchedule:
    """How many blobs a block aims at and holds, and how fast their price moves (EIP-4844, 7691, 7892)."""

    target: int
    maximum: int
    update_fraction: int


BLOB_SCHEDULES = {
    Fork.CANCUN: BlobSchedule(3, 6, 3_338_477),
    Fork.PRAGUE: BlobSchedule(6, 9, 5_007_716),
    Fork.OSAKA: BlobSchedule(6, 9, 5_007_716),
}

TRANSACTION_GAS_CAP = 1 << 24
"""EIP-7825's cap; a rule of the network on every fork unless configured off (protocol section 1)."""

BLOCK_SIZE_LIMIT = 10 * 1024 * 1024 - 2 * 1024 * 1024
"""EIP-7934: bytes of a block's RLP, 10 MiB less 2 MiB for what surrounds it."""

CODE_SIZE_LIMIT = 24_576
"""EIP-170: bytes of deployed code. Init code may be twice that (EIP-3860)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a zone's blocks must obey. One value per zone, the same for both engines."""

    fork: Fork
    chain_id: int
    transaction_gas_cap: int | None = TRANSACTION_GAS_CAP
    code_size_limit: int | None = CODE_SIZE_LIMIT
    """Bytes; None lifts the limits of code and init code."""
    block_size_limit: int | None = BLOCK_SIZE_LIMIT
    """Bytes of RLP; applies from Osaka."""
    blob_schedule: BlobSchedule | None = None

    @classmethod
    def at(cls, fork: Fork, chain_id: int, **changes: int | None) -> Rules:
        """The rules of `fork` with the network's defaults; `changes` replace single fields."""
        return cls(fork=fork, chain_id=chain_id, blob_schedule=BLOB_SCHEDULES.get(fork), **changes)
