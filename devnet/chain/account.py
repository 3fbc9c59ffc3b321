"""An account's value and the changes that a block makes to many of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei


@dataclass(frozen=True, slots=True)
class Account:
    """What the state holds for an address, its storage apart."""

    nonce: int
    balance: Wei
    code_hash: Hash32 = EMPTY_CODE_HASH

    @property
    def is_empty(self) -> bool:
        """EIP-161: no nonce, no balance, no code. Such an account is never stored."""
        return self.nonce == 0 and self.balance == 0 and self.code_hash == EMPTY_CODE_HASH


EMPTY_ACCOUNT = Account(0, Wei(0))


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Values at the end of a block (or of a call) for the keys that it wrote.

    It may name keys whose value did not change in the end; `State.commit` leaves those out. None is a deleted
    account, 0 a deleted slot. `codes` holds the code of every code hash that is new.
    """

    accounts: Mapping[Address, Account | None] = field(default_factory=dict)
    storage: Mapping[tuple[Address, int], int] = field(default_factory=dict)
    codes: Mapping[Hash32, bytes] = field(default_factory=dict)
