"""What matchers accept, and what they say of what they do not."""

from __future__ import annotations

import pytest

from tests.client.contracts import HERE
from tests.testing.contracts import make_project, run

KITCHEN = HERE / "Kitchen.json"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    make_project(pytester)
    return pytester


def test_what_holds(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from zero_sdk.testing import ANY, changes_balance, emits, reverts

        @pytest.fixture(scope="module")
        def counter(deploy): return deploy("Counter")

        def test_reverts(counter):
            with reverts(): counter.set(101)
            with reverts(error="TooLarge", given=101, most=ANY) as caught: counter.set(101)
            assert caught.value.error.args.most == 100
            with reverts(panic=0x12): counter.burn(0)
            counter.set(100)
            with reverts("full"): counter.bump()

        def test_emits(counter, accounts):
            with emits(counter, "Changed", who=accounts[1], number=5) as found:
                counter.set(5, sender=accounts[1])
            assert found.events[0].args.number == 5
            with emits(counter, "Changed", count=2):
                counter.set(1)
                counter.set(2)

        def test_balances(counter, accounts, zone):
            with changes_balance({accounts[0]: -7, counter: 7}, zone=zone):
                counter.pay(value=7)
        """
    )
    run(project).assert_outcomes(passed=3)


def test_structs_and_lists_are_compared_member_by_member(project: pytest.Pytester) -> None:
    project.makepyfile(
        f"""
        import json
        import pytest
        from pathlib import Path
        from zero_sdk.testing import ANY, emits

        @pytest.fixture(scope="module")
        def kitchen(zone):
            return zone.deploy(json.loads(Path({str(KITCHEN)!r}).read_text()), 5)

        def store(kitchen, accounts):
            kitchen.store(1, (accounts[1], [(1, 2)], b"abcd", "x"))

        @pytest.mark.parametrize("point", [(1, 2), [1, 2], [1, ANY], {{"x": 1, "y": 2}}, {{"y": 2}}])
        def test_same(kitchen, accounts, point):
            with emits(kitchen, "Stored", point=point): store(kitchen, accounts)

        @pytest.mark.parametrize("point", [(1, 3), [1], [1, 2, 3], {{"x": 2}}, {{"z": 1}}, None])
        def test_other(kitchen, accounts, point):
            with pytest.raises(AssertionError, match="found 0"):
                with emits(kitchen, "Stored", point=point): store(kitchen, accounts)
        """
    )
    run(project).assert_outcomes(passed=11)


def test_what_does_not_hold_says_what_happened(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from zero_sdk.testing import changes_balance, emits, reverts

        @pytest.fixture(scope="module")
        def counter(deploy): return deploy("Counter")

        def test_nothing_reverts(counter):
            with reverts("full"): counter.set(1)
        def test_another_reason(counter):
            with reverts("full"): counter.set(101)
        def test_another_argument(counter):
            with reverts(error="TooLarge", given=102): counter.set(101)
        def test_another_event(counter):
            with emits(counter, "Changed", number=6): counter.set(5)
        def test_too_often(counter):
            with emits(counter, "Changed", count=1): counter.set(5); counter.set(5)
        def test_another_balance(counter, accounts, zone):
            with changes_balance({counter: 8}, zone=zone): counter.pay(value=7)
        def test_another_error():
            with reverts(): raise KeyError("mine")
        """
    )
    result = run(project)
    result.assert_outcomes(failed=7)
    result.stdout.fnmatch_lines_random(
        [
            "*expected a revert with 'full', but nothing reverted",
            "*expected a revert with 'full', but it reverted: *TooLarge(given=101, most=100)*",
            "*error TooLarge differs: given is 101, expected 102",
            "*expected Changed(number=6) of Counter, found 0; its Changed events in the block:",
            "*expected Changed() of Counter 1 times, found 2;*",
            "*0x*: expected +8, changed by +7",
            "*KeyError: 'mine'",
        ]
    )
