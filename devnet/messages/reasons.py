"""What reverts of messages say."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from devnet.artifacts.artifact import parse_abi
from devnet.artifacts.items import AbiItem
from devnet.artifacts.reverts import decode_revert
from devnet.contracts import artifacts
from devnet.messages.life import Reason

if TYPE_CHECKING:
    from devnet.artifacts.registry import ArtifactRegistry

_CONTRACTS = ("Endpoint", "ZeroReceiveLib", "ZeroSendLib", "Executor", "BlockedLibrary", "SettlementRoots")


def explain(registry: ArtifactRegistry, revert: bytes) -> Reason:
    """What revert data says: with the errors of what the network was told of, then those of the contracts
    that messages go through."""
    reason = decode_revert(revert, lambda selector: registry.error(selector) or _own_errors().get(selector))
    if reason.kind == "none":
        return Reason("it reverted without a reason, or ran out of gas", None, revert)
    return Reason(reason.text, None if reason.error is None else reason.error.name, revert)


@functools.cache
def _own_errors() -> Mapping[bytes, AbiItem]:
    items = (item for name in _CONTRACTS for item in parse_abi(artifacts.load(name).abi)[1])
    return {item.selector: item for item in items if item.kind == "error"}
