"""Messages as the commands show them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.client.message import Message
    from zero_sdk.client.message_state import MessageState, Sending, SimulatedCall, Simulation

HEAD = ("guid", "from", "to", "nonce", "status", "sender", "receiver")


def print_list(messages: Sequence[Message]) -> None:
    """A table on a terminal, else lines with tabs."""
    from zero_sdk.cli.output import result

    rows = [_row(message) for message in messages]
    if not sys.stdout.isatty():
        for row in (HEAD, *rows):
            result("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for title in HEAD:
        table.add_column(title, justify="right" if title == "nonce" else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _row(message: Message) -> tuple[str, ...]:
    told = message.told
    assert told is not None
    source, destination = zones_of(told)
    return (
        message.guid,
        source,
        destination,
        str(message.nonce),
        told.status,
        message.sender,
        message.receiver,
    )


def zones_of(state: MessageState) -> tuple[str, str]:
    """The names of source and destination; an eid that no zone has stands for itself."""
    return state.raw["srcZone"], state.destination or str(state.raw["dstEid"])


def line_of(message: Message, state: MessageState) -> str:
    """One message in one line, as `watch` prints it."""
    source, destination = zones_of(state)
    why = "" if state.reason is None else f"  {state.reason}"
    return f"{message.guid}  {source} -> {destination}  nonce {message.nonce}  {state.status}{why}"


def life_of(message: Message, state: MessageState) -> list[str]:
    """Everything that is known of a message, in lines."""
    source, destination = zones_of(state)
    retried = ", after it had failed" if state.is_retried else ""
    lines = [
        f"message     {message.guid}",
        f"status      {state.status}{retried}",
        *([] if state.reason is None else [f"reason      {state.reason}"]),
        f"from        {message.sender} in {source} (eid {message.source_eid})",
        f"to          {message.receiver} in {destination} (eid {message.destination_eid})",
        f"nonce       {message.nonce}",
        f"data        {_shortened(message.data)}",
        f"options     {_options(state.raw['options'])}",
    ]
    if state.fee is not None:
        lines.append(f"fee         {_coins(state.fee)} ZRO")
    if state.settlement_height is not None:
        lines.append(f"settled     at height {state.settlement_height}, number {state.number} of its outbox")
    for happening in state.transactions:
        place = f"{happening.zone} block {happening.block_number}"
        lines.append(f"{happening.kind:<19} {place:<18} {happening.transaction}  {happening.finality}")
    for call in state.composes:
        paid = "not paid for" if call.gas is None else f"{call.gas:,} gas"
        why = "" if call.reason is None else f": {call.reason}"
        lines.append(f"composed call {call.index} of {call.receiver}: {call.status}{why} ({paid})")
    for drop in state.drops:
        taken = "" if drop.is_taken else ", which was not taken"
        lines.append(f"dropped {_coins(drop.amount)} ZRO for {drop.receiver}{taken}")
    return lines


def simulation_lines(simulation: Simulation) -> list[str]:
    """What a delivery would do, in lines."""
    lines = [f"lzReceive in {simulation.zone} {_call(simulation.receive)}"]
    return lines + [f"lzCompose {call.index} {_call(call)}" for call in simulation.composes]


def sending_line(sending: Sending) -> str:
    """What the endpoint would say to a message that is not sent."""
    if sending.fee is None:
        return f"the endpoint would not send it: {sending.reason}"
    return f"sending it costs {_coins(sending.fee)} ZRO"


def _call(call: SimulatedCall) -> str:
    if not call.would_succeed:
        why = f": {call.reason}" if call.reason is not None else ""
        if call.gas_needed is None:
            return f"would revert{why}"
        return f"would fail{why}; needs {call.gas_needed:,} gas{_given(call)}"
    needed = call.gas_used if call.gas_needed is None else call.gas_needed
    return f"would succeed, needs {needed:,} gas{_given(call)}"


def _given(call: SimulatedCall) -> str:
    return "" if call.gas_given is None else f", the options give {call.gas_given:,}"


def _options(options: Any) -> str:
    if options["flaw"] is not None:
        return f"{options['raw']} ({options['flaw']})"
    return ", ".join(map(_option, options["items"])) or "none"


def _option(item: Any) -> str:
    match item["kind"]:
        case "receive":
            return f"{int(item['gas'], 16):,} gas{_value(item)}"
        case "compose":
            return f"{int(item['gas'], 16):,} gas for composed call {item['index']}{_value(item)}"
        case "native-drop":
            return f"{_coins(int(item['amount'], 16))} ZRO for {item['receiverAddress'] or item['receiver']}"
        case "ordered":
            return "in order"
    return str(item["kind"])


def _value(item: Any) -> str:
    value = int(item["value"], 16)
    return f" with {_coins(value)} ZRO" if value else ""


def _coins(wei: int) -> str:
    from decimal import Decimal

    return f"{Decimal(wei) / 10**18:f}"


def _shortened(data: bytes) -> str:
    shown = f"0x{data[:64].hex()}"
    return shown if len(data) <= 64 else f"{shown}... ({len(data)} bytes)"
