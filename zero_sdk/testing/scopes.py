"""Which of a test's fixtures touch the network, and which of them have to end before the test begins.

pytest sets up a fixture when it is first asked for, also when its parameter has changed or its scope is wide
and the test comes late. What is on the chain cannot be rearranged then, so it is looked at before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from zero_sdk.testing.isolation import SCOPES, Isolation

NETWORK = "network"
"""The fixture that all others of this plugin are made from."""


def fixtures_of(item: pytest.Item) -> Mapping[str, Any]:
    """The fixture definitions that the item asks for, directly or not, by name."""
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return {}
    return {name: definitions[-1] for name, definitions in info.name2fixturedefs.items() if definitions}


def touching(fixtures: Mapping[str, Any]) -> frozenset[str]:
    """The names of those that depend on the network, it included."""
    known: dict[str, bool] = {NETWORK: NETWORK in fixtures}

    def is_touching(name: str) -> bool:
        if name not in known:
            known[name] = False
            definition = fixtures.get(name)
            known[name] = definition is not None and any(map(is_touching, definition.argnames))
        return known[name]

    return frozenset(name for name in fixtures if is_touching(name))


def prepare(item: pytest.Item, isolation: Isolation) -> None:
    """Ends the fixtures of earlier tests that this one will want otherwise, before it is given any."""
    fixtures = fixtures_of(item)
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    layers = {id(layer.owner): layer for layer in isolation.layers}
    for name, definition in fixtures.items():
        layer = layers.get(id(definition))
        if layer is not None and definition.cached_result is not None:
            was = definition.cached_result[1]
            if not _is_equal(was, parameters.get(name)):
                layer.finish()
    for scope in _missing(fixtures):
        isolation.make_room(scope)


def _missing(fixtures: Mapping[str, Any]) -> Iterator[str]:
    """The scopes of fixtures on the network that are not set up, from wide to narrow."""
    scopes = {
        fixtures[name].scope
        for name in touching(fixtures)
        if fixtures[name].cached_result is None and name != NETWORK
    }
    yield from sorted(scopes, key=SCOPES.index)


def _is_equal(one: object, other: object) -> bool:
    """As pytest compares parameters: some values cannot be compared."""
    try:
        return bool(one == other)
    except (ValueError, RuntimeError):
        return one is other
