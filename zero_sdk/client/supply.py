"""How much of the network's currency there is, and where it came from (docs/messages.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Supply:
    """Of all zones at one moment, in wei: circulating + in_flight = opening + issuance + credited - debited -
    burnt."""

    circulating: int
    """What the accounts of all zones hold beside the reserves."""
    in_flight: int
    """What left a zone through the bridge and was not paid in another."""
    owed: int
    """What of that arrived for receivers that refused it."""
    opening: int
    """What there was when counting began: at genesis, where all blocks are kept."""
    issuance: int
    """Rewards of staking that came out of its reserve."""
    credited: int
    """What development calls gave to accounts."""
    debited: int
    """What they took."""
    burnt: int
    """Fees, and what ended with contracts that destroyed themselves."""
    difference: int
    """Zero, or the node has lost or made something."""
    raw: Mapping[str, Any] = field(repr=False)
    """All of it as the node gave it, each zone's part in `zones`."""


def supply_of(answer: Mapping[str, Any]) -> Supply:
    """Of `zero_getSupply`."""
    wei = {name: int(value, 16) for name, value in answer.items() if name != "zones"}
    return Supply(
        circulating=wei["circulating"],
        in_flight=wei["inFlight"],
        owed=wei["owed"],
        opening=wei["opening"],
        issuance=wei["issuance"],
        credited=wei["credited"],
        debited=wei["debited"],
        burnt=wei["burnt"],
        difference=wei["difference"],
        raw=answer,
    )
