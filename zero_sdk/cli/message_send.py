"""`zero message send`: a message from an account, or tokens of an OFT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.message_options import (
    COMPOSE_GAS,
    DROP,
    ORDERED,
    RECEIVE_GAS,
    RECEIVE_VALUE,
    options_named,
)
from zero_sdk.cli.options import URL
from zero_sdk.cli.target import FROM, JSON, NETWORK

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Transaction
    from zero_sdk.client.zone import Zone
    from zero_sdk.messages.options import Options


def send(
    source: Annotated[str, typer.Argument(help="The zone that it leaves.", show_default=False)],
    destination: Annotated[str, typer.Argument(help="The zone that it goes to.", show_default=False)],
    receiver: Annotated[
        str,
        typer.Argument(
            help="Who gets it there: an address, an account's or a deployed contract's name.",
            show_default=False,
        ),
    ],
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATA]",
            help="What it says: 0x and hex, or text; not with --token.",
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="CONTRACT",
            help="Move tokens of this OFT (name or address in the source zone).",
            show_default=False,
        ),
    ] = None,
    amount: Annotated[
        str | None,
        typer.Option(metavar="TOKENS", help="How many: 1.5 are one and a half.", show_default=False),
    ] = None,
    receive_gas: RECEIVE_GAS = None,
    receive_value: RECEIVE_VALUE = None,
    compose_gas: COMPOSE_GAS = None,
    drop: DROP = None,
    ordered: ORDERED = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is delivered.")] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.001, help="How long to wait.  [default: 120]")
    ] = 120.0,
    sender: FROM = None,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Send a message to another zone, and print its GUID.

    The account itself is the sender, so a receiver that believes only its peer takes nothing of it: what
    contracts send is sent with zero send. With --token and --amount the OFT is the sender, and the receiver
    gets tokens. The fee is what the endpoint quotes.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.client import bridging
    from zero_sdk.client.accounts import refuse_public_key
    from zero_sdk.errors import Problem, ZeroError

    if (token is None) != (amount is None) or (token is None) == (data is None):
        raise ZeroError(
            Problem.CONTRADICTION,
            "a message has either DATA, or --token and --amount",
            "`zero message send --help` shows both",
        )
    project = target.project_here()
    opened, _ = target.open_target(project, url, network)
    with opened:
        here, there = opened.zone(source), opened.zone(destination)
        bridging.check_zones(here, there)
        account = target.account_named(opened, project, sender)
        if account is not None:
            refuse_public_key(here, account)

        def address_in(zone: Zone, text: str) -> str:
            return target.address_named(opened, project, target.contract_target(text, project, zone)[0])

        options = options_named(
            receive_gas, receive_value, compose_gas, drop, ordered, lambda text: address_in(there, text)
        )
        to = address_in(there, receiver)
        if token is None:
            sent = _send_data(here, there, to, octets_in(data or ""), options, account)
        else:
            sent = _send_tokens(here, there, to, address_in(here, token), amount or "", options, account)
        message = sent.message
        if not json:
            # Before it is waited for: what comes of a message that stays is asked with its GUID.
            result(message.guid)
            say(f"sent in block {sent.block_number} of zone {here.name} by {sent.hash}")
        if wait:
            message.wait("delivered", timeout)
        if json:
            result_json(message.state.raw)
        elif wait:
            say(f"delivered in zone {there.name}")


def _send_data(
    here: Zone, there: Zone, receiver: str, data: bytes, options: Options, account: Any
) -> Transaction:
    """The account's own call of the endpoint."""
    from zero_sdk.client.addresses import to_address
    from zero_sdk.client.errors import WrongArguments
    from zero_sdk.client.packets import ENDPOINT
    from zero_sdk.messages import interfaces
    from zero_sdk.messages.asking import asked
    from zero_sdk.messages.words import padded

    who = account if account is not None else here.facts.default_sender
    if who is None:
        raise WrongArguments(f"who sends it? zone {here.name} has no accounts of its own", "give --from")
    if not options.receive.gas:
        raise WrongArguments("the receiver needs gas", "give --receive-gas")
    params = (there.eid, padded(receiver), data, options.encoded, False)
    fee = here.run(asked(here, ENDPOINT, interfaces.endpoint(), "quote", params, to_address(who)))[0]
    called = interfaces.endpoint().functions["send"][0]
    return here.transact(
        to=ENDPOINT,
        data=called.encode((params, to_address(who))),
        value=fee,
        sender=account,
        function=called,
        interface=interfaces.endpoint(),
        action=called.label,
    )


def _send_tokens(
    here: Zone, there: Zone, receiver: str, token: str, amount: str, options: Options, account: Any
) -> Transaction:
    from zero_sdk.messages.mesh import Member
    from zero_sdk.messages.oft import Oft

    known = here.interface_at(token)
    oft = Oft(Member(here, token, "OFT" if known is None else known.name))
    extra = options if options.items else b""
    return oft.send(there.name, receiver, oft.amount(amount), options=extra, sender=account)


def octets_in(text: str) -> bytes:
    """Hex after 0x, and anything else as UTF-8. Raises WrongArguments."""
    from zero_sdk.client.errors import WrongArguments

    if not text.startswith("0x"):
        return text.encode()
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        raise WrongArguments(f"{text!r} is no hex", "two digits are a byte") from None
