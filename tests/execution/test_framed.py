"""Running a block by frames gives what running its transactions one after the other gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from devnet.chain.account import ChangeSet
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.rules import Fork
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.execution import AccountOverride, BlockEnv, Engine, Execution, ExecutionTimeout, Mode
from devnet.execution.framed import run_block
from devnet.execution.pyevm import PyEvmEngine
from devnet.scheduling import BlockOrder, Schedule, account_key, slot_key
from tests.execution.block_engines import ALL_ENGINES, BLOCK_ENGINES
from tests.execution.memory_state import COINBASE, ETHER, TARGET, MemoryState, environment, rules
from tests.execution.memory_state import transaction as unsigned
from tests.execution.mixes import CONTRACTS, PROGRAMS, SENDERS, Mix, mixes, starting_state
from tests.execution.programs import random_block

BLOCK = Mode(system_calls=True, credit_fees=True, append_messages=True)


def comparable(execution: Execution) -> tuple[object, ...]:
    """An execution as plain values that are equal when the executions are."""
    results = tuple(
        (result.kind, str(result)) if isinstance(result, InvalidTransaction) else result
        for result in execution.results
    )
    changes = execution.changes
    return (
        results,
        dict(changes.accounts),
        dict(changes.storage),
        needed_codes(changes),
        execution.gas_used,
        execution.blob_gas_used,
    )


def needed_codes(changes: ChangeSet) -> dict[bytes, bytes]:
    hashes = {account.code_hash for account in changes.accounts.values() if account is not None}
    return {code_hash: code for code_hash, code in changes.codes.items() if code_hash in hashes}


def check(engine: Engine, *block: Any, **options: Any) -> Schedule:
    """As `check_all` with one engine."""
    return check_all([engine], *block, **options)


def check_all(
    engines: Sequence[Engine],
    state: MemoryState,
    env: BlockEnv,
    transactions: list[Transaction],
    order: BlockOrder,
    mode: Mode = BLOCK,
    fork: Fork = Fork.OSAKA,
) -> Schedule:
    """Runs the block by frames, on the reference and on these engines, and serially in the order that came
    out, and compares; the schedule."""
    reference = PyEvmEngine()
    run = run_block(reference, rules(fork), env, transactions, state, mode, order)
    block = run.execution
    serial = reference.execute(rules(fork), env, [transactions[index] for index in block.order], state, mode)
    assert comparable(block.execution) == comparable(serial)
    assert sorted([*block.order, *block.left]) == list(range(len(transactions)))
    if order is BlockOrder.GIVEN:
        assert block.order == tuple(range(len(transactions)))
    for engine in engines:
        if engine.name == reference.name:
            continue  # `run` is where its own come from
        own = engine.execute_block(rules(fork), env, transactions, state, mode, order)
        assert (own.order, own.left) == (block.order, block.left)
        assert comparable(own.execution) == comparable(serial)
        assert engine.schedule_block(rules(fork), env, transactions, state, mode, order) == run.schedule
    return run.schedule


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
@pytest.mark.parametrize("order", BlockOrder)
@settings(max_examples=100)
@given(mix=mixes())
def test_the_result_equals_serial_execution_in_block_order(
    engine: Engine, order: BlockOrder, mix: Mix
) -> None:
    check(engine, mix.state, mix.env, mix.transactions, order)


@pytest.mark.full
@pytest.mark.parametrize("order", BlockOrder)
@settings(max_examples=3_000)
@given(mix=mixes(most=60))
def test_the_result_equals_serial_execution_in_block_order_at_length(order: BlockOrder, mix: Mix) -> None:
    """On all engines: making the block and running it on the reference is most of the work."""
    check_all(list(ALL_ENGINES.values()), mix.state, mix.env, mix.transactions, order)


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
@pytest.mark.parametrize("order", BlockOrder)
@pytest.mark.parametrize("fork", [Fork.SHANGHAI, Fork.PRAGUE, Fork.OSAKA])
def test_random_programs_give_the_same_by_frames(engine: Engine, order: BlockOrder, fork: Fork) -> None:
    for seed in range(6):
        block = random_block(seed, fork)
        mode = Mode(system_calls=True, credit_fees=True)
        check(engine, block.state, block.env, block.transactions, order, mode, fork)


def call(sender: int, name: str, nonce: int | None = None, **changes: object) -> Transaction:
    """A call of one of the mix's contracts by one of its senders."""
    values: dict[str, object] = {
        "to": CONTRACTS[name],
        "sender": SENDERS[sender],
        "nonce": sender if nonce is None else nonce,
        "gas_limit": 150_000,
        "data": bytes(32),
    }
    return unsigned(**{**values, **changes})  # type: ignore[arg-type]


def test_transfers_between_strangers_are_one_frame_and_nothing_is_discarded() -> None:
    state = starting_state()
    transfers = [
        unsigned(Address(bytes([200 + index]) * 20), sender=SENDERS[index], nonce=index, value=Wei(1))
        for index in range(6)
    ]
    schedule = check(PyEvmEngine(), state, environment(), transfers, BlockOrder.GIVEN)
    assert schedule.frames == ((0, 1, 2, 3, 4, 5),)
    assert schedule.discarded == schedule.serial == ()
    assert set(schedule.locations.values()) == {
        *((SENDERS[index], None) for index in range(6)),
        *((Address(bytes([200 + index]) * 20), None) for index in range(6)),
    }


def test_a_counter_that_all_write_puts_each_call_into_a_frame_of_its_own() -> None:
    calls = [call(index, "counter") for index in range(4)]
    for order in BlockOrder:
        schedule = check(PyEvmEngine(), starting_state(), environment(), calls, order)
        assert schedule.frames == ((0,), (1,), (2,), (3,))
        assert schedule.after == (-1, 0, 1, 2)
        assert schedule.discarded == ()
        key = slot_key(CONTRACTS["counter"], 0)
        assert all(key in predicted.writes for predicted in schedule.predicted)
        assert schedule.locations[key] == (CONTRACTS["counter"], 0)


def test_a_path_that_another_transaction_changes_is_discarded_and_runs_again() -> None:
    calls = [call(index, "path") for index in range(3)]
    given = check(PyEvmEngine(), starting_state(), environment(), calls, BlockOrder.GIVEN)
    assert given.discarded == (1, 2)
    assert given.serial == (1, 2)
    # Without the tail the path of the last one would be another again: only those that ran decide.
    framed = check(PyEvmEngine(), starting_state(), environment(), calls, BlockOrder.FRAMED)
    assert framed.discarded == (1, 2)
    assert framed.order == (0, 1, 2)


def test_the_tail_takes_the_later_transactions_of_a_discarded_ones_sender_along() -> None:
    transfer = unsigned(TARGET, sender=SENDERS[1], nonce=2, value=Wei(1))
    calls = [call(0, "path"), call(1, "path"), transfer, call(2, "counter")]
    schedule = check(PyEvmEngine(), starting_state(), environment(), calls, BlockOrder.FRAMED)
    assert schedule.discarded == (1,)
    assert schedule.serial == (1, 2)
    assert schedule.order == (0, 3, 1, 2)


def test_who_reads_what_a_rerun_wrote_runs_again_and_nobody_else() -> None:
    watcher = call(2, "watcher", data=bytes(12) + CONTRACTS["payer"])
    # The payer has code only after the first transaction: an empty call to it is no plain transfer then.
    calls = [call(0, "path"), call(1, "path"), call(2, "ledger"), call(3, "path")]
    schedule = check(PyEvmEngine(), starting_state(), environment(), calls, BlockOrder.GIVEN)
    assert schedule.serial == (1, 3)
    assert check(PyEvmEngine(), starting_state(), environment(), [watcher], BlockOrder.GIVEN).serial == ()


def test_a_transfer_to_where_a_contract_comes_to_be_leaves_its_set() -> None:
    from devnet.execution.pyevm.calls import create_address

    created = create_address(SENDERS[0], 0)
    create = unsigned(None, sender=SENDERS[0], data=bytes.fromhex("6001600c60003960016000f300"))
    transfer = unsigned(created, sender=SENDERS[1], nonce=1, value=Wei(5))
    caller = call(2, "caller", data=bytes(12) + created)
    schedule = check(
        PyEvmEngine(), starting_state(), environment(), [create, transfer, caller], BlockOrder.GIVEN
    )
    assert len(schedule.frames) == 3


def test_what_the_block_has_no_room_for_is_left_with_all_that_follow_from_its_sender() -> None:
    env = environment(gas_limit=400_000)
    big = call(0, "ledger", gas_limit=390_000)
    calls = [call(1, "counter"), big, call(0, "counter", nonce=1), call(2, "counter")]
    framed = check(PyEvmEngine(), starting_state(), env, calls, BlockOrder.FRAMED)
    assert framed.left == (1, 2)
    run = run_block(PyEvmEngine(), rules(), env, calls, starting_state(), BLOCK, BlockOrder.GIVEN)
    kinds = [
        result.kind if isinstance(result, InvalidTransaction) else None
        for result in run.execution.execution.results
    ]
    assert kinds == [None, Invalid.BLOCK_FULL, Invalid.NONCE_TOO_HIGH, None]


def test_code_that_looks_at_the_coinbase_sees_it_without_the_blocks_tips() -> None:
    calls = [call(0, "counter"), call(1, "coinbase"), call(2, "coinbase")]
    for order in BlockOrder:
        run = run_block(PyEvmEngine(), rules(), environment(), calls, starting_state(), BLOCK, order)
        changes = run.execution.execution.changes
        assert (CONTRACTS["coinbase"], 0) not in changes.storage
        assert changes.accounts[COINBASE] is not None
        assert account_key(COINBASE) in run.schedule.predicted[1].reads
        check(PyEvmEngine(), starting_state(), environment(), calls, order)


def test_overrides_come_before_the_predictions() -> None:
    stranger = Address(b"\x66" * 20)
    mode = Mode(
        system_calls=True,
        credit_fees=True,
        overrides={
            stranger: AccountOverride(code=PROGRAMS["counter"], storage_changes={0: 41}),
            SENDERS[6]: AccountOverride(balance=Wei(ETHER), nonce=77),
        },
    )
    calls = [
        unsigned(stranger, sender=SENDERS[6], nonce=77, gas_limit=100_000),
        unsigned(stranger, sender=SENDERS[1], nonce=1, gas_limit=100_000),
    ]
    for order in BlockOrder:
        schedule = check(PyEvmEngine(), starting_state(), environment(), calls, order, mode)
        assert slot_key(stranger, 0) in schedule.predicted[1].writes
        assert schedule.discarded == ()


@pytest.mark.parametrize("engine", BLOCK_ENGINES)
def test_code_in_the_place_of_a_precompile_runs_in_its_block(engine: Engine) -> None:
    sha256 = Address(bytes(19) + b"\x02")
    mode = replace(BLOCK, overrides={sha256: AccountOverride(code=PROGRAMS["counter"])})
    calls = [unsigned(sha256, sender=SENDERS[index], nonce=index, gas_limit=100_000) for index in range(3)]
    for order in BlockOrder:
        schedule = check(engine, starting_state(), environment(), calls, order, mode)
        assert slot_key(sha256, 0) in schedule.predicted[2].writes


def test_a_prediction_of_a_later_nonce_is_made_with_that_nonce() -> None:
    calls = [call(0, "ledger"), call(0, "ledger", nonce=1), call(0, "ledger", nonce=2)]
    for order in BlockOrder:
        schedule = check(PyEvmEngine(), starting_state(), environment(), calls, order)
        assert schedule.discarded == ()
        assert schedule.predicted[0] == schedule.predicted[2]


def test_a_time_limit_ends_the_run() -> None:
    calls = [call(index, "counter") for index in range(4)]
    mode = Mode(system_calls=True, credit_fees=True, time_limit=0.0)
    with pytest.raises(ExecutionTimeout):
        run_block(PyEvmEngine(), rules(), environment(), calls, starting_state(), mode, BlockOrder.GIVEN)


def test_a_traced_block_is_not_run_by_frames() -> None:
    with pytest.raises(ValueError, match="not traced"):
        run_block(
            PyEvmEngine(),
            rules(),
            environment(),
            [],
            starting_state(),
            Mode(record_reads=True),
            BlockOrder.GIVEN,
        )
