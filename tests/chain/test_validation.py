"""What no block of the given rules may hold, with the words that clients match on."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import ACCESS_LIST, BLOB, DYNAMIC_FEE, LEGACY, SET_CODE
from devnet.chain.transaction_codec import UnsignedTransaction, impersonate, sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.chain.validation import validate_transaction
from tests.chain.transactions import CHAIN_ID, KEY, SENDER, transfer

OSAKA = Rules.at(Fork.OSAKA, CHAIN_ID)
BLOB_HASH = Hash32(b"\1" + bytes(31))
AUTHORIZATION = sign_authorization(CHAIN_ID, Address(b"\x22" * 20), 3, KEY)


def blob_transfer(**changes: Any) -> UnsignedTransaction:
    return transfer(BLOB, **({"blob_hashes": (BLOB_HASH,), "max_fee_per_blob_gas": Wei(1)} | changes))


def set_code(**changes: Any) -> UnsignedTransaction:
    return transfer(SET_CODE, **({"authorizations": (AUTHORIZATION,), "gas_limit": 46_000} | changes))


@pytest.mark.parametrize(
    ("unsigned", "first_fork"),
    [
        (transfer(LEGACY), Fork.PARIS),
        (transfer(LEGACY, chain_id=None), Fork.PARIS),
        (transfer(ACCESS_LIST), Fork.PARIS),
        (transfer(DYNAMIC_FEE), Fork.PARIS),
        (blob_transfer(), Fork.CANCUN),
        (set_code(), Fork.PRAGUE),
    ],
)
def test_a_type_is_valid_from_its_fork_on(unsigned: UnsignedTransaction, first_fork: Fork) -> None:
    transaction = impersonate(unsigned, SENDER)
    for fork in Fork:
        rules = Rules.at(fork, CHAIN_ID)
        if fork >= first_fork:
            validate_transaction(transaction, rules)
        else:
            with pytest.raises(InvalidTransaction) as refused:
                validate_transaction(transaction, rules)
            assert refused.value.kind is Invalid.TYPE_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("unsigned", "kind", "words"),
    [
        (transfer(chain_id=1), Invalid.WRONG_CHAIN_ID, "invalid chain id for signer: have 1 want 7700001"),
        (transfer(nonce=2**64 - 1), Invalid.NONCE_MAX, "nonce has max value"),
        (
            transfer(gas_limit=20_999),
            Invalid.INTRINSIC_GAS,
            "intrinsic gas too low: gas 20999, minimum needed 21000",
        ),
        (
            transfer(gas_limit=21_040, data=b"\1"),
            None,
            "",
        ),
        (
            transfer(gas_limit=21_039, data=b"\1"),
            Invalid.FLOOR_DATA_GAS,
            "insufficient gas for floor data gas cost: gas 21039, minimum needed 21040",
        ),
        (transfer(gas_limit=2**24), None, ""),
        (
            transfer(gas_limit=2**24 + 1),
            Invalid.ABOVE_TRANSACTION_CAP,
            "transaction gas limit too high: cap: 16777216, tx: 16777217",
        ),
        (transfer(gas_limit=2**64), Invalid.GAS_OVERFLOW, "gas uint64 overflow"),
        (
            transfer(max_fee_per_gas=Wei(1), max_priority_fee_per_gas=Wei(2)),
            Invalid.TIP_ABOVE_FEE_CAP,
            "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: 2, maxFeePerGas: 1",
        ),
        (transfer(max_fee_per_gas=Wei(2**256)), Invalid.FEE_CAP_TOO_LARGE, "higher than 2^256-1"),
        (transfer(max_priority_fee_per_gas=Wei(2**256)), Invalid.TIP_TOO_LARGE, "higher than 2^256-1"),
        (transfer(to=None, data=b"\0" * 49_152, gas_limit=600_000), None, ""),
        (
            transfer(to=None, data=b"\0" * 49_153, gas_limit=600_000),
            Invalid.INITCODE_TOO_LARGE,
            "max initcode size exceeded: code size 49153, limit 49152",
        ),
        (blob_transfer(blob_hashes=()), Invalid.BLOB_TRANSACTION, "missing blob hashes"),
        (blob_transfer(blob_hashes=(BLOB_HASH,) * 6), None, ""),
        (
            blob_transfer(blob_hashes=(BLOB_HASH,) * 7),
            Invalid.BLOB_TRANSACTION,
            "too many blobs in transaction: have 7, permitted 6",
        ),
        (
            blob_transfer(blob_hashes=(BLOB_HASH, Hash32(bytes(32)))),
            Invalid.BLOB_TRANSACTION,
            "blob 1 has invalid hash version",
        ),
        (blob_transfer(to=None, gas_limit=60_000), Invalid.BLOB_TRANSACTION, "cannot create a contract"),
        (set_code(authorizations=()), Invalid.SET_CODE_TRANSACTION, "empty auth list"),
        (
            set_code(to=None, gas_limit=100_000),
            Invalid.SET_CODE_TRANSACTION,
            "cannot be used to create contract",
        ),
        (set_code(gas_limit=45_999), Invalid.INTRINSIC_GAS, "gas 45999, minimum needed 46000"),
    ],
)
def test_osaka_accepts_up_to_each_limit_and_refuses_beyond_it(
    unsigned: UnsignedTransaction, kind: Invalid | None, words: str
) -> None:
    transaction = impersonate(unsigned, SENDER)
    if kind is None:
        validate_transaction(transaction, OSAKA)
        return
    with pytest.raises(InvalidTransaction) as refused:
        validate_transaction(transaction, OSAKA)
    assert refused.value.kind is kind
    assert words in str(refused.value)


def test_limits_that_the_rules_lift_do_not_bind() -> None:
    rules = Rules.at(Fork.OSAKA, CHAIN_ID, transaction_gas_cap=None, code_size_limit=None)
    validate_transaction(impersonate(transfer(gas_limit=2**40), SENDER), rules)
    large = transfer(to=None, data=b"\0" * 100_000, gas_limit=2**30)
    validate_transaction(impersonate(large, SENDER), rules)


def test_before_osaka_only_the_blocks_limit_of_blobs_binds() -> None:
    prague = Rules.at(Fork.PRAGUE, CHAIN_ID)
    validate_transaction(impersonate(blob_transfer(blob_hashes=(BLOB_HASH,) * 9), SENDER), prague)
    with pytest.raises(InvalidTransaction, match="have 10, permitted 9"):
        validate_transaction(impersonate(blob_transfer(blob_hashes=(BLOB_HASH,) * 10), SENDER), prague)
