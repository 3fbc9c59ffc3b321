"""Sequences of steps over zones: each from the same state, and a failing one as a test to keep."""

from __future__ import annotations

import itertools
import textwrap

import pytest

from tests.testing.contracts import make_project, run

MACHINE = """
from hypothesis import settings
from hypothesis.stateful import initialize, invariant, rule
from zero_sdk.testing import ZoneMachine, abi, run_machine

class Counting(ZoneMachine):
    @initialize()
    def begin(self):
        assert self.zones["alpha"].block_number == 0
        self.counters = [self.deploy("Counter", zone=zone) for zone in self.zones]
        self.expected = 0

    @rule(number=abi("uint8", max_value=100))
    def set(self, number):
        for counter in self.counters: counter.set(number)
        self.expected = number

    @rule()
    def bump(self):
        if self.expected < 100:
            for counter in self.counters[:COUNT]: counter.bump()
            self.expected += 1

    @invariant()
    def all_zones_agree(self):
        if hasattr(self, "counters"):
            assert [counter.number() for counter in self.counters] == [self.expected] * len(self.counters)
"""

TEST = """
from machine import Counting
from zero_sdk.testing import run_machine
from hypothesis import settings

def test_counting(network, deploy):
    options = settings(max_examples=10, stateful_step_count=8, deadline=None, derandomize=True, database=None)
    run_machine(Counting, network=network, deploy=deploy, settings=options)
def test_after(zone):
    assert zone.block_number == 0
"""


def test_sequences_over_zones(pytester: pytest.Pytester) -> None:
    make_project(pytester)
    pytester.makepyfile(machine=MACHINE.replace("COUNT", "2"), test_machine=TEST)
    pytester.syspathinsert()
    run(pytester).assert_outcomes(passed=2)


def test_a_failing_sequence_becomes_a_test(pytester: pytest.Pytester) -> None:
    make_project(pytester)
    pytester.makepyfile(machine=MACHINE.replace("COUNT", "1"), test_machine=TEST)
    pytester.syspathinsert()
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    lines = iter(result.outlines)
    first = next(line for line in lines if line.startswith("E ") and "from machine import" in line)
    rest = itertools.takewhile(lambda line: line.startswith("E"), lines)
    text = textwrap.dedent("\n".join(line[1:] for line in [first, *rest]))
    assert "state.bump()" in text
    pytester.makepyfile(test_kept=text)
    kept = run(pytester, "test_kept.py")
    kept.assert_outcomes(failed=1)
    assert "Failing test case" not in kept.stdout.str()
    pytester.makepyfile(machine=MACHINE.replace("COUNT", "2"))
    run(pytester, "test_kept.py").assert_outcomes(passed=1)
