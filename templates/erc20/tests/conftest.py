import pytest

from zero_sdk import ether


@pytest.fixture(scope="module")
def owner(accounts):
    return accounts[0]


@pytest.fixture(scope="module")
def token(deploy, owner):
    """Deployed once, with 1000 tokens for the owner; each test begins there."""
    token = deploy("Token", "Token", "TKN", ether(1_000_000), owner)
    token.mint(owner, ether(1000))
    return token
