"""What a failing test tells: where in the source it reverted, and what its transactions did."""

from __future__ import annotations

import pytest

from tests.testing.contracts import make_project, run


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    make_project(pytester)
    return pytester


def test_a_revert_is_explained_with_its_source(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_reverts(deploy):
            counter = deploy("Counter")
            counter.set(101)
        """
    )
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*why it reverted*",
            "reverted with TooLarge(given: 101, most: 100)",
            "*at Counter.set (contracts/Counter.sol:10:*)",
            "*> 10 |*if (to > 100) revert TooLarge(to, 100);",
            "Counter.set(to: 101)*",
        ]
    )
    result.stdout.no_fnmatch_line("*zero_sdk/client*")


def test_the_state_is_that_of_the_failure(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_reverts_later(deploy):
            counter = deploy("Counter")
            counter.set(100)
            counter.bump()
        """
    )
    result = run(project)
    result.stdout.fnmatch_lines(
        ["*why it reverted*", "*full*", "*at Counter.bump (contracts/Counter.sol:16:*)"]
    )


def test_transactions_of_a_failed_test_are_shown_when_asked_for(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_fails(deploy, zones):
            counter = deploy("Counter", zone="beta")
            counter.set(3)
            counter.set(4)
            assert counter.number() == 5
        """
    )
    assert "Changed" not in run(project).stdout.str()
    result = run(project, "--zero-traces")
    result.stdout.fnmatch_lines(
        [
            "*what its transactions did*",
            "beta, block 1:",
            "beta, block 2:",
            "Counter.set(to: 3)*",
            "*Changed*",
        ]
    )


def test_zero_test_has_the_short_options(project: pytest.Pytester, capfd: pytest.CaptureFixture[str]) -> None:
    from zero_sdk.cli.test import with_prefix

    assert with_prefix(["--traces", "-k", "x", "--network=devnet", "--tb=short"]) == [
        "--zero-traces",
        "-k",
        "x",
        "--zero-network=devnet",
        "--tb=short",
    ]
