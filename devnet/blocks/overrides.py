"""What a block changed by development calls rather than by rule, and the hash that commits to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from devnet.chain import rlp
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import decode_int
from devnet.chain.rlp_items import address, hash32, members, optional, text
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import AccountOverride, Mode, Overrides


@dataclass(frozen=True, slots=True)
class DevelopmentOverrides:
    """The development acts that one block carries (protocol section 2). An ordinary block has none."""

    accounts: Overrides = field(default_factory=dict)
    """Applied before the system calls."""
    prev_randao: Hash32 | None = None
    base_fee: Wei | None = None
    """Set instead of derived from the parent."""

    def commitment(self, transactions: Sequence[Transaction]) -> bytes:
        """What goes into the header's extraData: b"" for a block without overrides, else keccak of
        `encoding`."""
        encoded = self.encoding(transactions)
        return keccak256(encoded) if encoded else b""

    def encoding(self, transactions: Sequence[Transaction]) -> bytes:
        """b"" for a block without overrides, else
        rlp([accounts, [prev_randao]?, [base_fee]?, impersonated]).

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
        return rlp.encode(
            [
                [_account_item(owner, self.accounts[owner]) for owner in sorted(self.accounts)],
                [] if self.prev_randao is None else [bytes(self.prev_randao)],
                [] if self.base_fee is None else [rlp_integer(self.base_fee)],
                impersonated,
            ]
        )

    @classmethod
    def decode(cls, encoded: bytes) -> DevelopmentOverrides:
        """The overrides with that encoding, which may be b"". Raises ValueError. Whether the encoding is
        the one that these overrides have, and names the impersonated ones, `encoding` tells."""
        if not encoded:
            return NO_OVERRIDES
        accounts, prev_randao, base_fee, _ = members(rlp.decode(encoded), 4)
        price = optional(base_fee, decode_int)
        return cls(
            dict(_read_account(item) for item in members(accounts)),
            optional(prev_randao, hash32),
            None if price is None else Wei(price),
        )


NO_OVERRIDES = DevelopmentOverrides()


_PLAIN_BLOCK = Mode(system_calls=True, credit_fees=True, append_messages=True)
_BLOCK_BEFORE_MESSAGES = Mode(system_calls=True, credit_fees=True)


def block_mode(overrides: DevelopmentOverrides, has_messages: bool) -> Mode:
    """How a block's transactions are executed (protocol section 2). `has_messages`: whether the zone is one
    whose blocks end with the outbox step."""
    mode = _PLAIN_BLOCK if has_messages else _BLOCK_BEFORE_MESSAGES
    return replace(mode, overrides=overrides.accounts) if overrides.accounts else mode


def _account_item(owner: Address, override: AccountOverride) -> rlp.Item:
    return [
        bytes(owner),
        [] if override.nonce is None else [rlp_integer(override.nonce)],
        [] if override.balance is None else [rlp_integer(override.balance)],
        [] if override.code is None else [override.code],
        _slot_items(override.storage_changes),
    ]


def _read_account(item: rlp.Decoded) -> tuple[Address, AccountOverride]:
    owner, nonce, balance, code, slots = members(item, 5)
    known_balance = optional(balance, decode_int)
    known_nonce = optional(nonce, decode_int)
    changes: dict[int, int] = {}
    for slot_item in members(slots):
        slot, value = members(slot_item, 2)
        changes[int.from_bytes(hash32(slot), "big")] = _word(decode_int(value))
    if known_nonce is not None and known_nonce >= 1 << 64:
        raise ValueError("a nonce has 64 bits")
    return address(owner), AccountOverride(
        balance=None if known_balance is None else Wei(_word(known_balance)),
        nonce=known_nonce,
        code=optional(code, text),
        storage_changes=changes,
    )


def _word(value: int) -> int:
    if value >= 1 << 256:
        raise ValueError("a word has 256 bits")
    return value


def _slot_items(slots: Mapping[int, int]) -> list[rlp.Item]:
    return [[slot.to_bytes(32, "big"), rlp_integer(slots[slot])] for slot in sorted(slots)]


def rlp_integer(value: int) -> bytes:
    """Big-endian without leading zeros: how RLP writes integers."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")
