"""`zero bind`: typed Python classes out of ABIs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand

if TYPE_CHECKING:
    from zero_sdk.client.deployable import Deployable


def bind(
    contract: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A contract of the project's build, or a JSON file with an ABI.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All contracts of the project's own folder, a module each.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The file to write; with --all the folder.  [default: stdout]",
            show_default=False,
        ),
    ] = None,
    no_code: Annotated[
        bool, typer.Option("--no-code", help="Leave out the creation code, and deploy with it.")
    ] = False,
) -> None:
    """Write a Python class with typed functions and events for a contract.

    What is written passes mypy --strict. A file that is there is written over.
    """
    from zero_sdk.cli.output import result, say
    from zero_sdk.client.binding.module import module_of
    from zero_sdk.errors import Problem, ZeroError

    if (contract is None) is not every:
        raise ZeroError(Problem.USAGE, "give the name of a contract, or --all", "`zero bind --help`")
    if contract is not None:
        known = _one(contract)
        text = module_of(known, _title(contract), not no_code)
        if output is None:
            result(text.rstrip("\n"))
        else:
            _write(output, text)
            say(f"{output}: class {known.interface.name or _title(contract)}")
        return
    if output is None:
        raise ZeroError(Problem.USAGE, "--all writes several files", "-o FOLDER says where")
    found = _every()
    _refuse_twins(found)
    for _, name, known in found:
        path = output / f"{module_name(name)}.py"
        _write(path, module_of(known, name, not no_code))
        say(f"{path}: class {name}")


def module_name(name: str) -> str:
    """`MyToken` as `my_token`."""
    import re

    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _title(contract: str) -> str:
    return Path(contract).stem if contract.endswith(".json") else contract.rpartition(":")[2]


def _one(contract: str) -> Deployable:
    from zero_sdk.cli.target import project_here
    from zero_sdk.client.artifacts import Artifacts
    from zero_sdk.client.deployable import deployable_from

    path = Path(contract)
    if path.suffix == ".json" and path.is_file():
        import json

        return deployable_from(json.loads(path.read_text(encoding="utf-8")))
    project = project_here()
    artifacts = Artifacts()
    if project is not None:
        from zero_sdk.compile import load_build

        artifacts.add(load_build(project))
    return artifacts.named(contract)


def _every() -> list[tuple[str, str, Deployable]]:
    """The contracts of the project's own folder: qualified name, name, and what is known."""
    from zero_sdk.client.deployable import deployable_from
    from zero_sdk.compile import load_build
    from zero_sdk.project import find_project

    project = find_project()
    build = load_build(project)
    own = project.config.paths.contracts.rstrip("/") + "/"
    return [
        (artifact.qualified_name, artifact.name, deployable_from(artifact))
        for artifact in build.artifacts
        if artifact.source_name.startswith(own) and artifact.abi
    ]


def _refuse_twins(found: list[tuple[str, str, Deployable]]) -> None:
    """Raises ZeroError where one module would be written over another."""
    from zero_sdk.errors import Problem, ZeroError

    taken: dict[str, str] = {}
    for qualified, name, _ in found:
        first = taken.setdefault(module_name(name), qualified)
        if first != qualified:
            raise ZeroError(
                Problem.USAGE,
                f"{first} and {qualified} would both be {module_name(name)}.py",
                f"bind them one by one: `zero bind {qualified} -o FILE`",
            )


def _write(path: Path, text: str) -> None:
    from zero_sdk.errors import Problem, ZeroError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ZeroError(Problem.FILE_UNWRITABLE, f"{path}: {error.strerror}") from error


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("bind", cls=GroupedCommand, context_settings=CONTEXT)(bind)
