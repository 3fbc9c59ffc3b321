"""`zero verify-source`: whether the code at an address is what the project's source compiles to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import OFFLINE, URL, ZONE
from zero_sdk.cli.target import JSON, NETWORK

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone
    from zero_sdk.compile.artifact import ContractArtifact
    from zero_sdk.verifying.comparison import Comparison


def verify_source(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Where the contract is.", show_default=False)
    ],
    contract: Annotated[
        str,
        typer.Argument(metavar="CONTRACT", help="Its name in the project, or path:Name.", show_default=False),
    ],
    url: URL = None,
    zone: ZONE = None,
    network: NETWORK = None,
    offline: OFFLINE = False,
    json: JSON = False,
) -> None:
    """Compile the source again and compare it with the code on the chain.

    The match is exact where the metadata agree too, so comments and names as well, and partial where nothing
    but them differs. Immutables and libraries are not compared, but told. Behind a proxy of ERC-1967 it is
    the implementation that is compared. Ends with ZERO-2205 where there is no match.
    """
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.cli.target import open_target
    from zero_sdk.client.addresses import to_address
    from zero_sdk.compile import compile_project
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.project import find_project
    from zero_sdk.verifying.comparison import Match

    project = find_project()
    artifact = compile_project(project, offline=offline).artifact(contract)
    opened, where = open_target(project, url, network, zone)
    try:
        place, found = _compared(where, to_address(address), artifact)
    finally:
        opened.close()
    if found.match is Match.NONE:
        raise ZeroError(
            Problem.SOURCE_DIFFERS,
            f"{place} in zone {where.name} is not {artifact.qualified_name}: {found.why}",
            "the version and the settings of the compiler count: compare zero.toml with what it was built by",
        )
    names = _immutable_names(artifact)
    if json:
        result_json(
            {
                "address": place,
                "zone": where.name,
                "contract": artifact.qualified_name,
                "match": found.match.value,
                "compiler": f"{artifact.compiler.name} {artifact.compiler.version}",
                "immutables": {names.get(key, key): value for key, value in found.immutables.items()},
                "libraries": dict(found.libraries),
            }
        )
        return
    result(f"{place} in zone {where.name} is {artifact.qualified_name}: {found.match.value} match")
    result(f"  {artifact.compiler.name} {artifact.compiler.version}")
    for key, value in found.immutables.items():
        result(f"  immutable {names.get(key, key)} = {value}")
    for name, value in found.libraries.items():
        result(f"  library {name} at {value}")


def _compared(zone: Zone, address: str, artifact: ContractArtifact) -> tuple[str, Comparison]:
    """Of the contract itself, or else of what is behind it; and the address of that."""
    from zero_sdk.client.errors import UnknownContract
    from zero_sdk.deploy.proxies import implementation_of
    from zero_sdk.verifying.comparison import Match, compare

    found = compare(artifact, zone.code(address))
    if found.match is not Match.NONE:
        return address, found
    try:
        behind = implementation_of(zone, address)
    except UnknownContract:
        return address, found
    return behind, compare(artifact, zone.code(behind))


def _immutable_names(artifact: ContractArtifact) -> dict[str, str]:
    """By the id of their declaration, as the compiler names them in its output."""
    from zero_sdk.deploy.layouts import bases, nodes

    if artifact.compiler.name != "solc":
        return {}
    return {
        str(node["id"]): node["name"]
        for contract in bases(artifact)
        for node in nodes(contract["nodes"])
        if node["nodeType"] == "VariableDeclaration" and node.get("mutability") == "immutable"
    }


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("verify-source", cls=GroupedCommand, context_settings=CONTEXT)(verify_source)
