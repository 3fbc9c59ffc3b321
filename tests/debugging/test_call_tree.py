"""Call trees: names, values, events and console.log in order, on this network and on Anvil."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from devnet.rpc.server import RpcServer, ServerOptions
from tests.cli.process import zero
from tests.debugging.chain import Deployments, LocalZone
from tests.debugging.compiling import Compiled, compiled
from tests.execution.tracers.anvil import Anvil, start_anvil
from zero_sdk.debugging.call_tree import CallNode, ConsoleNode, EventNode, call_tree
from zero_sdk.debugging.rendering import TreeOptions, render_trace, render_tree
from zero_sdk.debugging.sources import Sources
from zero_sdk.debugging.stack_trace import stack_trace
from zero_sdk.debugging.tracing_json import call_json


@pytest.fixture(scope="module")
def code() -> Compiled:
    return compiled("Calls.sol")


@pytest.fixture
def made(code: Compiled) -> Deployments:
    return Deployments(LocalZone(), code)


def run(made: Deployments, signature: str, *words: int) -> CallNode:
    data = made.compiled.selector("Calls", signature) + "".join(f"{word:064x}" for word in words)
    return call_tree(made.zone, made.zone.send(made.address("Calls"), data), made.compiled.sources)


def test_a_tree_tells_arguments_results_events_and_console_in_order(made: Deployments) -> None:
    root = run(made, "work(uint256)", 5)
    assert (root.contract, root.function) == ("Calls", "work")
    assert [(value.name, value.type, value.text) for value in root.arguments] == [("count", "uint256", "5")]
    kinds = [type(node).__name__ for node in root.inside]
    assert kinds == ["ConsoleNode", "EventNode", "CallNode", "CallNode", "EventNode", "ConsoleNode"]
    started, first, second, done = root.inside[1:5]
    assert isinstance(started, EventNode)
    assert isinstance(done, EventNode)
    assert isinstance(first, CallNode)
    assert isinstance(second, CallNode)
    assert (started.name, started.arguments[0].text) == ("Started", "5")
    assert (first.kind, first.contract, first.function) == ("CREATE", "Helper", "constructor")
    assert [value.text for value in first.arguments] == ["7"]
    assert (second.contract, second.function, second.returns[0].text) == ("Helper", "twice", "10")
    assert done.arguments[0].text.startswith("Helper(0x")
    assert [node.text for node in root.inside if isinstance(node, ConsoleNode)] == ["begin 5", "end true"]


def test_calls_know_where_in_the_source_they_were_made(made: Deployments) -> None:
    root = run(made, "work(uint256)", 5)
    lines = made.compiled.text.splitlines()
    for call in root.calls:
        assert call.site is not None
        expected = "new Helper" if call.kind == "CREATE" else "helper.twice"
        assert expected in lines[call.site.line - 1]


def test_failures_that_were_caught_are_shown(made: Deployments) -> None:
    root = run(made, "caught()")
    assert root.error is None
    (failed,) = [call for call in root.calls if call.error is not None]
    assert failed.error == "reverted with TooMuch(have: 1, most: 0)"


def test_a_tree_is_bounded(made: Deployments) -> None:
    root = run(made, "recursion(uint256)", 30)
    shown = render_tree(root, options=TreeOptions(depth=4))
    assert len(shown.splitlines()) == 5
    assert "27 deeper" in shown
    few = render_tree(root, options=TreeOptions(nodes=10))
    assert few.splitlines()[-1] == "… 21 more lines"


def test_text_and_json_say_the_same(made: Deployments) -> None:
    root = run(made, "work(uint256)", 5)
    text = render_tree(root, options=TreeOptions(gas=True, source=True))
    first, *rest = text.splitlines()
    assert first == f"Calls.work(count: 5) → result: 10 [{root.gas_used:,} gas]"
    assert rest[0] == "├─ console.log begin 5"
    assert rest[1] == "├─ event Started(count: 5)"
    assert rest[2].startswith("├─ new Helper(factor_: 7) [")
    assert rest[-1] == "└─ console.log end true"
    document = json.loads(json.dumps(call_json(root)))
    assert [node["kind"] for node in document["inside"]] == [
        "console",
        "event",
        "CREATE",
        "STATICCALL",
        "event",
        "console",
    ]


def test_unknown_contracts_are_shown_by_address_and_selector(made: Deployments) -> None:
    data = made.compiled.selector("Calls", "work(uint256)") + f"{5:064x}"
    sent = made.zone.send(made.address("Calls"), data)
    root = call_tree(made.zone, sent, Sources())
    assert root.contract is None
    assert root.function == data[:10]
    assert root.data == "0x" + data[10:]


# ---------------------------------------------------------------- other nodes


class AnvilZone:
    """Anvil's zone, as the tools ask one."""

    def __init__(self, anvil: Anvil) -> None:
        self._anvil = anvil
        self.sender: str = anvil.ask("eth_accounts")[0]

    def rpc(self, method: str, *params: Any) -> Any:
        return self._anvil.ask(method, *params)

    def send(self, to: str | None, data: str, value: int = 0, gas: int = 3_000_000) -> str:
        request = {"from": self.sender, "data": data, "value": hex(value), "gas": hex(gas)}
        if to is not None:
            request["to"] = to
        hash_ = str(self.rpc("eth_sendTransaction", request))
        # Anvil mines at once, and beside the answer.
        for _ in range(600):
            if self.receipt(hash_) is not None:
                return hash_
            time.sleep(0.05)
        raise AssertionError("anvil did not mine the transaction")

    def receipt(self, hash_: str) -> Any:
        return self.rpc("eth_getTransactionReceipt", hash_)


@pytest.fixture(scope="module")
def anvil() -> Iterator[AnvilZone]:
    with start_anvil() as running:
        yield AnvilZone(running)


@pytest.mark.clients
def test_anvil_gives_the_same_tree_and_stack_trace(anvil: AnvilZone, code: Compiled) -> None:
    trees, traces = [], []
    for zone in (anvil, LocalZone()):
        made = Deployments(zone, code)
        address = made.address("Calls")
        tree = call_tree(
            zone, zone.send(address, code.selector("Calls", "work(uint256)") + f"{5:064x}"), code.sources
        )
        trees.append(render_tree(tree, options=TreeOptions(source=True)))
        failed = zone.send(address, code.selector("Calls", "fails()"))
        traces.append(render_trace(stack_trace(zone, failed, code.sources)))
    assert trees[0] == trees[1]
    assert traces[0] == traces[1]
    assert traces[0].startswith("reverted with TooMuch(have: 2, most: 0)\n    at Helper.limit (Calls.sol:")


# ---------------------------------------------------------------- zero trace


def test_the_command_shows_the_tree_and_the_stack_trace(
    made: Deployments, code: Compiled, tmp_path: Any
) -> None:
    info = tmp_path / "build-info"
    info.mkdir()
    source = {"language": "Solidity", "sources": {"Calls.sol": {"content": code.text}}}
    document = {"solcVersion": "0.8.37", "input": source, "output": code.output}
    (info / "one.json").write_text(json.dumps(document), encoding="utf-8")
    sent = made.zone.send(made.address("Calls"), code.selector("Calls", "fails()"))
    with RpcServer(made.zone.network, ServerOptions(port=0)) as server:
        url = f"http://127.0.0.1:{server.port}"
        shown = zero("trace", sent, "--url", url, "--artifacts", str(tmp_path), folder=tmp_path)
        as_json = zero("trace", sent, "--url", url, "--artifacts", "build-info", "--json", folder=tmp_path)
        unknown = zero("trace", "0x" + "11" * 32, "--url", url, folder=tmp_path)
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0] == "Calls.fails() ✗ reverted with TooMuch(have: 2, most: 0)"
    assert any(line.startswith("    at Calls.fails (Calls.sol:") for line in lines)
    assert json.loads(as_json.out)["failure"]["frames"][0]["function"] == "limit"
    assert unknown.code == 1
    assert "ZERO-2201" in unknown.err
