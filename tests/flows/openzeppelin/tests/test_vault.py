"""ERC-4626."""

import pytest
from hypothesis import given, settings

from zero_sdk.testing import abi, changes_balance, emits, reverts


@pytest.fixture(scope="module")
def vault(deploy, coin):
    vault = deploy("Vault", coin)
    coin.approve(vault, 2**256 - 1)
    return vault


def test_shares_are_worth_what_the_vault_holds(vault, coin, accounts, chain_snapshot):
    alice, bob, *_ = accounts
    with emits(vault, "Deposit", sender=alice, owner=bob, assets=1000, shares=1000):
        vault.deposit(1000, bob)
    with chain_snapshot():
        coin.transfer(vault, 500)
        assert vault.convertToAssets(1000) == 1499  # rounded down, for the vault's good
        with changes_balance({bob: 1499, vault: -1499}, token=coin):
            vault.redeem(1000, bob, bob, sender=bob)
    assert vault.convertToAssets(1000) == 1000
    with reverts(error="ERC4626ExceededMaxWithdraw", owner=bob, assets=1001, max=1000):
        vault.withdraw(1001, bob, bob, sender=bob)


@settings(max_examples=15, deadline=None)
@given(first=abi("uint128"), gift=abi("uint64"), second=abi("uint64", min_value=1))
def test_nobody_takes_out_more_than_was_put_in(vault, coin, accounts, first, gift, second):
    alice, bob, *_ = accounts
    first %= 10**23
    coin.transfer(bob, second)
    coin.approve(vault, second, sender=bob)
    vault.deposit(first, alice)
    coin.transfer(vault, gift)
    vault.deposit(second, bob, sender=bob)
    vault.redeem(vault.balanceOf(bob), bob, bob, sender=bob)
    assert coin.balanceOf(bob) <= second
    vault.redeem(vault.balanceOf(alice), alice, alice)
    assert coin.balanceOf(alice) + coin.balanceOf(bob) + coin.balanceOf(vault) == coin.totalSupply()
