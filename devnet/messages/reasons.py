"""What reverts of messages say."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from devnet.artifacts.artifact import parse_abi
from devnet.artifacts.items import AbiItem
from devnet.artifacts.reverts import ERROR_SELECTOR, decode_revert
from devnet.contracts import artifacts
from devnet.messages.life import Reason

if TYPE_CHECKING:
    from devnet.artifacts.registry import ArtifactRegistry

_CONTRACTS = ("Endpoint", "ZeroReceiveLib", "ZeroSendLib", "Executor", "BlockedLibrary", "SettlementRoots")


MOST_TOLD = 256
"""Bytes of a receiver's answer that Executor tells."""


def explain(registry: ArtifactRegistry, revert: bytes) -> Reason:
    """What revert data says: with the errors of what the network was told of, then those of the contracts
    that messages go through."""
    reason = decode_revert(revert, lambda selector: registry.error(selector) or _own_errors().get(selector))
    if reason.kind == "none":
        return Reason("it reverted without a reason, or ran out of gas", None, revert)
    if reason.kind == "raw" and len(revert) == MOST_TOLD:
        return _cut_short(registry, revert, reason.text)
    return Reason(reason.text, None if reason.error is None else reason.error.name, revert)


def _cut_short(registry: ArtifactRegistry, revert: bytes, otherwise: str) -> Reason:
    """What can be read of an answer whose end is missing."""
    if revert[:4] == ERROR_SELECTOR and int.from_bytes(revert[36:68], "big") > MOST_TOLD - 68:
        return Reason(revert[68:].decode("utf-8", "ignore") + "…", None, revert)
    error = registry.error(revert[:4]) or _own_errors().get(revert[:4])
    if error is None:
        return Reason(otherwise, None, revert)
    return Reason(f"{error.name}(…)", error.name, revert)


@functools.cache
def _own_errors() -> Mapping[bytes, AbiItem]:
    items = (item for name in _CONTRACTS for item in parse_abi(artifacts.load(name).abi)[1])
    return {item.selector: item for item in items if item.kind == "error"}
