"""`zero init`: a zero.toml for what is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand


def init(
    here: Annotated[
        bool,
        typer.Option(
            "--here", help="Write a zero.toml for the project of Foundry, Hardhat or Ape in this folder."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a zero.toml that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Bring an existing project under a zero.toml; nothing else is written or moved.

    Its folders, compiler settings and remappings are taken over. Commands then work on its contracts; where
    they cannot be compiled here, on what the other tool has built.
    """
    from zero_sdk.errors import Problem, ZeroError

    if not here:
        raise ZeroError(Problem.USAGE, "say what is to be made", "zero init --here")
    _here(Path.cwd(), force, json)


def _here(root: Path, force: bool, json: bool) -> None:
    from zero_sdk.cli.output import result_json, say
    from zero_sdk.compile.node import find_node
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.project.foreign import find_foreign, render
    from zero_sdk.project.zero_toml import FILE_NAME, reason_of

    path = root / FILE_NAME
    if path.exists() and not force:
        raise ZeroError(
            Problem.WOULD_OVERWRITE,
            f"{path} is there already",
            "--force makes it anew, and loses what is in it",
        )
    foreign = find_foreign(root, lambda: find_node().program)
    try:
        path.write_text(render(foreign), encoding="utf-8")
    except OSError as error:
        raise ZeroError(Problem.FILE_UNWRITABLE, f"{path}: {reason_of(error)}") from error
    for note in foreign.notes:
        say(f"not taken over: {note}")
    if json:
        result_json(
            {"tool": foreign.tool, "file": str(foreign.file), "wrote": str(path), "notes": foreign.notes}
        )
    else:
        say(f"{path} is made from {foreign.file.name} ({foreign.tool}); `zero compile` comes next")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("init", cls=GroupedCommand, context_settings=CONTEXT)(init)
