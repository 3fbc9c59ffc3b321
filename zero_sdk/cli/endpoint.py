"""Which network a command talks to."""

from __future__ import annotations

import os

from zero_sdk.variables import RPC_URL, variable_of

DEFAULT_PORT = "8545"


def endpoint(url: str | None, zone: str | None = None) -> str:
    """The zone's URL: --url and --zone, else the variables that --exec sets, else the default port."""
    zone = zone or os.environ.get("ZERO_ZONE")
    if url is None and zone and (told := os.environ.get(variable_of(zone))) is not None:
        return told
    base = url or os.environ.get(RPC_URL) or f"http://127.0.0.1:{_port()}"
    return f"{base.rstrip('/')}/{zone}" if zone else base


def _port() -> str:
    port = os.environ.get("ZERO_PORT", "")
    return port if port.isdigit() and port != "0" else DEFAULT_PORT
