"""`zero send`: one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE
from zero_sdk.cli.target import ABI, FROM, JSON, NETWORK

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Transaction


def send(
    to: Annotated[
        str,
        typer.Argument(
            metavar="TO",
            help="An address, a deployed contract's or an account's name, or NAME@ADDRESS (as --abi).",
            show_default=False,
        ),
    ],
    function: Annotated[
        str | None,
        typer.Argument(
            metavar="[FUNCTION]",
            help="transfer where an ABI is known, else 'transfer(address,uint256)'; or data in hex.",
            show_default=False,
        ),
    ] = None,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARGS]...", help="Its arguments, as for zero call.", show_default=False),
    ] = None,
    sender: FROM = None,
    value: Annotated[
        str, typer.Option(metavar="WEI", help="Wei that go with it, or 1.5ether.", show_default=False)
    ] = "0",
    gas: Annotated[
        int | None, typer.Option(metavar="N", help="Gas limit; else it is estimated.", show_default=False)
    ] = None,
    nonce: Annotated[
        int | None, typer.Option(metavar="N", help="Nonce; else the account's next.", show_default=False)
    ] = None,
    gas_price: Annotated[
        str | None,
        typer.Option(metavar="WEI", help="Price of a legacy transaction, or 2gwei.", show_default=False),
    ] = None,
    max_fee: Annotated[
        str | None, typer.Option(metavar="WEI", help="Highest fee for a gas, or 2gwei.", show_default=False)
    ] = None,
    tip: Annotated[
        str | None, typer.Option(metavar="WEI", help="Priority fee for a gas, or 1gwei.", show_default=False)
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for its block.")] = False,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How long to wait for its block.  [default: 120]", min=0.001),
    ] = 120.0,
    abi: ABI = None,
    url: URL = None,
    zone: ZONE = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Send a transaction, wait for its block, and print its hash.

    Without --from the first account of a devnet sends it. A transaction that fails ends with 1 and the
    reason.
    """
    from zero_sdk.cli import target
    from zero_sdk.client.accounts import refuse_public_key
    from zero_sdk.client.words import parse_integer

    project = target.project_here()
    words = arguments or []
    opened, at = target.open_target(project, url, network, zone)
    with opened:
        address, name = target.contract_target(to, project, at)
        interface = target.interface_named(opened.artifacts, abi or name)
        called: Any = None
        data = b""
        if function is not None and function.startswith("0x") and not words:
            data = _data(function)
        elif function is not None:
            called = target.function_named(opened.artifacts, interface, function, words)
            data = called.encode(target.parsed(words, called, opened, project))
        account = target.account_named(opened, project, sender)
        if account is not None:
            refuse_public_key(at, account)
        transaction = at.transact(
            to=target.address_named(opened, project, address),
            data=data,
            sender=account,
            value=parse_integer(value),
            gas=gas,
            nonce=nonce,
            gas_price=None if gas_price is None else parse_integer(gas_price),
            max_fee=None if max_fee is None else parse_integer(max_fee),
            max_priority_fee=None if tip is None else parse_integer(tip),
            function=called,
            interface=interface,
            action="" if called is None else called.label,
            wait=not no_wait,
            timeout=timeout,
        )
        _print(transaction, not no_wait, json)


def _data(text: str) -> bytes:
    from zero_sdk.client.errors import WrongArguments

    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        raise WrongArguments(f"{text!r} is no hex") from None


def _print(transaction: Transaction, was_waited_for: bool, json: bool) -> None:
    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.client.words import named_values, to_json

    if not was_waited_for:
        if json:
            result_json({"hash": transaction.hash})
        else:
            result(transaction.hash)
        return
    receipt = transaction.receipt
    if json:
        result_json(
            {
                "hash": transaction.hash,
                "zone": transaction.zone.name,
                "blockNumber": receipt.block_number,
                "gasUsed": receipt.gas_used,
                "contractAddress": receipt.contract_address,
                "events": [
                    {"address": event.address, "name": event.name, "args": to_json(event.args)}
                    for event in transaction.events
                ],
                "messages": [message.guid for message in transaction.messages],
            }
        )
        return
    result(transaction.hash)
    say(f"in block {receipt.block_number} of zone {transaction.zone.name}, {receipt.gas_used} gas")
    for event in transaction.events:
        say(f"  {event.name}({named_values(event.args)}) at {event.address}")
    for message in transaction.messages:
        say(f"  message {message.guid} to eid {message.destination_eid}")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    # A negative number among the arguments is an argument and no option.
    settings = {**CONTEXT, "ignore_unknown_options": True}
    app.command("send", cls=GroupedCommand, context_settings=settings)(send)
