"""`zero install`: contract packages and compilers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import OFFLINE

if TYPE_CHECKING:
    from zero_sdk.cli.steps import Steps
    from zero_sdk.project import Project

COMPILERS = ("solc", "vyper")


def install(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WHAT]...",
            help="Packages from npm (@openzeppelin/contracts@5.0.2) and compilers (solc@0.8.28, vyper).",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Get compilers anew that are already there.")
    ] = False,
    offline: OFFLINE = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was installed as JSON.")] = False,
) -> None:
    """Install contract packages into the project, and compilers for all projects.

    Packages go into node_modules and are noted in package.json. Without arguments: what package.json lists,
    and the compilers that zero.toml and the sources ask for.
    """
    from zero_sdk.cli.output import result_json, say
    from zero_sdk.cli.steps import Steps

    with Steps() as steps:
        if what:
            installed = _named(what, force, offline, steps)
        else:
            installed = _asked_for(offline, steps)
    if json:
        result_json(installed)
    else:
        for one in installed:
            say(f"{one['name']} {one['version']} is in {one['path']}")
        if not installed:
            say("nothing is asked for: package.json lists no package, and there is no source to compile")


def _named(what: list[str], force: bool, offline: bool, steps: Steps) -> list[dict[str, Any]]:
    from zero_sdk.compile.packages import parse_specifier

    pairs = [parse_specifier(word) for word in what]
    installed = [
        _install_compiler(name, version, force, offline, steps)
        for name, version in pairs
        if name in COMPILERS
    ]
    packages = [word for word, (name, _) in zip(what, pairs, strict=True) if name not in COMPILERS]
    if packages:
        from zero_sdk.project import find_project

        installed += _install_packages(find_project(), packages, offline, steps)
    return installed


def _asked_for(offline: bool, steps: Steps) -> list[dict[str, Any]]:
    from zero_sdk.compile.packages import MANIFEST, asked_for
    from zero_sdk.compile.wanted import compilers_of
    from zero_sdk.project import find_project

    project = find_project()
    installed: list[dict[str, Any]] = []
    if wanted := asked_for(project.root):
        _install_packages(project, [], offline, steps)
        folder = project.root / "node_modules"
        for name in wanted:
            installed.append(_entry(name, _installed_version(folder / name / MANIFEST), folder / name))
    for name, version in compilers_of(project, is_offline=offline):
        installed.append(_install_compiler(name, version, False, offline, steps))
    return installed


def _install_packages(
    project: Project, packages: list[str], offline: bool, steps: Steps
) -> list[dict[str, Any]]:
    from zero_sdk.compile.packages import install_packages
    from zero_sdk.compile.progress import Step

    steps.show(Step(f"npm: {', '.join(packages) or 'the packages of package.json'}"))
    found = install_packages(project.root, project.name, packages, is_offline=offline)
    return [_entry(package.name, package.version, package.path) for package in found]


def _install_compiler(name: str, version: str, force: bool, offline: bool, steps: Steps) -> dict[str, Any]:
    from zero_sdk.compile.wanted import install_compiler

    exact, path = install_compiler(name, version, is_forced=force, is_offline=offline, progress=steps.show)
    return _entry(name, exact, path)


def _installed_version(manifest: Any) -> str:
    import json

    try:
        return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return "?"


def _entry(name: str, version: object, path: object) -> dict[str, Any]:
    return {"name": name, "version": str(version), "path": str(path)}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("install", cls=GroupedCommand, context_settings=CONTEXT)(install)
