"""Deployments: scripts in plain Python whose every transaction happens once, whatever interrupts them.

    identity     which chain, and which start of it
    journal      the file that is written before and after every transaction
    steps        what the journal says of each step
    recorder     one transaction, exactly once
    recording    a network whose zones send through a recorder
    script       loading and running a script
    rehearsal    what a deployment would do; `simulated` is a chain for it that goes on in eth_simulateV1 only
    proxies      contracts that can be replaced; `layouts` and `unsafe` are their checks

A script's `main(network)` gets an ordinary `zero_sdk.Network`, so the same function serves tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.deploy.proxies import deploy_proxy, upgrade_proxy

__all__ = ["deploy_proxy", "upgrade_proxy"]


def __getattr__(name: str) -> Any:
    # What only reads journals needs nothing of this.
    if name in __all__:
        from zero_sdk.deploy import proxies

        return getattr(proxies, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
