"""`zero force`: a transaction that a zone's producers must include."""

from __future__ import annotations

from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE
from zero_sdk.cli.target import FROM, JSON, NETWORK


def force(
    transaction: Annotated[
        str,
        typer.Argument(
            metavar="RAW", help="A signed transaction for the zone, 0x and hex.", show_default=False
        ),
    ],
    sender: FROM = None,
    gas: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Gas to pay for; else the transaction's own limit.",
            show_default=False,
        ),
    ] = None,
    url: URL = None,
    zone: ZONE = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Post a signed transaction to a zone's inbox, and print its place in the queue.

    --from pays for the posting, which is a transaction in the system zone. Eight settlement heights after
    that settled, the zone's next block has to take what was posted, as far as it can be executed.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import result, result_json, say

    project = target.project_here()
    opened, at = target.open_target(project, url, network, zone)
    with opened:
        posted = at.force(transaction, gas=gas, sender=target.account_named(opened, project, sender))
        # The first thing that posting leaves is its place: zone and place are the topics of `Posted`.
        index = int.from_bytes(posted.receipt.logs[0].topics[2], "big")
        if json:
            result_json({"zone": at.name, "index": index, "posting": posted.hash})
            return
        result(str(index))
        say(f"posted in block {posted.receipt.block_number} of the system zone")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("force", cls=GroupedCommand, context_settings=CONTEXT)(force)
