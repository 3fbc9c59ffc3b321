"""`zero bridge`: the currency, from one zone to another."""

from __future__ import annotations

from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL
from zero_sdk.cli.target import FROM, JSON, NETWORK


def bridge(
    source: Annotated[str, typer.Argument(help="The zone that it leaves.", show_default=False)],
    destination: Annotated[str, typer.Argument(help="The zone that it goes to.", show_default=False)],
    amount: Annotated[str, typer.Argument(help="ZRO, or with a unit (5gwei).", show_default=False)],
    to: Annotated[
        str | None,
        typer.Option(
            metavar="ACCOUNT",
            help="Who gets it there: an address, an account's or a contract's name; else the sender.",
            show_default=False,
        ),
    ] = None,
    gas: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="What the receiver's code may take; else 100,000 where it has code.",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has arrived.")] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.001, help="How long to wait.  [default: 120]")
    ] = 120.0,
    sender: FROM = None,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Send ZRO to another zone, and print the GUID of the message that carries it.

    The delivery's fee comes on top. A receiver that refuses is owed the amount: anybody can call
    claim(address) of the bridge in the destination zone.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.client import bridging

    project = target.project_here()
    opened, _ = target.open_target(project, url, network)
    with opened:
        here, there = opened.zone(source), opened.zone(destination)
        wei = _wei(amount)
        receiver = None
        if to is not None:
            place = target.contract_target(to, project, there)[0]
            receiver = target.address_named(opened, project, place)
        account = target.account_named(opened, project, sender)
        sent = here.bridge(there, wei, receiver, gas=gas, sender=account)
        message = sent.message
        is_paid = None
        if not json:
            # Before it is waited for: what comes of a message that stays is asked with its GUID.
            result(message.guid)
            say(f"sent in block {sent.block_number} of zone {here.name} by {sent.hash}")
        if wait:
            message.wait("delivered", timeout)
            is_paid = bridging.is_paid(there, message.guid)
        if json:
            result_json({**message.state.raw, "paid": is_paid})
        elif is_paid:
            say(f"paid in zone {there.name}")
        elif wait:
            say(f"refused in zone {there.name}: it is owed, and claim(address) of {bridging.BRIDGE} pays it")


def _wei(amount: str) -> int:
    """Of an amount of ZRO, or of another unit that is named with it. Raises WrongArguments."""
    from zero_sdk.client.errors import WrongArguments
    from zero_sdk.client.units import UNITS
    from zero_sdk.client.words import parse_integer

    has_unit = amount.lower().endswith(tuple(UNITS)) or amount.startswith("0x")
    try:
        return parse_integer(amount if has_unit else f"{amount}ether", is_signed=False)
    except WrongArguments:
        raise WrongArguments(
            f"{amount!r} is no amount of ZRO", "write 1.5, of 18 decimal places at most, or 1500000gwei"
        ) from None


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("bridge", cls=GroupedCommand, context_settings=CONTEXT)(bridge)
