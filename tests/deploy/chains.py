"""What really happened on a chain, asked of its node."""

from __future__ import annotations

from typing import Any

from tests.cli.devnet_process import post


def transactions(url: str, sender: str | None = None) -> list[dict[str, Any]]:
    """Of all blocks, oldest first; of one sender where it is given."""
    found = []
    for number in range(1, int(post(url, "eth_blockNumber"), 16) + 1):
        for entry in post(url, "eth_getBlockByNumber", hex(number), True)["transactions"]:
            if sender is None or entry["from"].lower() == sender.lower():
                found.append(entry)
    return found


def inputs(url: str, sender: str | None = None) -> list[tuple[str | None, str]]:
    """Receiver and data of all transactions but those that only pay."""
    return [
        (entry["to"], entry["input"])
        for entry in transactions(url, sender)
        if entry["input"] not in ("", "0x")
    ]
