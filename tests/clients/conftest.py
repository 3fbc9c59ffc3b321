"""Fixtures of all client suites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.endpoint import Endpoint, Wanted, serve

FOLDER = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker("clients")


@pytest.fixture(scope="module")
def wanted() -> Wanted:
    """How the module's zone shall be; modules override it."""
    return Wanted()


@pytest.fixture(scope="module")
def endpoint(wanted: Wanted) -> Iterator[Endpoint]:
    """A zone on a real port that this module has for itself."""
    with serve(wanted) as running:
        yield running
