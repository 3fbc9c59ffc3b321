"""Every fixture and test gives back the state that it found, whatever their scopes and order."""

from __future__ import annotations

import pytest

TREASURY = """
import pytest

BOX = "0x00000000000000000000000000000000000000b0"

def put(zone, amount):
    zone.send(BOX, value=amount)

def held(zone):
    return zone.balance(BOX)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with tests on the real network in process."""
    pytester.makepyfile(treasury=TREASURY)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makeconftest("import pytest, sys; sys.path.insert(0, '.')")
    return pytester


def passes(project: pytest.Pytester, count: int, *arguments: str) -> None:
    run(project, *arguments).assert_outcomes(passed=count)


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """In this process, with the plugins that a user would have and those alone."""
    options = ("-p", "zero_sdk.testing.plugin", "-p", "no:cacheprovider", "-q")
    return project.runpytest_inprocess(*options, *arguments)


def test_tests_do_not_see_each_other(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from treasury import *
        def test_first(zone): assert held(zone) == 0; put(zone, 1); assert held(zone) == 1
        def test_second(zone): assert held(zone) == 0; put(zone, 2); assert held(zone) == 2
        def test_third(zones):
            for zone in zones.values(): assert held(zone) == 0
        """
    )
    passes(project, 3)


def test_fixtures_of_every_scope_last_as_long_as_their_scope(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_one="""
        from treasury import *
        @pytest.fixture(scope="module")
        def of_module(zone): put(zone, 10)
        @pytest.fixture(scope="class")
        def of_class(zone): put(zone, 100)
        @pytest.fixture
        def of_function(zone): put(zone, 1000)
        def test_alone(zone, of_session): assert held(zone) == 1
        def test_module(zone, of_module, of_session): assert held(zone) == 11; put(zone, 5)
        def test_module_again(zone, of_module): assert held(zone) == 11
        class TestClass:
            def test_all(self, zone, of_function, of_class, of_module): assert held(zone) == 1111
            def test_class(self, zone, of_class): assert held(zone) == 111
        def test_after(zone): assert held(zone) == 11
        """,
        test_two="""
        from treasury import *
        def test_other_module(zone): assert held(zone) == 1
        """,
    )
    project.makeconftest(
        """
        import pytest, sys; sys.path.insert(0, '.')
        made = []
        @pytest.fixture(scope="session")
        def of_session(zone):
            from treasury import put
            made.append(1); put(zone, 1)
            yield
            assert made == [1]
        """
    )
    passes(project, 7)


def test_a_session_fixture_that_is_asked_for_late_outlives_the_module(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        import pytest, sys; sys.path.insert(0, '.')
        made = []
        @pytest.fixture(scope="session")
        def late(zone):
            from treasury import put
            made.append(1); put(zone, 1)
        @pytest.fixture(scope="session")
        def how_often(): return made
        """
    )
    project.makepyfile(
        test_one="""
        from treasury import *
        @pytest.fixture(scope="module")
        def of_module(zone): put(zone, 10)
        def test_module(zone, of_module): assert held(zone) == 10
        def test_late(zone, of_module, late): assert held(zone) == 11
        def test_still(zone, of_module): assert held(zone) == 11
        """,
        test_two="""
        from treasury import *
        def test_other_module(zone, late, how_often): assert held(zone) == 1 and how_often == [1]
        """,
    )
    passes(project, 4)


def test_a_wide_fixture_made_inside_a_test_is_made_again(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from treasury import *
        @pytest.fixture(scope="session")
        def late(zone): put(zone, 1); return held(zone)
        def test_inside(zone, request):
            put(zone, 10)
            assert request.getfixturevalue("late") == 11
        def test_before(zone): assert held(zone) == 0
        def test_again(zone, late): assert held(zone) == late == 1
        """
    )
    passes(project, 3)


def test_parameters_of_module_fixtures(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from treasury import *
        @pytest.fixture(scope="module", params=[1, 2])
        def amount(request, zone): put(zone, request.param); return request.param
        @pytest.fixture(scope="module")
        def other(zone): put(zone, 10)
        def test_both(zone, other, amount): assert held(zone) == 10 + amount
        def test_other(zone, other): assert held(zone) in (10, 11, 12)
        def test_amount(amount, zone): assert held(zone) in (amount, amount + 10)
        """
    )
    passes(project, 5)


def test_examples_of_a_property_start_from_the_same_state(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from hypothesis import given, strategies as st
        from treasury import *
        @pytest.fixture
        def begun(zone): put(zone, 7)
        @given(amount=st.integers(1, 1000))
        def test_property(zone, amount, ):
            assert held(zone) == 0
            put(zone, amount)
            assert held(zone) == amount
        def test_after(zone): assert held(zone) == 0
        """
    )
    passes(project, 2)


def test_asynchronous_tests_are_isolated(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from treasury import *
        @pytest.mark.asyncio
        async def test_first(zone): assert held(zone) == 0; put(zone, 1)
        @pytest.mark.asyncio
        async def test_second(zone): assert held(zone) == 0
        """
    )
    passes(project, 2)


def test_what_a_fixture_does_at_its_end_happens_on_its_own_state(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from treasury import *
        @pytest.fixture
        def box(zone):
            put(zone, 3)
            yield
            assert held(zone) == 3
        def test_more(zone, box): put(zone, 4); assert held(zone) == 7
        def test_nothing_left(zone): assert held(zone) == 0
        """
    )
    passes(project, 2)


def test_a_fixture_that_fails_leaves_nothing(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from treasury import *
        @pytest.fixture(scope="module")
        def broken(zone): put(zone, 3); raise RuntimeError("broken")
        def test_broken(zone, broken): pass
        def test_after(zone): assert held(zone) == 0
        """
    )
    run(project).assert_outcomes(passed=1, errors=1)


def test_a_marker_gives_a_network_of_its_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from treasury import *
        @pytest.fixture(scope="module")
        def filled(zone): put(zone, 3)
        def test_usual(zones, zone, filled): assert list(zones) == ["alpha", "beta"] and held(zone) == 3
        @pytest.mark.zones(3)
        def test_three(zones, zone, filled): assert len(zones) == 3 and held(zone) == 3
        @pytest.mark.zones("left", "right")
        def test_named(zones, zone): assert list(zones) == ["left", "right"] and held(zone) == 0
        def test_usual_again(zones, zone, filled): assert len(zones) == 2 and held(zone) == 3
        """
    )
    passes(project, 4)


def test_nothing_is_imported_before_a_fixture_is_asked_for(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys
        def test_nothing(pytestconfig):
            packages = {name.split(".")[0] for name in sys.modules}
            assert not packages & {"devnet", "web3", "eth", "eth_abi"}
            assert not [name for name in sys.modules if name.startswith("zero_sdk.client")]
            plugins = [name for name, _ in pytestconfig.pluginmanager.list_name_plugin() if "network" in name]
            assert plugins == []
        """
    )
    result = project.runpytest_subprocess("-p", "zero_sdk.testing.plugin", "-q")
    result.assert_outcomes(passed=1)
