"""`zero convert`: numbers, units, hashes, selectors and slots."""

from __future__ import annotations

from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.target import JSON


def convert(
    to: Annotated[
        str,
        typer.Argument(
            metavar="TO",
            help="wei, gwei, ether, dec, hex, bytes32, text, checksum, keccak, selector, topic, slot, "
            "create or create2.",
            show_default=False,
        ),
    ],
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VALUE...", help="What to convert; `-` reads it from stdin.", show_default=False
        ),
    ] = None,
    json: JSON = False,
) -> None:
    """Convert a value and print it.

    zero convert wei 1.5ether; zero convert ether 1500000000000000000; zero convert hex 255; zero convert
    selector 'transfer(address,uint256)'; zero convert slot 3 address 0x... (of a mapping at slot 3); zero
    convert create ADDRESS NONCE; zero convert create2 DEPLOYER SALT CODE.
    """
    import sys

    from zero_sdk.cli.output import result, result_json
    from zero_sdk.client.converting import convert as converted

    words = [sys.stdin.read().strip() if word == "-" else word for word in values or []]
    answer = converted(to, words)
    if json:
        result_json(answer)
    else:
        result(answer)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    # A negative number is a value and no option.
    settings = {**CONTEXT, "ignore_unknown_options": True}
    app.command("convert", cls=GroupedCommand, context_settings=settings)(convert)
