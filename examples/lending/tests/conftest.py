import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "deploy.py"


@pytest.fixture(scope="module")
def market(network, deploy):
    """As `zero deploy` makes it: a coin of collateral is worth two dollars."""
    network.artifacts.add(deploy.build)
    return SimpleNamespace(**runpy.run_path(str(SCRIPT))["main"](network))


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
def deposit():
    def deposits(market, who, amount):
        return market.vault.deposit(amount, value=amount + market.vault.quote(), sender=who)

    return deposits


@pytest.fixture(scope="session")
def withdraw():
    def withdraws(market, who, amount):
        return market.bank.withdraw(amount, value=market.bank.quote(), sender=who)

    return withdraws


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
