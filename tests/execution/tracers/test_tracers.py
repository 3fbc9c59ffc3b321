"""What each tracer tells of small contracts whose every step is known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from devnet.chain.keccak import keccak256
from devnet.chain.transaction import SET_CODE
from devnet.chain.transaction_codec import sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import Mode, TraceSpec, TraceTooLarge, tracer_options
from devnet.execution.tracer_options import TRACERS
from devnet.execution.traces import locate
from tests.execution.engines import ENGINES, engine
from tests.execution.tracers.assembly import assemble
from tests.execution.tracers.ledger import CHAIN_ID, RULES, SENDER, Chain

HERE = Address(b"\xaa" * 20)
THERE = Address(b"\xbb" * 20)
CALLER = "0x" + SENDER.hex()
WORD = "0x{:064x}".format


def text(address: Address) -> str:
    return "0x" + address.hex()


def call(opcode: str, gas: str, value: str | None = None, output: int = 0) -> str:
    """A call of THERE without data."""
    amount = "" if value is None else f"PUSH1 {value}"
    return f"PUSH1 {output:x} PUSH0 PUSH0 PUSH0 {amount} PUSH20 {THERE.hex()} PUSH3 {gas} {opcode}"


@pytest.fixture(params=ENGINES)
def chain(request: pytest.FixtureRequest) -> Chain:
    return Chain(engine(request.param))


def put(chain: Chain, address: Address, source: str, **more: Any) -> None:
    chain.ledger.put(address, nonce=1, code=assemble(source), **more)


# ---------------------------------------------------------------- struct logger


def test_a_step_tells_the_state_before_its_opcode(chain: Chain) -> None:
    put(chain, HERE, "PUSH1 2a PUSH0 MSTORE PUSH1 20 PUSH0 RETURN")
    trace = chain.trace(chain.build(HERE), enableMemory=True)
    assert trace["failed"] is False
    assert trace["returnValue"] == WORD(42)
    assert trace["gas"] == chain.execute(chain.build(HERE))[1].gas_used
    steps = trace["structLogs"]
    assert [step["op"] for step in steps] == ["PUSH1", "PUSH0", "MSTORE", "PUSH1", "PUSH0", "RETURN"]
    assert [step["pc"] for step in steps] == [0, 2, 3, 4, 6, 7]
    assert [step["stack"] for step in steps[:3]] == [[], ["0x2a"], ["0x2a", "0x0"]]
    assert steps[2] == {
        "pc": 3,
        "op": "MSTORE",
        "gas": 3_000_000 - 21_000 - 5,
        "gasCost": 6,
        "depth": 1,
        "stack": ["0x2a", "0x0"],
    }
    assert steps[3]["memory"] == [WORD(42)]


def test_storage_is_told_at_reads_and_writes_with_all_that_is_known(chain: Chain) -> None:
    put(chain, HERE, "PUSH1 1 SLOAD POP PUSH1 9 PUSH1 2 SSTORE PUSH0 PUSH1 1 SSTORE STOP", storage={1: 7})
    transaction = chain.build(HERE)
    steps = chain.trace(transaction)["structLogs"]
    assert [step.get("storage") for step in steps if step["op"] in ("SLOAD", "SSTORE")] == [
        {WORD(1): WORD(7)},
        {WORD(1): WORD(7), WORD(2): WORD(9)},
        {WORD(1): WORD(0), WORD(2): WORD(9)},
    ]
    assert steps[-1]["refund"] == 4_800
    assert all("storage" not in step for step in chain.trace(transaction, disableStorage=True)["structLogs"])


def test_options_leave_parts_out_or_put_them_in(chain: Chain) -> None:
    put(chain, THERE, "PUSH1 5 PUSH0 MSTORE PUSH1 20 PUSH0 RETURN")
    put(chain, HERE, call("STATICCALL", "ffff") + " STOP")
    transaction = chain.build(HERE)
    plain = chain.trace(transaction)["structLogs"]
    assert all("memory" not in step and "returnData" not in step for step in plain)
    assert {step["depth"] for step in plain} == {1, 2}
    assert all("stack" not in step for step in chain.trace(transaction, disableStack=True)["structLogs"])
    assert chain.trace(transaction, enableReturnData=True)["structLogs"][-1]["returnData"] == WORD(5)
    with_memory = chain.trace(transaction, disableMemory=False)["structLogs"]
    assert [step["memory"] for step in with_memory if "memory" in step] == [[WORD(5)]] * 3


def test_the_limit_counts_the_characters_of_the_steps(chain: Chain) -> None:
    put(chain, HERE, "PUSH0 " * 50 + "STOP")
    transaction = chain.build(HERE)
    steps = chain.trace(transaction)["structLogs"]
    size = len(json.dumps(steps[0], separators=(",", ":")))
    assert chain.trace(transaction, limit=1)["structLogs"] == steps[:1]
    assert chain.trace(transaction, limit=size)["structLogs"] == steps[:2]


def test_a_trace_that_would_fill_the_memory_is_refused(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracer_options, "MAX_WORDS", 250)
    put(chain, HERE, "PUSH0 " * 50 + "STOP")
    with pytest.raises(TraceTooLarge, match="disableStack"):
        chain.trace(chain.build(HERE))
    assert len(chain.trace(chain.build(HERE), disableStack=True)["structLogs"]) == 51
    put(chain, HERE, "PUSH0 POP " * 50 + "STOP")
    with pytest.raises(TraceTooLarge, match="set a limit"):
        chain.trace(chain.build(HERE), disableStack=True)
    assert chain.trace(chain.build(HERE), disableStack=True, limit=1)["structLogs"]


@pytest.mark.parametrize("tracer", ["callTracer", "flatCallTracer"])
def test_calls_with_megabytes_of_data_are_refused(chain: Chain, tracer: str) -> None:
    copy = "PUSH3 100000 PUSH0 PUSH3 100000 PUSH0 PUSH1 04 GAS STATICCALL POP "
    put(chain, HERE, copy * 40 + "STOP")
    transaction = chain.build(HERE, gas_limit=16_000_000)
    with pytest.raises(TraceTooLarge, match="onlyTopCall"):
        chain.trace(transaction, tracer)
    assert chain.trace(transaction, "callTracer", onlyTopCall=True)["type"] == "CALL"


@pytest.mark.parametrize(
    ("source", "error", "value"),
    [
        ("PUSH1 1 ADD", "stack underflow (1 <=> 2)", "0x"),
        ("PUSH1 1 PUSH1 1 SSTORE", "out of gas", "0x"),
        ("INVALID", None, "0x"),
        ("PUSH1 20 PUSH0 REVERT", None, "0x" + "00" * 32),
        ("PUSH1 1 JUMP", None, "0x"),
        ("PUSH1 1 PUSH0 PUSH0 RETURNDATACOPY", None, "0x"),
    ],
)
def test_only_an_opcode_that_cannot_be_paid_or_lacks_its_operands_shows_an_error(
    chain: Chain, source: str, error: str | None, value: str
) -> None:
    put(chain, HERE, source)
    trace = chain.trace(chain.build(HERE, gas_limit=30_000))
    assert trace["failed"] is True
    assert trace["returnValue"] == value
    assert trace["structLogs"][-1].get("error") == error


@pytest.mark.parametrize("offset", ["ff" * 32, "ff" * 9, "ff" * 8])
def test_a_cost_beyond_64_bits_is_told_as_the_constant_part(chain: Chain, offset: str) -> None:
    put(chain, HERE, f"PUSH1 1 PUSH{len(offset) // 2} {offset} MSTORE")
    step = chain.trace(chain.build(HERE), limit=1_000)["structLogs"][-1]
    assert (step["op"], step["gasCost"], step["error"]) == ("MSTORE", 3, "out of gas")


# ---------------------------------------------------------------- callTracer


def test_calls_nest_with_their_kinds_values_and_gas(chain: Chain) -> None:
    put(chain, THERE, "PUSH1 5 PUSH0 MSTORE PUSH1 20 PUSH0 RETURN")
    put(
        chain,
        HERE,
        call("CALL", "ffff", "3") + " " + call("DELEGATECALL", "ffff") + " " + call("STATICCALL", "ffff"),
    )
    transaction = chain.build(HERE, data=b"\x01\x02", value=Wei(9))
    trace = chain.trace(transaction, "callTracer")
    inner = trace.pop("calls")
    result = chain.execute(transaction)[1]
    assert trace == {
        "type": "CALL",
        "from": CALLER,
        "gas": hex(3_000_000),
        "gasUsed": hex(result.gas_used),
        "to": text(HERE),
        "input": "0x0102",
        "value": "0x9",
    }
    assert [(frame["type"], frame.get("value")) for frame in inner] == [
        ("CALL", "0x3"),
        ("DELEGATECALL", "0x9"),
        ("STATICCALL", None),
    ]
    # With a value the callee has the stipend as well; PUSH1, PUSH0, MSTORE, PUSH1, PUSH0, RETURN cost 16.
    assert [(int(frame["gas"], 16), int(frame["gasUsed"], 16)) for frame in inner] == [
        (0xFFFF + 2_300, 16),
        (0xFFFF, 16),
        (0xFFFF, 16),
    ]
    assert {frame["output"] for frame in inner} == {WORD(5)}
    assert {frame["from"] for frame in inner} == {text(HERE)}
    assert "calls" not in chain.trace(transaction, "callTracer", onlyTopCall=True)


def test_failures_keep_the_revert_data_and_its_reason(chain: Chain) -> None:
    reason = bytes.fromhex("08c379a0") + (32).to_bytes(32) + (2).to_bytes(32) + b"no".ljust(32, b"\0")
    chain.ledger.put(THERE, nonce=1, code=reverting_with(reason))
    put(chain, HERE, call("CALL", "ffff", "0") + " INVALID")
    trace = chain.trace(chain.build(HERE, gas_limit=200_000), "callTracer")
    assert trace["error"] == "invalid opcode: INVALID"
    assert trace["gasUsed"] == trace["gas"] == hex(200_000)
    assert "output" not in trace
    (inner,) = trace["calls"]
    assert inner["error"] == "execution reverted"
    assert inner["revertReason"] == "no"
    assert inner["output"] == "0x" + reason.hex()


def reverting_with(data: bytes) -> bytes:
    """Code that reverts with `data`, which stands after it."""
    start = assemble(f"PUSH2 {len(data):x} PUSH1 0c PUSH0 CODECOPY PUSH2 {len(data):x} PUSH0 REVERT")
    assert len(start) == 12
    return start + data


def test_a_creation_that_fails_has_no_address(chain: Chain) -> None:
    failed = chain.trace(chain.build(None, assemble("PUSH0 PUSH0 REVERT")), "callTracer")
    assert (failed["type"], failed["error"], "to" in failed) == ("CREATE", "execution reverted", False)
    made = chain.trace(chain.build(None, assemble("PUSH0 PUSH0 RETURN")), "callTracer")
    assert len(made["to"]) == 42


def test_logs_stand_where_they_were_emitted_unless_they_were_undone(chain: Chain) -> None:
    put(chain, THERE, "PUSH0 PUSH0 LOG0 PUSH0 PUSH0 REVERT")
    put(chain, HERE, f"PUSH0 PUSH0 LOG0 {call('CALL', 'ffff', '0')} PUSH1 7 PUSH1 1 PUSH0 LOG1 STOP")
    transaction = chain.build(HERE)
    trace = chain.trace(transaction, "callTracer", withLog=True)
    assert trace["logs"] == [
        {"address": text(HERE), "topics": [], "data": "0x", "index": "0x0", "position": "0x0"},
        {"address": text(HERE), "topics": [WORD(7)], "data": "0x00", "index": "0x1", "position": "0x1"},
    ]
    assert "logs" not in trace["calls"][0]
    assert "logs" not in chain.trace(transaction, "callTracer")
    top = chain.trace(transaction, "callTracer", withLog=True, onlyTopCall=True)
    assert [log["position"] for log in top["logs"]] == ["0x0", "0x0"]


def test_self_destruction_is_a_call(chain: Chain) -> None:
    put(chain, HERE, f"PUSH20 {THERE.hex()} SELFDESTRUCT", balance=5)
    (frame,) = chain.trace(chain.build(HERE), "callTracer")["calls"]
    assert frame == {
        "type": "SELFDESTRUCT",
        "from": text(HERE),
        "to": text(THERE),
        "gas": "0x0",
        "gasUsed": "0x0",
        "input": "0x",
        "value": "0x5",
    }


def test_the_deepest_calls_are_traced(chain: Chain) -> None:
    put(chain, HERE, "PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ADDRESS GAS CALL STOP")
    trace = chain.trace(chain.build(HERE, gas_limit=16_000_000), "callTracer")
    depth = 0
    while "calls" in trace:
        (trace,) = trace["calls"]
        depth += 1
    assert depth > 300


# ---------------------------------------------------------------- flatCallTracer


def test_flat_calls_number_their_places(chain: Chain) -> None:
    put(chain, THERE, "PUSH0 PUSH0 REVERT")
    identity = "PUSH0 PUSH0 PUSH0 PUSH0 PUSH1 4 PUSH2 ffff STATICCALL"
    put(chain, HERE, f"{identity} {call('CALL', 'ffff', '0')} PUSH0 SELFDESTRUCT", balance=2)
    transaction = chain.build(HERE)
    frames = chain.trace(transaction, "flatCallTracer")
    assert [(frame["type"], frame["traceAddress"], frame["subtraces"]) for frame in frames] == [
        ("call", [], 2),
        ("call", [0], 0),
        ("suicide", [1], 0),
    ]
    assert frames[0]["transactionHash"] == "0x" + transaction.hash.hex()
    assert frames[0]["blockNumber"] == 1
    assert frames[1]["error"] == "execution reverted"
    assert frames[1]["result"] == {"gasUsed": hex(4), "output": "0x"}
    assert frames[2]["action"] == {
        "address": text(HERE),
        "balance": "0x2",
        "refundAddress": text(Address(bytes(20))),
    }
    parity = chain.trace(transaction, "flatCallTracer", convertParityErrors=True, includePrecompiles=True)
    assert [frame["traceAddress"] for frame in parity] == [[], [0], [1], [2]]
    assert parity[2]["error"] == "Reverted"


def test_located_traces_know_their_block() -> None:
    frame = {"traceAddress": [], "transactionPosition": 0, "blockHash": None}
    block = Hash32(b"\x01" * 32)
    placed = {"traceAddress": [], "transactionPosition": 3, "blockHash": "0x" + "01" * 32}
    assert locate([frame], block, 3) == [placed]
    assert locate({"flatCallTracer": [frame], "noopTracer": {}}, block, 3) == {
        "flatCallTracer": [placed],
        "noopTracer": {},
    }
    untouched = {"structLogs": [{"pc": 0}], "gas": 1}
    assert locate(untouched, block, 3) == untouched


# ---------------------------------------------------------------- prestateTracer


def test_the_prestate_is_all_that_the_transaction_reads(chain: Chain) -> None:
    source = f"PUSH1 1 SLOAD POP PUSH1 8 PUSH1 2 SSTORE PUSH20 {THERE.hex()} BALANCE STOP"
    put(chain, HERE, source, storage={1: 7, 3: 9})
    chain.ledger.put(THERE, balance=4)
    before = chain.ledger.account(SENDER)
    assert before is not None
    transaction = chain.build(HERE, value=Wei(1))
    code = "0x" + assemble(source).hex()
    storage = {WORD(1): WORD(7), WORD(2): WORD(0)}
    assert chain.trace(transaction, "prestateTracer") == {
        text(HERE): {"balance": "0x0", "nonce": 1, "code": code, "storage": storage},
        text(THERE): {"balance": "0x4"},
        CALLER: {"balance": hex(before.balance)},
    }
    bare = chain.trace(transaction, "prestateTracer", disableCode=True, disableStorage=True)
    assert bare[text(HERE)] == {"balance": "0x0", "nonce": 1}
    empty = chain.trace(transaction, "prestateTracer", includeEmpty=True)
    assert empty[text(Address(bytes(20)))] == {"balance": "0x0"}


def test_the_difference_holds_what_changed_and_nothing_else(chain: Chain) -> None:
    put(
        chain,
        HERE,
        "PUSH1 1 SLOAD POP PUSH0 PUSH1 1 SSTORE PUSH1 8 PUSH1 2 SSTORE PUSH1 3 SLOAD STOP",
        storage={1: 7, 3: 9},
    )
    transaction = chain.build(HERE)
    diff = chain.trace(transaction, "prestateTracer", diffMode=True)
    execution, result = chain.execute(transaction)
    assert diff["pre"][text(HERE)]["storage"] == {WORD(1): WORD(7)}
    assert diff["post"][text(HERE)] == {"storage": {WORD(2): WORD(8)}}
    after = execution.changes.accounts[SENDER]
    assert after is not None
    assert diff["post"][CALLER] == {"balance": hex(after.balance), "nonce": 1}
    assert set(diff["pre"]) == set(diff["post"]) == {text(HERE), CALLER}
    assert result.failure is None


def test_what_is_created_is_only_in_the_post_state(chain: Chain) -> None:
    # PUSH1 0 PUSH1 0 RETURN... as init code: one zero byte of code is deployed.
    transaction = chain.build(None, assemble("PUSH1 1 PUSH0 SSTORE PUSH1 1 PUSH0 RETURN"))
    made = chain.execute(transaction)[1].contract_address
    assert made is not None
    diff = chain.trace(transaction, "prestateTracer", diffMode=True)
    assert text(made) not in diff["pre"]
    assert diff["post"][text(made)] == {"nonce": 1, "code": "0x00", "storage": {WORD(0): WORD(1)}}
    assert text(made) not in chain.trace(transaction, "prestateTracer")


def test_a_reverted_transaction_changes_only_its_sender(chain: Chain) -> None:
    put(chain, HERE, "PUSH1 1 PUSH0 SSTORE PUSH0 PUSH0 REVERT")
    diff = chain.trace(chain.build(HERE), "prestateTracer", diffMode=True)
    assert set(diff["pre"]) == set(diff["post"]) == {CALLER}
    assert chain.trace(chain.build(HERE), "prestateTracer")[text(HERE)]["storage"] == {WORD(0): WORD(0)}


def test_authorities_and_what_they_delegate_to_are_in_the_prestate(chain: Chain) -> None:
    put(chain, THERE, "STOP")
    key = keccak256(b"authority")
    authorization = sign_authorization(CHAIN_ID, THERE, 0, key)
    assert authorization.authority is not None
    chain.ledger.put(authorization.authority, balance=5)
    transaction = chain.build(authorization.authority, type=SET_CODE, authorizations=(authorization,))
    pre = chain.trace(transaction, "prestateTracer")
    assert pre[text(authorization.authority)] == {"balance": "0x5"}
    diff = chain.trace(transaction, "prestateTracer", diffMode=True)
    assert diff["post"][text(authorization.authority)] == {"nonce": 1, "code": "0xef0100" + THERE.hex()}


# ---------------------------------------------------------------- the others


def test_selectors_are_counted_with_the_size_of_their_data(chain: Chain) -> None:
    put(chain, THERE, "STOP")
    # Four bytes of data (zeros), twice; and once to a precompile, which does not count.
    twice = f"PUSH0 PUSH0 PUSH1 6 PUSH0 PUSH20 {THERE.hex()} PUSH2 ffff STATICCALL " * 2
    put(chain, HERE, twice + "PUSH0 PUSH0 PUSH1 6 PUSH0 PUSH1 4 PUSH2 ffff STATICCALL STOP")
    trace = chain.trace(chain.build(HERE, b"\xaa\xbb\xcc\xdd\xee"), "4byteTracer")
    assert trace == {"0x00000000-2": 2, "0xaabbccdd-1": 1}


def test_a_mux_gives_what_each_tracer_alone_gives(chain: Chain) -> None:
    put(chain, HERE, "PUSH0 PUSH0 LOG0 PUSH1 1 PUSH0 SSTORE STOP")
    transaction = chain.build(HERE, b"\x01\x02\x03\x04")
    config: dict[str, Any] = {
        "callTracer": {"withLog": True},
        "prestateTracer": {"diffMode": True},
        "4byteTracer": None,
        "noopTracer": {},
        "muxTracer": {"flatCallTracer": {}},
    }
    trace = chain.trace(transaction, "muxTracer", **config)
    assert trace == {name: chain.trace(transaction, name, **(inner or {})) for name, inner in config.items()}
    assert trace["noopTracer"] == {}


@pytest.mark.parametrize("name", [*TRACERS, ""])
def test_traces_are_json_and_change_nothing(chain: Chain, name: str) -> None:
    put(chain, HERE, f"PUSH1 1 PUSH0 SSTORE {call('CALL', 'ffff', '0')} STOP")
    transaction = chain.build(HERE)
    assert json.loads(json.dumps(chain.trace(transaction, name))) == chain.trace(transaction, name)
    traced, result = chain.execute(transaction, TraceSpec(name))
    plain, other = chain.execute(transaction)
    assert traced.changes == plain.changes
    assert (result.gas_used, result.logs, result.output) == (other.gas_used, other.logs, other.output)


@pytest.mark.parametrize(
    ("tracer", "config", "message"),
    [
        ("nosuchTracer", {}, "unknown tracer 'nosuchTracer'; built in are callTracer"),
        ("{step: function() {}}", {}, "JavaScript tracers are not supported"),
        ("callTracer", {"withLog": 1}, "callTracer: withLog is true or false"),
        ("prestateTracer", {"diffMode": "yes"}, "prestateTracer: diffMode"),
        ("", {"limit": -1}, "struct logger: limit"),
        ("", {"enableMemory": "x"}, "struct logger: enableMemory"),
        ("muxTracer", {"callTracer": 5}, "muxTracer: the config of 'callTracer'"),
        ("muxTracer", {"nosuchTracer": {}}, "unknown tracer"),
        ("muxTracer", {"muxTracer": {"muxTracer": {"muxTracer": {"muxTracer": {}}}}}, "nested too deeply"),
    ],
)
def test_bad_requests_say_what_is_wrong(
    chain: Chain, tracer: str, config: dict[str, Any], message: str
) -> None:
    put(chain, HERE, "STOP")
    with pytest.raises(ValueError, match=message):
        chain.trace(chain.build(HERE), tracer, **config)


def test_only_the_asked_transaction_is_traced(chain: Chain) -> None:
    put(chain, HERE, "STOP")
    pair = [chain.build(HERE), chain.build(HERE, nonce=1)]
    mode = Mode(trace=TraceSpec("callTracer"), trace_only=1)
    first, second = chain.engine.execute(RULES, chain.env, pair, chain.ledger, mode).results
    assert not isinstance(first, Exception)
    assert not isinstance(second, Exception)
    assert first.trace is None
    assert second.trace["to"] == text(HERE)


def test_coverage_counts_instructions_and_ways_of_jumps(chain: Chain) -> None:
    # Twice round: 0 PUSH1 2, 2 JUMPDEST, 3 PUSH1 1, 5 SWAP1, 6 SUB, 7 DUP1, 8 PUSH1 2, 10 JUMPI, 11 STOP
    put(chain, HERE, "PUSH1 2 JUMPDEST PUSH1 1 SWAP1 SUB DUP1 PUSH1 2 JUMPI STOP")
    trace = chain.trace(chain.build(HERE), "coverageTracer")
    looped = [number for pc in (2, 3, 5, 6, 7, 8, 10) for number in (pc, 2)]
    assert trace == [
        {
            "code": text(assemble("PUSH1 2 JUMPDEST PUSH1 1 SWAP1 SUB DUP1 PUSH1 2 JUMPI STOP")),
            "isCreation": False,
            "counts": [0, 1, *looped, 11, 1],
            "branches": [10, 1, 1],
        }
    ]


def test_coverage_keeps_codes_and_init_code_apart(chain: Chain) -> None:
    put(chain, THERE, "PUSH0 POP STOP")
    # Calls the other one twice, then creates from six bytes of init code.
    twice = f"{call('CALL', 'ffff', '0')} POP " * 2
    init = "PUSH6 5f5f5f5f5f00 PUSH0 MSTORE PUSH1 6 PUSH1 1a PUSH0 CREATE STOP"
    put(chain, HERE, twice + init)
    trace = chain.trace(chain.build(HERE), "coverageTracer")
    assert [(entry["isCreation"], entry["counts"][:4]) for entry in trace] == [
        (False, [0, 1, 2, 1]),
        (False, [0, 2, 1, 2]),
        (True, [0, 1, 1, 1]),
    ]
    assert trace[2]["code"] == "0x5f5f5f5f5f00"
