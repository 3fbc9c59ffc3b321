"""From a caller's description to a transaction that an engine runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import blob_base_fee
from devnet.chain.rules import Rules
from devnet.chain.transaction import ACCESS_LIST, BLOB, DYNAMIC_FEE, LEGACY, SET_CODE, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import ZERO_ADDRESS, ZERO_HASH, Address, Wei
from devnet.chain.validation import MAX_NONCE
from devnet.execution import BlockEnv, Checks
from devnet.zone.errors import BadRequest
from devnet.zone.messages import CallRequest


def sender_of(request: CallRequest) -> Address:
    """Who sends: the zero address where the request does not say."""
    return ZERO_ADDRESS if request.sender is None else request.sender


@dataclass(frozen=True, slots=True)
class CallFees:
    """What a call pays. Free calls name no fee, or zero."""

    max_fee: Wei
    max_priority_fee: Wei
    has_one_price: bool

    @property
    def is_free(self) -> bool:
        return self.max_fee == 0 and self.max_priority_fee == 0


def fees_of(request: CallRequest) -> CallFees:
    """The fees that the request names, zero where it names none.

    Raises BadRequest for a mix of both kinds, InvalidTransaction for a tip above the cap.
    """
    if request.gas_price is not None:
        if request.max_fee_per_gas is not None or request.max_priority_fee_per_gas is not None:
            raise BadRequest("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
        return CallFees(request.gas_price, request.gas_price, True)
    max_fee = request.max_fee_per_gas or Wei(0)
    priority = request.max_priority_fee_per_gas or Wei(0)
    if priority > max_fee:
        raise InvalidTransaction(
            Invalid.TIP_ABOVE_FEE_CAP, f"maxPriorityFeePerGas: {priority}, maxFeePerGas: {max_fee}"
        )
    return CallFees(max_fee, priority, False)


def type_of(request: CallRequest, fees: CallFees) -> int:
    """The EIP-2718 type that a transaction with these fields has. Raises BadRequest where none has."""
    if request.authorizations or request.blob_hashes:
        name = "set code" if request.authorizations else "blob"
        if request.to is None:
            raise BadRequest(f"a {name} transaction cannot create a contract: name a recipient (to)")
        if fees.has_one_price:
            raise BadRequest(f"a {name} transaction has maxFeePerGas and maxPriorityFeePerGas, not gasPrice")
        if request.authorizations and request.blob_hashes:
            raise BadRequest("no transaction has both blobs and an authorization list")
        return SET_CODE if request.authorizations else BLOB
    if not fees.has_one_price:
        return DYNAMIC_FEE
    return LEGACY if request.access_list is None else ACCESS_LIST


def validate_chain_id(request: CallRequest, rules: Rules) -> None:
    """Raises InvalidTransaction where the request names another chain."""
    if request.chain_id is not None and request.chain_id != rules.chain_id:
        raise InvalidTransaction(Invalid.WRONG_CHAIN_ID, f"have {request.chain_id} want {rules.chain_id}")


def build_transaction(
    request: CallRequest, fees: CallFees, env: BlockEnv, rules: Rules, nonce: int, gas: int
) -> Transaction:
    """The transaction that a call runs. It is never part of a block, so it has neither hash nor encoding.

    Raises BadRequest and InvalidTransaction where the request is no transaction of this chain.
    """
    validate_chain_id(request, rules)
    sender = sender_of(request)
    return Transaction(
        type=type_of(request, fees),
        chain_id=rules.chain_id,
        nonce=runnable_nonce(nonce),
        gas_limit=gas,
        max_fee_per_gas=fees.max_fee,
        max_priority_fee_per_gas=fees.max_priority_fee,
        to=request.to,
        value=request.value or Wei(0),
        data=request.data,
        v=0,
        r=int.from_bytes(sender, "big"),
        s=0,
        sender=sender,
        hash=ZERO_HASH,
        encoded=b"",
        access_list=request.access_list or (),
        max_fee_per_blob_gas=blob_fee_of(request, fees, env, rules),
        blob_hashes=request.blob_hashes or (),
        authorizations=request.authorizations or (),
        is_impersonated=True,
    )


def runnable_nonce(nonce: int) -> int:
    """The nonce with which a call runs whose nonce nobody checks: the last one that a transaction may have
    (EIP-2681) stands for all beyond it."""
    return min(nonce, MAX_NONCE - 1)


def blob_fee_of(request: CallRequest, fees: CallFees, env: BlockEnv, rules: Rules) -> Wei:
    """The blob fee that the request names; a call that pays for gas but names none pays the block's price."""
    if request.max_fee_per_blob_gas is not None:
        return request.max_fee_per_blob_gas
    if not request.blob_hashes or fees.is_free:
        return Wei(0)
    if env.blob_base_fee is not None:
        return env.blob_base_fee
    return blob_base_fee(rules, env.excess_blob_gas)


def free_blobs(env: BlockEnv, transaction: Transaction | UnsignedTransaction) -> BlockEnv:
    """The environment in which blobs cost nothing where the call offers nothing for them."""
    if transaction.blob_hashes and transaction.max_fee_per_blob_gas == 0:
        return replace(env, blob_base_fee=Wei(0))
    return env


def checks_of(fees: CallFees) -> Checks:
    """What a call must obey: as in geth, it needs the value and what it offers for gas, and a named fee must
    reach the base fee; a free call sees a base fee of zero."""
    return Checks(
        nonce=False,
        balance=True,
        fees=not fees.is_free,
        base_fee_zero_when_free=True,
        sender_is_not_contract=False,
        gas_cap=False,
    )
