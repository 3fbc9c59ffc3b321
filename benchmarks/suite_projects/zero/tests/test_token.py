import pytest


@pytest.fixture(scope="module")
def token(deploy, accounts):
    return deploy("Token", [accounts[0]], 1000)


@pytest.mark.parametrize("amount", range(1, 21))
def test_transfer(token, accounts, amount):
    token.transfer(accounts[1], amount)
    assert token.balanceOf(accounts[0]) == 1000 - amount
    assert token.balanceOf(accounts[1]) == amount
