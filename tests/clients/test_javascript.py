"""The JavaScript clients against a zone; what each does is in tests/clients/node/suites."""

from __future__ import annotations

import pytest

from tests.clients.endpoint import serve
from tests.clients.node_suite import run_suite


@pytest.mark.parametrize("name", ["viem", "ethers"])
def test_suite_passes(name: str) -> None:
    with serve() as endpoint:
        run = run_suite(name, endpoint)
    assert run.failed == 0, run.report
    assert run.passed > 0, run.report
