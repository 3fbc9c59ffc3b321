"""The plugin beside others: xdist, cov, syrupy, asyncio and hypothesis in one run."""

from __future__ import annotations

import json
import os

import pytest

from tests.testing.contracts import make_project

TESTS = """
import asyncio
import pytest
from hypothesis import given, settings
from zero_sdk.testing import abi

@pytest.fixture(scope="module")
def counter(deploy): return deploy("Counter")

@pytest.mark.parametrize("number", range(6))
def test_each(counter, number):
    assert counter.number() == 0
    counter.set(number)
    assert counter.number() == number

@settings(max_examples=10, deadline=None)
@given(number=abi("uint8", max_value=100))
def test_property(counter, number):
    assert counter.number() == 0
    counter.set(number)

def test_snapshot(counter, snapshot):
    counter.set(7)
    assert counter.number() == snapshot

@pytest.mark.asyncio
async def test_asynchronous(counter):
    await asyncio.sleep(0)
    counter.set(8)
    assert counter.number() == 8

def test_fresh(counter):
    assert counter.number() == 0
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for variable in [name for name in os.environ if name.startswith("PYTEST_XDIST")]:
        # These tests may run in a worker themselves.
        monkeypatch.delenv(variable)
    make_project(pytester)
    pytester.makepyfile(test_one=TESTS, test_two=TESTS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "zero_sdk.testing.plugin", "-q", *arguments)


def test_all_of_them_together_compile_once(project: pytest.Pytester) -> None:
    run(project, "-n", "2", "--snapshot-update").assert_outcomes(passed=20)
    builds = list((project.path / "build" / "build-info").glob("*.json"))
    assert len(builds) == 1
    assert "contracts/Counter.sol" in json.loads(builds[0].read_text(encoding="utf-8"))["input"]["sources"]
    made = builds[0].stat().st_mtime_ns
    second = run(project, "-n", "2", "--cov=.")
    second.assert_outcomes(passed=20)
    second.stdout.fnmatch_lines(["*test_one.py*100%*", "2 snapshots passed*"])
    assert builds[0].stat().st_mtime_ns == made
