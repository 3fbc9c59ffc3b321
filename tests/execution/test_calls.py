"""Rules of frames: depth, reverts, creations, self-destruction, delegation, system calls."""

from __future__ import annotations

import sys

import pytest

from devnet.chain.account import Account
from devnet.chain.rules import Fork
from devnet.chain.types import Address, Wei
from devnet.contracts import bytecode
from devnet.execution import Mode
from devnet.execution.pyevm.calls import create2_address
from tests.execution.eels import BEACON_ROOTS, HISTORY
from tests.execution.memory_state import (
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

OTHER = Address(b"\x0f" * 20)
BLOCK = Mode(system_calls=True, credit_fees=True)


def test_calls_nest_1024_deep_whatever_pythons_recursion_limit() -> None:
    """Each frame counts itself in storage; the call at depth 1025 is refused and changes nothing."""
    code = bytes.fromhex("5f5460010180" + "5f55" + "5f5f5f5f5f305af1" + "00")
    state = funded().put(TARGET, code=code)
    limit = sys.getrecursionlimit()
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        depth += 1
        frame = frame.f_back  # type: ignore[assignment]
    try:
        # py-evm raises the limit when it is imported; this one leaves no room for a Python frame a call.
        execute_one(funded(), transaction())
        sys.setrecursionlimit(depth + 150)
        result = execute_one(
            state, transaction(gas_limit=10**12), rules_=rules(transaction_gas_cap=None),
            env=environment(gas_limit=10**12, base_fee=Wei(0)),
        )  # fmt: skip
    finally:
        sys.setrecursionlimit(limit)
    assert result.status
    assert state.storage(TARGET, 0) == 1_025


def test_reverted_call_takes_everything_back() -> None:
    """Storage, logs, value and refunds of the callee are gone; its warm accounts are cold again."""
    callee = bytes.fromhex("60015f555f5fa05f5ffd")
    caller = bytes.fromhex("5f5f5f5f6001" + "73" + OTHER.hex() + "5af100")
    state = funded().put(TARGET, balance=10, code=caller).put(OTHER, code=callee)
    result = execute_one(state, transaction())
    assert result.status
    assert result.logs == ()
    assert state.storage(OTHER, 0) == 0
    assert state.accounts[TARGET].balance == 10


@pytest.mark.parametrize("fork", [Fork.PARIS, Fork.SHANGHAI])
def test_self_destruct_removes_account_and_slots_before_cancun(fork: Fork) -> None:
    state = funded().put(TARGET, balance=7, code=b"\x33\xff", storage={1: 1, 2**200: 5})
    execute_one(state, transaction(), fork=fork)
    assert TARGET not in state.accounts
    assert state.slots_of[TARGET] == {}


def test_self_destruct_of_an_older_contract_only_moves_its_balance_from_cancun() -> None:
    state = funded().put(TARGET, balance=7, code=b"\x60\x0f\xff", storage={1: 1})
    execute_one(state, transaction())
    assert state.accounts[TARGET].balance == 0
    assert state.storage(TARGET, 1) == 1
    assert state.accounts[Address(bytes(19) + b"\x0f")].balance == 7


def test_contract_destroyed_in_its_own_transaction_is_gone_with_what_it_sent_itself() -> None:
    state = funded()
    result = execute_one(state, transaction(to=None, value=Wei(9), data=bytes.fromhex("60015f5530ff")))
    assert result.contract_address is not None
    assert result.contract_address not in state.accounts
    assert not state.slots_of.get(result.contract_address)


def test_slots_written_after_a_destruction_in_the_same_block_are_kept() -> None:
    """CREATE2 puts the contract back in a later transaction of the block: it starts with empty storage."""
    child_init = bytes.fromhex("6160ff5f526002601ef3")  # deploys 60ff: PUSH1, so it stops
    factory = bytes.fromhex("69" + child_init.hex() + "5f525f600a60165ff5" + "00")
    child = create2_address(TARGET, 0, child_init)
    state = funded().put(TARGET, nonce=1, code=factory).put(child, nonce=1, code=b"\x33\xff", storage={3: 3})
    execute(state, transaction(to=child), transaction(nonce=1), fork=Fork.SHANGHAI)
    assert state.codes[state.accounts[child].code_hash] == bytes.fromhex("60ff")
    assert state.slots_of[child] == {}


def test_delegated_sender_that_calls_itself_keeps_its_created_contracts() -> None:
    """py-evm takes a call by the sender for the transaction's own; a contract created before it must still
    count as created in this transaction, so its self-destruction removes it (EIP-6780)."""
    init = bytes.fromhex("6133ff5f526002601ef3")
    child_address = "5f52"  # keeps the created address in memory
    main = bytes.fromhex(
        "361560" + "06" + "57005b"  # an inner call (with data) stops at once
        + "69" + init.hex() + "5f52600a60165ff0" + child_address
        + "5f5f60015f5f305af150" + "5f5f5f5f5f5f515af100"
    )  # fmt: skip
    library = OTHER
    state = funded().put(SENDER, balance=10**20, code=b"\xef\x01\x00" + library).put(library, code=main)
    before = set(state.accounts)
    assert execute_one(state, transaction(to=SENDER)).status
    assert set(state.accounts) - before == {environment().coinbase}


def test_delegation_to_a_precompile_runs_nothing() -> None:
    identity = Address(bytes(19) + b"\x04")
    state = funded().put(TARGET, code=b"\xef\x01\x00" + identity, nonce=1)
    direct = execute_one(funded(), transaction(to=identity, data=b"\x01" * 4))
    delegated = execute_one(state, transaction(data=b"\x01" * 4))
    assert direct.output == b"\x01" * 4
    assert (delegated.status, delegated.output) == (True, b"")


def test_delegation_is_followed_once() -> None:
    state = funded().put(TARGET, code=b"\xef\x01\x00" + OTHER, nonce=1)
    state.put(OTHER, code=b"\xef\x01\x00" + SENDER, nonce=1)
    failure = execute_one(state, transaction()).failure
    assert failure is not None
    assert failure.message.startswith("invalid opcode")


@pytest.mark.parametrize("known", [True, False])
def test_system_calls_store_the_parent_hash_and_the_settlement_root(known: bool) -> None:
    """The same slots are written whether the contract is recognised or called."""
    suffix = b"" if known else b"\x00"
    state = funded()
    state.put(BEACON_ROOTS, nonce=1, code=bytecode.BEACON_ROOTS + suffix)
    state.put(HISTORY, nonce=1, code=bytecode.HISTORY_STORAGE + suffix)
    env = environment()
    execute(state, mode=BLOCK, env=env)
    index = env.timestamp % 8_191
    assert state.slots_of[BEACON_ROOTS] == {
        index: env.timestamp,
        index + 8_191: int.from_bytes(env.parent_beacon_block_root, "big"),
    }
    assert state.slots_of[HISTORY] == {(env.number - 1) % 8_191: int.from_bytes(env.parent_hash, "big")}


def test_system_calls_do_nothing_where_there_is_no_contract_or_no_rule() -> None:
    state = funded()
    assert not execute(state, mode=BLOCK).changes.accounts
    state.put(HISTORY, nonce=1, code=bytecode.HISTORY_STORAGE)
    assert not execute(state, mode=BLOCK, fork=Fork.CANCUN).changes.storage


def test_empty_account_is_never_written() -> None:
    state = funded()
    execution = execute(state, transaction(to=OTHER))
    assert OTHER not in execution.changes.accounts


def test_emptied_account_is_deleted() -> None:
    state = funded()
    state.accounts[SENDER] = Account(0, Wei(21_000 * 10))
    state.put(TARGET, balance=3, code=b"")
    execution = execute(
        state,
        transaction(max_fee_per_gas=Wei(10), max_priority_fee_per_gas=Wei(0), gas_limit=21_000),
    )
    assert execution.changes.accounts == {SENDER: Account(1, Wei(0))}


def test_blockhash_reaches_256_blocks_back() -> None:
    env = environment()
    code = bytes.fromhex("5f35405f5260205ff3")
    state = funded().put(TARGET, code=code)
    for nonce, (number, expected) in enumerate(
        [
            (999, env.recent_hashes[-1]),
            (744, env.recent_hashes[0]),
            (743, bytes(32)),
            (1_000, bytes(32)),
        ]
    ):
        data = number.to_bytes(32, "big")
        assert execute_one(state, transaction(nonce=nonce, data=data), env=env).output == expected
