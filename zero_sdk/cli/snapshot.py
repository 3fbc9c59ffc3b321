"""`zero snapshot`: moments of a running network that can be gone back to."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL

JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SNAPSHOT = Annotated[
    str, typer.Argument(metavar="SNAPSHOT", help="Its id (0x1) or its name.", show_default=False)
]


def create(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A name: 1 to 64 letters, digits, dots, dashes and underscores.", show_default=False
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the name from the snapshot that has it, which goes.")
    ] = False,
    url: URL = None,
    json: JSON = False,
) -> None:
    """Take a snapshot, and print its id.

    It remembers every zone of a running network, and its clock. It can be gone back to again and again.
    It costs nothing that grows with the state.
    """
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.errors import ZeroError

    try:
        identifier = _call(url, "zero_snapshot", [name, replace])
    except ZeroError as error:
        if "pass replace: true" in error.message:
            error.hint = "--replace takes the name from it"
        raise
    if json:
        result_json({"id": identifier, "name": name})
    else:
        result(identifier)


def list_snapshots(url: URL = None, json: JSON = False) -> None:
    """List the snapshots of a running network, oldest first.

    A zone that cannot go back to one any more is marked with `-`; --json has the reason.
    """
    from zero_sdk.cli.output import result, result_json, say

    snapshots = _call(url, "zero_snapshots", [])
    if json:
        result_json(snapshots)
    elif not snapshots:
        say("no snapshots; `zero snapshot create` takes one")
    elif sys.stdout.isatty():
        _print_table(snapshots)
    else:
        for row in _rows(snapshots):
            result("\t".join(row))


def revert(
    snapshot: SNAPSHOT,
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Take back this zone only, by name or chain id.", show_default=False
        ),
    ] = None,
    url: URL = None,
    json: JSON = False,
) -> None:
    """Take a running network back to a snapshot.

    Every zone and the clock, or one zone. The snapshot and older ones stay. Newer ones are gone afterwards.
    """
    from zero_sdk.cli.output import result_json, say

    is_alone = False
    if zone is None:
        _call(url, "zero_revert", [snapshot])
    else:
        before = _incarnation(url)
        _call(url, "evm_revert", [_identifier(url, snapshot)], zone)
        is_alone = _incarnation(url) == before
    if json:
        result_json({"reverted": snapshot, "zone": zone, "network": not is_alone})
        return
    reason = f": blocks of zone {zone} that were settled had to go" if zone and not is_alone else ""
    say(f"{f'zone {zone}' if is_alone else 'the network'} is back at snapshot {snapshot}{reason}")


def delete(snapshot: SNAPSHOT, url: URL = None, json: JSON = False) -> None:
    """Forget a snapshot of a running network."""
    from zero_sdk.cli.output import result_json, say

    _call(url, "zero_deleteSnapshot", [snapshot])
    if json:
        result_json({"deleted": snapshot})
    else:
        say(f"snapshot {snapshot} is deleted")


def _call(url: str | None, method: str, parameters: list[Any], zone: str | None = None) -> Any:
    from zero_sdk.cli.call import call
    from zero_sdk.cli.endpoint import endpoint

    return call(endpoint(url, zone), method, parameters)


def _incarnation(url: str | None) -> object:
    """Another one where settled blocks went, and the whole network with them."""
    return _call(url, "zero_settlementStatus", [])["incarnation"]


def _identifier(url: str | None, snapshot: str) -> str:
    """The id of a snapshot, where it is a name that there is; evm_revert knows no names."""
    for known in _call(url, "zero_snapshots", []):
        if known["name"] == snapshot:
            return str(known["id"])
    return snapshot


# ---------------------------------------------------------------- the list


def _rows(snapshots: list[dict[str, Any]]) -> list[list[str]]:
    """A head, and a line for each snapshot: id, name, time of day, and the block of each zone."""
    zones = [zone["name"] for zone in snapshots[0]["zones"]]
    return [["id", "name", "taken at", *zones], *(_row(snapshot) for snapshot in snapshots)]


def _row(snapshot: dict[str, Any]) -> list[str]:
    import datetime

    taken_at = datetime.datetime.fromtimestamp(snapshot["takenAt"], datetime.UTC)
    blocks = [str(int(zone["number"], 16)) if zone["usable"] else "-" for zone in snapshot["zones"]]
    return [snapshot["id"], snapshot["name"] or "", f"{taken_at:%Y-%m-%d %H:%M:%S}", *blocks]


def _print_table(snapshots: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    head, *rows = _rows(snapshots)
    table = Table()
    for position, title in enumerate(head):
        table.add_column(title, justify="right" if position > 2 else "left")
    for row in rows:
        # A name is no markup, whatever it looks like.
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def register(app: typer.Typer) -> None:
    """Adds the command and its subcommands."""
    group = typer.Typer(
        name="snapshot",
        help="Moments of a running network that can be gone back to.",
        context_settings=CONTEXT,
    )
    for name, command in (
        ("create", create),
        ("list", list_snapshots),
        ("revert", revert),
        ("delete", delete),
    ):
        group.command(name, cls=GroupedCommand, context_settings=CONTEXT)(command)
    app.add_typer(group)
