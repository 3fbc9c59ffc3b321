"""The native bridge from outside: what takes the currency from one zone to another (docs/messages.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import to_bytes
from zero_sdk.client.errors import WrongArguments

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone

BRIDGE = "0x5a45524f0000000000000000000000000000000d"
"""The contract Bridge, at the same address in every zone (docs/contracts.md)."""

ARRIVED_TOPIC = "0x0eb45e77f8bea4e67dd5bec782324b05275122fb44290c76d3dd61ce3e5b2f60"
"""Of its event `Arrived(bytes32,uint32,address,address,uint256,bool)`."""

RECEIVER_GAS = 100_000
"""What a receiver with code gets where the caller names nothing."""


def receiver_gas(code: bytes) -> int:
    """What a receiver with this code may take, if nobody says otherwise: accounts without code take none."""
    return RECEIVER_GAS if code else 0


def check_zones(source: Any, destination: Any) -> None:
    """Raises WrongArguments where a message would not leave its zone."""
    if source.name == destination.name:
        raise WrongArguments(
            f"zone {source.name} sends no messages to itself", "inside a zone contracts call each other"
        )


def quoting(eid: int, gas: int) -> dict[str, Any]:
    """The call that asks for the fee, which is the number it answers. Raises WrongArguments."""
    from devnet.contracts.bridge import quote_call

    _check_gas(gas)
    return {"to": BRIDGE, "data": quote_call(eid, gas)}


def sending(eid: int, to: Any, amount: int, gas: int, fee: int, refund: Any) -> dict[str, Any]:
    """What is sent to the bridge. Raises WrongArguments."""
    from devnet.chain.types import Address, Wei
    from devnet.contracts.bridge import send_call

    if not 0 < amount < 1 << 255:
        raise WrongArguments(f"{amount} wei cannot be bridged", "give more than 0, in wei")
    _check_gas(gas)
    data = send_call(eid, Address(to_bytes(to)), Wei(amount), Address(to_bytes(refund)), gas)
    return {"to": BRIDGE, "data": data, "value": amount + fee}


def _check_gas(gas: int) -> None:
    from devnet.contracts.bridge import MOST_RECEIVER_GAS

    if not 0 <= gas <= MOST_RECEIVER_GAS:
        raise WrongArguments(f"a receiver cannot get {gas} gas", f"give 0 to {MOST_RECEIVER_GAS}")


def claiming(account: Any) -> dict[str, Any]:
    """What is sent to the bridge to have an account paid what it is owed."""
    from devnet.chain.types import Address
    from devnet.contracts.bridge import claim_call

    return {"to": BRIDGE, "data": claim_call(Address(to_bytes(account)))}


def is_paid(zone: Zone, guid: str) -> bool:
    """Whether what this message brought to the zone was taken when it arrived; what was refused is owed."""
    (arrived,) = zone.logs(BRIDGE, topics=[ARRIVED_TOPIC, guid])
    return int.from_bytes(arrived.data[-32:], "big") == 1
