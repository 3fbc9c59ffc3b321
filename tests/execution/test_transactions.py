"""What a transaction pays, what makes it invalid, and what a block does with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devnet.chain.account import Account
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.rules import Fork
from devnet.chain.transaction import BLOB, LEGACY, SET_CODE, AccessListEntry, Authorization, Transaction
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import LENIENT, STRICT, Checks, Mode, TransactionResult
from tests.execution.memory_state import (
    CHAIN_ID,
    COINBASE,
    ETHER,
    SENDER,
    TARGET,
    environment,
    execute,
    execute_one,
    funded,
    rules,
    transaction,
)

pytestmark = pytest.mark.usefixtures("each_engine")

AUTHORITY = Address(b"\xaa" * 20)


def refused(transaction: Transaction, **options: object) -> InvalidTransaction:
    """Why the transaction is invalid; it must have changed nothing."""
    state = options.pop("state", None) or funded()
    execution = execute(state, transaction, **options)  # type: ignore[arg-type]
    assert not execution.changes.accounts
    assert not execution.changes.storage
    assert execution.gas_used == 0
    (result,) = execution.results
    assert isinstance(result, InvalidTransaction)
    return result


def test_transfer_moves_value_burns_the_base_fee_and_tips_the_coinbase() -> None:
    state = funded()
    result = execute_one(state, transaction(value=Wei(5)))
    assert (result.gas_used, result.gas_peak, result.tip, result.effective_gas_price) == (
        21_000,
        21_000,
        1,
        11,
    )
    assert state.accounts[SENDER] == Account(1, Wei(1_000 * ETHER - 5 - 21_000 * 11))
    assert state.accounts[TARGET] == Account(0, Wei(5))
    assert state.accounts[COINBASE] == Account(0, Wei(21_000))


def test_tips_are_credited_once_after_the_last_transaction() -> None:
    """The second transaction does not see the first one's tip."""
    reads_coinbase = bytes.fromhex("41315f5260205ff3")
    state = funded().put(TARGET, code=reads_coinbase)
    execution = execute(state, transaction(), transaction(nonce=1))
    second = execution.results[1]
    assert isinstance(second, TransactionResult)
    assert int.from_bytes(second.output, "big") == 0
    assert state.accounts[COINBASE].balance == execution.gas_used


def test_no_tip_leaves_the_coinbase_alone() -> None:
    state = funded()
    execute(state, transaction(max_fee_per_gas=Wei(10), max_priority_fee_per_gas=Wei(0)))
    assert COINBASE not in state.accounts


def test_fees_are_not_credited_unless_asked() -> None:
    state = funded()
    execute(state, transaction(), mode=Mode())
    assert COINBASE not in state.accounts


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"nonce": 1}, Invalid.NONCE_TOO_HIGH, "tx: 1 state: 0"),
        ({"max_fee_per_gas": Wei(9)}, Invalid.FEE_CAP_TOO_LOW, "maxFeePerGas: 9, baseFee: 10"),
        ({"value": Wei(1_000 * ETHER)}, Invalid.INSUFFICIENT_FUNDS, f"have {1_000 * ETHER} want"),
        ({"gas_limit": 20_999}, Invalid.INTRINSIC_GAS, "gas 20999, minimum needed 21000"),
        ({"gas_limit": 1 << 25}, Invalid.ABOVE_TRANSACTION_CAP, "cap: 16777216"),
        ({"data": b"\x01" * 100, "gas_limit": 22_700}, Invalid.FLOOR_DATA_GAS, "minimum needed 25000"),
        ({"max_priority_fee_per_gas": Wei(21)}, Invalid.TIP_ABOVE_FEE_CAP, ""),
        ({"chain_id": 1}, Invalid.WRONG_CHAIN_ID, ""),
    ],
)
def test_invalid_transaction_is_left_out_with_geths_words(
    change: dict[str, object], kind: Invalid, words: str
) -> None:
    invalid = refused(transaction(**change))
    assert invalid.kind is kind
    assert words in str(invalid)


def test_invalid_transaction_names_the_sender_with_a_checksum() -> None:
    sender = Address(bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"))
    invalid = refused(transaction(sender=sender))
    assert "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" in str(invalid)


def test_nonce_too_low_and_sender_with_code_are_refused() -> None:
    state = funded().put(SENDER, balance=ETHER, nonce=3, code=b"\x00")
    assert refused(transaction(nonce=2), state=state).kind is Invalid.NONCE_TOO_LOW
    assert refused(transaction(nonce=3), state=state).kind is Invalid.SENDER_HAS_CODE


def test_delegated_account_may_send() -> None:
    state = funded().put(SENDER, balance=ETHER, code=b"\xef\x01\x00" + TARGET)
    assert execute_one(state, transaction()).status
    assert refused(transaction(), state=funded().put(SENDER, balance=ETHER, code=b"\xef\x01\x00" + TARGET),
                   fork=Fork.CANCUN).kind is Invalid.SENDER_HAS_CODE  # fmt: skip


def test_valid_transactions_follow_an_invalid_one() -> None:
    results = execute(funded(), transaction(nonce=5), transaction(), transaction(nonce=1)).results
    assert [isinstance(result, TransactionResult) for result in results] == [False, True, True]


def test_transaction_that_does_not_fit_the_block_any_more_is_left_out() -> None:
    env = environment(gas_limit=100_000)
    execution = execute(
        funded(),
        transaction(gas_limit=90_000),
        transaction(nonce=1, gas_limit=90_000),
        transaction(nonce=1, gas_limit=79_000),
        transaction(nonce=2, gas_limit=100_001),
        env=env,
    )
    kinds = [getattr(result, "kind", None) for result in execution.results]
    assert kinds == [None, Invalid.BLOCK_FULL, None, Invalid.ABOVE_BLOCK_LIMIT]


def test_blobs_are_paid_for_and_limited_by_the_block() -> None:
    state = funded()
    blobs = tuple(Hash32(b"\x01" + bytes([index]) * 31) for index in range(5))
    blob = transaction(type=BLOB, blob_hashes=blobs, max_fee_per_blob_gas=Wei(7))
    execution = execute(state, blob, replace(blob, nonce=1))
    assert [getattr(result, "kind", None) for result in execution.results] == [None, Invalid.BLOCK_FULL]
    assert execution.blob_gas_used == 5 * 2**17
    assert state.accounts[SENDER].balance == 1_000 * ETHER - 21_000 * 11 - 5 * 2**17


def test_lenient_call_may_name_blobs_without_a_fee() -> None:
    """BLOBHASH gives them."""
    name = Hash32(b"\x01" + b"\x77" * 31)
    state = funded().put(TARGET, code=bytes.fromhex("5f495f5260205ff3"))
    blob = transaction(type=BLOB, blob_hashes=(name,))
    assert execute_one(state, blob, mode=Mode(checks=LENIENT)).output == name


def test_blob_fee_below_the_price_is_refused() -> None:
    blob = transaction(type=BLOB, blob_hashes=(Hash32(b"\x01" + bytes(31)),), max_fee_per_blob_gas=Wei(1))
    assert refused(blob, env=environment(excess_blob_gas=50_000_000)).kind is Invalid.BLOB_FEE_CAP_TOO_LOW


def test_blob_fee_that_is_named_must_reach_the_price_where_gas_is_free() -> None:
    """Nobody pays more than was offered, and a call that offers nothing pays nothing."""
    free = Mode(checks=Checks(nonce=False, fees=False))
    state = funded()
    blob = transaction(
        type=BLOB,
        blob_hashes=(Hash32(b"\x01" + bytes(31)),),
        max_fee_per_gas=Wei(0),
        max_fee_per_blob_gas=Wei(1),
    )
    blob = replace(blob, max_priority_fee_per_gas=Wei(0))
    env = environment(blob_base_fee=Wei(3))
    (result,) = execute(state, blob, mode=free, env=env).results
    assert isinstance(result, InvalidTransaction)
    assert result.kind is Invalid.BLOB_FEE_CAP_TOO_LOW
    execute_one(state, replace(blob, max_fee_per_blob_gas=Wei(0)), mode=free, env=env)
    assert state.accounts[SENDER].balance == 1_000 * ETHER
    execute_one(state, replace(blob, max_fee_per_blob_gas=Wei(4)), mode=free, env=env)
    assert state.accounts[SENDER].balance == 1_000 * ETHER - 3 * 2**17


def test_refund_is_at_most_a_fifth() -> None:
    clears = "5f5f555f6001555f600255"
    state = funded().put(TARGET, code=bytes.fromhex(clears), storage={0: 1, 1: 1, 2: 1})
    result = execute_one(state, transaction())
    assert result.gas_refunded == result.gas_peak // 5
    assert result.gas_used == result.gas_peak - result.gas_refunded


def test_call_data_has_a_floor_from_prague() -> None:
    data = b"\x01" * 1_000
    assert execute_one(funded(), transaction(data=data)).gas_used == 21_000 + 40 * 1_000
    assert execute_one(funded(), transaction(data=data), fork=Fork.CANCUN).gas_used == 21_000 + 16 * 1_000


def test_access_list_warms_what_it_names() -> None:
    state = funded().put(TARGET, code=bytes.fromhex("60075450"), storage={7: 1})
    cold = execute_one(state, transaction()).gas_used
    listed = (AccessListEntry(TARGET, (7,)),)
    warm = execute_one(state, transaction(nonce=1, access_list=listed)).gas_used
    assert warm == cold - 2_000 + 2_400 + 1_900


def test_authorization_delegates_and_pays_back_for_an_existing_authority() -> None:
    authorization = Authorization(CHAIN_ID, TARGET, 0, 0, 1, 1, AUTHORITY)
    set_code = transaction(type=SET_CODE, authorizations=(authorization,))
    state = funded()
    assert execute_one(state, set_code).gas_used == 46_000
    assert state.accounts[AUTHORITY].nonce == 1
    assert state.codes[state.accounts[AUTHORITY].code_hash] == b"\xef\x01\x00" + TARGET
    again = replace(
        set_code, nonce=1, authorizations=(replace(authorization, nonce=1, address=Address(bytes(20))),)
    )
    assert execute_one(state, again).gas_used == 46_000 - 46_000 // 5
    assert state.accounts[AUTHORITY] == Account(2, Wei(0))


@pytest.mark.parametrize("change", [{"chain_id": 1}, {"nonce": 1}, {"authority": None}, {"nonce": 2**64 - 1}])
def test_invalid_authorization_is_skipped(change: dict[str, object]) -> None:
    authorization = replace(Authorization(0, TARGET, 0, 0, 1, 1, AUTHORITY), **change)  # type: ignore[arg-type]
    state = funded()
    assert execute_one(state, transaction(type=SET_CODE, authorizations=(authorization,))).status
    assert AUTHORITY not in state.accounts


def test_authorization_outlives_a_reverted_call() -> None:
    authorization = Authorization(0, TARGET, 0, 0, 1, 1, AUTHORITY)
    state = funded().put(TARGET, code=bytes.fromhex("5f5ffd"))
    assert not execute_one(state, transaction(type=SET_CODE, authorizations=(authorization,))).status
    assert state.accounts[AUTHORITY].nonce == 1


def test_type_of_a_later_fork_is_refused() -> None:
    assert refused(transaction(type=SET_CODE), fork=Fork.CANCUN).kind is Invalid.TYPE_NOT_SUPPORTED


def test_lenient_call_needs_no_balance_nonce_or_fee() -> None:
    free = transaction(
        sender=Address(b"\x01" * 20),
        nonce=77,
        max_fee_per_gas=Wei(0),
        max_priority_fee_per_gas=Wei(0),
        gas_limit=50_000_000,
    )
    state = funded().put(TARGET, code=bytes.fromhex("485f523a60205260405ff3"))
    result = execute_one(state, free, mode=Mode(checks=LENIENT))
    assert result.output == bytes(64), "BASEFEE and GASPRICE are 0 for a call that names no fee"


def test_lenient_call_with_a_fee_sees_it_and_the_base_fee() -> None:
    named = transaction(sender=Address(b"\x01" * 20), type=LEGACY, max_fee_per_gas=Wei(3),
                        max_priority_fee_per_gas=Wei(3))  # fmt: skip
    state = funded().put(TARGET, code=bytes.fromhex("485f523a60205260405ff3"))
    output = execute_one(state, named, mode=Mode(checks=LENIENT)).output
    assert (int.from_bytes(output[:32], "big"), int.from_bytes(output[32:], "big")) == (10, 3)


def test_created_contract_is_reported_with_its_code() -> None:
    state = funded()
    result = execute_one(state, transaction(to=None, data=bytes.fromhex("60fe5f5360015ff3")))
    assert result.output == b"\xfe"
    assert result.contract_address is not None
    created = state.accounts[result.contract_address]
    assert (created.nonce, state.codes[created.code_hash]) == (1, b"\xfe")


def test_transaction_cap_holds_on_every_fork_unless_lifted() -> None:
    big = transaction(gas_limit=2**24 + 1)
    for fork in Fork:
        assert refused(big, fork=fork).kind is Invalid.ABOVE_TRANSACTION_CAP
    assert execute_one(funded(), big, rules_=rules(transaction_gas_cap=None)).status


def test_checks_can_be_relaxed_one_by_one() -> None:
    checks = replace(STRICT, nonce=False)
    assert execute_one(funded(), transaction(nonce=9), mode=Mode(checks=checks)).status
    assert isinstance(checks, Checks)
