"""What `zero inspect` knows about contracts that real compilers compiled."""

from __future__ import annotations

import json

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.compile.conftest import MakeProject, make_project  # noqa: F401 - a fixture
from zero_sdk.compile import ContractArtifact, compile_project
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.inspecting.instructions import instructions
from zero_sdk.inspecting.interface import declaration, errors, events, functions
from zero_sdk.inspecting.ir import intermediate_code
from zero_sdk.inspecting.layout import WORD, slots, variables
from zero_sdk.inspecting.sizes import sizes

VAULT = """\
pragma solidity ^0.8.20;
contract Base { address public owner; bool paused; uint64 public since; }
library Sums { function sum(uint256[] storage a) external view returns (uint256) { return a[0]; } }
contract Vault is Base {
    struct Order { uint128 amount; uint64 at; address by; bytes note; }
    mapping(address => uint256) public balances;
    uint8[70] small;
    Order last;
    uint256[] list;
    bool open; uint16 n;
    event Paid(address indexed who, uint256 amount, Order order);
    event Silent(uint256) anonymous;
    error TooLittle(uint256 have, uint256 want);
    receive() external payable {}
    function pay(Order calldata o) external payable returns (uint256, bytes memory) {
        if (msg.value < 5) revert TooLittle(msg.value, 5);
        emit Paid(msg.sender, msg.value, o);
        emit Silent(Sums.sum(list));
        return (msg.value, o.note);
    }
}
interface IEmpty { function nothing() external; }
"""


@pytest.fixture
def vault(make_project: MakeProject) -> ContractArtifact:  # noqa: F811
    return compile_project(make_project({"contracts/Vault.sol": VAULT})).artifact("Vault")


def test_functions_have_their_selectors(vault: ContractArtifact) -> None:
    found = {row.signature: row for row in functions(vault)}
    assert set(found) == {
        "balances(address)",
        "owner()",
        "since()",
        "pay((uint128,uint64,address,bytes))",
    }
    for signature, row in found.items():
        assert row.selector == "0x" + keccak(text=signature)[:4].hex()
    pay = found["pay((uint128,uint64,address,bytes))"]
    assert (pay.mutability, pay.returns) == ("payable", "uint256,bytes")


def test_a_librarys_functions_are_there_though_the_abi_cannot_say_them(make_project: MakeProject) -> None:  # noqa: F811
    library = compile_project(make_project({"contracts/Vault.sol": VAULT})).artifact("Sums")
    assert [row.signature for row in functions(library)] == ["sum(uint256[] storage)"]


def test_events_and_errors_have_topics_and_selectors(vault: ContractArtifact) -> None:
    paid, silent = sorted(events(vault), key=lambda row: row.signature)
    assert (silent.topic, silent.declaration) == ("", "event Silent(uint256) anonymous")
    assert paid.topic == "0x" + keccak(text=paid.signature).hex()
    assert paid.declaration.startswith("event Paid(address indexed who, uint256 amount, (uint128,")
    [error] = errors(vault)
    assert error.selector == "0x" + keccak(text="TooLittle(uint256,uint256)")[:4].hex()
    assert error.declaration == "error TooLittle(uint256 have, uint256 want)"


def test_every_element_of_an_abi_is_declared(vault: ContractArtifact) -> None:
    lines = [declaration(entry) for entry in vault.abi]
    assert "receive() external payable" in lines
    assert "function owner() external view returns (address)" in lines
    assert len(lines) == len(vault.abi)


def test_the_layout_shows_what_is_packed(vault: ContractArtifact) -> None:
    found = variables(vault.storage_layout)
    rows = [(item.name, item.slot, item.offset, item.size, item.slots, item.depth) for item in found]
    assert rows == [
        ("owner", 0, 0, 20, 1, 0),
        ("paused", 0, 20, 1, 1, 0),
        ("since", 0, 21, 8, 1, 0),
        ("balances", 1, 0, 32, 1, 0),
        ("small", 2, 0, 96, 3, 0),
        ("last", 5, 0, 96, 3, 0),
        ("last.amount", 5, 0, 16, 1, 1),
        ("last.at", 5, 16, 8, 1, 1),
        ("last.by", 6, 0, 20, 1, 1),
        ("last.note", 7, 0, 32, 1, 1),
        ("list", 8, 0, 32, 1, 0),
        ("open", 9, 0, 1, 1, 0),
        ("n", 9, 1, 2, 1, 0),
    ]
    picture = {slot.number: slot for slot in slots(found)}
    assert picture[0].bytes == (*["owner"] * 20, "paused", *["since"] * 8, None, None, None)
    assert picture[5].unused == 8
    assert picture[9].unused == 29
    assert sorted(picture) == [0, 1, 2, 4, 5, 6, 7, 8, 9]  # of an array's slots the first and the last


@given(st.integers(0, 10), st.integers(0, 31), st.integers(1, 400))
def test_a_variable_is_drawn_within_its_slots(slot: int, offset: int, size: int) -> None:
    size = min(size, WORD - offset) if offset else size
    layout = {
        "storage": [{"label": "x", "slot": str(slot), "offset": offset, "type": "t"}],
        "types": {"t": {"encoding": "inplace", "label": "t", "numberOfBytes": str(size)}},
    }
    [variable] = variables(layout)
    drawn = slots([variable])
    assert {part.number for part in drawn} <= set(range(slot, slot + variable.slots))
    assert drawn[0].number == slot
    assert drawn[-1].number == slot + variable.slots - 1
    if variable.slots <= 2:
        assert sum(WORD - part.unused for part in drawn) == size


def test_sizes_are_those_of_the_code_and_count_against_the_limits(make_project: MakeProject) -> None:  # noqa: F811
    big = "contract Big { bytes public constant B = hex'%s'; }" % ("ab" * 25_000)
    build = compile_project(make_project({"contracts/A.sol": VAULT, "contracts/Big.sol": big}))
    small, large, none = (sizes(build.artifact(name)) for name in ("Vault", "Big", "IEmpty"))
    assert small.runtime == len(build.artifact("Vault").runtime.object) // 2
    assert (small.fits, small.runtime_left) == (True, 24_576 - small.runtime)
    assert (large.fits, large.runtime_left < 0, large.creation_left > 0) == (False, True, True)
    assert (none.runtime, none.creation) == (0, 0)


def test_instructions_lead_to_lines(vault: ContractArtifact) -> None:
    found = list(instructions(vault))
    code = vault.runtime.object
    assert found[0].name == "PUSH1"
    assert [step.pc for step in found[:3]] == [0, 2, 4]
    for step in found:
        if step.argument and "__$" not in code:
            assert code[2 * step.pc + 2 :].startswith(step.argument.removeprefix("0x"))
    lines = VAULT.splitlines()
    assert any(step.text == "TooLittle(msg.value, 5)" for step in found)
    for step in found:
        if step.source:
            assert lines[step.line - 1][step.column - 1 :].startswith(step.text)


def test_the_intermediate_code_is_made_when_it_is_asked_for(make_project: MakeProject) -> None:  # noqa: F811
    project = make_project({"contracts/Vault.sol": VAULT, "contracts/V.vy": "x: public(uint256)\n"})
    build = compile_project(project)
    assert 'object "Vault' in intermediate_code(project, build.artifact("Vault"))
    assert isinstance(json.loads(intermediate_code(project, build.artifact("V"))), dict)
    with pytest.raises(ZeroError) as raised:
        intermediate_code(project, build.artifact("IEmpty"))
    assert raised.value.problem is Problem.NO_INTERMEDIATE_CODE
