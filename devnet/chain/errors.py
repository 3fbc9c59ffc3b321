"""Why a transaction cannot be accepted: one stable kind each, with the JSON-RPC code and geth's words.

    ChainError
    ├── InvalidTransaction   a transaction that no block may hold now
    └── MalformedTransaction bytes that are no transaction at all

Codes are those of the execution-apis error catalogue; clients match on the words, so they are geth's.
"""

from __future__ import annotations

import enum


class ChainError(Exception):
    """Base of this package's errors."""


class MalformedTransaction(ChainError):
    """The bytes do not decode to a transaction."""


class Invalid(enum.Enum):
    """The kinds of `InvalidTransaction`: (JSON-RPC code, geth's message)."""

    NONCE_TOO_LOW = (1, "nonce too low")
    NONCE_TOO_HIGH = (2, "nonce too high")
    NONCE_MAX = (-32003, "nonce has max value")
    INTRINSIC_GAS = (800, "intrinsic gas too low")
    FLOOR_DATA_GAS = (800, "insufficient gas for floor data gas cost")
    GAS_PRICE_TOO_LOW = (802, "transaction underpriced")
    REPLACEMENT_UNDERPRICED = (802, "replacement transaction underpriced")
    ABOVE_BLOCK_LIMIT = (803, "exceeds block gas limit")
    ABOVE_TRANSACTION_CAP = (803, "transaction gas limit too high")
    TIP_ABOVE_FEE_CAP = (804, "max priority fee per gas higher than max fee per gas")
    GAS_OVERFLOW = (805, "gas uint64 overflow")
    FEE_CAP_TOO_LOW = (806, "max fee per gas less than block base fee")
    BLOB_FEE_CAP_TOO_LOW = (806, "max fee per blob gas less than block blob gas fee")
    FEE_CAP_TOO_LARGE = (808, "max fee per gas higher than 2^256-1")
    TIP_TOO_LARGE = (807, "max priority fee per gas higher than 2^256-1")
    INSUFFICIENT_FUNDS = (809, "insufficient funds for gas * price + value")
    ALREADY_KNOWN = (1000, "already known")
    INVALID_SENDER = (1001, "invalid sender")
    WRONG_CHAIN_ID = (-32000, "invalid chain id for signer")
    SENDER_HAS_CODE = (-32003, "sender not an eoa")
    INITCODE_TOO_LARGE = (-32003, "max initcode size exceeded")
    TYPE_NOT_SUPPORTED = (-32003, "transaction type not supported")
    BLOB_TRANSACTION = (-32003, "invalid blob transaction")
    SET_CODE_TRANSACTION = (-32003, "invalid set code transaction")
    POOL_FULL = (-32003, "txpool is full")
    OVERSIZED = (-32003, "oversized data")
    BLOCK_FULL = (-32003, "block is full")
    """Only inside block building: valid, but does not fit the block any more; it stays in the mempool."""

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def message(self) -> str:
        return self.value[1]


class InvalidTransaction(ChainError):
    """A well-formed transaction that may not go into the next block, and why."""

    def __init__(self, kind: Invalid, detail: str = "") -> None:
        super().__init__(f"{kind.message}: {detail}" if detail else kind.message)
        self.kind = kind
        self.detail = detail

    def __reduce__(self) -> tuple[type[InvalidTransaction], tuple[Invalid, str]]:
        """Exceptions are pickled by their message otherwise; this one travels between processes as it is."""
        return InvalidTransaction, (self.kind, self.detail)
