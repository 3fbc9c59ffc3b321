"""`zero export`: contracts for other tools and for pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import OFFLINE
from zero_sdk.cli.target import NETWORK_OR_URL, open_named

if TYPE_CHECKING:
    from zero_sdk.compile import Build, ContractArtifact
    from zero_sdk.exporting.addresses import Deployed
    from zero_sdk.project import Project

FORMATS = ("foundry", "hardhat", "viem", "ape")


def export(
    contracts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONTRACTS]...",
            help="Names. Without any: all of the project's own sources.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        str | None, typer.Option(metavar="TOOL", help=f"One of {', '.join(FORMATS)}.", show_default=False)
    ] = None,
    ts: Annotated[
        bool, typer.Option("--ts", help="TypeScript for a page: ABIs, zones and addresses, typed.")
    ] = False,
    sources: Annotated[
        bool,
        typer.Option("--sources", help="The SDK's own Solidity libraries, @zero/contracts, as a package."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder.  [default: exports/TOOL]", show_default=False),
    ] = None,
    network: NETWORK_OR_URL = None,
    addresses: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help='For --ts: {"Token": {"alpha": "0x..."}} in JSON, instead of what was deployed.',
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that no export wrote.")] = False,
    offline: OFFLINE = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write the project's contracts in the form that another tool reads.

    The project is compiled first, where something has changed. A second export replaces what the first one
    wrote.
    """
    from zero_sdk.project import find_project

    _check(format, ts, sources, bool(contracts))
    if sources:
        from zero_sdk.exporting.own_sources import source_files

        folder = (out if out is not None else find_project().root / "exports" / "zero-contracts").absolute()
        _write(folder, source_files(), force, json)
        return
    project = find_project()
    found = _artifacts(project, _build(project, offline), contracts or [])
    if ts:
        from zero_sdk.exporting.frontend import frontend_files

        files = frontend_files(found, _deployed(project, network, addresses))
    else:
        files = _writer(format)(found)
    folder = (out if out is not None else project.root / "exports" / (format or "ts")).absolute()
    _write(folder, files, force, json)


def _write(folder: Path, files: dict[str, str], force: bool, json: bool) -> None:
    from zero_sdk.cli.output import result_json, say
    from zero_sdk.cli.words import count_of
    from zero_sdk.exporting.writing import write_files

    write_files(folder, files, is_forced=force)
    if json:
        result_json({"folder": str(folder), "files": sorted(files)})
    else:
        say(f"{count_of(len(files), 'file')} in {folder}")


def _check(format: str | None, ts: bool, sources: bool, names_some: bool) -> None:
    from zero_sdk.errors import Problem, ZeroError

    if sources:
        if ts or format is not None or names_some:
            words = "--sources is of the SDK's own files, which are the same for every tool"
            raise ZeroError(Problem.CONTRADICTION, words, "leave --format, --ts and names out")
        return
    if ts and format is not None:
        raise ZeroError(Problem.CONTRADICTION, "--ts and --format exclude each other", "leave one out")
    if not ts and format not in FORMATS:
        said = "nothing says for which tool" if format is None else f"--format: {format!r} is not known"
        raise ZeroError(Problem.BAD_VALUE, said, f"--format {'|'.join(FORMATS)}, --ts or --sources")


def _writer(format: str | None) -> Callable[[list[ContractArtifact]], dict[str, str]]:
    if format == "foundry":
        from zero_sdk.exporting.foundry import foundry_files

        return foundry_files
    if format == "hardhat":
        from zero_sdk.exporting.hardhat import hardhat_files

        return hardhat_files
    if format == "viem":
        from zero_sdk.exporting.viem import viem_files

        return viem_files
    from zero_sdk.exporting.ape import ape_files

    return ape_files


def _build(project: Project, offline: bool) -> Build:
    from zero_sdk.cli.steps import Steps
    from zero_sdk.compile import compile_project

    with Steps() as steps:
        return compile_project(project, offline=offline, progress=steps.show)


def _artifacts(project: Project, build: Build, names: list[str]) -> list[ContractArtifact]:
    """Those that are named, else those of the project's own sources."""
    if names:
        return [build.artifact(name) for name in names]
    own = f"{project.config.paths.contracts}/"
    return [artifact for artifact in build.artifacts if artifact.source_name.startswith(own)]


def _deployed(project: Project, network: str | None, addresses: Path | None) -> Deployed:
    from zero_sdk.cli.output import say
    from zero_sdk.exporting.addresses import Deployed, deployed_on, read_addresses, zones_of

    name, opened = open_named(project, network)
    with opened:
        if addresses is not None:
            return Deployed(zones_of(opened), read_addresses(addresses), opened.instance_id)
        deployed = deployed_on(project, name, opened)
    for zone, why in deployed.stale.items():
        say(f"zone {zone}: {why}, so its addresses are left out; `zero deploy` first")
    return deployed


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("export", cls=GroupedCommand, context_settings=CONTEXT)(export)
