"""Pairs: what they keep, whatever is asked of them."""

from math import isqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zero_sdk.testing import changes_balance, emits, reverts

LOCKED = 1000
RESERVES = 10**21, 4 * 10**21
PUBLISHED = "0x96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"


def amount_out(amount, reserve_in, reserve_out):
    """What a pair gives for an amount, less its fee of 0.3 %."""
    paid = amount * 997
    return paid * reserve_out // (reserve_in * 1000 + paid)


def test_the_pair_s_code_is_the_one_that_the_router_knows(deploy, zone):
    code = deploy.build.artifact("UniswapV2Pair").creation.link({})
    assert zone.rpc("web3_sha3", "0x" + code.hex()) == PUBLISHED


def test_a_factory_makes_a_pair_once(factory, deploy, coins, accounts):
    third = deploy("Coin", 1)
    with emits(factory, "PairCreated", count=1) as found:
        factory.createPair(coins[0], third)
    assert factory.getPair(third, coins[0]) == found.events[0].args.pair
    with reverts("UniswapV2: PAIR_EXISTS"):
        factory.createPair(third, coins[0])
    with reverts("UniswapV2: IDENTICAL_ADDRESSES"):
        factory.createPair(third, third)
    with reverts("UniswapV2: FORBIDDEN"):
        factory.setFeeTo(accounts[0])


def test_liquidity_is_the_root_of_what_is_there(pair, accounts):
    assert pair.totalSupply() == isqrt(RESERVES[0] * RESERVES[1])
    assert pair.balanceOf(accounts[0]) == pair.totalSupply() - LOCKED
    assert pair.getReserves()[:2] == RESERVES


@settings(max_examples=20, deadline=None)
@given(amount=st.integers(1, 10**24), is_first=st.booleans())
def test_a_swap_gives_what_the_invariant_allows_and_not_one_more(pair, coins, accounts, amount, is_first):
    trader = accounts[1]
    given_coin, taken_coin = coins if is_first else coins[::-1]
    reserve_in, reserve_out = RESERVES if is_first else RESERVES[::-1]
    out = amount_out(amount, reserve_in, reserve_out)
    given_coin.transfer(pair, amount)

    def swap(much):
        return pair.swap(*((0, much) if is_first else (much, 0)), trader, b"")

    with reverts("UniswapV2: K"):
        swap(out + 1)
    if out == 0:
        return
    with (
        changes_balance({trader: out, pair: -out}, token=taken_coin),
        emits(pair, "Swap", to=trader, count=1),
    ):
        swap(out)
    one, other, _ = pair.getReserves()
    assert one * other >= RESERVES[0] * RESERVES[1]


def test_prices_add_up_over_time(pair, clock):
    """The oracle: a price for every second since the last change."""
    before, since = pair.price0CumulativeLast(), pair.getReserves()[2]
    clock.advance(3600)
    pair.sync()
    elapsed = pair.getReserves()[2] - since
    assert elapsed >= 3600
    assert pair.price0CumulativeLast() - before == elapsed * ((RESERVES[1] << 112) // RESERVES[0])


@pytest.fixture
def borrower(deploy, coins):
    borrower = deploy("Borrower")
    coins[0].transfer(borrower, 10**20)
    return borrower


def test_a_flash_swap_is_paid_back_with_its_fee(pair, borrower, coins):
    borrowed = 10**20
    back = borrowed * 1000 // 997 + 1
    with reverts("UniswapV2: K"):
        borrower.borrow(pair, borrowed, back - 1)
    with (
        changes_balance({borrower: borrowed - back, pair: back - borrowed}, token=coins[0]),
        emits(borrower, "Borrowed", amount0=borrowed, amount1=0, back=back),
    ):
        borrower.borrow(pair, borrowed, back)


def test_a_flash_swap_that_is_not_paid_for_takes_nothing(pair, borrower, coins, accounts):
    with reverts("UniswapV2: INSUFFICIENT_INPUT_AMOUNT"):
        borrower.borrow(pair, 10**20, 0)
    with reverts("Borrower: STRANGER"):
        pair.swap(1, 0, borrower, b"\x00" * 32)
    assert coins[0].balanceOf(pair) == RESERVES[0]


def test_the_protocol_s_fee_is_a_sixth_of_what_liquidity_grew_by(pair, factory, router, coins, accounts):
    owner, trader, collector = accounts[0], accounts[1], accounts[8]
    factory.setFeeTo(collector, sender=accounts[9])
    router.addLiquidity(*coins, 1000, 4000, 0, 0, owner, 2**256 - 1)
    before = isqrt(pair.kLast())
    for coin, _ in ((coins[0], 0), (coins[1], 0)) * 3:
        path = [coin, coins[1] if coin == coins[0] else coins[0]]
        router.swapExactTokensForTokens(10**20, 0, path, trader, 2**256 - 1)
    one, other, _ = pair.getReserves()
    after, supply = isqrt(one * other), pair.totalSupply()
    router.addLiquidity(*coins, 1000, 1000 * other // one + 1, 0, 0, owner, 2**256 - 1)
    assert pair.balanceOf(collector) == supply * (after - before) // (after * 5 + before) > 0
