"""An exchange with one pair, which has liquidity."""

import pytest

RESERVES = 10**21, 4 * 10**21
FOREVER = 2**256 - 1


@pytest.fixture(scope="session")
def coins(deploy):
    """Two tokens in the order that a pair has them in."""
    return sorted((deploy("Coin", 10**30) for _ in range(2)), key=lambda coin: int(coin.address, 16))


@pytest.fixture(scope="session")
def factory(deploy, accounts):
    return deploy("UniswapV2Factory", accounts[9])


@pytest.fixture(scope="session")
def weth(deploy):
    return deploy("WETH9")


@pytest.fixture(scope="session")
def router(deploy, factory, weth, coins):
    router = deploy("UniswapV2Router02", factory, weth)
    for coin in coins:
        coin.approve(router, FOREVER)
    return router


@pytest.fixture(scope="session")
def pair(router, factory, coins, accounts, zone, deploy):
    """Made by the router, out of the first account's tokens."""
    router.addLiquidity(*coins, *RESERVES, 0, 0, accounts[0], FOREVER)
    return zone.contract(factory.getPair(*coins), deploy.build.artifact("UniswapV2Pair"))
