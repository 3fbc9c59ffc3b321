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
def deposit():
    def deposits(market, who, amount):
        return market.vault.deposit(amount, value=amount + market.vault.quote(), sender=who)

    return deposits


@pytest.fixture(scope="session")
def withdraw():
    def withdraws(market, who, amount):
        return market.bank.withdraw(amount, value=market.bank.quote(), sender=who)

    return withdraws
