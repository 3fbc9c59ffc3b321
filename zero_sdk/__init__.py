"""What builders import. Nothing is imported before it is asked for.

import zero_sdk
network = zero_sdk.local()                       # or zero_sdk.connect("http://127.0.0.1:8545")
token = network["alpha"].deploy(artifact, 1000)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.client.accounts import Account
    from zero_sdk.client.asynchronous.contract import AsyncContract
    from zero_sdk.client.asynchronous.message import AsyncMessage
    from zero_sdk.client.asynchronous.network import AsyncNetwork, connect_async
    from zero_sdk.client.asynchronous.transaction import AsyncTransaction
    from zero_sdk.client.asynchronous.zone import AsyncZone
    from zero_sdk.client.connecting import connect
    from zero_sdk.client.contract import Contract
    from zero_sdk.client.errors import (
        BadAccount,
        BadReturnData,
        DecodedError,
        NoAnswer,
        NotADevnet,
        OutOfGas,
        PublicKey,
        Refused,
        Reverted,
        Timeout,
        UndeliveredMessage,
        UnknownContract,
        UnknownMember,
        UnknownMessage,
        WrongArguments,
    )
    from zero_sdk.client.hashing import keccak
    from zero_sdk.client.local import local
    from zero_sdk.client.message import Message
    from zero_sdk.client.network import Network, Snapshot
    from zero_sdk.client.transaction import Event, Log, Receipt, Transaction
    from zero_sdk.client.units import ether, gwei
    from zero_sdk.client.zone import Zone
    from zero_sdk.errors import ZeroError

_HOMES = {
    "Account": "zero_sdk.client.accounts",
    "AsyncContract": "zero_sdk.client.asynchronous.contract",
    "AsyncMessage": "zero_sdk.client.asynchronous.message",
    "AsyncNetwork": "zero_sdk.client.asynchronous.network",
    "AsyncTransaction": "zero_sdk.client.asynchronous.transaction",
    "AsyncZone": "zero_sdk.client.asynchronous.zone",
    "BadAccount": "zero_sdk.client.errors",
    "BadReturnData": "zero_sdk.client.errors",
    "Contract": "zero_sdk.client.contract",
    "DecodedError": "zero_sdk.client.errors",
    "Event": "zero_sdk.client.transaction",
    "Log": "zero_sdk.client.transaction",
    "Message": "zero_sdk.client.message",
    "Network": "zero_sdk.client.network",
    "NoAnswer": "zero_sdk.client.errors",
    "NotADevnet": "zero_sdk.client.errors",
    "OutOfGas": "zero_sdk.client.errors",
    "PublicKey": "zero_sdk.client.errors",
    "Receipt": "zero_sdk.client.transaction",
    "Refused": "zero_sdk.client.errors",
    "Reverted": "zero_sdk.client.errors",
    "Snapshot": "zero_sdk.client.network",
    "Timeout": "zero_sdk.client.errors",
    "Transaction": "zero_sdk.client.transaction",
    "UndeliveredMessage": "zero_sdk.client.errors",
    "UnknownContract": "zero_sdk.client.errors",
    "UnknownMember": "zero_sdk.client.errors",
    "UnknownMessage": "zero_sdk.client.errors",
    "WrongArguments": "zero_sdk.client.errors",
    "ZeroError": "zero_sdk.errors",
    "Zone": "zero_sdk.client.zone",
    "connect": "zero_sdk.client.connecting",
    "connect_async": "zero_sdk.client.asynchronous.network",
    "ether": "zero_sdk.client.units",
    "gwei": "zero_sdk.client.units",
    "keccak": "zero_sdk.client.hashing",
    "local": "zero_sdk.client.local",
}
"""Where each public name lives."""

__all__ = [
    "Account",
    "AsyncContract",
    "AsyncMessage",
    "AsyncNetwork",
    "AsyncTransaction",
    "AsyncZone",
    "BadAccount",
    "BadReturnData",
    "Contract",
    "DecodedError",
    "Event",
    "Log",
    "Message",
    "Network",
    "NoAnswer",
    "NotADevnet",
    "OutOfGas",
    "PublicKey",
    "Receipt",
    "Refused",
    "Reverted",
    "Snapshot",
    "Timeout",
    "Transaction",
    "UndeliveredMessage",
    "UnknownContract",
    "UnknownMember",
    "UnknownMessage",
    "WrongArguments",
    "ZeroError",
    "Zone",
    "connect",
    "connect_async",
    "ether",
    "gwei",
    "keccak",
    "local",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'zero_sdk' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
