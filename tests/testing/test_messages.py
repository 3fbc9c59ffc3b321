"""Messages in a user's tests: delivered in the test's own thread, and each test finds the courier whole."""

from __future__ import annotations

import pytest

from tests.messages.contracts import COMPILED
from tests.testing.contracts import make_project, run

TESTS = """
import json
from pathlib import Path

import pytest

from zero_sdk.messages import Options, wire

ARTIFACT = json.loads(Path({path!r}).read_text())["Postcards"]
ENDPOINT = "0x1a44076050125825900e736c501f859c50fE728c"
LIVES = []

@pytest.fixture(scope="module")
def cards(zones, deploy):
    mesh = {{name: deploy(ARTIFACT, ENDPOINT, zone=name) for name in zones}}
    wire(mesh, enforced={{1: Options().lz_receive(200_000)}})
    return mesh

def write(zones, cards):
    alpha, eid = cards["alpha"], zones["beta"].eid
    return alpha.write(eid, b"hello", b"", value=alpha.quote(eid, b"hello", b"")).message

@pytest.mark.parametrize("run", range(2))
def test_a_message_arrives_the_same_way_every_time(zones, cards, run):
    message = write(zones, cards)
    assert message.delivered()
    assert cards["beta"].received(0) == b"hello"
    # (Hashes of proofs are others: what was settled before the network went back does not count again.)
    life = [(step.kind, step.zone, step.block_number) for step in message.transactions]
    LIVES.append((message.guid, life))
    assert LIVES[0] == LIVES[-1]

def test_one_breaks_the_courier(network, zones, cards):
    network.courier.mode = "manual"
    network.courier.pause()
    network.courier.inject("drop")
    assert not write(zones, cards).delivered()

def test_the_next_has_it_whole(network, zones, cards):
    state = network.courier.state
    assert (state.mode, state.is_paused, state.faults) == ("automatic", False, ())
    message = write(zones, cards)
    network.settle()
    assert message.status == "delivered"

@pytest.fixture(scope="class")
def held(network):
    network.courier.mode = "manual"

class TestHeld:
    def test_what_a_fixture_told_it_holds(self, network, held):
        network.courier.set_mode("delayed", 2)
        network.courier.inject("duplicate")

    def test_for_every_test(self, network, held):
        assert (network.courier.mode, network.courier.faults) == ("manual", ())

def test_and_no_longer(network):
    assert network.courier.mode == "automatic"
"""


def test_messages_and_the_courier_in_a_users_tests(pytester: pytest.Pytester) -> None:
    make_project(pytester)
    pytester.makepyfile(TESTS.format(path=str(COMPILED)))
    result = run(pytester)
    result.assert_outcomes(passed=7)
