"""What both kinds of a dry run answer alike: batches one by one, and receipts of what was sent nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zero_sdk.client.errors import Refused
from zero_sdk.client.transports import Call


def answer_each(request: Callable[[str, Sequence[Any]], Any], calls: Sequence[Call]) -> list[Any]:
    """As `Transport.batch`: what `request` gives for each call, or the Refused that it raises."""
    outcomes: list[Any] = []
    for method, parameters in calls:
        try:
            outcomes.append(request(method, parameters))
        except Refused as refused:
            outcomes.append(refused)
    return outcomes


def made_up_receipt(made_up: str, number: int, gas_used: str, logs: Sequence[Any]) -> Mapping[str, Any]:
    """The receipt of a transaction with that hash, alone in block `number`."""
    return {
        "transactionHash": made_up,
        "blockHash": made_up,
        "blockNumber": hex(number),
        "transactionIndex": "0x0",
        "status": "0x1",
        "gasUsed": gas_used,
        "logs": logs,
        "contractAddress": None,
    }
