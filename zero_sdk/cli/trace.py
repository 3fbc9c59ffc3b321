"""`zero trace`: what a transaction did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE
from zero_sdk.cli.target import NETWORK

if TYPE_CHECKING:
    from zero_sdk.debugging.execution import Rpc
    from zero_sdk.debugging.sources import Sources


def trace(
    transaction: Annotated[
        str, typer.Argument(metavar="TX", help="The transaction's hash.", show_default=False)
    ],
    url: URL = None,
    zone: ZONE = None,
    network: NETWORK = None,
    artifacts: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Build output with names and sources; repeatable.  [default: the project's]",
            show_default=False,
        ),
    ] = None,
    gas: Annotated[bool, typer.Option("--gas", help="Show the gas of each call.")] = False,
    source: Annotated[
        bool, typer.Option("--source", help="Show where in the source each call was made.")
    ] = False,
    depth: Annotated[
        int, typer.Option(metavar="N", help="Levels of calls that are shown.  [default: 32]", min=1)
    ] = 32,
    opcodes: Annotated[
        bool, typer.Option("--opcodes", help="Show the steps one by one, beside the source.")
    ] = False,
    first: Annotated[
        int, typer.Option(metavar="STEP", help="The first step that is shown.  [default: 0]", min=0)
    ] = 0,
    count: Annotated[
        int, typer.Option(metavar="N", help="How many steps are shown.  [default: 200]", min=1, max=100_000)
    ] = 200,
    stack: Annotated[
        bool, typer.Option("--stack", help="Show the stack before each step, its top first.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait.  [default: 30]", min=0.001)
    ] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the calls, events and console.log of a transaction, and where in the source it failed.

    Works with any node that has debug_traceTransaction (zero devnet, geth, anvil). Names and sources come
    from build output of this project, Foundry or Hardhat; without it calls are shown by their selectors.
    """
    import sys

    from zero_sdk.cli.output import Paint, result, result_json
    from zero_sdk.debugging.call_tree import tree_of
    from zero_sdk.debugging.execution import fetch_execution
    from zero_sdk.debugging.rendering import TreeOptions, render_trace, render_tree
    from zero_sdk.debugging.stack_trace import explain
    from zero_sdk.debugging.tracing_json import trace_json

    sources = _sources(artifacts)
    asked = _zone(url, zone, network, timeout)
    if opcodes:
        _print_steps(asked, transaction, sources, first, count, stack, json)
        return
    execution = fetch_execution(asked, transaction)
    tree = tree_of(execution, sources)
    failure = explain(execution, sources) if execution.root.is_failed else None
    if json:
        result_json(trace_json(tree, failure))
        return
    paint = Paint.for_stream(sys.stdout)
    result(render_tree(tree, paint, TreeOptions(depth=depth, gas=gas, source=source)))
    if failure is not None:
        result("\n" + render_trace(failure, paint))


def _print_steps(
    zone: Rpc, transaction: str, sources: Sources, first: int, count: int, stack: bool, json: bool
) -> None:
    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.debugging.opcodes import fetch_page, page_lines, step_json

    page = fetch_page(zone, transaction, sources, first, count, stack)
    if json:
        result_json({"total": page.total, "steps": [step_json(step) for step in page.steps]})
        return
    for line in page_lines(page):
        result(line)
    end = first + len(page.steps)
    if end < page.total:
        say(f"steps {first} to {end - 1} of {page.total}; `--first {end}` goes on")
    elif first >= page.total:
        say(f"there are {page.total} steps")


def _zone(url: str | None, zone: str | None, network: str | None, timeout: float) -> Rpc:
    """What is asked: a network of zero.toml, or an URL."""
    if network is not None:
        from zero_sdk.cli.target import open_target, project_here

        return open_target(project_here(), url, network, zone)[1]

    from zero_sdk.cli.call import call
    from zero_sdk.cli.endpoint import endpoint

    class Endpoint:
        where = endpoint(url, zone)

        def rpc(self, method: str, *parameters: Any) -> Any:
            return call(self.where, method, list(parameters), timeout)

    return Endpoint()


def _sources(folders: list[Path] | None) -> Sources:
    from zero_sdk.debugging.folder import read_folder
    from zero_sdk.debugging.sources import Sources

    if folders is None:
        return _project_sources()
    sources = Sources()
    for folder in folders:
        read_folder(folder, sources)
    return sources


def _project_sources() -> Sources:
    """The build of the project around the current folder; nothing where there is none."""
    from zero_sdk.compile.project_build import load_build
    from zero_sdk.debugging.sources import Sources
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.project.project import find_project

    try:
        return Sources.of(load_build(find_project()))
    except ZeroError as error:
        if error.problem not in (Problem.NO_PROJECT, Problem.NO_BUILD):
            raise
        return Sources()


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("trace", cls=GroupedCommand, context_settings=CONTEXT)(trace)
