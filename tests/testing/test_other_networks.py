"""Tests on a network that runs elsewhere: by an option, by a marker, put back where it can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.testing.contracts import make_project, run

TESTS = """
import pytest

BOX = "0x00000000000000000000000000000000000000b0"

def test_usual(zone):
    zone.send(BOX, value=1)
    assert zone.balance(BOX) == 1

@pytest.mark.live("elsewhere")
def test_elsewhere(zone, zones):
    assert list(zones) == ["left", "right"]
    assert zone.url is not None
    zone.send(BOX, value=2)
    assert zone.balance(BOX) == 2
"""


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    folder = tmp_path_factory.mktemp("devnet")
    with Devnet("--zones", "left,right", "--silent", folder=folder) as running:
        yield running


@pytest.fixture
def project(pytester: pytest.Pytester, devnet: Devnet) -> pytest.Pytester:
    make_project(pytester)
    url = devnet.zone("left")["url"].rsplit("/", 1)[0]
    toml = f'[networks.elsewhere]\nurl = "{url}"\n'
    Path(pytester.path / "zero.toml").write_text(toml, encoding="utf-8")
    pytester.makepyfile(TESTS)
    return pytester


def height(devnet: Devnet) -> int:
    return int(devnet.call("eth_blockNumber", zone="left"), 16)


def test_a_live_test_runs_when_asked_for_only(project: pytest.Pytester, devnet: Devnet) -> None:
    result = run(project, "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*needs the network elsewhere: --zero-live runs it"])
    before = height(devnet)
    run(project, "--zero-live").assert_outcomes(passed=2)
    assert height(devnet) == before


def test_all_tests_on_a_network_of_the_project(project: pytest.Pytester, devnet: Devnet) -> None:
    before = height(devnet)
    run(project, "--zero-network=elsewhere", "-k", "usual").assert_outcomes(passed=1)
    assert height(devnet) == before


def test_a_network_that_is_not_in_zero_toml(project: pytest.Pytester) -> None:
    result = run(project, "--zero-network=elsewere", "-k", "usual")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no network 'elsewere'*"])


def test_a_prompt_where_a_test_fails(pytester: pytest.Pytester) -> None:
    make_project(pytester)
    pytester.makepyfile(
        """
        def test_fails(deploy, zone):
            counter = deploy("Counter")
            counter.set(42)
            expected = 43
            assert counter.number() == expected
        """
    )
    child = pytester.spawn_pytest("-p zero_sdk.testing.plugin --zero-interactive", expect_timeout=120.0)
    child.expect("Ctrl-D ends")
    child.sendline("print('it is', counter.number(), 'and not', expected)")
    child.expect("it is 42 and not 43")
    child.sendeof()
    child.expect("1 failed")
