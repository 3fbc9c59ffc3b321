"""`zero fund`: balances on a devnet."""

from __future__ import annotations

from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE
from zero_sdk.cli.target import JSON, NETWORK


def fund(
    account: Annotated[
        str,
        typer.Argument(
            metavar="ACCOUNT",
            help="An address, a name of zero.toml, or a devnet's account by number.",
            show_default=False,
        ),
    ],
    amount: Annotated[
        str,
        typer.Argument(
            help="ZRO, or with a unit (5gwei); with --token tokens, of as many decimals as the token has.",
            show_default=False,
        ),
    ],
    token: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Give this ERC-20 token instead.", show_default=False),
    ] = None,
    set_to: Annotated[
        bool, typer.Option("--set", help="Make it the balance, instead of adding to it.")
    ] = False,
    url: URL = None,
    zone: ZONE = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Give an account of a devnet ZRO, or tokens.

    A token's balance is found in its storage and written there; its total supply stays what it is.
    The new balance is printed in the smallest unit.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.client.interface import Function
    from zero_sdk.client.units import UNITS
    from zero_sdk.client.words import parse_integer

    project = target.project_here()
    opened, at = target.open_target(project, url, network, zone)
    with opened:
        address = target.address_named(opened, project, account)
        if token is None:
            has_unit = amount.lower().endswith(tuple(UNITS)) or amount.startswith("0x")
            given = parse_integer(amount if has_unit else f"{amount}ether", is_signed=False)
            at.set_balance(address, given if set_to else at.balance(address) + given)
            balance = at.balance(address)
        else:
            from devnet.artifacts.items import parse_signature

            place = target.address_named(opened, project, token)

            def ask(signature: str, *arguments: object) -> int:
                function = Function(parse_signature("function", signature))
                return int(function.decode(at.call(place, function.encode(arguments))))

            given = _tokens(amount, ask("decimals() returns (uint8)"))
            before = ask("balanceOf(address account) returns (uint256)", address)
            at.deal(place, address, given if set_to else before + given)
            balance = ask("balanceOf(address account) returns (uint256)", address)
        if json:
            result_json({"address": address, "zone": at.name, "token": token, "balance": str(balance)})
        else:
            result(str(balance))
            say(f"{address} in zone {at.name}")


def _tokens(amount: str, decimals: int) -> int:
    from decimal import Decimal, InvalidOperation, localcontext

    from zero_sdk.client.errors import WrongArguments

    if amount.startswith("0x"):
        return int(amount, 16)
    with localcontext(prec=200):
        try:
            units = Decimal(amount.replace("_", "")).scaleb(decimals)
        except InvalidOperation:
            raise WrongArguments(f"{amount!r} is no amount of tokens") from None
        if units != int(units) or units < 0:
            raise WrongArguments(f"{amount} is no amount of a token with {decimals} decimals")
        return int(units)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("fund", cls=GroupedCommand, context_settings=CONTEXT)(fund)
