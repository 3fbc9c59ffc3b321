import pytest

from zero_sdk import ether
from zero_sdk.testing import changes_balance, emits, reverts


@pytest.fixture
def depositor(vault, accounts):
    """Someone who has deposited one ether."""
    vault.deposit(value=ether(1), sender=accounts[1])
    return accounts[1]


def test_a_deposit_is_noted(vault, accounts, zone):
    with emits(vault, "Deposited", owner=accounts[1], amount=5), changes_balance({vault: 5}, zone=zone):
        vault.deposit(value=5, sender=accounts[1])
    assert vault.deposits(accounts[1]) == 5
    assert vault.locked_until(accounts[1]) == zone.timestamp + vault.LOCK()


def test_a_deposit_of_nothing_is_refused(vault):
    with reverts("nothing was sent"):
        vault.deposit()


def test_nothing_comes_out_too_early(vault, depositor, clock):
    clock.advance(vault.LOCK() - 100)
    with reverts("still locked"):
        vault.withdraw(sender=depositor)


def test_everything_comes_out_in_the_end(vault, depositor, clock, zone):
    clock.advance(vault.LOCK())
    with changes_balance({depositor: ether(1), vault: -ether(1)}, zone=zone):
        vault.withdraw(sender=depositor)
    with reverts("no deposit"):
        vault.withdraw(sender=depositor)


def test_adding_locks_everything_anew(vault, depositor, clock):
    clock.advance(vault.LOCK())
    vault.deposit(value=1, sender=depositor)
    with reverts("still locked"):
        vault.withdraw(sender=depositor)


def test_others_get_nothing(vault, depositor, accounts, clock):
    clock.advance(vault.LOCK())
    with reverts("no deposit"):
        vault.withdraw(sender=accounts[2])


def test_the_script_deploys_to_every_zone(deploy):
    vaults = deploy.script()
    assert {name: vault.LOCK() for name, vault in vaults.items()} == {"alpha": 86_400, "beta": 86_400}
