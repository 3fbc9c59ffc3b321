"""Transactions out of bytes that this program wrote itself: what their signatures give is stored beside them,
so nothing is recovered, and impersonated transactions, which have none, come back as they were."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.errors import MalformedTransaction
from devnet.chain.rlp import Decoded, decode
from devnet.chain.transaction import LEGACY, Authorization, Transaction
from devnet.chain.transaction_body import (
    FIELD_COUNTS,
    legacy_transaction,
    read_authorization,
    read_members,
    read_signature,
    typed_transaction,
)
from devnet.chain.types import Address, Hash32


def decode_trusted(
    encoded: bytes,
    sender: Address,
    transaction_hash: Hash32,
    authorities: Sequence[Address | None] = (),
) -> Transaction:
    """The transaction with that canonical encoding, sender and hash. `authorities` are the signers of its
    EIP-7702 authorizations, in order. Raises ValueError where the bytes are none."""
    if not encoded:
        raise ValueError("a transaction of no bytes")
    kind = LEGACY if encoded[0] >= 0xC0 else encoded[0]
    if encoded[0] == LEGACY or kind not in FIELD_COUNTS:
        raise ValueError(f"{encoded[0]} is no type of a transaction")

    def read_authorizations(items: list[Decoded]) -> tuple[Authorization, ...]:
        if len(items) != len(authorities):
            raise ValueError(f"{len(items)} authorizations, and {len(authorities)} signers of them")
        return tuple(
            read_authorization(item, lambda *_, authority=authority: authority)
            for item, authority in zip(items, authorities, strict=True)
        )

    try:
        members = read_members(decode(encoded if kind == LEGACY else encoded[1:]), kind)
        signature = read_signature(members, kind)
        if kind == LEGACY:
            return legacy_transaction(members, signature, sender, transaction_hash, encoded)
        return typed_transaction(
            kind, members, signature, sender, transaction_hash, encoded, read_authorizations
        )
    except MalformedTransaction as error:
        raise ValueError(str(error)) from error
