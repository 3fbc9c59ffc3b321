"""A transaction as every part sees it: decoded once, with its sender and hash beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

from devnet.chain.types import Address, Hash32, Wei

LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE = range(5)
"""EIP-2718 type numbers."""


@dataclass(frozen=True, slots=True)
class AccessListEntry:
    """One account of an EIP-2930 access list and the slots of it."""

    address: Address
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Authorization:
    """One EIP-7702 authorization as signed; `authority` is the recovered signer, None when it is invalid."""

    chain_id: int
    address: Address
    nonce: int
    y_parity: int
    r: int
    s: int
    authority: Address | None


@dataclass(frozen=True, slots=True)
class BlobSidecar:
    """The blobs of a blob transaction. `wrapper_version` 0 is EIP-4844's (one proof a blob), 1 is EIP-7594's
    (128 cell proofs a blob). The sidecar is checked on arrival and is not part of the block."""

    wrapper_version: int
    blobs: tuple[bytes, ...]
    commitments: tuple[bytes, ...]
    proofs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed transaction, or one whose sender is impersonated.

    For types that carry one gas price (legacy, 2930) both `max_fee_per_gas` and `max_priority_fee_per_gas`
    hold it. An impersonated transaction has r = the sender as an integer and s = 0, which no valid signature
    has: its encoding, and so its hash, still differ for every sender.
    """

    type: int
    chain_id: int | None
    """None for a legacy transaction without EIP-155 replay protection."""
    nonce: int
    gas_limit: int
    max_fee_per_gas: Wei
    max_priority_fee_per_gas: Wei
    to: Address | None
    """None creates a contract."""
    value: Wei
    data: bytes
    v: int
    """As encoded: 27/28 or EIP-155's for legacy, the y parity for typed transactions."""
    r: int
    s: int
    sender: Address
    hash: Hash32
    encoded: bytes = field(repr=False)
    """The canonical encoding (EIP-2718 envelope), without blob sidecar."""
    access_list: tuple[AccessListEntry, ...] = ()
    max_fee_per_blob_gas: Wei = Wei(0)
    blob_hashes: tuple[Hash32, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    is_impersonated: bool = False

    @property
    def carries_gas_price(self) -> bool:
        """True when the envelope has one `gasPrice` instead of EIP-1559's two fees."""
        return self.type in (LEGACY, ACCESS_LIST)
