"""What is computed for many transactions at once: decoding with the recovery of the signers, and the receipts
and roots of a block. `ReferenceCodec` is the definition; others give the same objects, faster.

    codec.decode(raw)                                # a transaction, or an exception
    codec.decode_many(raws)                          # exceptions are in the list
    codec.begin(raws)                                # the same, to be asked for later
    codec.seal_content(transactions, results)        # what a header says of a block's transactions
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from devnet.chain.block import Log, Receipt
from devnet.chain.block_codec import transaction_size_in_block
from devnet.chain.content_packing import pack_content, unpack_content
from devnet.chain.errors import InvalidTransaction, MalformedTransaction
from devnet.chain.fees import GAS_PER_BLOB
from devnet.chain.receipt_codec import EMPTY_BLOOM, bloom_of, encode_receipt, join_blooms
from devnet.chain.transaction import BlobSidecar, Transaction
from devnet.chain.transaction_codec import decode_transaction
from devnet.chain.trie import EMPTY_TRIE_ROOT, ordered_root
from devnet.chain.types import Address, Hash32, Wei

DecodedTransaction: TypeAlias = tuple[Transaction, BlobSidecar | None]
"""The sidecar is that of a blob transaction in its network form."""

Undecodable: TypeAlias = MalformedTransaction | InvalidTransaction
"""Why bytes gave no transaction: they are none, or its signature is no valid one (INVALID_SENDER)."""


class Outcome(Protocol):
    """What receipts need of a transaction's result (`devnet.execution.TransactionResult`)."""

    @property
    def gas_used(self) -> int: ...

    @property
    def logs(self) -> tuple[Log, ...]: ...

    @property
    def contract_address(self) -> Address | None: ...

    @property
    def effective_gas_price(self) -> Wei: ...

    @property
    def failure(self) -> object | None: ...


@dataclass(frozen=True, slots=True)
class BlockContent:
    """The transactions of a block with everything that its header says of them."""

    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]
    transactions_root: Hash32
    receipts_root: Hash32
    bloom: bytes
    gas_used: int
    blob_gas_used: int
    size: int
    """Bytes of the transactions in the block's list, without the list's header."""


NO_CONTENT: Final = BlockContent((), (), EMPTY_TRIE_ROOT, EMPTY_TRIE_ROOT, EMPTY_BLOOM, 0, 0, 0)
"""An empty block's."""


class Decoding(Protocol):
    """Transactions that `Codec.begin` was given."""

    @property
    def is_done(self) -> bool:
        """Whether `finish` gives them at once."""

    def finish(self) -> list[DecodedTransaction | Undecodable]:
        """What `Codec.decode_many` gives; waits for it."""


class Codec(Protocol):
    """Gives the same on every implementation, byte for byte. May be called from several threads at once."""

    @property
    def works_beside_python(self) -> bool:
        """Whether other Python threads run while it decodes: then `begin` gets something done."""

    def decode(self, raw: bytes) -> DecodedTransaction:
        """The transaction in `raw`, its hash computed and its signers recovered.

        Raises MalformedTransaction and InvalidTransaction (INVALID_SENDER).
        """

    def decode_many(self, raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        """As `decode` for each, with what it would raise in its place."""

    def begin(self, raws: Sequence[bytes]) -> Decoding:
        """Begins `decode_many`; does not wait for it where it works beside Python. Whoever began it finishes
        it: a process that was forked meanwhile cannot."""

    def seal_content(self, transactions: Sequence[Transaction], results: Sequence[Outcome]) -> BlockContent:
        """The block's content. `results[i]` belongs to `transactions[i]`."""

    def pack_content(self, transactions: Sequence[Transaction], receipts: Sequence[Receipt]) -> bytes:
        """See `devnet.chain.content_packing`."""

    def unpack_content(
        self, transactions: bytes, receipts: bytes, hashes: bytes
    ) -> tuple[tuple[Transaction, ...], tuple[Receipt, ...], bytes]:
        """See `devnet.chain.content_packing`. Raises ValueError."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """A `Decoding` of a codec that does nothing before it is asked."""

    codec: Codec
    raws: Sequence[bytes]

    @property
    def is_done(self) -> bool:
        """See `Decoding`."""
        return False

    def finish(self) -> list[DecodedTransaction | Undecodable]:
        """See `Decoding`."""
        return self.codec.decode_many(self.raws)


class ReferenceCodec:
    """The codec in plain Python."""

    __slots__ = ()

    @property
    def works_beside_python(self) -> bool:
        """See `Codec`."""
        return False

    def decode(self, raw: bytes) -> DecodedTransaction:
        """See `Codec`."""
        return decode_transaction(raw)

    def decode_many(self, raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        """See `Codec`."""
        decoded: list[DecodedTransaction | Undecodable] = []
        for raw in raws:
            try:
                decoded.append(decode_transaction(raw))
            except (MalformedTransaction, InvalidTransaction) as error:
                decoded.append(error)
        return decoded

    def begin(self, raws: Sequence[bytes]) -> Decoding:
        """See `Codec`."""
        return Postponed(self, raws)

    def seal_content(self, transactions: Sequence[Transaction], results: Sequence[Outcome]) -> BlockContent:
        """See `Codec`."""
        if not transactions:
            return NO_CONTENT
        receipts = build_receipts(transactions, results)
        return BlockContent(
            tuple(transactions),
            receipts,
            ordered_root([transaction.encoded for transaction in transactions]),
            ordered_root([encode_receipt(receipt) for receipt in receipts]),
            join_blooms([receipt.bloom for receipt in receipts]),
            receipts[-1].cumulative_gas_used,
            sum([receipt.blob_gas_used for receipt in receipts]),
            sum([transaction_size_in_block(transaction) for transaction in transactions]),
        )

    def pack_content(self, transactions: Sequence[Transaction], receipts: Sequence[Receipt]) -> bytes:
        """See `Codec`."""
        return pack_content(transactions, receipts)

    def unpack_content(
        self, transactions: bytes, receipts: bytes, hashes: bytes
    ) -> tuple[tuple[Transaction, ...], tuple[Receipt, ...], bytes]:
        """See `Codec`."""
        return unpack_content(transactions, receipts, hashes)


REFERENCE: Final = ReferenceCodec()
"""It keeps nothing, so one is enough."""


def build_receipts(transactions: Sequence[Transaction], results: Sequence[Outcome]) -> tuple[Receipt, ...]:
    """The receipts of a block's transactions, in order."""
    receipts = []
    cumulative = 0
    first_log_index = 0
    for transaction, result in zip(transactions, results, strict=True):
        cumulative += result.gas_used
        logs = result.logs
        receipts.append(
            Receipt(
                transaction_type=transaction.type,
                status=result.failure is None,
                cumulative_gas_used=cumulative,
                bloom=bloom_of(logs) if logs else EMPTY_BLOOM,
                logs=logs,
                gas_used=result.gas_used,
                effective_gas_price=result.effective_gas_price,
                contract_address=result.contract_address,
                blob_gas_used=GAS_PER_BLOB * len(transaction.blob_hashes),
                first_log_index=first_log_index,
            )
        )
        first_log_index += len(logs)
    return tuple(receipts)
