"""Tests of contracts in Python: a pytest plugin and what tests import.

    plugin, options, hooks      the fixtures, their options, and what wraps tests while there is a network
    session, choice             which project, contracts and network they use
    isolation, scopes, moments  going back: who began where, and in which order things end
    deploying, serving          the fixtures `deploy` and `server`
    carrying, shown             the fixtures `carry` and `faulty_turn`, and what shows a fault of the courier
    matchers                    reverts, emits, changes_balance
    strategies, stateful        hypothesis: values of ABI types, sequences of steps over zones

Tests import the names below from here; they are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.testing.matchers import ANY, changes_balance, emits, reverts
    from zero_sdk.testing.stateful import ZoneMachine, run_machine
    from zero_sdk.testing.strategies import abi, arguments

_HOMES = {
    "ANY": "matchers",
    "ZoneMachine": "stateful",
    "abi": "strategies",
    "arguments": "strategies",
    "changes_balance": "matchers",
    "emits": "matchers",
    "reverts": "matchers",
    "run_machine": "stateful",
}

__all__ = ["ANY", "ZoneMachine", "abi", "arguments", "changes_balance", "emits", "reverts", "run_machine"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
