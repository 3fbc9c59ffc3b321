"""Faults in tests: what a fixture injects lasts as long as the fixture, whatever becomes of the network."""

from __future__ import annotations

import pytest

from tests.testing.test_isolation import passes, project, run

__all__ = ["project"]

BOX = "0x00000000000000000000000000000000000000b0"


def test_a_producer_that_is_stopped_in_a_fixture_is_back_in_the_next_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        f"""
        import pytest
        from zero_sdk.client.faults import LyingProducer, StopProducer

        @pytest.fixture
        def without_alpha(network):
            return network.inject(StopProducer("alpha"))

        def settled(zone):
            return int(zone.rpc("eth_getBlockByNumber", "finalized", False)["number"], 16)

        def test_alpha_waits_and_beta_goes_on(network, zones, without_alpha):
            zones["alpha"].send("{BOX}", value=1)
            zones["beta"].send("{BOX}", value=1)
            network.settle()
            assert (settled(zones["alpha"]), settled(zones["beta"])) == (0, 1)
            assert [fault.text for fault in network.faults] == ["every producer of alpha is stopped"]

        def test_alpha_is_settled_again(network, zones):
            assert network.faults == ()
            zones["alpha"].send("{BOX}", value=1)
            network.settle()
            assert settled(zones["alpha"]) == 1

        def test_a_lie_costs_a_slot(network, zones):
            lie = network.inject(LyingProducer("alpha", "proof", producer=0), slots=5, seed=7)
            assert (lie.seed, lie.fields["until"]["slots"]) == (7, 5)
            zones["alpha"].send("{BOX}", value=1)
            network.settle()
            assert settled(zones["alpha"]) == 1
            assert network.clear(lie) == (lie,)
        """
    )
    passes(project, 3)


def test_a_module_s_fault_outlives_its_tests(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_one="""
        import pytest
        from zero_sdk.client.faults import StopValidator
        @pytest.fixture(scope="module", autouse=True)
        def silent(network): return network.inject(StopValidator(1))
        def test_it_is_there(network, silent): assert network.faults == (silent,)
        def test_it_still_is(network, silent): assert network.faults == (silent,)
        """,
        test_two="""
        def test_it_is_gone(network): assert network.faults == ()
        """,
    )
    run(project).assert_outcomes(passed=3)
