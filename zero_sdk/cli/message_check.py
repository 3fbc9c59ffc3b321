"""`zero message check`: what is wrong with contracts that send to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.options import URL
from zero_sdk.cli.target import JSON, NETWORK

if TYPE_CHECKING:
    from zero_sdk.client.network import Network
    from zero_sdk.messages.findings import Finding


def check(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME | ZONE=CONTRACT...",
            help="A contract that zero deploy has put into several zones, or one for each zone.",
            show_default=False,
        ),
    ],
    message: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TYPE=]DATA",
            help="A message to try receivers with: 0x and hex, or a text. May be repeated.",
            show_default=False,
        ),
    ] = None,
    types: Annotated[
        str | None,
        typer.Option(
            "--types",
            metavar="N,...",
            help="Message types whose options count.  [default: 1; of OFTs 1,2]",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as well.")] = False,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Check contracts in several zones that send to each other: peers, options, gas, libraries, owners.

    Nothing is sent. A line for each finding, with its code. Exit code 1: something is wrong.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import Ending, result_json
    from zero_sdk.messages.checking import check as find
    from zero_sdk.messages.findings import Severity

    project = target.project_here()
    opened, _ = target.open_target(project, url, network)
    with opened:
        mesh = _mesh(opened, project, what)
        found = find(mesh, types=_types(types), messages=_messages(message))
    if json:
        result_json([_as_json(one) for one in found])
    else:
        _print(found, list(mesh))
    if any(strict or one.flaw.severity is Severity.WRONG for one in found):
        raise Ending(1)


def _mesh(network: Network, project: Any, words: list[str]) -> dict[str, Any]:
    """Contracts by zone."""
    from zero_sdk.cli import target
    from zero_sdk.client.errors import UnknownContract
    from zero_sdk.deploy.listing import deployed_address
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.messages.mesh import Member

    if len(words) == 1 and "=" not in words[0]:
        name = words[0]
        if project is None:
            raise ZeroError(
                Problem.NO_PROJECT, f"{name}: there is no zero.toml here", "write alpha=0x… beta=0x…"
            )
        found = {zone.name: deployed_address(project, zone, name) for zone in network}
        mesh = {zone: Member(network[zone], at, name) for zone, at in found.items() if at is not None}
        if not mesh:
            raise UnknownContract(f"there is no {name} in any zone", "`zero deployments` lists what is where")
        return mesh
    mesh = {}
    for word in words:
        zone_name, is_named, contract = word.partition("=")
        if not is_named:
            raise ZeroError(Problem.USAGE, f"{word}: in which zone?", "write ZONE=CONTRACT")
        zone = network.zone(zone_name)
        address, known = target.contract_target(contract, project, zone)
        mesh[zone.name] = Member(zone, target.address_named(network, project, address), known or "")
    return mesh


def _types(text: str | None) -> list[int] | None:
    from zero_sdk.errors import Problem, ZeroError

    try:
        return None if text is None else [int(part) for part in text.split(",")]
    except ValueError:
        raise ZeroError(Problem.BAD_VALUE, f"--types: {text!r}", "write 1,2") from None


def _messages(words: list[str] | None) -> dict[int, bytes]:
    from zero_sdk.cli.message_send import octets_in

    found = {}
    for word in words or ():
        head, is_typed, rest = word.partition("=")
        kind, text = (int(head), rest) if is_typed and head.isdecimal() else (1, word)
        found[kind] = octets_in(text)
    return found


def _as_json(one: Finding) -> dict[str, Any]:
    return {
        "code": one.flaw.code,
        "severity": one.flaw.severity.value,
        "zone": one.zone,
        "towards": one.towards,
        "contract": one.contract,
        "detail": one.detail,
        "advice": one.flaw.advice,
    }


def _print(found: tuple[Finding, ...], zones: list[str]) -> None:
    import sys

    from zero_sdk.cli.output import DIM, RED, YELLOW, Paint, result, say
    from zero_sdk.cli.words import count_of
    from zero_sdk.messages.findings import Severity

    paint = Paint.for_stream(sys.stdout)
    for one in found:
        is_wrong = one.flaw.severity is Severity.WRONG
        result(f"{paint(RED if is_wrong else YELLOW, one.flaw.severity.value):<7} {one.text}")
        result(f"        {paint(DIM, one.flaw.advice)}")
    wrong = sum(one.flaw.severity is Severity.WRONG for one in found)
    counted = f"{wrong} wrong, {count_of(len(found) - wrong, 'warning')}" if found else "nothing is wrong"
    say(f"{', '.join(zones)}: {counted}")
