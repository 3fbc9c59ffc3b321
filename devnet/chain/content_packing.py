"""The transactions and receipts of a block with everything about them that cannot be derived, so that reading
them back recovers no signature. Hashes are kept apart, because they are looked through without the rest.

    transactions  [[encoded, sender, [authority, ...]], ...]
    receipts      [[status, gas used, effective gas price, contract address, [log, ...]], ...]
    log           [address, [topic, ...], data]

Authorities and contract addresses may be empty.
"""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.block import Log, Receipt
from devnet.chain.fees import GAS_PER_BLOB
from devnet.chain.receipt_codec import EMPTY_BLOOM, bloom_of, join_blooms
from devnet.chain.rlp import Decoded, decode, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import NOTHING, address, flag, hash32, members, optional_address, text
from devnet.chain.transaction import Transaction
from devnet.chain.trusted_transaction import decode_trusted
from devnet.chain.types import Hash32, Wei


def pack_content(transactions: Sequence[Transaction], receipts: Sequence[Receipt]) -> bytes:
    """The two lists, one after the other."""
    if not transactions:
        return NOTHING + NOTHING
    return encode_list([_encode_transaction(item) for item in transactions]) + encode_list(
        [_encode_receipt(item) for item in receipts]
    )


def unpack_content(
    transactions: bytes, receipts: bytes, hashes: bytes
) -> tuple[tuple[Transaction, ...], tuple[Receipt, ...], bytes]:
    """Transactions, receipts and the filter of all logs out of the two lists and the transactions' hashes, 32
    bytes each. Raises ValueError."""
    split = [Hash32(hashes[at : at + 32]) for at in range(0, len(hashes), 32)]
    found = _read_transactions(members(decode(transactions), len(split)), split)
    made = _read_receipts(members(decode(receipts), len(split)), found)
    return found, made, join_blooms([receipt.bloom for receipt in made])


def encode_authorities(transaction: Transaction) -> bytes:
    """The signers of its EIP-7702 authorizations, in order; an empty one where the signature is none."""
    if not transaction.authorizations:
        return NOTHING
    return encode_list([encode_bytes(item.authority or b"") for item in transaction.authorizations])


def _encode_transaction(transaction: Transaction) -> bytes:
    return encode_list(
        (
            encode_bytes(transaction.encoded),
            encode_bytes(transaction.sender),
            encode_authorities(transaction),
        )
    )


def _encode_receipt(receipt: Receipt) -> bytes:
    return encode_list(
        (
            encode_int(receipt.status),
            encode_int(receipt.gas_used),
            encode_int(receipt.effective_gas_price),
            encode_bytes(receipt.contract_address or b""),
            encode_list([_encode_log(log) for log in receipt.logs]) if receipt.logs else NOTHING,
        )
    )


def _encode_log(log: Log) -> bytes:
    topics = encode_list([encode_bytes(topic) for topic in log.topics])
    return encode_list((encode_bytes(log.address), topics, encode_bytes(log.data)))


def _read_transactions(items: list[Decoded], hashes: Sequence[Hash32]) -> tuple[Transaction, ...]:
    found = []
    for item, transaction_hash in zip(items, hashes, strict=True):
        encoded, sender, authorities = members(item, 3)
        signers = [optional_address(authority) for authority in members(authorities)]
        found.append(decode_trusted(text(encoded), address(sender), transaction_hash, signers))
    return tuple(found)


def _read_receipts(items: list[Decoded], transactions: Sequence[Transaction]) -> tuple[Receipt, ...]:
    found = []
    cumulative = first_log_index = 0
    for item, transaction in zip(items, transactions, strict=True):
        status, gas_used, price, contract, log_items = members(item, 5)
        logs = tuple([_read_log(log) for log in members(log_items)])
        gas = decode_int(gas_used)
        cumulative += gas
        found.append(
            Receipt(
                transaction.type,
                flag(status),
                cumulative,
                bloom_of(logs) if logs else EMPTY_BLOOM,
                logs,
                gas,
                Wei(decode_int(price)),
                optional_address(contract),
                GAS_PER_BLOB * len(transaction.blob_hashes),
                first_log_index,
            )
        )
        first_log_index += len(logs)
    return tuple(found)


def _read_log(item: Decoded) -> Log:
    owner, topics, data = members(item, 3)
    return Log(address(owner), tuple([hash32(topic) for topic in members(topics)]), text(data))
