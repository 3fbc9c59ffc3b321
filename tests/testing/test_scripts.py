"""`deploy.script` runs a deployment script in a test as `zero deploy` runs it."""

from __future__ import annotations

import pytest

from tests.testing.contracts import make_project, run


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    make_project(pytester)
    (pytester.path / "scripts").mkdir()
    return pytester


def write(project: pytest.Pytester, name: str, text: str) -> None:
    (project.path / "scripts" / name).write_text(text, encoding="utf-8")


def test_the_usual_script_is_run_with_its_arguments_and_what_lies_beside_it(project: pytest.Pytester) -> None:
    write(project, "first.py", "FIRST = 7\n")
    write(
        project,
        "deploy.py",
        """
from first import FIRST

def main(network, first=FIRST, *, zones=("alpha", "beta")):
    counters = {name: network.zone(name).deploy("Counter") for name in zones}
    for counter in counters.values():
        counter.set(first)
    return counters
""",
    )
    project.makepyfile("""
        def test_numbers(deploy):
            assert {name: each.number() for name, each in deploy.script().items()} == {"alpha": 7, "beta": 7}
            assert [each.number() for each in deploy.script(5, zones=["beta"]).values()] == [5]
    """)
    run(project).assert_outcomes(passed=1)


def test_a_fixture_makes_it_once_and_every_test_begins_there(project: pytest.Pytester) -> None:
    write(project, "counting.py", "def main(network):\n    return network.zone('alpha').deploy('Counter')\n")
    project.makepyfile("""
        import pytest

        @pytest.fixture(scope="module")
        def counter(deploy):
            return deploy.script(path="scripts/counting.py")

        @pytest.mark.parametrize("number", [1, 2])
        def test_bumps(counter, zone, number):
            assert (counter.number(), zone.block_number) == (0, 1)
            counter.bump()
    """)
    run(project).assert_outcomes(passed=2)


def test_errors_name_the_script_and_its_line(project: pytest.Pytester) -> None:
    write(project, "deploy.py", "def main(network):\n    return network.nothing\n")
    write(project, "reverting.py", "def main(network):\n    network['alpha'].deploy('Counter').set(101)\n")
    write(project, "empty.py", "")
    project.makepyfile("""
        import pytest
        from zero_sdk.errors import Problem, ZeroError
        from zero_sdk.testing import reverts

        @pytest.mark.parametrize(("path", "words"), [
            (None, "deploy.py:2: AttributeError"),
            ("scripts/none.py", "no such file"),
            ("scripts/empty.py", "no function main"),
        ])
        def test_says_where(deploy, path, words):
            with pytest.raises(ZeroError, match=words) as told:
                deploy.script(path=path)
            assert told.value.problem is Problem.BAD_SCRIPT

        def test_a_revert_stays_one(deploy):
            with reverts(error="TooLarge", given=101, most=100):
                deploy.script(path="scripts/reverting.py")
    """)
    run(project).assert_outcomes(passed=4)


def test_without_a_project_it_says_so(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile("""
        import pytest
        from zero_sdk.errors import Problem, ZeroError

        def test_says_so(deploy):
            with pytest.raises(ZeroError) as told:
                deploy.script()
            assert told.value.problem is Problem.NO_PROJECT
    """)
    run(pytester).assert_outcomes(passed=1)
