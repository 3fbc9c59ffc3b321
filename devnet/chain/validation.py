"""What can be said about a transaction without any state: whether a block of these rules may ever hold it."""

from __future__ import annotations

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import floor_gas, intrinsic_gas
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import BLOB, SET_CODE, Transaction

VERSIONED_HASH_VERSION = 1
"""EIP-4844: the first byte of a blob's versioned hash."""

MAX_BLOBS_PER_TRANSACTION = 6
"""EIP-7594, from Osaka; before it only the block's limit binds."""

MAX_NONCE = 2**64 - 1
"""EIP-2681: no transaction may use it."""

_UINT256_LIMIT = 1 << 256
_UINT64_LIMIT = 1 << 64

_FIRST_FORK = {BLOB: Fork.CANCUN, SET_CODE: Fork.PRAGUE}


def validate_transaction(transaction: Transaction, rules: Rules) -> None:
    """Raises InvalidTransaction with geth's words; the checks come in geth's order."""
    kind = transaction.type
    first_fork = _FIRST_FORK.get(kind)
    if first_fork is not None and rules.fork < first_fork:
        raise InvalidTransaction(
            Invalid.TYPE_NOT_SUPPORTED,
            f"type {kind} needs {first_fork.name.lower()}, this network runs {rules.fork.name.lower()}",
        )
    if transaction.chain_id is not None and transaction.chain_id != rules.chain_id:
        raise InvalidTransaction(Invalid.WRONG_CHAIN_ID, f"have {transaction.chain_id} want {rules.chain_id}")
    if transaction.to is None:
        _validate_init_code(transaction, rules)
    _validate_fees(transaction)
    if transaction.nonce >= MAX_NONCE:
        raise InvalidTransaction(Invalid.NONCE_MAX, f"address 0x{transaction.sender.hex()}")
    _validate_gas(transaction, rules)
    if kind == BLOB:
        _validate_blobs(transaction, rules)
    elif kind == SET_CODE:
        _validate_set_code(transaction)


def _validate_init_code(transaction: Transaction, rules: Rules) -> None:
    if rules.fork < Fork.SHANGHAI or rules.code_size_limit is None:
        return
    limit = 2 * rules.code_size_limit
    if len(transaction.data) > limit:
        raise InvalidTransaction(
            Invalid.INITCODE_TOO_LARGE, f"code size {len(transaction.data)}, limit {limit}"
        )


def _validate_fees(transaction: Transaction) -> None:
    max_fee, priority_fee = transaction.max_fee_per_gas, transaction.max_priority_fee_per_gas
    if max_fee >= _UINT256_LIMIT:
        raise InvalidTransaction(Invalid.FEE_CAP_TOO_LARGE)
    if priority_fee >= _UINT256_LIMIT:
        raise InvalidTransaction(Invalid.TIP_TOO_LARGE)
    if priority_fee > max_fee:
        raise InvalidTransaction(
            Invalid.TIP_ABOVE_FEE_CAP, f"maxPriorityFeePerGas: {priority_fee}, maxFeePerGas: {max_fee}"
        )
    if transaction.value >= _UINT256_LIMIT:
        raise InvalidTransaction(Invalid.INSUFFICIENT_FUNDS, "value needs more than 256 bits")


def _validate_gas(transaction: Transaction, rules: Rules) -> None:
    gas = transaction.gas_limit
    if gas >= _UINT64_LIMIT:
        raise InvalidTransaction(Invalid.GAS_OVERFLOW)
    if rules.transaction_gas_cap is not None and gas > rules.transaction_gas_cap:
        raise InvalidTransaction(
            Invalid.ABOVE_TRANSACTION_CAP, f"cap: {rules.transaction_gas_cap}, tx: {gas}"
        )
    needed = intrinsic_gas(transaction, rules)
    if gas < needed:
        raise InvalidTransaction(Invalid.INTRINSIC_GAS, f"gas {gas}, minimum needed {needed}")
    floor = floor_gas(transaction, rules)
    if gas < floor:
        raise InvalidTransaction(Invalid.FLOOR_DATA_GAS, f"gas {gas}, minimum needed {floor}")


def _validate_blobs(transaction: Transaction, rules: Rules) -> None:
    if transaction.to is None:
        raise InvalidTransaction(Invalid.BLOB_TRANSACTION, "a blob transaction cannot create a contract")
    count = len(transaction.blob_hashes)
    if count == 0:
        raise InvalidTransaction(Invalid.BLOB_TRANSACTION, "blob transaction missing blob hashes")
    limit = blob_limit(rules)
    if count > limit:
        raise InvalidTransaction(
            Invalid.BLOB_TRANSACTION, f"too many blobs in transaction: have {count}, permitted {limit}"
        )
    for index, versioned_hash in enumerate(transaction.blob_hashes):
        if versioned_hash[0] != VERSIONED_HASH_VERSION:
            raise InvalidTransaction(Invalid.BLOB_TRANSACTION, f"blob {index} has invalid hash version")


def blob_limit(rules: Rules) -> int:
    """How many blobs one transaction may carry."""
    per_block = rules.blob_schedule.maximum if rules.blob_schedule else 0
    return min(per_block, MAX_BLOBS_PER_TRANSACTION) if rules.fork >= Fork.OSAKA else per_block


def _validate_set_code(transaction: Transaction) -> None:
    if transaction.to is None:
        raise InvalidTransaction(
            Invalid.SET_CODE_TRANSACTION, "EIP-7702 transaction cannot be used to create contract"
        )
    if not transaction.authorizations:
        raise InvalidTransaction(Invalid.SET_CODE_TRANSACTION, "EIP-7702 transaction with empty auth list")
