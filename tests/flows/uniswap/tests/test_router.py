"""The router: liquidity and swaps, with tokens, ether and signatures."""

import pytest

from zero_sdk.testing import changes_balance, emits, reverts

RESERVES = 10**21, 4 * 10**21
FOREVER = 2**256 - 1
ETHER = 10**18


@pytest.fixture(scope="module")
def ether_pair(router, factory, weth, coins, accounts, zone, pair):
    """The first token against ether, one to one hundredth."""
    router.addLiquidityETH(coins[0], 1000 * ETHER, 0, 0, accounts[0], FOREVER, value=10 * ETHER)
    return zone.contract(factory.getPair(weth, coins[0]), pair)


def test_more_liquidity_comes_at_the_price_that_is_there(router, pair, coins, accounts):
    owner, *_ = accounts
    with (
        changes_balance({owner: -100, pair: 100}, token=coins[0]),
        emits(pair, "Mint", amount0=100, amount1=400),
    ):
        router.addLiquidity(*coins, 100, 1000, 0, 0, owner, FOREVER)
    with reverts("UniswapV2Router: INSUFFICIENT_B_AMOUNT"):
        router.addLiquidity(*coins, 100, 1000, 100, 401, owner, FOREVER)


def test_tokens_are_swapped_as_announced(router, pair, coins, accounts, clock):
    trader = accounts[1]
    announced = router.getAmountsOut(ETHER, coins)
    assert announced == [ETHER, ETHER * 997 * RESERVES[1] // (RESERVES[0] * 1000 + ETHER * 997)]
    with changes_balance({trader: announced[1]}, token=coins[1]):
        transaction = router.swapExactTokensForTokens(ETHER, announced[1], coins, trader, clock.now + 60)
    assert transaction.return_value == announced
    with reverts("UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT"):
        router.swapExactTokensForTokens(ETHER, announced[1], coins, trader, FOREVER)
    deadline = clock.now + 60
    clock.advance(61)
    with reverts("UniswapV2Router: EXPIRED"):
        router.swapExactTokensForTokens(ETHER, 0, coins, trader, deadline)


def test_ether_goes_in_and_what_is_too_much_comes_back(router, ether_pair, weth, coins, accounts, zone):
    trader = accounts[1]
    path = [weth, *coins]
    needed = router.getAmountsIn(ETHER, path)[0]
    with changes_balance({trader: ETHER}, token=coins[1]), changes_balance({trader: -needed}, zone=zone):
        router.swapETHForExactTokens(ETHER, path, trader, FOREVER, sender=trader, value=needed + ETHER)


def test_ether_comes_out(router, ether_pair, weth, coins, accounts, zone):
    receiver = "0x" + "ab" * 20
    out = router.getAmountsOut(ETHER, [coins[0], weth])[1]
    with changes_balance({receiver: out}, zone=zone):
        router.swapExactTokensForETH(ETHER, out, [coins[0], weth], receiver, FOREVER)


def test_liquidity_is_taken_out_by_a_signature(router, pair, coins, accounts, zone):
    owner, *_ = accounts
    liquidity = pair.balanceOf(owner) // 2
    domain = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
    fields = {
        "owner": "address",
        "spender": "address",
        "value": "uint256",
        "nonce": "uint256",
        "deadline": "uint256",
    }
    signature = owner.sign_typed_data(
        {
            "domain": dict(zip(domain, ("Uniswap V2", "1", zone.chain_id, pair.address), strict=True)),
            "types": {
                "EIP712Domain": [{"name": name, "type": kind} for name, kind in domain.items()],
                "Permit": [{"name": name, "type": kind} for name, kind in fields.items()],
            },
            "primaryType": "Permit",
            "message": dict(zip(fields, (owner.address, router.address, liquidity, 0, FOREVER), strict=True)),
        }
    )
    supply = pair.totalSupply()
    shares = [reserve * liquidity // supply for reserve in RESERVES]
    assert pair.allowance(owner, router) == 0
    with (
        changes_balance({owner: shares[0]}, token=coins[0]),
        changes_balance({owner: shares[1]}, token=coins[1]),
    ):
        router.removeLiquidityWithPermit(
            *coins, liquidity, *shares, owner, FOREVER, False, signature[64], signature[:32], signature[32:64]
        )
