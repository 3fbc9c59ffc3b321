import pytest

from zero_sdk.proofs import mapping_slot


@pytest.fixture(scope="module")
def alpha(zones):
    return zones["alpha"]


@pytest.fixture(scope="module")
def beta(zones):
    return zones["beta"]


@pytest.fixture(scope="module")
def shares(deploy, alpha, accounts):
    """In alpha: 70 of Alice's and 30 of Bob's, not settled yet."""
    shares = deploy("Shares", zone=alpha)
    shares.mint(accounts[1], 70)
    shares.mint(accounts[2], 30)
    return shares


@pytest.fixture(scope="module")
def shown(shares):
    """What shows somebody's shares at a height, as the last arguments of `vote`."""

    def shown(holder, height):
        return shares.zone.prove(shares, [mapping_slot(holder.address, 0)], height=height).slot_parts()

    return shown
