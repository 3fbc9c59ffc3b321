"""The applications of the tests are what their source compiles to."""

from __future__ import annotations

import pytest

from tests.messages.contracts import artifacts, compiled


@pytest.mark.full
def test_the_compiled_applications_are_current() -> None:
    """After changing the source: python -m tests.messages.contracts"""
    assert artifacts() == compiled()
