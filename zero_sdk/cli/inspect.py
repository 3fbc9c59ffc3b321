"""`zero inspect`: what a contract consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import OFFLINE

if TYPE_CHECKING:
    from zero_sdk.compile import Build, ContractArtifact
    from zero_sdk.inspecting.tables import Table
    from zero_sdk.project import Project

VIEWS = {
    "abi": "the ABI as declarations; as JSON with --json",
    "selectors": "functions by selector",
    "events": "events by topic",
    "errors": "custom errors by selector",
    "layout": "storage: slots, offsets, packing",
    "sizes": "code sizes beside the limits",
    "bytecode": "the code that creates it",
    "runtime": "the deployed code",
    "source-map": "the deployed code, instruction by instruction, with its source",
    "ir": "the compiler's intermediate code",
}


def inspect(
    contract: Annotated[
        str | None,
        typer.Argument(
            metavar="[CONTRACT]",
            help="Its name, or contracts/Token.sol:Token. Without one: all contracts and their sizes.",
            show_default=False,
        ),
    ] = None,
    what: Annotated[
        str | None, typer.Argument(metavar="[WHAT]", help=f"One of {', '.join(VIEWS)}.", show_default=False)
    ] = None,
    offline: OFFLINE = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a contract consists of, compiled as it is now.

    Without WHAT: sizes, functions, events, errors and storage. Into a pipe, tables go as lines with tabs
    between the columns.
    """
    from zero_sdk.project import find_project

    if what is not None:
        _check(what)
    project = find_project()
    build = _build(project, offline)
    if contract is None:
        _all(build, json)
        return
    artifact = build.artifact(contract)
    if what in _TEXTS:
        _text(what, _TEXTS[what](project, artifact, offline), json)
    elif json:
        _print_json(what, artifact)
    else:
        from zero_sdk.inspecting.tables import show

        show(_tables(what, artifact))


def _check(what: str) -> None:
    import difflib

    from zero_sdk.errors import Problem, ZeroError

    if what not in VIEWS:
        near = difflib.get_close_matches(what, VIEWS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(VIEWS)}"
        raise ZeroError(Problem.BAD_VALUE, f"WHAT: {what!r} is nothing that can be shown", hint)


def _build(project: Project, offline: bool) -> Build:
    from zero_sdk.cli.steps import Steps
    from zero_sdk.compile import compile_project

    with Steps() as steps:
        return compile_project(project, offline=offline, progress=steps.show)


def _all(build: Build, json: bool) -> None:
    from zero_sdk.cli.output import result_json
    from zero_sdk.inspecting.sizes import sizes
    from zero_sdk.inspecting.tables import show, sizes_table

    found = [(artifact, sizes(artifact)) for artifact in build.artifacts]
    if json:
        result_json([{"contract": artifact.qualified_name, **asdict(size)} for artifact, size in found])
        return
    # The largest first: those are who one looks for.
    with_code = sorted((pair for pair in found if pair[1].creation), key=lambda pair: -pair[1].runtime)
    show([sizes_table((artifact.qualified_name, size) for artifact, size in with_code)])


# ---------------------------------------------------------------- texts


def _ir(project: Project, artifact: ContractArtifact, offline: bool) -> str:
    from zero_sdk.inspecting.ir import intermediate_code

    return intermediate_code(project, artifact, offline=offline)


_TEXTS: dict[str | None, Callable[[Project, ContractArtifact, bool], str]] = {
    "bytecode": lambda project, artifact, offline: f"0x{artifact.creation.object}",
    "runtime": lambda project, artifact, offline: f"0x{artifact.runtime.object}",
    "ir": _ir,
}


def _text(what: str | None, text: str, json: bool) -> None:
    from zero_sdk.cli.output import result, result_json

    if json:
        result_json({what: text})
    else:
        result(text)


# ---------------------------------------------------------------- rows


def _print_json(what: str | None, artifact: ContractArtifact) -> None:
    from zero_sdk.cli.output import result_json

    if what is not None:
        result_json(_rows(what, artifact))
        return
    document = {"contract": artifact.qualified_name, "compiler": _compiler(artifact)}
    document |= {view: _rows(view, artifact) for view in ("sizes", "selectors", "events", "errors", "layout")}
    result_json(document)


def _rows(what: str, artifact: ContractArtifact) -> Any:
    """A view as JSON."""
    from zero_sdk.inspecting import interface
    from zero_sdk.inspecting.instructions import instructions
    from zero_sdk.inspecting.layout import variables
    from zero_sdk.inspecting.sizes import sizes

    match what:
        case "abi":
            return list(artifact.abi)
        case "selectors":
            return [asdict(row) for row in interface.functions(artifact)]
        case "events":
            return [asdict(row) for row in interface.events(artifact)]
        case "errors":
            return [asdict(row) for row in interface.errors(artifact)]
        case "layout":
            return [asdict(variable) for variable in variables(artifact.storage_layout)]
        case "sizes":
            found = sizes(artifact)
            left = {"runtime_left": found.runtime_left, "creation_left": found.creation_left}
            return {**asdict(found), **left}
    return [asdict(instruction) for instruction in instructions(artifact)]


def _compiler(artifact: ContractArtifact) -> str:
    return f"{artifact.compiler.name} {artifact.compiler.version}"


def _tables(what: str | None, artifact: ContractArtifact) -> list[Table]:
    """A view for a person; several where none is named."""
    from zero_sdk.inspecting import interface
    from zero_sdk.inspecting.instructions import instructions
    from zero_sdk.inspecting.layout import slots, variables
    from zero_sdk.inspecting.sizes import sizes
    from zero_sdk.inspecting.tables import Table, layout_table, packing_table, sizes_table

    title = artifact.qualified_name
    match what:
        case "abi":
            lines = [[interface.declaration(entry)] for entry in artifact.abi]
            return [Table(title, ("declaration",), lines)]
        case "selectors":
            functions = [
                [row.selector, row.signature, row.returns, row.mutability]
                for row in interface.functions(artifact)
            ]
            return [Table("Functions", ("selector", "function", "returns", "mutability"), functions)]
        case "events":
            events = [[row.topic or "(anonymous)", row.declaration] for row in interface.events(artifact)]
            return [Table("Events", ("topic", "event"), events)]
        case "errors":
            errors = [[row.selector, row.declaration] for row in interface.errors(artifact)]
            return [Table("Errors", ("selector", "error"), errors)]
        case "layout":
            found = variables(artifact.storage_layout)
            return [layout_table(found), packing_table(found, slots(found))]
        case "sizes":
            return [sizes_table([(artifact.name, sizes(artifact))], f"{title}, {_compiler(artifact)}")]
        case "source-map":
            rows = [
                [step.pc, f"{step.name} {step.argument}".rstrip(), step.jump, _place(step), step.text]
                for step in instructions(artifact)
            ]
            return [Table(title, ("pc", "instruction", "jump", "source", "text"), rows, frozenset({"pc"}))]
    views = ("sizes", "selectors", "events", "errors", "layout")
    return [table for view in views for table in _tables(view, artifact) if table.rows]


def _place(step: Any) -> str:
    return f"{step.source}:{step.line}:{step.column}" if step.source else ""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("inspect", cls=GroupedCommand, context_settings=CONTEXT)(inspect)
