"""Which network a command talks to."""

from __future__ import annotations

import os
import re

DEFAULT_PORT = "8545"


def endpoint(url: str | None, zone: str | None = None) -> str:
    """The zone's URL: --url and --zone, else the variables that --exec sets, else the default port."""
    zone = zone or os.environ.get("ZERO_ZONE")
    if url is None and zone and (told := os.environ.get(variable_of(zone))) is not None:
        return told
    base = url or os.environ.get("ZERO_RPC_URL") or f"http://127.0.0.1:{_port()}"
    return f"{base.rstrip('/')}/{zone}" if zone else base


def variable_of(zone: str) -> str:
    """`ZERO_RPC_URL_ALPHA` for alpha; what a variable's name cannot hold becomes an underscore."""
    return f"ZERO_RPC_URL_{re.sub('[^A-Za-z0-9]', '_', zone).upper()}"


def _port() -> str:
    port = os.environ.get("ZERO_PORT", "")
    return port if port.isdigit() and port != "0" else DEFAULT_PORT
