"""What `Mode` asks for: limits, overrides, recorded accesses, transfer logs, console output."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import (
    LENIENT,
    AccountOverride,
    EngineFault,
    ExecutionTimeout,
    Mode,
    TraceSpec,
    TransactionResult,
)
from devnet.execution.pyevm.calls import create_address
from devnet.state import StateGone
from tests.execution import memory_state
from tests.execution.memory_state import (
    CHAIN_ID,
    COINBASE,
    ETHER,
    SENDER,
    TARGET,
    MemoryState,
    environment,
    execute,
    execute_one,
    funded,
    rules,
    transaction,
)

pytestmark = pytest.mark.usefixtures("each_engine")

OTHER = Address(b"\x0f" * 20)
CONSOLE = "00" * 9 + "636f6e736f6c652e6c6f67"
FOREVER = bytes.fromhex("5b5f56")


def call_into(address: str, *, opcode: str = "f1", value: str = "5f") -> str:
    """Code that calls the address with one byte of input (and for f1 and f2 the value)."""
    amount = value if opcode in ("f1", "f2") else ""
    return "5f5f60015f" + amount + "73" + address + "5a" + opcode


def test_time_limit_ends_an_endless_loop() -> None:
    state = funded().put(TARGET, code=FOREVER)
    endless = transaction(gas_limit=10**12)
    with pytest.raises(ExecutionTimeout):
        execute(state, endless, mode=Mode(checks=LENIENT, time_limit=0.05))


@pytest.mark.parametrize("trace", [TraceSpec(), TraceSpec("callTracer")])
def test_time_limit_ends_a_traced_loop(trace: TraceSpec) -> None:
    state = funded().put(TARGET, code=FOREVER)
    with pytest.raises(ExecutionTimeout):
        execute(state, transaction(gas_limit=10**12), mode=Mode(checks=LENIENT, time_limit=0.05, trace=trace))


def test_time_limit_ends_endless_calls() -> None:
    recursion = bytes.fromhex("5b5f5f5f5f5f305af1505f56")
    state = funded().put(TARGET, code=recursion)
    with pytest.raises(ExecutionTimeout):
        execute(state, transaction(gas_limit=10**12), mode=Mode(checks=LENIENT, time_limit=0.05))


def test_time_limit_ends_a_loop_that_does_little_but_call() -> None:
    """Whatever counts towards a look at the clock must outlive the change of frames."""
    state = funded().put(TARGET, code=bytes.fromhex("5b5f5f5f5f5f73" + OTHER.hex() + "5af1505f56"))
    state.put(OTHER, code=b"\x5b\x00")
    with pytest.raises(ExecutionTimeout):
        execute(state, transaction(gas_limit=10**12), mode=Mode(checks=LENIENT, time_limit=0.05))


def test_time_limit_ends_a_long_precompile() -> None:
    rounds = (2**32 - 1).to_bytes(4, "big") + bytes(209)
    blake2 = transaction(to=Address(bytes(19) + b"\x09"), data=rounds, gas_limit=10**12)
    with pytest.raises(ExecutionTimeout):
        execute(funded(), blake2, mode=Mode(checks=LENIENT, time_limit=0.05))


def test_gas_budget_holds_for_all_transactions_together() -> None:
    state = funded()
    mode = Mode(checks=LENIENT, gas_budget=42_000)
    assert execute(state, transaction(), transaction(), mode=mode).gas_used == 42_000
    with pytest.raises(ExecutionTimeout):
        execute(state, transaction(), transaction(), transaction(), mode=mode)


def test_console_calls_are_recorded_in_order_even_where_they_are_reverted() -> None:
    log = call_into(CONSOLE, opcode="fa") + "50"
    code = "60aa5f53" + log + "60bb5f53" + log + "5f5ffd"
    result = execute_one(funded().put(TARGET, code=bytes.fromhex(code)), transaction())
    assert result.console == (b"\xaa", b"\xbb")


def test_console_call_succeeds_like_a_call_of_an_account_without_code() -> None:
    code = call_into(CONSOLE, opcode="fa") + "3d015f5260205ff3"
    other = call_into("12" * 20, opcode="fa") + "3d015f5260205ff3"
    console = execute_one(funded().put(TARGET, code=bytes.fromhex(code)), transaction())
    plain = execute_one(funded().put(TARGET, code=bytes.fromhex(other)), transaction())
    assert (console.output, console.gas_used) == (plain.output, plain.gas_used)
    assert plain.console == ()


def test_console_output_of_a_transaction_is_bounded() -> None:
    """Sixteen times a megabyte: the last one does not fit beside what keeping the others takes."""
    code = "5b5f5f620fffff5f5f6a" + "636f6e736f6c652e6c6f67" + "5af1505f56"
    state = funded().put(TARGET, code=bytes.fromhex(code))
    result = execute_one(state, transaction(gas_limit=5_000_000))
    assert [len(message) for message in result.console] == [2**20 - 1] * 15


def test_transfer_logs_show_every_movement_of_value() -> None:
    code = call_into("0f" * 20, value="6002") + "50" + "600360005f5050" + "61" + "aaaa" + "ff"
    state = funded().put(TARGET, balance=100, code=bytes.fromhex(code))
    result = execute_one(state, transaction(value=Wei(5)), mode=Mode(transfer_logs=True))
    topic = keccak256(b"Transfer(address,address,uint256)")
    beneficiary = Address(bytes(18) + b"\xaa\xaa")
    expected = [(SENDER, TARGET, 5), (TARGET, OTHER, 2), (TARGET, beneficiary, 103)]
    assert [log.address for log in result.logs] == [Address(b"\xee" * 20)] * 3
    assert [
        (log.topics[0], log.topics[1][12:], log.topics[2][12:], int.from_bytes(log.data, "big"))
        for log in result.logs
    ] == [(topic, *movement) for movement in expected]


def test_overrides_replace_parts_of_accounts_and_are_part_of_the_changes() -> None:
    state = funded().put(TARGET, balance=1, nonce=3, code=b"\x00", storage={1: 1, 2: 2})
    overrides = {
        TARGET: AccountOverride(
            balance=Wei(9), nonce=4, code=bytes.fromhex("60015460025401600354015f5260205ff3"), storage={3: 5}
        ),
        OTHER: AccountOverride(storage_changes={7: 7}, balance=Wei(1)),
    }
    execution = execute(state, transaction(), mode=Mode(overrides=overrides))
    (result,) = execution.results
    assert isinstance(result, TransactionResult)
    assert int.from_bytes(result.output, "big") == 5
    assert state.slots_of[TARGET] == {3: 5}
    assert state.slots_of[OTHER] == {7: 7}
    assert (state.accounts[TARGET].balance, state.accounts[TARGET].nonce) == (9, 4)


def test_storage_override_replaces_the_slots_of_an_account_without_code() -> None:
    state = funded().put(OTHER, balance=1, storage={1: 1, 2: 2})
    execution = execute(state, mode=Mode(overrides={OTHER: AccountOverride(storage={2: 2, 4: 4})}))
    assert execution.changes.storage == {(OTHER, 1): 0, (OTHER, 4): 4}


def test_override_of_a_slot_leaves_the_others() -> None:
    state = funded().put(TARGET, code=b"\x00", storage={1: 1, 2: 2})
    execute(state, mode=Mode(overrides={TARGET: AccountOverride(storage_changes={2: 0, 3: 3})}))
    assert state.slots_of[TARGET] == {1: 1, 3: 3}


def test_precompile_can_be_moved_and_replaced() -> None:
    identity = Address(bytes(19) + b"\x04")
    overrides = {identity: AccountOverride(move_precompile_to=OTHER, code=bytes.fromhex("60075f5260205ff3"))}
    moved, replaced = (
        execute_one(funded(), transaction(to=to, data=b"\x05"), mode=Mode(overrides=overrides)).output
        for to in (OTHER, identity)
    )
    assert moved == b"\x05"
    assert int.from_bytes(replaced, "big") == 7


def test_only_a_precompile_can_be_moved_and_only_to_a_free_place() -> None:
    identity = Address(bytes(19) + b"\x04")
    with pytest.raises(ValueError, match="not a precompile"):
        execute(funded(), mode=Mode(overrides={OTHER: AccountOverride(move_precompile_to=TARGET)}))
    with pytest.raises(ValueError, match="already overridden"):
        execute(
            funded(),
            mode=Mode(
                overrides={
                    identity: AccountOverride(move_precompile_to=OTHER),
                    OTHER: AccountOverride(balance=Wei(1)),
                }
            ),
        )


def test_balance_override_of_a_precompile_leaves_it_one() -> None:
    identity = Address(bytes(19) + b"\x04")
    mode = Mode(overrides={identity: AccountOverride(balance=Wei(1))})
    assert execute_one(funded(), transaction(to=identity, data=b"\x05"), mode=mode).output == b"\x05"


def test_reads_name_what_was_asked_of_the_view() -> None:
    """Not what the execution wrote first; code by its hash, block hashes by number."""
    code = bytes.fromhex(
        "600554506103e74050" + "60016006" + "55" + "731212121212121212121212121212121212121212" + "3150"
    )
    state = funded().put(TARGET, code=code)
    execution = execute(state, transaction(), mode=Mode(record_reads=True))
    reads = execution.reads
    assert reads is not None
    assert reads.accounts == {SENDER, TARGET, Address(b"\x12" * 20)}
    assert reads.slots == {(TARGET, 5), (TARGET, 6)}
    assert reads.code_hashes == {keccak256(code)}
    assert reads.block_numbers == {999}


def test_touched_accounts_and_slots_are_what_an_access_list_needs() -> None:
    """Those of reverted calls as well."""
    inner = bytes.fromhex("600954505f5ffd")
    state = funded().put(TARGET, code=bytes.fromhex(call_into(OTHER.hex()))).put(OTHER, code=inner)
    result = execute_one(state, transaction(), mode=Mode(record_reads=True))
    assert result.warm_accounts == {OTHER}
    assert result.warm_slots == {(OTHER, 9)}


def test_changes_name_only_what_differs() -> None:
    state = funded().put(TARGET, code=bytes.fromhex("60015f555f5f555f600155"), storage={1: 0})
    execution = execute(state, transaction())
    assert execution.changes.storage == {}
    assert set(execution.changes.accounts) == {SENDER, COINBASE}


def test_view_is_not_changed_and_runs_are_equal_from_several_threads() -> None:
    """One engine, many threads, one view."""
    state = funded().put(TARGET, code=bytes.fromhex("5f5460010180" + "5f555f5260205fa0"))
    engine = memory_state.engine_under_test
    transactions = [transaction(nonce=nonce) for nonce in range(50)]

    def run(_: int) -> object:
        return engine.execute(rules(), environment(), transactions, state, Mode(credit_fees=True))

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(run, range(8)))
    assert all(other == runs[0] for other in runs)
    assert state.slots_of == {}


def test_unknown_tracer_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="bogus"):
        execute(funded(), transaction(), mode=Mode(trace=TraceSpec("bogus")))


def test_only_the_named_transaction_is_traced() -> None:
    mode = Mode(trace=TraceSpec("callTracer"), trace_only=1)
    results = execute(funded(), transaction(), transaction(nonce=1), mode=mode).results
    traces = [result.trace for result in results if isinstance(result, TransactionResult)]
    assert traces[0] is None
    assert traces[1]["type"] == "CALL"


@pytest.mark.parametrize("trace", [TraceSpec(), TraceSpec("callTracer"), TraceSpec("prestateTracer")])
def test_tracing_changes_no_result(trace: TraceSpec) -> None:
    code = bytes.fromhex(
        "5f54600101805f555f5260205fa0" + call_into(OTHER.hex(), value="6001") + "5f5260205ff3"
    )
    state = funded().put(TARGET, balance=5, code=code).put(OTHER, code=bytes.fromhex("6009545f5ffd"))
    plain = execute_one(replace_state(state), transaction())
    traced = execute_one(replace_state(state), transaction(), mode=Mode(credit_fees=True, trace=trace))
    assert replace(traced, trace=None) == plain
    assert traced.trace is not None


def replace_state(state: MemoryState) -> MemoryState:
    """A copy."""
    return MemoryState(
        dict(state.accounts), {key: dict(slots) for key, slots in state.slots_of.items()}, dict(state.codes)
    )


class BrokenState(MemoryState):
    """A view with a bug."""

    def storage(self, address: Address, slot: int) -> int:
        raise RecursionError


class GoneState(MemoryState):
    """A view whose height was rolled back."""

    def storage(self, address: Address, slot: int) -> int:
        raise StateGone


@pytest.mark.parametrize(("kind", "error"), [(BrokenState, EngineFault), (GoneState, StateGone)])
def test_fault_is_never_a_failed_transaction(kind: type[MemoryState], error: type[Exception]) -> None:
    state = kind().put(SENDER, balance=ETHER).put(TARGET, code=bytes.fromhex("5f54"))
    with pytest.raises(error):
        execute(state, transaction())


def test_importing_the_engine_does_not_import_py_evm() -> None:
    program = "import sys, devnet.execution.pyevm; print(any(name == 'eth' for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_executing_leaves_the_recursion_limit_alone() -> None:
    """py-evm sets it when it is imported."""
    program = (
        "import sys; from tests.execution.memory_state import *; limit = sys.getrecursionlimit(); "
        "execute_one(funded(), transaction()); print(sys.getrecursionlimit() == limit, 'eth' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True True"


def test_chain_id_and_block_values_are_the_environments() -> None:
    env = environment(timestamp=1234, number=77, gas_limit=20_000_000, prev_randao=Hash32(b"\x05" * 32))
    for opcode, expected in {
        0x42: 1234,
        0x43: 77,
        0x44: int.from_bytes(b"\x05" * 32, "big"),
        0x45: 20_000_000,
        0x46: CHAIN_ID,
        0x48: 10,
        0x4A: 1,
        0x41: int.from_bytes(COINBASE, "big"),
        0x3A: 11,
        0x32: int.from_bytes(SENDER, "big"),
    }.items():
        state = funded().put(TARGET, code=bytes([opcode]) + bytes.fromhex("5f5260205ff3"))
        assert int.from_bytes(execute_one(state, transaction(), env=env).output, "big") == expected


def test_blob_base_fee_can_be_given() -> None:
    state = funded().put(TARGET, code=bytes.fromhex("4a5f5260205ff3"))
    output = execute_one(state, transaction(), env=environment(blob_base_fee=Wei(99))).output
    assert int.from_bytes(output, "big") == 99


def test_the_nonce_after_the_last_one_is_zero() -> None:
    """Only calls get there: nothing else may have the last nonce. So in geth, whose nonces have 64 bits."""
    state = MemoryState().put(SENDER, balance=ETHER, nonce=2**64 - 1)
    mode = Mode(checks=LENIENT)
    creating = transaction(None, nonce=0)
    execution = execute(state, creating, mode=mode)
    (result,) = execution.results
    assert isinstance(result, TransactionResult)
    assert result.contract_address == create_address(SENDER, 2**64 - 1)
    sender = execution.changes.accounts[SENDER]
    assert sender is not None
    assert sender.nonce == 0
