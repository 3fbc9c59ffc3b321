"""eth: transactions that are sent, and what prepares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from devnet.chain.blobs import build_sidecar, versioned_hash
from devnet.chain.codec import DecodedTransaction, Decoding, Undecodable
from devnet.chain.types import Hash32
from devnet.rpc.codec.calls import CALL
from devnet.rpc.codec.encode_receipts import encode_receipt
from devnet.rpc.codec.encode_transactions import encode_request, hex_data
from devnet.rpc.codec.shapes import DATA, Shape, read_u64_number, ref
from devnet.rpc.context import Context
from devnet.rpc.errors import RECEIPT_TIMEOUT, RpcError, invalid_params
from devnet.rpc.methods import Kind, Method, Param, Together
from devnet.zone.messages import CallRequest

_DEFAULT_TIMEOUT = 20_000
"""Milliseconds that the Sync methods wait for a receipt (EIP-7966 leaves it to the node)."""

_MAX_TIMEOUT = 120_000


@dataclass(frozen=True, slots=True)
class AwaitedReceipt:
    """The result of a Sync method is this transaction's receipt, once it has one."""

    transaction_hash: Hash32
    timeout: float
    """Seconds."""

    def find(self, context: Context) -> dict[str, Any] | None:
        found = context.zone.receipt(self.transaction_hash)
        return None if found is None else encode_receipt(found, context.rules)

    def timeout_error(self) -> RpcError:
        return RpcError(
            RECEIPT_TIMEOUT,
            f"the transaction was added to the mempool but was not in a block after {self.timeout:g} s",
            hex_data(self.transaction_hash),
        )


def with_blob_proofs(context: Context, request: CallRequest) -> CallRequest:
    """The request with commitments, proofs and hashes of its blobs, where the caller gave only the blobs."""
    sidecar = request.sidecar
    if sidecar is None:
        return request
    if not sidecar.commitments:
        try:
            sidecar = build_sidecar(sidecar.blobs, context.rules)
        except ValueError as error:
            raise invalid_params(f"invalid argument 0 (transaction): blobs: {error}") from error
    hashes = request.blob_hashes or tuple(versioned_hash(item) for item in sidecar.commitments)
    return replace(request, sidecar=sidecar, blob_hashes=hashes)


def send_raw(context: Context, raw: bytes) -> str:
    return hex_data(context.network.submit(context.zone, raw))


def decode_raw(
    context: Context, arguments: Sequence[Sequence[bytes]]
) -> Sequence[DecodedTransaction | Undecodable]:
    """What the network thread needs of many raw transactions: their senders take most of the time."""
    return context.network.decode([raw for (raw,) in arguments])


def begin_decoding(context: Context, arguments: Sequence[Sequence[bytes]]) -> Decoding:
    """As `decode_raw`, to be asked for later."""
    return context.network.begin_decoding([raw for (raw,) in arguments])


def send_decoded(
    context: Context, decoded: Sequence[DecodedTransaction | Undecodable]
) -> list[str | Exception]:
    """As `send_raw` for each."""
    return [
        outcome if isinstance(outcome, Exception) else hex_data(outcome)
        for outcome in context.network.submit_many(context.zone, decoded)
    ]


def send_raw_sync(context: Context, raw: bytes, timeout: int) -> AwaitedReceipt:
    return _await(context.network.submit(context.zone, raw), timeout)


def send(context: Context, request: CallRequest) -> str:
    return hex_data(_add(context, request))


def send_sync(context: Context, request: CallRequest, timeout: int) -> AwaitedReceipt:
    return _await(_add(context, request), timeout)


def _add(context: Context, request: CallRequest) -> Hash32:
    return context.network.send(context.zone, _prepared(context, request), automine=False)


def send_unsigned(context: Context, request: CallRequest) -> str:
    """As eth_sendTransaction, for any sender: the account is impersonated for this one transaction."""
    sender = request.sender
    if sender is None or context.zone.may_impersonate(sender) or sender in context.network.keys:
        return send(context, request)
    context.zone.impersonate(sender)
    try:
        return send(context, request)
    finally:
        context.zone.stop_impersonating(sender)


def _await(transaction_hash: Hash32, timeout: int) -> AwaitedReceipt:
    return AwaitedReceipt(transaction_hash, min(timeout, _MAX_TIMEOUT) / 1000)


def fill(context: Context, request: CallRequest) -> dict[str, Any]:
    """The transaction that eth_sendTransaction would make, unsigned."""
    return {"tx": encode_request(context.zone.complete(_prepared(context, request), context.reading))}


def _prepared(context: Context, request: CallRequest) -> CallRequest:
    """With the first account as sender where none is named, as in Anvil, and with its blobs' proofs."""
    addresses = context.network.keys.addresses
    if request.sender is None and addresses:
        request = replace(request, sender=addresses[0])
    return with_blob_proofs(context, request)


_TIMEOUT = Param("timeout", Shape(read_u64_number, {"type": "integer"}), _DEFAULT_TIMEOUT)
_CALL = Param("transaction", CALL)
_RAW = Param("transaction", DATA)

METHODS = (
    Method(
        "eth_sendRawTransaction",
        send_raw,
        (_RAW,),
        Kind.SEND,
        ref("hash32"),
        "Adds a signed transaction; under automine it is in a block when the answer comes.",
        together=Together(decode_raw, begin_decoding, send_decoded),
    ),
    Method(
        "eth_sendTransaction",
        send,
        (_CALL,),
        Kind.SEND,
        ref("hash32"),
        "Signs a transaction with a key of the network, or impersonates its sender, and adds it.",
    ),
    Method(
        "eth_sendUnsignedTransaction",
        send_unsigned,
        (_CALL,),
        Kind.SEND,
        ref("hash32"),
        "Adds a transaction as if its sender had signed it.",
    ),
    Method(
        "eth_sendRawTransactionSync",
        send_raw_sync,
        (_RAW, _TIMEOUT),
        Kind.SEND,
        ref("ReceiptInfo"),
        "Adds a signed transaction and answers with its receipt (EIP-7966); the timeout is in milliseconds.",
        may_wait=True,
    ),
    Method(
        "eth_sendTransactionSync",
        send_sync,
        (_CALL, _TIMEOUT),
        Kind.SEND,
        ref("ReceiptInfo"),
        "As eth_sendTransaction, and answers with the receipt.",
        may_wait=True,
    ),
    Method(
        "eth_fillTransaction",
        fill,
        (_CALL,),
        Kind.WRITE,
        {"type": "object", "required": ["tx"], "properties": {"tx": {"type": "object"}}},
        "The transaction with everything filled in that the sender left out.",
    ),
)
