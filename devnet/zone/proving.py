"""Proofs of what a block commits to: accounts and slots under its state root, transactions and receipts under
the roots of its ordered tries."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.receipt_codec import encode_receipt
from devnet.chain.trie import ordered_proof
from devnet.chain.types import Address, BlockRef, Hash32
from devnet.state import StateGone
from devnet.zone.errors import BadRequest
from devnet.zone.ledger import Ledger
from devnet.zone.messages import InclusionProof, KeyProof, StateProof


class Prover:
    """Makes proofs from the ledger. State proofs are of the committed state: the overlay is in no root."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def prove(self, address: Address, slots: Sequence[int], ref: BlockRef) -> StateProof:
        """What the block's state root says about an account and its slots, each there or not.

        Raises UnknownBlock, BadRequest for "pending", and StateGone (see `consistent.py`).
        """
        if ref == "pending":
            raise BadRequest("the pending block has no state root yet; ask for a proof at latest")
        ledger = self._ledger
        record = ledger.get(ref)
        header, height = record.block.header, record.state_height
        view = ledger.state_after(record)
        state = ledger.state
        if state.root_at(height) != header.state_root:
            raise StateGone(f"the state of block {record.number} was rolled back")
        keys = (bytes(address), *(address + slot.to_bytes(32, "big") for slot in slots))
        proofs = [state.prove(key, height) for key in keys]
        # Read last: a view that still answers was not rolled back, so every proof is of its block.
        account = view.account(address)
        proven = tuple(KeyProof(proof.value, proof.encode()) for proof in proofs)
        return StateProof(header, record.block.hash, account, proven[0], proven[1:])

    def prove_transaction(self, transaction_hash: Hash32) -> InclusionProof | None:
        """The way from the block's transactions root to a transaction, None for one that is in no block."""
        found = self._ledger.chain.locate(transaction_hash)
        if found is None:
            return None
        block, index = found[0].block, found[1]
        items = [transaction.encoded for transaction in block.transactions]
        return InclusionProof(block.header, block.hash, index, items[index], ordered_proof(items, index))

    def prove_receipt(self, transaction_hash: Hash32) -> InclusionProof | None:
        """The way from the block's receipts root to the receipt of a transaction, None for one that is in no
        block."""
        found = self._ledger.chain.locate(transaction_hash)
        if found is None:
            return None
        block, index = found[0].block, found[1]
        items = [encode_receipt(receipt) for receipt in block.receipts]
        return InclusionProof(block.header, block.hash, index, items[index], ordered_proof(items, index))
