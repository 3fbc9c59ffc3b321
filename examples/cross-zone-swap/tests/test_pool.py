import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zero_sdk import ether
from zero_sdk.testing import reverts

FAULTS = [("drop", {}), ("delay", {"slots": 2}), ("duplicate", {}), ("reorder", {}), ("corrupt", {})]
DUST = 10**12


def there_is(coins):
    """Of a token, in all zones together, when nothing is on its way."""
    return sum(coin.totalSupply() for coin in coins.values())


def test_gold_of_beta_becomes_silver_of_beta(market, order, carry):
    offered = market.pool.priceOf(market.gold["alpha"], ether(10))
    order(market, ether(10), offered)
    carry()
    assert market.silver["beta"].balanceOf(market.trader) == offered // DUST * DUST
    assert market.gold["beta"].balanceOf(market.trader) == ether(90)
    assert market.pool.goldReserve() == ether(1010)
    assert market.pool.silverReserve() == ether(1000) - offered // DUST * DUST


def test_what_would_be_too_little_goes_back(market, order, carry):
    offered = market.pool.priceOf(market.gold["alpha"], ether(10))
    order(market, ether(10), offered + 1)
    carry()
    assert market.gold["beta"].balanceOf(market.trader) == ether(100)
    assert market.silver["beta"].balanceOf(market.trader) == 0
    assert market.pool.goldReserve() == market.pool.silverReserve() == ether(1000)


def test_a_call_without_the_fare_waits_until_somebody_pays_it(market, order, carry):
    message = order(market, ether(10), value=0).message
    carry()
    assert [call.status for call in message.composes] == ["failed"]
    assert market.gold["alpha"].balanceOf(market.pool) == ether(1010)
    message.retry(compose=0, value=market.pool.quoteBack(market.gold["beta"].zone.eid))
    carry()
    assert market.silver["beta"].balanceOf(market.trader) > 0
    assert market.pool.goldReserve() == ether(1010)


def test_only_the_endpoint_calls_the_pool(market):
    with reverts(error="OnlyEndpoint"):
        market.pool.lzCompose(market.gold["alpha"], bytes(32), b"", market.pool, b"")


ORDERS = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=3)


@settings(max_examples=2, deadline=None)
@given(orders=ORDERS)
@pytest.mark.parametrize(("kind", "fields"), FAULTS, ids=[kind for kind, _ in FAULTS])
def test_nothing_is_made_or_lost_and_the_pool_never_loses(
    market, order, faulty_turn, carry, kind, fields, orders
):
    supplies = there_is(market.gold), there_is(market.silver)
    product = market.pool.goldReserve() * market.pool.silverReserve()
    for amount, is_greedy in orders:
        order(market, ether(amount), ether(amount) if is_greedy else 0)
    faulty_turn(kind, **fields)
    carry(5)
    assert (there_is(market.gold), there_is(market.silver)) == supplies
    assert market.pool.goldReserve() * market.pool.silverReserve() >= product
    # What is in the pool and in no reserve is what was too fine to move.
    assert market.gold["alpha"].balanceOf(market.pool) == market.pool.goldReserve()
    assert market.silver["alpha"].balanceOf(market.pool) == market.pool.silverReserve()
    given = sum(amount for amount, is_greedy in orders if not is_greedy)
    assert market.gold["beta"].balanceOf(market.trader) == ether(100 - given)
