import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from eth_abi import encode

from zero_sdk import ether
from zero_sdk.messages import Oft, Options

SCRIPT = Path(__file__).parents[1] / "scripts" / "deploy.py"


@pytest.fixture(scope="module")
def market(network, deploy, accounts):
    """As `zero deploy` makes it; somebody in beta has 100 gold."""
    network.artifacts.add(deploy.build)
    made = SimpleNamespace(**runpy.run_path(str(SCRIPT))["main"](network))
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


@pytest.fixture(scope="session")
def carry(network):
    """Settles and lets the courier work, for as many slots as it may have been told to wait."""

    def carries(slots=4):
        for _ in range(slots):
            network.mine()
            network.settle()
            network.courier.step()

    return carries


@pytest.fixture(scope="session")
def go_wrong(network):
    """Settles and has the courier take one turn with a fault, and holds that the fault showed."""

    def goes_wrong(kind, fields):
        network.courier.inject(kind, **fields)
        network.courier.mode = "manual"
        network.settle()
        done = [
            (action.kind, action.guid) for action in network.courier.step().actions if action.kind != "wait"
        ]
        if kind in ("drop", "delay"):
            assert not done
        elif kind == "reorder":
            # All are proven first, and delivered in any order; else each is delivered as it is proven.
            steps = [what for what, _ in done if what != "compose"]
            assert steps == sorted(steps), done
        else:
            # The second one is the same again, or the first was wrong.
            assert all(done.count((what, guid)) > 1 for what, guid in done if what == "commit")
        assert kind in ("drop", "delay") or done
        network.courier.clear()

    return goes_wrong
