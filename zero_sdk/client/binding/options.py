"""The options of calls, sends and deployments, as types for bound classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict


class CallOptions(TypedDict, total=False):
    """What a call takes by keyword."""

    sender: Any
    value: int
    gas: int
    block: int | str | bytes
    overrides: Mapping[str, Any]


class SendOptions(TypedDict, total=False):
    """What a transaction takes by keyword."""

    sender: Any
    value: int
    gas: int
    gas_price: int
    max_fee: int
    max_priority_fee: int
    nonce: int
    access_list: Any
    authorizations: Any
    wait: bool
    timeout: float | None


class DeployOptions(TypedDict, total=False):
    """What a deployment takes by keyword."""

    sender: Any
    value: int
    gas: int
    gas_price: int
    max_fee: int
    max_priority_fee: int
    nonce: int
    libraries: Mapping[str, Any]
    salt: int | bytes
    timeout: float | None
