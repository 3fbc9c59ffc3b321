"""Transactions that the tests of this folder start from."""

from __future__ import annotations

from typing import Any

from devnet.chain.signature import address_of
from devnet.chain.transaction import DYNAMIC_FEE
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Address, Wei

KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
SENDER = address_of(KEY)
CHAIN_ID = 7_700_001


def transfer(kind: int = DYNAMIC_FEE, **changes: Any) -> UnsignedTransaction:
    """A plain transfer of the given type, with some fields replaced."""
    fields: dict[str, Any] = {
        "type": kind,
        "chain_id": CHAIN_ID,
        "nonce": 7,
        "gas_limit": 21_000,
        "max_fee_per_gas": Wei(2_000_000_000),
        "max_priority_fee_per_gas": Wei(2_000_000_000),
        "to": Address(bytes(range(20))),
        "value": Wei(10**18),
        "data": b"",
    }
    return UnsignedTransaction(**(fields | changes))
