"""Contracts asked, and sent to, by an interface that their own ABIs need not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zero_sdk.client.flows import reading
from zero_sdk.client.flows.tours import at

if TYPE_CHECKING:
    from zero_sdk.client.flows.steps import Flow
    from zero_sdk.client.flows.tours import AnyZone, Tour
    from zero_sdk.client.interface import Interface
    from zero_sdk.client.zone_base import ZoneBase


def asked(zone: ZoneBase, address: str, interface: Interface, name: str, *arguments: Any) -> Flow[Any]:
    """What a function of a contract gives. Raises Reverted, BadReturnData, and UnknownContract where no code
    is."""
    function = interface.functions[name][0]
    request = reading.call_request(zone.facts, address, function.encode(arguments))
    known = zone.interface_at(address)
    return reading.call_function(zone.facts, function, request, interface=known)


def ask(zone: AnyZone, address: str, interface: Interface, name: str, *arguments: Any) -> Tour[Any]:
    """The same as a part of a tour."""
    return at(zone, asked(zone, address, interface, name, *arguments))


def order(
    zone: ZoneBase, to: str, interface: Interface, name: str, arguments: tuple[Any, ...], sender: Any
) -> dict[str, Any]:
    """What `transact` of a zone is given to send to a function. Raises WrongArguments."""
    called = interface.functions[name][0]
    return {
        "to": to,
        "data": called.encode(arguments),
        "sender": sender,
        "function": called,
        "interface": zone.interface_at(to) or interface,
        "action": called.label,
    }
