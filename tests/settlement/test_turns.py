"""An update's witness is recorded in turns, and what happens between them does not show."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.network import Network, NetworkConfig
from devnet.parts import choose_parts
from devnet.state import StateGone
from devnet.zone.errors import UnknownBlock
from tests.settlement.networks import pay


def begun(engine: str = "native") -> Network:
    net = Network(NetworkConfig(), choose_parts(engine))
    for amount in range(1, 5):
        pay(net, "alpha", amount)
    return net


@pytest.mark.parametrize("engine", ["native", "pyevm"])
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(between=st.lists(st.integers(0, 3), min_size=3, max_size=3), limit=st.integers(1, 300_000))
def test_blocks_between_turns_do_not_show(engine: str, between: list[int], limit: int) -> None:
    net = begun(engine)
    alpha, program = net.zone("alpha"), net.config.program(1)
    whole = alpha.record_update(program, 2, 4)
    pauses = iter(between)
    while (witness := alpha.record_update(program, 2, 4, limit)) is None:
        for amount in range(next(pauses)):
            pay(net, "alpha", 100 + amount)
    assert witness == whole


def test_a_limit_takes_at_least_one_block() -> None:
    net = begun()
    alpha, program = net.zone("alpha"), net.config.program(1)
    turns = 1
    while alpha.record_update(program, 1, 4, 1) is None:
        turns += 1
    assert turns == 4


def test_another_update_between_turns_begins_anew() -> None:
    net = begun()
    alpha, program = net.zone("alpha"), net.config.program(1)
    whole = alpha.record_update(program, 1, 2)
    assert alpha.record_update(program, 1, 2, 1) is None
    assert alpha.record_update(program, 3, 4, 1) is None
    assert alpha.record_update(program, 1, 2, 1) is None
    assert alpha.record_update(program, 1, 2, 1) == whole


def test_blocks_that_went_between_turns_are_not_recorded() -> None:
    net = begun()
    alpha, program = net.zone("alpha"), net.config.program(1)
    assert alpha.record_update(program, 1, 4, 1) is None
    net.rollback(alpha, 2)
    with pytest.raises((UnknownBlock, StateGone)):
        alpha.record_update(program, 1, 4, 1)
    pay(net, alpha, 77)
    pay(net, alpha, 78)
    found = alpha.record_update(program, 1, 4, None)
    assert found == alpha.record_update(program, 1, 4)


def test_the_same_blocks_made_again_are_recorded() -> None:
    net = begun()
    alpha, program = net.zone("alpha"), net.config.program(1)
    assert alpha.record_update(program, 2, 4, 1) is None
    whole = alpha.record_update(program, 2, 4)
    assert alpha.record_update(program, 2, 4, 1) is None
    time = net.clock.mark()
    net.rollback(alpha, 4)
    net.clock.go_back(time - 4)
    for amount in range(1, 5):
        pay(net, "alpha", amount)
    assert alpha.record_update(program, 2, 4) == whole
