"""`zero call`: what a contract's function returns."""

from __future__ import annotations

from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE
from zero_sdk.cli.target import ABI, FROM, JSON, NETWORK


def call(
    to: Annotated[
        str,
        typer.Argument(
            metavar="CONTRACT",
            help="A name that was deployed, its address, or NAME@ADDRESS (as --abi).",
            show_default=False,
        ),
    ],
    function: Annotated[
        str,
        typer.Argument(
            help="balanceOf where an ABI is known, else 'balanceOf(address)(uint256)'.", show_default=False
        ),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ARGS]...",
            help='Its arguments: 5, 1.5ether, 0x..., true, text, [1, 2], (1, "text").',
            show_default=False,
        ),
    ] = None,
    sender: FROM = None,
    value: Annotated[
        str, typer.Option(metavar="WEI", help="Wei that go with it, or 1.5ether.", show_default=False)
    ] = "0",
    block: Annotated[
        str, typer.Option(metavar="BLOCK", help="Number, hash or tag.  [default: latest]")
    ] = "latest",
    abi: ABI = None,
    url: URL = None,
    zone: ZONE = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Call a function of a contract and print what it returns.

    Nothing is sent or changed. Without known return types the bytes are printed in hex.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.client.decoding import told_names
    from zero_sdk.client.words import parse_integer, to_json, to_text

    project = target.project_here()
    words = arguments or []
    opened, at = target.open_target(project, url, network, zone)
    with opened:
        address, name = target.contract_target(to, project, at)
        interface = target.interface_named(opened.artifacts, abi or name)
        called = target.function_named(opened.artifacts, interface, function, words)
        place = target.address_named(opened, project, address)
        data = called.encode(target.parsed(words, called, opened, project))
        sent_by = target.account_named(opened, project, sender)
        returned = at.call(
            place,
            data,
            sender=sent_by,
            value=parse_integer(value),
            block=int(block, 0) if block.isdecimal() else block,
        )
        if not returned and not at.code(place):
            from zero_sdk.client.errors import UnknownContract

            raise UnknownContract(f"there is no contract at {place} in zone {at.name}")
    decoded = called.decode(returned) if called.item.outputs else returned
    if json:
        result_json(to_json(decoded))
    elif hasattr(decoded, "_fields") and len(called.item.outputs) > 1:
        for field, entry in zip(told_names(decoded), decoded, strict=True):
            result(to_text(entry) if field.startswith("_") else f"{field}: {to_text(entry)}")
    else:
        result(to_text(decoded))


def register(app: typer.Typer) -> None:
    """Adds the command."""
    # A negative number among the arguments is an argument and no option.
    settings = {**CONTEXT, "ignore_unknown_options": True}
    app.command("call", cls=GroupedCommand, context_settings=settings)(call)
