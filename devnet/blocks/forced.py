"""Which forced transactions a block tries to execute. The others are consumed without effect, unlooked at."""

from __future__ import annotations

from devnet.blocks.sealing import HEADER_ALLOWANCE
from devnet.chain.block_codec import transaction_size_in_block
from devnet.chain.codec import DecodedTransaction, Undecodable
from devnet.chain.forced import ForcedTransaction
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import BLOB, Transaction


def executable(
    forced: ForcedTransaction, decoded: DecodedTransaction | Undecodable, rules: Rules, gas_limit: int
) -> Transaction | None:
    """The transaction, None where no block of these rules with that gas limit may hold it: because nobody
    signed it, it has blobs (whose data is in no inbox), it may take more gas than was paid for or than a
    block has, or it is too large. `decoded` is what the codec says of its bytes."""
    if not isinstance(decoded, tuple):
        return None
    transaction = decoded[0]
    if transaction.encoded != forced.encoded or transaction.type == BLOB:
        return None
    if transaction.gas_limit > min(forced.gas, gas_limit):
        return None
    space = space_of(rules)
    return transaction if space is None or transaction_size_in_block(transaction) <= space else None


def space_of(rules: Rules) -> int | None:
    """Bytes for transactions in a block, None where nothing bounds them."""
    limit = rules.block_size_limit if rules.fork >= Fork.OSAKA else None
    return None if limit is None else limit - HEADER_ALLOWANCE
