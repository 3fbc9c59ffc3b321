from types import SimpleNamespace

import pytest
from eth_abi import encode

from zero_sdk import ether
from zero_sdk.messages import Oft, Options


@pytest.fixture(scope="module")
def market(deploy, accounts):
    """As `zero deploy` makes it; somebody in beta has 100 gold."""
    made = SimpleNamespace(**deploy.script())
    made.trader = accounts[1]
    assert Oft(made.gold["alpha"]).send("beta", made.trader, ether(100)).message.delivered()
    return made


@pytest.fixture(scope="session")
def order():
    """Sends gold to the pool, and wants at least so much silver for it."""

    def sends(market, amount, least=0, value=None):
        beta = market.gold["beta"].zone.eid
        fare = market.pool.quoteBack(beta) if value is None else value
        return Oft(market.gold["beta"]).send(
            "alpha",
            market.pool,
            amount,
            options=Options().lz_compose(0, 500_000, fare),
            compose=encode(["(address,uint256)"], [(market.trader.address, least)]),
            sender=market.trader,
        )

    return sends
