"""Calls: whose gas and fees, what they see of the block, and what overrides replace."""

from __future__ import annotations

from typing import Any

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.rules import Fork
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import AccountOverride, FailureKind
from devnet.zone.calling.call import call
from devnet.zone.calling.overlay import OverlayView
from devnet.zone.calling.overrides import precompiles
from devnet.zone.errors import BadRequest, LimitExceeded, SimulationRefused
from devnet.zone.messages import BlockOverrides, CallRequest
from tests.zone.calling.setting import (
    COINBASE,
    CONTRACT,
    ONE,
    OTHER,
    POOR,
    RICH,
    DictView,
    assemble,
    calling,
    returning,
    site,
)


def words(output: bytes) -> list[int]:
    return [int.from_bytes(output[index : index + 32], "big") for index in range(0, len(output), 32)]


def ask(code: bytes, request: CallRequest | None = None, **kwargs: Any) -> list[int]:
    outcome = call(site({CONTRACT: code}), request or CallRequest(to=CONTRACT), **kwargs)
    assert outcome.failure is None
    return words(outcome.output)


def test_a_call_sees_the_block_and_defaults() -> None:
    code = returning("NUMBER", "TIMESTAMP", "COINBASE", "GASLIMIT", "CALLER", "CALLVALUE")
    assert ask(code) == [300, 1_700_000_300, int.from_bytes(COINBASE, "big"), 10**9, 0, 0]


def test_a_call_without_a_fee_is_free_and_sees_no_base_fee() -> None:
    code = returning("GASPRICE", "BASEFEE")
    assert ask(code, CallRequest(sender=POOR, to=CONTRACT)) == [0, 0]
    assert ask(code, CallRequest(sender=POOR, to=CONTRACT, gas_price=Wei(0))) == [0, 0]


def test_a_named_fee_must_reach_the_base_fee_and_be_paid_for() -> None:
    code = returning("GASPRICE", "BASEFEE")
    paying = CallRequest(sender=RICH, to=CONTRACT, max_fee_per_gas=Wei(20), max_priority_fee_per_gas=Wei(2))
    assert ask(code, paying) == [9, 7]
    assert ask(code, CallRequest(sender=RICH, to=CONTRACT, gas_price=Wei(20))) == [20, 7]
    for request, kind in (
        (CallRequest(sender=RICH, to=CONTRACT, gas_price=Wei(6)), Invalid.FEE_CAP_TOO_LOW),
        (CallRequest(sender=POOR, to=CONTRACT, gas_price=Wei(7)), Invalid.INSUFFICIENT_FUNDS),
        (CallRequest(sender=RICH, to=CONTRACT, max_priority_fee_per_gas=Wei(7)), Invalid.TIP_ABOVE_FEE_CAP),
    ):
        with pytest.raises(InvalidTransaction) as refused:
            ask(code, request)
        assert refused.value.kind is kind


def test_both_kinds_of_fee_together_are_refused() -> None:
    request = CallRequest(to=CONTRACT, gas_price=Wei(1), max_fee_per_gas=Wei(1))
    with pytest.raises(BadRequest, match="both gasPrice and"):
        ask(b"", request)


def test_the_value_must_be_there_even_for_free_calls() -> None:
    with pytest.raises(InvalidTransaction, match="insufficient funds for gas"):
        ask(b"", CallRequest(sender=POOR, to=CONTRACT, value=Wei(1)))
    overrides = {POOR: AccountOverride(balance=Wei(1))}
    code = returning("SELFBALANCE")
    assert ask(code, CallRequest(sender=POOR, to=CONTRACT, value=Wei(1)), overrides=overrides) == [1]


def test_the_gas_is_capped_and_defaults_to_the_cap() -> None:
    code = returning("GAS")
    for gas, upper in ((None, 50_000_000), (10**9, 50_000_000), (100_000, 100_000)):
        (left,) = ask(code, CallRequest(to=CONTRACT, gas=gas))
        assert 0 < upper - 21_000 - left < 100


def test_too_little_gas_to_start_is_refused() -> None:
    with pytest.raises(InvalidTransaction) as refused:
        ask(b"", CallRequest(to=CONTRACT, gas=20_000))
    assert refused.value.kind is Invalid.INTRINSIC_GAS


def test_another_chain_id_is_refused() -> None:
    with pytest.raises(InvalidTransaction) as refused:
        ask(b"", CallRequest(to=CONTRACT, chain_id=1))
    assert refused.value.kind is Invalid.WRONG_CHAIN_ID


def test_reverts_and_faults_are_outcomes_with_their_data() -> None:
    code = assemble("PUSH1 2a PUSH0 MSTORE PUSH1 20 PUSH0 REVERT")
    outcome = call(site({CONTRACT: code}), CallRequest(to=CONTRACT))
    assert outcome.failure is not None
    assert (outcome.failure.kind, words(outcome.output)) == (FailureKind.REVERT, [42])
    broken = call(site({CONTRACT: assemble("INVALID")}), CallRequest(to=CONTRACT))
    assert broken.failure is not None
    assert broken.failure.kind is FailureKind.INVALID_OPCODE


def test_a_call_without_recipient_returns_the_code_that_it_creates() -> None:
    init = assemble("PUSH1 2a PUSH0 MSTORE PUSH1 20 PUSH0 RETURN")
    outcome = call(site(), CallRequest(data=init))
    assert words(outcome.output) == [42]


def test_block_overrides_replace_what_the_call_sees() -> None:
    code = returning("NUMBER", "TIMESTAMP", "COINBASE", "GASLIMIT", "PREVRANDAO", "BLOBBASEFEE")
    block = BlockOverrides(
        number=5,
        timestamp=6,
        gas_limit=7,
        coinbase=OTHER,
        prev_randao=Hash32(bytes(31) + b"\x08"),
        blob_base_fee=Wei(9),
    )
    assert ask(code, block=block) == [5, 6, int.from_bytes(OTHER, "big"), 7, 8, 9]
    paying = CallRequest(sender=RICH, to=CONTRACT, gas_price=Wei(20))
    assert ask(returning("BASEFEE"), paying, block=BlockOverrides(base_fee=Wei(11))) == [11]


@pytest.mark.parametrize(
    ("number", "asked", "expected"),
    [
        (None, 299, 299),
        (None, 44, 44),
        (None, 43, 0),
        (None, 300, 0),
        (305, 299, 299),  # five blocks that never were lie between
        (305, 301, 0),
        (305, 50, 50),
        (305, 48, 0),
        (290, 289, 289),
        (290, 290, 0),
        (10**9, 299, 0),
    ],
)
def test_blockhash_follows_an_overridden_number(number: int | None, asked: int, expected: int) -> None:
    code = returning(f"PUSH2 {asked:04x} BLOCKHASH")
    assert ask(code, block=BlockOverrides(number=number)) == [expected]


def test_state_overrides_replace_code_balance_storage_and_nonce() -> None:
    code = returning("SELFBALANCE", "PUSH1 01 SLOAD", "PUSH1 02 SLOAD")
    start = site({CONTRACT: b"\xfe"}, {(CONTRACT, 1): 11, (CONTRACT, 2): 22})
    request = CallRequest(to=CONTRACT)
    changed = AccountOverride(balance=Wei(5), code=code, storage_changes={1: 7})
    assert words(call(start, request, {CONTRACT: changed}).output) == [5, 7, 22]
    replaced = AccountOverride(code=code, storage={1: 7})
    assert words(call(start, request, {CONTRACT: replaced}).output) == [0, 7, 0]


def test_overriding_all_and_some_slots_at_once_is_refused() -> None:
    override = AccountOverride(storage={1: 1}, storage_changes={2: 2})
    with pytest.raises(SimulationRefused, match="both 'state' and 'stateDiff'"):
        ask(b"", overrides={CONTRACT: override})


IDENTITY = Address(bytes(19) + b"\x04")


def test_a_moved_precompile_answers_at_its_new_address_only() -> None:
    overrides = {IDENTITY: AccountOverride(move_precompile_to=OTHER)}
    request = CallRequest(to=OTHER, data=b"echo")
    assert call(site(), request, overrides).output == b"echo"
    assert call(site(), CallRequest(to=IDENTITY, data=b"echo"), overrides).output == b""


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        ({CONTRACT: AccountOverride(move_precompile_to=OTHER)}, -32000, "is not a precompile"),
        ({IDENTITY: AccountOverride(move_precompile_to=IDENTITY)}, -38022, "moved to itself"),
        (
            {
                IDENTITY: AccountOverride(move_precompile_to=OTHER),
                Address(bytes(19) + b"\x02"): AccountOverride(move_precompile_to=OTHER),
            },
            -38023,
            "moved to one address",
        ),
        (
            {IDENTITY: AccountOverride(move_precompile_to=OTHER), OTHER: AccountOverride(balance=ONE)},
            -32000,
            "already overridden",
        ),
    ],
)
def test_impossible_moves_are_refused_with_their_codes(
    overrides: dict[Address, AccountOverride], code: int, message: str
) -> None:
    with pytest.raises(SimulationRefused, match=message) as refused:
        ask(b"", overrides=overrides)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("fork", "count"), [(Fork.SHANGHAI, 9), (Fork.CANCUN, 10), (Fork.PRAGUE, 17), (Fork.OSAKA, 18)]
)
def test_precompiles_by_fork(fork: Fork, count: int) -> None:
    assert len(precompiles(fork)) == count


def test_an_endless_loop_ends_at_the_time_limit() -> None:
    loop = assemble("JUMPDEST PUSH0 JUMP")
    endless = site({CONTRACT: loop}, call_gas_cap=10**15, call_time_limit=0.2)
    with pytest.raises(LimitExceeded, match=r"timeout = 0\.2s"):
        call(endless, CallRequest(to=CONTRACT))


def test_calls_with_blobs_and_authorizations_need_a_recipient_and_their_own_fees() -> None:
    blob = Hash32(b"\x01" + bytes(31))
    assert ask(returning("PUSH0 BLOBHASH"), CallRequest(to=CONTRACT, blob_hashes=(blob,))) == [
        int.from_bytes(blob, "big")
    ]
    with pytest.raises(BadRequest, match="recipient"):
        call(site(), CallRequest(blob_hashes=(blob,)))
    with pytest.raises(BadRequest, match="not gasPrice"):
        call(site(), CallRequest(to=CONTRACT, blob_hashes=(blob,), gas_price=Wei(1)))


def test_an_overlay_reads_its_changes_and_below_them_the_view() -> None:
    base = DictView({RICH: 5, POOR: 6}, {CONTRACT: b"\x01"}, {(CONTRACT, 1): 1, (CONTRACT, 2): 2})
    overlay = OverlayView(
        base, ChangeSet(accounts={POOR: None}, storage={(CONTRACT, 1): 0, (CONTRACT, 3): 3})
    )
    new = Account(0, Wei(9))
    overlay.add(ChangeSet(accounts={OTHER: new}, codes={Hash32(b"\x02" * 32): b"\x02"}))
    assert overlay.height == base.height
    assert overlay.account(POOR) is None
    assert overlay.account(OTHER) == new
    assert overlay.account(RICH) == base.account(RICH)
    assert [overlay.storage(CONTRACT, slot) for slot in range(4)] == [0, 0, 2, 3]
    assert list(overlay.slots(CONTRACT)) == [(2, 2), (3, 3)]
    assert list(overlay.addresses()) == sorted([RICH, CONTRACT, OTHER])
    assert overlay.code(Hash32(b"\x02" * 32)) == b"\x02"


def test_a_view_is_not_changed_by_calls() -> None:
    start = site({CONTRACT: assemble("PUSH1 01 PUSH1 05 SSTORE " + calling(OTHER, value="CALLVALUE"))})
    outcome = call(start, CallRequest(sender=RICH, to=CONTRACT, value=ONE))
    assert outcome.failure is None
    assert start.view.storage(CONTRACT, 5) == 0
    assert start.view.account(OTHER) is None
