"""`zero message simulate`: what a delivery would do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from zero_sdk.cli.message_options import COMPOSE_GAS, RECEIVE_GAS, RECEIVE_VALUE, options_named
from zero_sdk.cli.options import URL
from zero_sdk.cli.target import JSON, NETWORK


def simulate(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="GUID | SOURCE DESTINATION SENDER RECEIVER DATA",
            help="A message that was sent, or one that might be: zones, contracts, and 0x and hex or a text.",
            show_default=False,
        ),
    ],
    receive_gas: RECEIVE_GAS = None,
    receive_value: RECEIVE_VALUE = None,
    compose_gas: COMPOSE_GAS = None,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Tell what delivering a message would do now: whether it reverts, why, how much gas it needs.

    Nothing is sent. Exit code 1 where it would fail, or the options give too little gas.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.message_lines import sending_line, simulation_lines
    from zero_sdk.cli.message_send import octets_in
    from zero_sdk.cli.output import Ending, result, result_json, say
    from zero_sdk.client.words import parse_integer
    from zero_sdk.errors import Problem, ZeroError

    if len(what) not in (1, 5):
        raise ZeroError(
            Problem.USAGE,
            f"{len(what)} words are no message",
            "give a GUID, or all five words",
        )
    project = target.project_here()
    opened, _ = target.open_target(project, url, network)
    with opened:
        if len(what) == 5:
            source, destination = opened.zone(what[0]), opened.zone(what[1])
            sender, receiver = (
                target.address_named(opened, project, target.contract_target(text, project, zone)[0])
                for text, zone in ((what[2], source), (what[3], destination))
            )
            message: dict[str, Any] = {
                "source": source.name,
                "destination": destination.name,
                "sender": sender,
                "receiver": receiver,
                "message": octets_in(what[4]),
            }
            options = options_named(receive_gas, receive_value, compose_gas, None, False, None)
            simulation = opened.simulate_delivery({**message, "options": options if options.items else b""})
        else:
            value = None if receive_value is None else parse_integer(receive_value)
            simulation = opened.simulate_delivery(what[0], gas=receive_gas, value=value)
    if json:
        result_json(simulation.raw)
    else:
        for line in simulation_lines(simulation):
            result(line)
        if simulation.sending is not None:
            say(sending_line(simulation.sending))
    if not simulation.would_succeed:
        raise Ending(1)
