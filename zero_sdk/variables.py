"""Environment variables whose names several parts must agree on."""

from __future__ import annotations

import re

RPC_URL = "ZERO_RPC_URL"
"""The first zone of a network that a command was started for."""


def variable_of(zone: str) -> str:
    """`ZERO_RPC_URL_ALPHA` for alpha; what a variable's name cannot hold becomes an underscore."""
    return f"{RPC_URL}_{re.sub('[^A-Za-z0-9]', '_', zone).upper()}"
