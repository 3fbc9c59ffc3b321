"""`zero supply`: how much ZRO there is, and where it came from."""

from __future__ import annotations

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL
from zero_sdk.cli.target import JSON, NETWORK

_TERMS = (
    ("opening", "when counting began"),
    ("issuance", "issued as rewards"),
    ("credited", "given by development calls"),
    ("debited", "taken by development calls"),
    ("burnt", "burnt"),
    ("circulating", "circulates"),
    ("inFlight", "on its way between zones"),
    ("difference", "difference"),
)


def supply(url: URL = None, network: NETWORK = None, json: JSON = False) -> None:
    """Show how much ZRO there is in all zones, where it came from, and that nothing is missing.

    What circulates and is on its way is what there was, and was issued and given, less what was taken and
    burnt. The exit code is 1 where that is not so.
    """
    from decimal import Decimal, localcontext

    from zero_sdk.cli import target
    from zero_sdk.cli.output import Ending, result, result_json

    opened, _ = target.open_target(target.project_here(), url, network)
    with opened, localcontext(prec=200):
        found = opened.supply()
        if json:
            result_json(found.raw)
        else:
            for name, words in _TERMS:
                result(f"{words:<27} {Decimal(int(found.raw[name], 16)).scaleb(-18):,f} ZRO")
        if found.difference:
            raise Ending(1)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("supply", cls=GroupedCommand, context_settings=CONTEXT)(supply)
