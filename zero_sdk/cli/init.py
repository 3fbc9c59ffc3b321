"""`zero init`: a new project, or a zero.toml for what is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand

DEFAULT_TEMPLATE = "hello"


def init(
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="The new project, and its folder; `.` is this one.", show_default=False
        ),
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            "-t",
            metavar="NAME",
            help=f"What to begin with; --list shows what there is.  [default: {DEFAULT_TEMPLATE}]",
            show_default=False,
        ),
    ] = None,
    list_templates: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
    here: Annotated[
        bool,
        typer.Option(
            "--here", help="Write a zero.toml for the project of Foundry, Hardhat or Ape in this folder."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made or found as JSON.")] = False,
) -> None:
    """Make a project from a template, or bring an existing one under a zero.toml.

    A new project has contracts, scripts, tests and a README that says what to type. With --here nothing but
    the zero.toml is written: folders, compiler settings and remappings are taken over. Commands then work on
    its contracts; where they cannot be compiled here, on what the other tool has built.
    """
    from zero_sdk.errors import Problem, ZeroError

    asked = [
        word
        for word, is_asked in (("--list", list_templates), ("--here", here), ("NAME", folder is not None))
        if is_asked
    ]
    if len(asked) > 1:
        raise ZeroError(Problem.USAGE, f"{asked[0]} and {asked[1]} do not go together")
    if template is not None and folder is None:
        raise ZeroError(Problem.USAGE, "the project has no name", f"`zero init NAME --template {template}`")
    if list_templates:
        _list(json)
    elif here:
        _here(Path.cwd(), force, json)
    elif folder is not None:
        _new(folder, template or DEFAULT_TEMPLATE, force, json)
    else:
        raise ZeroError(
            Problem.USAGE,
            "say what is to be made",
            "`zero init NAME` makes a project, `zero init --list` lists the templates, "
            "`zero init --here` takes over the project in this folder",
        )


def _list(json: bool) -> None:
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.scaffolding.templates import templates

    found = templates()
    if json:
        result_json([{"name": template.name, "summary": template.summary} for template in found])
        return
    for template in found:
        result(f"{template.name:<8} {template.summary}")


def _new(folder: str, name: str, force: bool, json: bool) -> None:
    from zero_sdk.cli.output import result_json, say
    from zero_sdk.scaffolding.generating import generate
    from zero_sdk.scaffolding.templates import find_template

    template = find_template(name)
    root = Path(folder).expanduser().absolute()
    # `.` and `..` have the name of the folder that they mean.
    root = root.resolve() if root.name in ("", ".", "..") or folder == "." else root
    files = generate(template, root, root.name, is_forced=force)
    if json:
        result_json(
            {
                "template": template.name,
                "folder": str(root),
                "files": [file.relative_to(root).as_posix() for file in files],
                "steps": list(template.steps),
            }
        )
        return
    say(f"{root} is made from the template {template.name}; README.md says what is in it")
    go = [] if root == Path.cwd() else [f"cd {folder}"]
    say("\n".join(["next:", *(f"  {step}" for step in (*go, *template.steps))]))


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
