"""Messages between zones, for those who write applications: packets, options, OApps and OFTs.

    options        `Options`, built step by step: `Options().lz_receive(80_000).encoded`
    words          addresses as packets carry them
    interfaces     what OApps, OFTs and the endpoint answer, as ABIs
    endpoint       an endpoint, as an application's settings at it are read
    mesh           contracts in several zones that belong together; asking is how each is asked
    wiring         peers, enforced options, libraries and configurations: making them so
    planning       what differs from that
    oft            sending tokens, with their decimals
    checking       what is wrong with a mesh; findings has the codes
    asynchronous   wiring, oft and checking for contracts of an asynchronous network

Packets are those of `devnet.packets`. Messages on their way are had of a network: `network.messages()`. Tests
and scripts import the names below from here; they are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devnet.packets.options import MalformedOptions, combine_options
    from devnet.packets.packet import (
        MalformedPacket,
        Packet,
        PacketHeader,
        Path,
        decode_header,
        decode_packet,
    )
    from zero_sdk.messages.asynchronous.checking import check_async
    from zero_sdk.messages.asynchronous.oft import AsyncOft
    from zero_sdk.messages.asynchronous.wiring import plan_wiring_async, wire_async
    from zero_sdk.messages.checking import check
    from zero_sdk.messages.findings import Finding, Severity
    from zero_sdk.messages.oft import Oft
    from zero_sdk.messages.options import Options
    from zero_sdk.messages.settings import ExecutorConfig, UlnConfig, Way
    from zero_sdk.messages.wiring import plan_wiring, wire
    from zero_sdk.messages.words import padded, unpadded

_HOMES = {
    "AsyncOft": "zero_sdk.messages.asynchronous.oft",
    "ExecutorConfig": "zero_sdk.messages.settings",
    "Finding": "zero_sdk.messages.findings",
    "MalformedOptions": "devnet.packets.options",
    "MalformedPacket": "devnet.packets.packet",
    "Oft": "zero_sdk.messages.oft",
    "Options": "zero_sdk.messages.options",
    "Packet": "devnet.packets.packet",
    "PacketHeader": "devnet.packets.packet",
    "Path": "devnet.packets.packet",
    "Severity": "zero_sdk.messages.findings",
    "UlnConfig": "zero_sdk.messages.settings",
    "Way": "zero_sdk.messages.settings",
    "check": "zero_sdk.messages.checking",
    "check_async": "zero_sdk.messages.asynchronous.checking",
    "combine_options": "devnet.packets.options",
    "decode_header": "devnet.packets.packet",
    "decode_packet": "devnet.packets.packet",
    "padded": "zero_sdk.messages.words",
    "plan_wiring": "zero_sdk.messages.wiring",
    "plan_wiring_async": "zero_sdk.messages.asynchronous.wiring",
    "unpadded": "zero_sdk.messages.words",
    "wire": "zero_sdk.messages.wiring",
    "wire_async": "zero_sdk.messages.asynchronous.wiring",
}
"""Where each name lives."""

__all__ = [
    "AsyncOft",
    "ExecutorConfig",
    "Finding",
    "MalformedOptions",
    "MalformedPacket",
    "Oft",
    "Options",
    "Packet",
    "PacketHeader",
    "Path",
    "Severity",
    "UlnConfig",
    "Way",
    "check",
    "check_async",
    "combine_options",
    "decode_header",
    "decode_packet",
    "padded",
    "plan_wiring",
    "plan_wiring_async",
    "unpadded",
    "wire",
    "wire_async",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
