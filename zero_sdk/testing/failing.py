"""What the chain can tell of a test that failed: why it reverted and where in the source, what its
transactions did, and a prompt on the state as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from zero_sdk.client.errors import Reverted
    from zero_sdk.client.network import Network
    from zero_sdk.debugging.sources import Sources

MOST_TREES = 20
"""How many transactions of one test are shown: the newest."""

_HIDDEN = ("zero_sdk.client", "zero_sdk.testing")


def why_reverted(network: Network, error: BaseException) -> str | None:
    """The stack trace and call tree of the revert that an exception is or comes from; None where there is
    none. What the node cannot trace is said."""
    from zero_sdk.errors import ZeroError

    reverted = next(_reverts(error), None)
    if reverted is None or (reverted.transaction is None and not reverted.request):
        return None
    from zero_sdk.debugging.execution import FailedCall, fetch_execution

    sent = reverted.transaction
    what = FailedCall(reverted.request or {}) if sent is None else sent.hash
    try:
        execution = fetch_execution(network.zone(reverted.zone), what)
    except ZeroError as fault:
        return f"there is no trace of it: {fault.message}"
    return _explained(execution, sources_of(network))


def trees_since(network: Network, heights: Mapping[str, int]) -> str:
    """The call trees of the transactions that came after these heights, by zone, the oldest first."""
    from zero_sdk.debugging.call_tree import call_tree
    from zero_sdk.debugging.rendering import render_tree

    sources = sources_of(network)
    shown: list[str] = []
    for name, height in heights.items():
        zone = network.zone(name)
        for number in range(height + 1, zone.block_number + 1):
            block = zone.block(number) or {}
            for transaction_hash in block.get("transactions", ()):
                tree = render_tree(call_tree(zone, transaction_hash, sources))
                shown.append(f"{name}, block {number}:\n{tree}")
    left_out = len(shown) - MOST_TREES
    kept = shown[-MOST_TREES:]
    return "\n\n".join([f"({left_out} earlier transactions)", *kept] if left_out > 0 else kept)


def heights_of(network: Network) -> dict[str, int]:
    """The newest block of each zone."""
    return {zone.name: zone.block_number for zone in network}


def sources_of(network: Network) -> Sources:
    """Everything that was compiled for the network."""
    from zero_sdk.debugging.sources import Sources

    return Sources.of(*network.artifacts.builds)


def interact(config: pytest.Config, network: Network, item: pytest.Item, error: BaseException) -> None:
    """A Python prompt where the test failed, with its variables; the test ends when the prompt does."""
    import code

    names: dict[str, Any] = {"network": network, "zones": network.zones, "accounts": network.accounts}
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(item.path):
            names.update(trace.tb_frame.f_locals)
        trace = trace.tb_next
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    known = ", ".join(sorted(names))
    banner = f"\n{item.nodeid} failed: {error}\nIts variables are here: {known}. Ctrl-D ends."
    capture.suspend(in_=True)
    try:
        code.interact(banner=banner, local=names, exitmsg="")
    finally:
        capture.resume()


def hide_own_frames() -> None:
    """Leaves the inside of this package out of what pytest shows of a ZeroError (`--full-trace` shows it)."""
    for name, module in list(sys.modules.items()):
        if name.startswith(_HIDDEN):
            module.__dict__.setdefault("__tracebackhide__", _is_ours)


def _is_ours(found: pytest.ExceptionInfo[BaseException]) -> bool:
    from zero_sdk.errors import ZeroError

    return isinstance(found.value, ZeroError | AssertionError)


def _reverts(error: BaseException) -> Iterator[Reverted]:
    """Reverts in an exception's chain, the exception itself first."""
    from zero_sdk.client.errors import Reverted

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Reverted):
            yield seen
        seen = seen.__cause__ or seen.__context__


def _explained(execution: Any, sources: Sources) -> str:
    from zero_sdk.debugging.call_tree import tree_of
    from zero_sdk.debugging.rendering import render_trace, render_tree
    from zero_sdk.debugging.stack_trace import explain

    tree = render_tree(tree_of(execution, sources))
    if not execution.root.is_failed:
        return tree
    return f"{render_trace(explain(execution, sources))}\n\n{tree}"
