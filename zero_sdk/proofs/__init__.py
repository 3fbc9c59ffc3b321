"""Checks of proofs that a network gives, for whoever trusts nothing but a block's hash or a state root.

    from zero_sdk.proofs import verify_state
    state = verify_state(answer_of_zero_getProof, block_hash=known_hash)
    state.account.balance

Nothing here asks a network or believes one: what is returned was computed from what is proven, and
everything else raises `InvalidProof` with the flaw found. Needs SHA-256, keccak and nothing heavy.
docs/proofs.md explains what is proven by what.
"""

from __future__ import annotations

from zero_sdk.proofs.errors import Flaw, InvalidProof
from zero_sdk.proofs.headers import ProvenBlock, verify_header
from zero_sdk.proofs.inclusion import (
    ProvenLog,
    ProvenReceipt,
    ProvenTransaction,
    ReceiptLog,
    verify_log,
    verify_receipt,
    verify_transaction,
)
from zero_sdk.proofs.settled import (
    SettledItemProof,
    SettledStateProof,
    verify_settled_block,
    verify_settled_log,
    verify_settled_receipt,
    verify_settled_state,
    verify_settled_transaction,
)
from zero_sdk.proofs.slots import mapping_slot
from zero_sdk.proofs.state import ProvenAccount, ProvenState, verify_account, verify_slot, verify_state
from zero_sdk.proofs.validators import ProvenValidators, verify_validators

__all__ = [
    "Flaw",
    "InvalidProof",
    "ProvenAccount",
    "ProvenBlock",
    "ProvenLog",
    "ProvenReceipt",
    "ProvenState",
    "ProvenTransaction",
    "ProvenValidators",
    "ReceiptLog",
    "SettledItemProof",
    "SettledStateProof",
    "mapping_slot",
    "verify_account",
    "verify_header",
    "verify_log",
    "verify_receipt",
    "verify_settled_block",
    "verify_settled_log",
    "verify_settled_receipt",
    "verify_settled_state",
    "verify_settled_transaction",
    "verify_slot",
    "verify_state",
    "verify_transaction",
    "verify_validators",
]
