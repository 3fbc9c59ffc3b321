"""Every test of a module here that says `Qmdb` runs over the reference and, where the kernel is, over the
native state; `@pytest.mark.reference` excepts those that look inside."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.state import both


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "implementation" in metafunc.fixturenames and hasattr(metafunc.module, "Qmdb"):
        is_inside = metafunc.definition.get_closest_marker("reference") is not None
        names = ["reference"] if is_inside else list(both.STATES)
        metafunc.parametrize("implementation", names, indirect=True, scope="module")


@pytest.fixture(scope="module", autouse=True)
def implementation(request: pytest.FixtureRequest) -> Iterator[str]:
    """Which state `Qmdb` is in the modules of this folder while a test runs."""
    name: str = getattr(request, "param", "reference")
    replaced = [
        module
        for key, module in list(sys.modules.items())
        if key.startswith("tests.state.") and key != both.__name__ and "Qmdb" in vars(module)
    ]
    before = [vars(module)["Qmdb"] for module in replaced]
    for module in replaced:
        vars(module)["Qmdb"] = both.STATES[name]
    yield name
    for module, state in zip(replaced, before, strict=True):
        vars(module)["Qmdb"] = state
