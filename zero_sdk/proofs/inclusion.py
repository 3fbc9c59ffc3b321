"""Transactions, receipts and logs in a block: items of Ethereum's ordered tries under the header's roots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, RlpError, decode, decode_int, encode_int
from devnet.chain.trie import BadProof, verify_ordered_proof
from devnet.chain.types import Hash32
from zero_sdk.proofs.errors import Flaw, InvalidProof
from zero_sdk.proofs.fields import Data, agree, as_data, take, take_data, take_list, take_number
from zero_sdk.proofs.headers import ProvenBlock, verify_header


@dataclass(frozen=True, slots=True)
class ProvenTransaction:
    """A transaction that is in a block."""

    block: ProvenBlock
    index: int
    """Its place in the block."""
    hash: bytes
    encoded: bytes
    """The envelope, without blobs."""


@dataclass(frozen=True, slots=True)
class ReceiptLog:
    """What a contract emitted."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class ProvenReceipt:
    """The receipt of the block's transaction with the same index. A receipt does not name its transaction:
    verify_transaction proves which one has that index."""

    block: ProvenBlock
    index: int
    type: int
    """Of the transaction."""
    is_success: bool
    cumulative_gas_used: int
    """By the block's transactions up to this one."""
    logs: tuple[ReceiptLog, ...]


@dataclass(frozen=True, slots=True)
class ProvenLog:
    """A log, with the receipt that holds it. Its index in the block (`logIndex` of the answer) is not proven:
    that would take the receipts before it."""

    receipt: ProvenReceipt
    index_in_receipt: int
    log: ReceiptLog


def verify_transaction(block_hash: Data, answer: Any) -> ProvenTransaction:
    """An answer of zero_getTransactionProof, held against the block's hash. Raises `InvalidProof`."""
    block = _block(block_hash, answer)
    index, item = _item(answer, "transactions", block.transactions_root)
    return ProvenTransaction(block, index, keccak256(item), item)


def verify_receipt(block_hash: Data, answer: Any) -> ProvenReceipt:
    """An answer of zero_getReceiptProof, held against the block's hash. Raises `InvalidProof`."""
    block = _block(block_hash, answer)
    index, item = _item(answer, "receipts", block.receipts_root)
    try:
        return _decode_receipt(block, index, item)
    except (RlpError, _NotAReceipt) as error:
        raise InvalidProof(Flaw.TRIE, f"the item is no receipt: {error}") from error


def verify_log(block_hash: Data, answer: Any) -> ProvenLog:
    """An answer of zero_getLogProof, held against the block's hash. Raises `InvalidProof`."""
    receipt = verify_receipt(block_hash, answer)
    position = take_number(answer, "indexInReceipt")
    if position >= len(receipt.logs):
        raise InvalidProof(Flaw.CONTRADICTION, f"the receipt has {len(receipt.logs)} logs")
    return ProvenLog(receipt, position, receipt.logs[position])


def _block(block_hash: Data, answer: Any) -> ProvenBlock:
    block = verify_header(block_hash, take_data(answer, "header"))
    agree(take_data(answer, "blockHash", 32), block.hash, "block hash")
    agree(take_number(answer, "blockNumber"), block.number, "block number")
    return block


def _item(answer: Mapping[str, Any], trie: str, root: bytes) -> tuple[int, bytes]:
    """Index and bytes of the item that the answer's nodes lead to."""
    agree(take(answer, "trie"), trie, "kind of item")
    index = take_number(answer, "index")
    agree(take_data(answer, "key"), encode_int(index), "index")
    nodes = [as_data(node, "one of the nodes") for node in take_list(answer, "nodes")]
    try:
        item = verify_ordered_proof(Hash32(root), index, nodes)
    except BadProof as error:
        raise InvalidProof(Flaw.TRIE, str(error)) from error
    agree(take_data(answer, "value"), item, "value")
    return index, item


class _NotAReceipt(ValueError):
    """What is proven to be in the trie has not a receipt's form."""


def _decode_receipt(block: ProvenBlock, index: int, item: bytes) -> ProvenReceipt:
    """The type's byte (none for legacy) and the RLP of status, gas, bloom and logs."""
    is_typed = bool(item) and item[0] < 0x80
    status, gas, _, logs = _list(decode(item[1:] if is_typed else item), 4)
    return ProvenReceipt(
        block=block,
        index=index,
        type=item[0] if is_typed else 0,
        is_success=bool(decode_int(_bytes(status))),
        cumulative_gas_used=decode_int(_bytes(gas)),
        logs=tuple(_decode_log(log) for log in _list(logs)),
    )


def _decode_log(log: Decoded) -> ReceiptLog:
    address, topics, data = _list(log, 3)
    return ReceiptLog(_bytes(address), tuple(_bytes(topic) for topic in _list(topics)), _bytes(data))


def _list(item: Decoded, length: int | None = None) -> list[Decoded]:
    if not isinstance(item, list) or (length is not None and len(item) != length):
        raise _NotAReceipt("a list is missing or has another length")
    return item


def _bytes(item: Decoded) -> bytes:
    if not isinstance(item, bytes):
        raise _NotAReceipt("a list stands where bytes belong")
    return item
