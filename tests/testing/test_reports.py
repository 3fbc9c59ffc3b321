"""Gas and coverage over all tests and processes."""

from __future__ import annotations

import json
import re

import pytest

from tests.testing.contracts import make_project

TESTS = """
import pytest
from zero_sdk.testing import reverts

@pytest.fixture(scope="module")
def counter(deploy): return deploy("Counter")

def test_set(counter): counter.set(5)
def test_too_large(counter):
    with reverts(): counter.set(101)
def test_number(counter): assert counter.number() == 0
def test_other_zone(deploy): deploy("Counter", zone="beta").set(6)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    make_project(pytester)
    pytester.makepyfile(test_one=TESTS, test_two=TESTS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    options = ("-p", "zero_sdk.testing.plugin", "-p", "no:cacheprovider", "-q")
    result = project.runpytest_subprocess(*options, *arguments)
    result.assert_outcomes(passed=8)
    assert not list((project.path / "build" / ".collected").glob("*"))
    return result


def test_gas_is_reported_kept_and_compared(project: pytest.Pytester) -> None:
    result = run(project, "--zero-gas")
    result.stdout.re_match_lines(
        [
            r"=+ gas =+",
            r"contracts/Counter.sol:Counter",
            r"  deployment \([\d,]+ bytes\) \[alpha\] +2 .*",
            r"  deployment \([\d,]+ bytes\) \[beta\] +2 .*",
            r"  number\(\) \[alpha\] +2 .*",
            r"  set\(uint256\) \[alpha\] +2 .*",
        ]
    )
    kept = project.path / "build" / "gas.json"
    document = json.loads(kept.read_text(encoding="utf-8"))
    for row in document["rows"]:
        row["mean"] = row["mean"] * 10 // 11
    kept.write_text(json.dumps(document), encoding="utf-8")
    compared = run(project, f"--zero-gas-compare={kept}", "-n", "2")
    assert len(re.findall(r"\+10\.0 %", compared.stdout.str())) >= 5


def test_coverage_merges_processes(project: pytest.Pytester) -> None:
    one = run(project, "--zero-coverage")
    one.stdout.re_match_lines([r"=+ coverage =+", r"file +lines +statements +branches +functions"])
    table = [line for line in one.outlines if line.startswith(("contracts/", "total"))]
    lcov = project.path / "build" / "coverage" / "lcov.info"
    alone = lcov.read_text(encoding="utf-8")
    assert "SF:contracts/Counter.sol" in alone
    assert "FNDA:6," in alone
    assert (project.path / "build" / "coverage" / "html" / "index.html").exists()
    two = run(project, "--zero-coverage", "-n", "2")
    assert [line for line in two.outlines if line.startswith(("contracts/", "total"))] == table
    assert lcov.read_text(encoding="utf-8") == alone


def test_nothing_is_collected_unless_asked_for(project: pytest.Pytester) -> None:
    result = run(project)
    assert "coverage" not in result.stdout.str()
    assert not (project.path / "build" / "coverage").exists()
