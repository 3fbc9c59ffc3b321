"""One process that starts all the others."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.crash.node import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    if sys.platform == "win32":
        pytest.skip("processes are forked and killed as POSIX does it")
    with Zygote() as running:
        yield running
