"""Steps one by one, beside their source: what the node's struct logger tells, in pages."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.rpc.server import RpcServer, ServerOptions
from tests.cli.process import zero
from tests.debugging.chain import Deployments, LocalZone
from tests.debugging.compiling import Compiled, compiled
from zero_sdk.debugging.execution import fetch_execution
from zero_sdk.debugging.opcodes import Page, fetch_page, page_lines
from zero_sdk.debugging.sources import Sources


@pytest.fixture(scope="module")
def code() -> Compiled:
    return compiled("Calls.sol")


@pytest.fixture(scope="module")
def made(code: Compiled) -> Deployments:
    return Deployments(LocalZone(), code)


@pytest.fixture(scope="module")
def worked(made: Deployments) -> str:
    """A transaction that creates, calls and logs."""
    data = made.compiled.selector("Calls", "work(uint256)") + f"{5:064x}"
    return made.zone.send(made.address("Calls"), data)


def everything(made: Deployments, transaction: str, **options: Any) -> Page:
    return fetch_page(made.zone, transaction, made.compiled.sources, 0, 100_000, **options)


def test_steps_are_those_of_the_node(made: Deployments, worked: str) -> None:
    told = made.zone.rpc("debug_traceTransaction", worked, {})["structLogs"]
    page = everything(made, worked, stack=True)
    assert page.total == len(page.steps) == len(told)
    for step, log in zip(page.steps, told, strict=True):
        shown = (step.pc, step.opcode, step.depth, step.gas, step.cost, list(reversed(step.stack)))
        assert shown == (log["pc"], log["op"], log["depth"], log["gas"], log["gasCost"], log["stack"])


def test_what_is_pushed_is_what_lies_on_the_stack_next(made: Deployments, worked: str) -> None:
    steps = everything(made, worked, stack=True).steps
    pushes = 0
    for step, after in pairwise(steps):
        if step.operand:
            pushes += 1
            assert int(step.operand, 16) == int(after.stack[0], 16)
            assert len(step.operand) == 2 + 2 * int(step.opcode.removeprefix("PUSH"))
    assert pushes > 100


def test_each_frames_steps_lie_in_the_contract_whose_code_runs(made: Deployments, worked: str) -> None:
    steps = everything(made, worked).steps
    root = fetch_execution(made.zone, worked).root
    sizes = [len(frame.pcs) for frame in root.walk()]
    names = {frame.depth: set() for frame in steps}
    for step in steps:
        names[step.depth].add(step.contract)
    assert names == {1: {"Calls"}, 2: {"Helper"}}
    assert sum(sizes) == len(steps)
    text = made.compiled.text.splitlines()
    for step in steps:
        if step.place is not None:
            assert step.place.is_exact
            assert text[step.place.line - 1] == step.place.text


def test_the_last_steps_of_a_failure_lie_on_the_lines_that_failed(made: Deployments) -> None:
    failed = made.zone.send(made.address("Calls"), made.compiled.selector("Calls", "fails()"))
    steps = everything(made, failed).steps
    inner, outer = (step for step in steps if step.opcode == "REVERT")
    assert (inner.depth, outer.depth, outer) == (2, 1, steps[-1])
    assert inner.place is not None
    assert "TooMuch" in inner.place.text
    assert outer.place is not None
    assert outer.place.text.strip() == "helper.limit(2);"


def test_code_that_nobody_knows_has_no_source(made: Deployments, worked: str) -> None:
    page = fetch_page(made.zone, worked, Sources(), 0, 10)
    assert [step.place for step in page.steps] == [None] * 10
    assert next(page_lines(page)) == "> unknown code, no source"


@given(first=st.integers(0, 3000), count=st.integers(1, 500))
@settings(max_examples=15, deadline=None)
def test_pages_are_pieces_of_the_whole(made: Deployments, worked: str, first: int, count: int) -> None:
    whole = everything(made, worked)
    page = fetch_page(made.zone, worked, made.compiled.sources, first, count)
    assert page.total == whole.total
    assert page.steps == whole.steps[first : first + count]


def test_the_command_shows_pages(made: Deployments, worked: str, code: Compiled, tmp_path: Path) -> None:
    source = {"language": "Solidity", "sources": {"Calls.sol": {"content": code.text}}}
    document = {"solcVersion": "0.8.37", "input": source, "output": code.output}
    (tmp_path / "one.json").write_text(json.dumps(document), encoding="utf-8")
    whole = everything(made, worked, stack=True)
    with RpcServer(made.zone.network, ServerOptions(port=0)) as server:
        asked = ("trace", worked, "--opcodes", "--artifacts", ".", "--url", f"http://127.0.0.1:{server.port}")
        shown = zero(*asked, folder=tmp_path)
        more = zero(*asked, "--first", "200", "--count", "3", "--stack", "--json", folder=tmp_path)
        beyond = zero(*asked, "--first", str(whole.total), folder=tmp_path)
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0].startswith("> Calls  Calls.sol:")
    assert [line.split()[2] for line in lines if not line.startswith(">")] == [
        step.opcode for step in whole.steps[:200]
    ]
    assert f"steps 0 to 199 of {whole.total}; `--first 200` goes on" in shown.err
    document = json.loads(more.out)
    assert document["total"] == whole.total
    assert [step["stack"] for step in document["steps"]] == [list(one.stack) for one in whole.steps[200:203]]
    assert (beyond.out, beyond.err) == ("", f"there are {whole.total} steps\n")
