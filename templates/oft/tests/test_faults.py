"""Whatever happens to messages on their way, what is there and what is on its way stays the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zero_sdk import ether
from zero_sdk.messages import Oft

FAULTS = [("drop", {}), ("delay", {"slots": 2}), ("duplicate", {}), ("reorder", {}), ("corrupt", {})]
ZONES = ("alpha", "beta", "gamma")
WAYS = [(source, target) for source in ZONES for target in ZONES if source != target]


def there_is(tokens, on_the_way):
    return sum(token.totalSupply() for token in tokens.values()) + on_the_way(tokens)


@pytest.mark.parametrize(("kind", "fields"), FAULTS, ids=[kind for kind, _ in FAULTS])
def test_tokens_arrive_once(tokens, accounts, supply, on_the_way, faulty_turn, carry, kind, fields):
    for amount in (1, 2, 3):
        Oft(tokens["alpha"]).send("beta", accounts[1], ether(amount))
    faulty_turn(kind, **fields)
    assert there_is(tokens, on_the_way) == supply
    if kind in ("drop", "delay"):
        assert tokens["beta"].totalSupply() == 0
    carry()
    assert tokens["beta"].balanceOf(accounts[1]) == ether(6)
    assert there_is(tokens, on_the_way) == supply
    assert on_the_way(tokens) == 0


STEPS = st.one_of(
    st.tuples(st.just("move"), st.tuples(st.sampled_from(WAYS), st.integers(0, 10**20))),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
    st.tuples(st.sampled_from(["settle", "courier", "clear"]), st.none()),
)


@settings(max_examples=5, deadline=None)
@given(steps=st.lists(STEPS, max_size=8))
def test_none_is_made_or_lost(tokens, network, accounts, supply, on_the_way, carry, steps):
    owner = accounts[0]
    for what, how in steps:
        if what == "move":
            (source, target), amount = how
            token = tokens[source]
            Oft(token).send(target, owner, min(amount, token.balanceOf(owner)))
        elif what == "fault":
            network.courier.inject(how[0], **how[1])
        elif what == "clear":
            network.courier.clear()
        elif what == "settle":
            network.settle()
        else:
            network.courier.step()
        assert there_is(tokens, on_the_way) == supply
    network.courier.clear()
    carry()
    assert on_the_way(tokens) == 0
    assert sum(token.balanceOf(owner) for token in tokens.values()) == supply
