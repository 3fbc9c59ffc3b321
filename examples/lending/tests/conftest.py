from types import SimpleNamespace

import pytest


@pytest.fixture(scope="module")
def market(deploy):
    """As `zero deploy` makes it: a coin of collateral is worth two dollars."""
    return SimpleNamespace(**deploy.script())


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
