"""What is wrong with a mesh, under asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zero_sdk.client.asynchronous.zone import AsyncZone
from zero_sdk.client.flows.asynchronously import run_tour_async
from zero_sdk.messages.checking import Checking, findings
from zero_sdk.messages.findings import Finding
from zero_sdk.messages.mesh import Mesh


async def check_async(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    types: Sequence[int] | None = None,
    messages: Mapping[int, bytes] | None = None,
) -> tuple[Finding, ...]:
    """As `check`, of contracts of an asynchronous network: all zones are asked side by side."""
    return await run_tour_async(findings(Mesh.of(contracts, AsyncZone), Checking(types, messages or {})))
