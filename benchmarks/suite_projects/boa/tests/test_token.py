import boa
import pytest


@pytest.fixture(scope="module")
def receiver():
    return boa.env.generate_address()


@pytest.fixture(scope="module")
def token():
    return boa.load("contracts/Token.vy", [boa.env.eoa], 1000)


@pytest.mark.parametrize("amount", range(1, 21))
def test_transfer(token, receiver, amount):
    token.transfer(receiver, amount)
    assert token.balanceOf(boa.env.eoa) == 1000 - amount
    assert token.balanceOf(receiver) == amount
