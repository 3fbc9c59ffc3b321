"""What reading another zone costs: the table in docs/cross-zone-reads.md is what is measured, rounded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.contracts.settled import TwoZones, two_zones

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "cross-zone-reads.md"
ALPHA = 1


def measured(zones: TwoZones) -> dict[str, tuple[int, int, int]]:
    """By what is read: bytes of calldata, gas of the call, and gas of a transaction that makes it."""
    bell = str(zones.bell.address)
    state = zones.alpha.prove(zones.bell, [0, 9], height=3)
    alone, of_many = zones.rings[1], zones.rings[7]
    asked: dict[str, tuple[str, tuple[Any, ...]]] = {
        "state root": ("root", (ALPHA, state.root)),
        "account": ("account", (ALPHA, bell, *state.account_parts)),
        "slot": ("slot", (ALPHA, bell, bytes(32), *state.slot_parts(0))),
        "empty slot": ("slot", (ALPHA, bell, (9).to_bytes(32, "big"), *state.slot_parts(9))),
        "header": ("header", (ALPHA, alone.prove(height=2).block)),
        "transaction, alone": ("transaction", (ALPHA, *alone.prove(height=2).parts)),
        "receipt, alone": ("receipt", (ALPHA, *alone.prove_receipt(height=2).parts)),
        "log, alone": ("log", (ALPHA, *alone.prove_log(alone.receipt.logs[1], height=2).parts)),
        "log, one of 20 transactions": (
            "log",
            (ALPHA, *of_many.prove_log(of_many.receipt.logs[1], height=2).parts),
        ),
        "log, one update later": (
            "log",
            (ALPHA, *of_many.prove_log(of_many.receipt.logs[1], height=3).parts),
        ),
    }
    return {what: gas_of(zones, function, arguments) for what, (function, arguments) in asked.items()}


def gas_of(zones: TwoZones, function: str, arguments: tuple[Any, ...]) -> tuple[int, int, int]:
    reader = zones.reader
    data = getattr(reader, function).encode(*arguments)
    request = {"to": str(reader.address), "data": "0x" + data.hex()}
    trace = reader.zone.rpc("debug_traceCall", request, "latest", {})
    assert not trace["failed"]
    steps = [step for step in trace["structLogs"] if step["depth"] == 1]
    return len(data), steps[0]["gas"] - steps[-1]["gas"] + steps[-1]["gasCost"], trace["gas"]


def documented() -> dict[str, tuple[int, ...]]:
    lines = re.findall(
        r"^\| ([a-z0-9, ]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$",
        DOCUMENT.read_text(encoding="utf-8").partition("### What it costs")[2],
        re.MULTILINE,
    )
    return {what: tuple(int(number.replace(",", "")) for number in rest) for what, *rest in lines}


def test_the_documented_gas_is_about_the_gas() -> None:
    """Within a tenth: a state that grows has longer proofs."""
    found, said = measured(two_zones("native")), documented()
    assert set(said) == set(found)
    for what, numbers in found.items():
        for number, told in zip(numbers, said[what], strict=True):
            assert abs(number - told) <= number / 10, (what, numbers)


if __name__ == "__main__":
    for what, row in measured(two_zones("native")).items():
        print(f"| {what} | {' | '.join(f'{number:,}' for number in row)} |")
