"""What a block changed by development calls rather than by rule, and the hash that commits to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from devnet.chain import rlp
from devnet.chain.keccak import keccak256
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import AccountOverride, Overrides


@dataclass(frozen=True, slots=True)
class DevelopmentOverrides:
    """The development acts that one block carries (protocol section 2). An ordinary block has none."""

    accounts: Overrides = field(default_factory=dict)
    """Applied before the system calls."""
    prev_randao: Hash32 | None = None
    base_fee: Wei | None = None
    """Set instead of derived from the parent."""

    def commitment(self, transactions: Sequence[Transaction]) -> bytes:
        """What goes into the header's extraData: b"" for a block without overrides, else
        keccak(rlp([accounts, [prev_randao]?, [base_fee]?, impersonated])).

        An account is [address, [nonce]?, [balance]?, [code]?, [[slot, value], …]], in the order of addresses
        and slots; "?" is the empty list where nothing was set. `impersonated` holds [index, sender] of every
        transaction whose sender signed nothing.
        """
        impersonated = [
            [rlp_integer(index), bytes(transaction.sender)]
            for index, transaction in enumerate(transactions)
            if transaction.is_impersonated
        ]
        if not (self.accounts or impersonated or self.prev_randao is not None or self.base_fee is not None):
            return b""
        return keccak256(
            rlp.encode(
                [
                    [_account_item(address, self.accounts[address]) for address in sorted(self.accounts)],
                    [] if self.prev_randao is None else [bytes(self.prev_randao)],
                    [] if self.base_fee is None else [rlp_integer(self.base_fee)],
                    impersonated,
                ]
            )
        )


NO_OVERRIDES = DevelopmentOverrides()


def _account_item(address: Address, override: AccountOverride) -> rlp.Item:
    return [
        bytes(address),
        [] if override.nonce is None else [rlp_integer(override.nonce)],
        [] if override.balance is None else [rlp_integer(override.balance)],
        [] if override.code is None else [override.code],
        _slot_items(override.storage_changes),
    ]


def _slot_items(slots: Mapping[int, int]) -> list[rlp.Item]:
    return [[slot.to_bytes(32, "big"), rlp_integer(slots[slot])] for slot in sorted(slots)]


def rlp_integer(value: int) -> bytes:
    """Big-endian without leading zeros: how RLP writes integers."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
