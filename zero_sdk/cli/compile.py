"""`zero compile`: the project's contracts become artifacts."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import OFFLINE

if TYPE_CHECKING:
    from zero_sdk.compile import Build, Diagnostic
    from zero_sdk.project import Project


def compile_command(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILES]...",
            help="Only these files and what they import, by path or by the name in an import.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Compile what has not changed, too.")] = False,
    offline: OFFLINE = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and compile whenever a source changes. Ctrl-C ends it.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print what was compiled as JSON, errors and warnings too.")
    ] = False,
) -> None:
    """Compile the project's contracts into its build folder.

    Compilers are got where they are missing. What has not changed since the last time is not compiled again.
    """
    from zero_sdk.project import find_project

    project = find_project()
    if watch:
        _watch(project, files or [], force, offline, json)
    else:
        _compile(project, files or [], force, offline, json)


def _watch(project: Project, files: list[str], force: bool, offline: bool, json: bool) -> None:
    """Errors do not end it: the next change may repair them."""
    from zero_sdk.cli.output import report, say
    from zero_sdk.compile.watching import changes
    from zero_sdk.errors import ZeroError

    with contextlib.suppress(KeyboardInterrupt):
        for count, _ in enumerate(changes(project)):
            try:
                # zero.toml may be what has changed.
                current = project if count == 0 else type(project).open(project.root)
                _compile(current, files, force and count == 0, offline, json)
            except ZeroError as error:
                report(error)
            if count == 0:
                say("watching for changes; Ctrl-C ends it")


def _compile(project: Project, files: list[str], force: bool, offline: bool, json: bool) -> None:
    from zero_sdk.cli.output import result_json
    from zero_sdk.cli.steps import Steps
    from zero_sdk.compile import CompileError, compile_project

    try:
        with Steps() as steps:
            paths: list[str | Path] = [Path(file) if Path(file).is_file() else file for file in files]
            build = compile_project(project, files=paths, force=force, offline=offline, progress=steps.show)
    except CompileError as error:
        if json:
            result_json({"contracts": [], "diagnostics": [said.as_json() for said in error.diagnostics]})
        else:
            _print_diagnostics(project, error.diagnostics)
        # Everything has been said; the message would say it again without colours.
        error.message = error.summary
        raise
    if json:
        result_json(_document(build))
    else:
        _print_diagnostics(project, build.warnings)
        _print_summary(project, build)


def _print_diagnostics(project: Project, diagnostics: Sequence[Diagnostic]) -> None:
    """All errors, and the warnings about the project's own files: those of packages are others' business."""
    import sys

    from zero_sdk.cli.output import Paint, say
    from zero_sdk.compile.languages import source_tree

    paint = Paint.for_stream(sys.stderr)
    tree = source_tree(project)
    for said in diagnostics:
        if said.severity == "error" or not said.source or not tree.is_package(said.source):
            say(said.render(paint) + "\n")


def _print_summary(project: Project, build: Build) -> None:
    from zero_sdk.cli.output import say
    from zero_sdk.cli.words import count_of

    contracts = count_of(len(build.names), "contract")
    if build.taken_from is not None:
        say(f"compilers or imports are missing here: {contracts} taken from {build.taken_from}")
        return
    if not build.compiled:
        say(f"nothing has changed: {contracts} in {project.config.paths.build}/")
        return
    compilers = sorted({f"{one.compiler} {one.version.partition('+')[0]}" for one in build.compilations})
    say(f"{contracts} in {project.config.paths.build}/, compiled by {', '.join(compilers)}")


def _document(build: Build) -> dict[str, Any]:
    return {
        "compiled": build.compiled,
        "contracts": [
            {
                "name": artifact.name,
                "source": artifact.source_name,
                "compiler": f"{artifact.compiler.name} {artifact.compiler.version}",
                "creationSize": artifact.creation.size,
                "runtimeSize": artifact.runtime.size,
                "buildId": artifact.build_id,
            }
            for artifact in build.artifacts
        ],
        "diagnostics": [warning.as_json() for warning in build.warnings],
    }


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("compile", cls=GroupedCommand, context_settings=CONTEXT)(compile_command)
