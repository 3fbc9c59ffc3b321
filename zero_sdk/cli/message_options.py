"""What the commands take to say what a delivery gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from zero_sdk.messages.options import Options

RECEIVE_GAS = Annotated[
    int | None,
    typer.Option("--receive-gas", metavar="N", min=1, help="Gas for lzReceive.", show_default=False),
]
RECEIVE_VALUE = Annotated[
    str | None,
    typer.Option("--receive-value", metavar="WEI", help="Wei for lzReceive.", show_default=False),
]
COMPOSE_GAS = Annotated[
    int | None,
    typer.Option("--compose-gas", metavar="N", min=1, help="Gas for composed call 0.", show_default=False),
]
DROP = Annotated[
    list[str] | None,
    typer.Option(
        "--drop", metavar="WEI@ACCOUNT", help="Wei for an account there. May be repeated.", show_default=False
    ),
]
ORDERED = Annotated[bool, typer.Option("--ordered", help="In the order in which messages were sent.")]


def options_named(
    gas: int | None,
    value: str | None,
    compose: int | None,
    drops: list[str] | None,
    ordered: bool,
    address_of: Any,
) -> Options:
    """The options that were named, which may be none. Raises WrongArguments."""
    from zero_sdk.client.errors import WrongArguments
    from zero_sdk.client.words import parse_integer
    from zero_sdk.messages.options import Options

    made = Options()
    try:
        if gas is not None or value is not None:
            made = made.lz_receive(gas or 0, 0 if value is None else parse_integer(value))
        for drop in drops or ():
            amount, at, account = drop.partition("@")
            if not at:
                raise WrongArguments(f"--drop {drop}: for whom?", "write 1ether@0x…")
            made = made.native_drop(parse_integer(amount), address_of(account))
        if compose is not None:
            made = made.lz_compose(0, compose)
    except WrongArguments:
        raise
    except ValueError as error:
        raise WrongArguments(f"the options: {error}") from None
    return made.ordered() if ordered else made
