"""What all tests begin with."""

import pytest

SUPPLY = 10**24


@pytest.fixture(scope="session")
def coin(deploy):
    """A token of which the first account has all."""
    return deploy("Coin", SUPPLY)
