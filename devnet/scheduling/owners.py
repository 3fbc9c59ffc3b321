"""Whose order a transaction keeps."""

from __future__ import annotations

from devnet.chain.transaction import Transaction
from devnet.chain.types import Address


def owners(transaction: Transaction) -> frozenset[Address]:
    """The sender and every authority that signed: those whose nonces the transaction uses."""
    authorities = (authorization.authority for authorization in transaction.authorizations)
    return frozenset([transaction.sender, *(authority for authority in authorities if authority is not None)])
